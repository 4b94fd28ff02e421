// From an action's output, or its refusal, to the query protocol's XML.
// Source: Smithy, "AWS query protocol", "Response serialization" and "Operation error serialization".

import type { IamError } from '../../contract/iam-errors.js'
import type { Answer } from '../../wire/answer.js'
import { structureWriter, type XmlWriter } from '../../wire/encode-xml.js'
import { escaped } from '../../wire/xml-write.js'
import { type ActionModel, type QueryService, serviceModels } from './model.js'

const writers = new WeakMap<ActionModel, XmlWriter>()

/** The answer of an action.
 *  @param output as the action's type says
 *  @throws TypeError when it has another shape */
export function encodeOutput(model: ActionModel, output: unknown, requestId: string): Answer {
  const { namespace } = serviceModels[model.service]
  let xml = `<${model.name}Response xmlns="${namespace}">`
  if (model.output.isStructSchema()) {
    let write = writers.get(model)
    if (write === undefined) {
      writers.set(model, (write = structureWriter(model.output, `${model.name}Result`, '', {})))
    }
    xml += write(output)
  }
  xml += `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${model.name}Response>`
  return answerOf(200, xml, requestId)
}

/** The answer to a refused request. */
export function encodeError(service: QueryService, error: IamError, requestId: string): Answer {
  const type = error.status < 500 ? 'Sender' : 'Receiver'
  const xml =
    `<ErrorResponse xmlns="${serviceModels[service].namespace}"><Error><Type>${type}</Type>` +
    `<Code>${error.code}</Code><Message>${escaped(error.message)}</Message></Error>` +
    `<RequestId>${requestId}</RequestId></ErrorResponse>`
  return answerOf(error.status, xml, requestId)
}

function answerOf(status: number, xml: string, requestId: string): Answer {
  const headers = new Map([
    ['Content-Type', 'text/xml'],
    ['x-amzn-RequestId', requestId],
    // Answers hold secrets: the one time a key is made, and every session.
    ['Cache-Control', 'no-store'],
  ])
  return { status, headers, body: Buffer.from(xml, 'utf8') }
}
