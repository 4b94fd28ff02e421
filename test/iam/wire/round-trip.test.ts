// Every action of both services through a real SDK client, with every member set to something random, both ways. No server: the client's HTTP
// handler is ours.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { Readable } from 'node:stream'
import * as Iam from '@aws-sdk/client-iam'
import * as Sts from '@aws-sdk/client-sts'
import { HttpResponse, type HttpRequest as SdkRequest } from '@smithy/core/protocols'
import { IamError } from '../../../src/contract/iam-errors.js'
import { decodeInput } from '../../../src/iam/wire/decode.js'
import { encodeError, encodeOutput } from '../../../src/iam/wire/encode.js'
import { type ActionModel, type QueryService, serviceModels } from '../../../src/iam/wire/model.js'
import { parametersOf } from '../../../src/iam/wire/parameters.js'
import type { Answer } from '../../../src/wire/answer.js'
import { sampler } from './random-values.js'

const sdks = { iam: Iam, sts: Sts }

/** Of the request under way: what its client sent, and what it is answered. One client a service sends them all, one after the other: making one takes
 *  longer than all it is asked to do here. */
let exchange: { request?: SdkRequest; readonly answer: Answer | undefined } = { answer: undefined }

const settings = {
  region: 'us-east-1',
  endpoint: 'http://localhost:9000',
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
  requestHandler: {
    handle: (given: SdkRequest) => {
      exchange.request = given
      return Promise.resolve({ response: responseOf(exchange.answer) })
    },
  },
}
// Both clients send the commands of their own service.
const clients = {
  iam: new Iam.IAMClient(settings),
  sts: new Sts.STSClient(settings) as unknown as Iam.IAMClient,
}

/** What a client sends of an input, without a server: the handler keeps the request and answers `answer`. */
async function sent(
  { service, name }: ActionModel,
  input: object,
  answer: Answer | undefined,
): Promise<{ request: SdkRequest; output: unknown }> {
  const own: typeof exchange = { answer }
  exchange = own
  const commands: ReadonlyMap<string, unknown> = new Map(Object.entries(sdks[service]))
  // The class of the name; what it is given is made from its own schema, which no static type can follow.
  const Command = commands.get(`${name}Command`) as new (given: object) => Iam.GetUserCommand
  const output: unknown = await clients[service].send(new Command(input)).catch((error: unknown) => {
    // Without an answer it has nothing to read; what it sent is there all the same.
    if (answer !== undefined || own.request === undefined) throw error
  })
  if (own.request === undefined) throw new Error('The client sent nothing')
  return { request: own.request, output }
}

function responseOf(answer: Answer | undefined): HttpResponse {
  if (answer === undefined) return new HttpResponse({ statusCode: 200, headers: {}, body: Readable.from([]) })
  ok(answer.body instanceof Uint8Array)
  return new HttpResponse({
    statusCode: answer.status,
    headers: Object.fromEntries(Array.from(answer.headers, ([name, value]) => [name.toLowerCase(), value])),
    body: Readable.from([Buffer.from(answer.body)]),
  })
}

const actions = (service: QueryService): ActionModel[] => [...serviceModels[service].actions.values()]

describe('the query protocol through SDK clients', () => {
  it('knows 180 actions of IAM and 11 of STS, and no name twice', () => {
    equal(actions('iam').length, 180)
    equal(actions('sts').length, 11)
    equal(new Set([...actions('iam'), ...actions('sts')].map(({ name }) => name)).size, 191)
  })

  for (const model of [...actions('iam'), ...actions('sts')]) {
    it(`decodes what the client was given for ${model.name}`, async () => {
      for (let seed = 1; seed <= 5; seed++) {
        const input = sampler(seed)(model.input)
        const { request } = await sent(model, structuredClone(input), undefined)
        equal(request.method, 'POST')
        equal(request.path, '/')
        ok(request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
        const parameters = parametersOf(String(request.body))
        equal(parameters.children.get('Action')?.value, model.name)
        equal(parameters.children.get('Version')?.value, serviceModels[model.service].version)
        deepEqual(decodeInput(model, parameters), input)
      }
    })

    it(`encodes the output of ${model.name} so that the client reads it back`, async () => {
      for (let seed = 1; seed <= 5; seed++) {
        const output = sampler(seed)(model.output)
        const answer = encodeOutput(model, structuredClone(output), 'the-request-id')
        const { output: read } = await sent(model, sampler(seed)(model.input), answer)
        const { $metadata, ...members } = read as { $metadata: { requestId: string }; [member: string]: unknown }
        deepEqual(members, output)
        equal($metadata.requestId, 'the-request-id')
      }
    })
  }

  it('lets the client know an error of the model by its class', async () => {
    const model = serviceModels.iam.actions.get('GetUser')
    ok(model !== undefined)
    const answer = encodeError('iam', new IamError('NoSuchEntity', 'The user "a<b" is not there.'), 'id')
    await rejects(sent(model, { UserName: 'a' }, answer), (error: unknown) => {
      ok(error instanceof Iam.NoSuchEntityException)
      equal(error.message, 'The user "a<b" is not there.')
      equal(error.$metadata.httpStatusCode, 404)
      return true
    })
  })
})
