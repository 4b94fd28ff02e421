// From an operation's output to status, headers and body. Compiled per operation; an answer costs the members it has.

import type { BodyOut, Input, OperationName, Output } from '../../contract/operation.js'
import type { Answer } from '../../wire/answer.js'
import { structureWriter, type TextQuirks } from '../../wire/encode-xml.js'
import { membersOf, type Member } from '../../wire/members.js'
import { escaped, xmlDeclaration } from '../../wire/xml-write.js'
import { isUnbound, operationModels, type OperationModel } from './model.js'
import { bareEtag, hasQuotedEtag, locationText, partialStatus, textContentType } from './quirks.js'
import { headerSafe, headerWriter, metadataText, type TextWriter } from './scalars.js'

export type { Answer } from '../../wire/answer.js'

type Values = Readonly<Record<string, unknown>>

interface HeaderMember {
  readonly header: string
  readonly write: TextWriter
  /** A member whose value goes before this one's. */
  readonly unless: string | undefined
}

interface Encoder {
  readonly status: number
  readonly headers: ReadonlyMap<string, HeaderMember>
  /** The member whose entries become `x-amz-meta-…`. */
  readonly metadata: string | undefined
  readonly metadataPrefix: string
  readonly contentType: string | undefined
  readonly body: ((output: Values) => BodyOut | undefined) | undefined
}

/** On root elements. */
const rootNamespace = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

const encoders: ReadonlyMap<OperationName, Encoder> = new Map(
  Array.from(operationModels.values(), (model) => [model.name, compile(model)]),
)

/** The answer to a request: S3's status, headers and body. The body of a HEAD's answer is undefined, but its `Content-Length` is set when
 *  the output says it. Dates are cut to whole seconds. `input` is what the request was decoded to.
 *  @throws TypeError when the output has another shape than its type says */
export function encodeOutput<N extends OperationName>(name: N, output: Output<N>, _input: Input<N>): Answer {
  const encoder = encoders.get(name)
  if (encoder === undefined) throw new Error(`The SDK exports no schema of ${name}`)
  // An object type is a record of its members; reading one that is not there answers undefined.
  const values = output as Values
  // A map: an object would change its shape with each header.
  const headers = new Map<string, string>()
  for (const member in values) {
    const value = values[member]
    if (value === undefined || value === null) continue
    const bound = encoder.headers.get(member)
    if (bound !== undefined) {
      if (bound.unless === undefined || values[bound.unless] === undefined)
        headers.set(bound.header, bound.write(value))
    } else if (member === encoder.metadata && typeof value === 'object') {
      for (const [key, text] of Object.entries(value)) headers.set(encoder.metadataPrefix + key, metadataText(text))
    }
  }
  const body = encoder.body?.(values)
  if (body !== undefined && encoder.contentType !== undefined) headers.set('Content-Type', encoder.contentType)
  return { status: headers.has('Content-Range') ? partialStatus : encoder.status, headers, body }
}

function compile(model: OperationModel): Encoder {
  const members = membersOf(model.output)
  const headers = new Map<string, HeaderMember>()
  for (const { name, schema, traits } of members) {
    if (traits.httpHeader === undefined) continue
    if (name === 'ExpiresString')
      headers.set(name, { header: 'Expires', write: headerWriter(schema), unless: undefined })
    else if (name === 'ETag')
      headers.set(name, {
        header: 'ETag',
        write: (etag) => `"${headerSafe(bareEtag(String(etag)))}"`,
        unless: undefined,
      })
    else {
      const unless = name === 'Expires' ? 'ExpiresString' : undefined
      headers.set(name, { header: traits.httpHeader, write: headerWriter(schema), unless })
    }
  }
  const prefixed = members.find(({ traits }) => traits.httpPrefixHeaders !== undefined)
  return {
    status: model.status,
    headers,
    metadata: prefixed?.name,
    metadataPrefix: prefixed?.traits.httpPrefixHeaders ?? '',
    ...bodyOf(model, members),
  }
}

function bodyOf(model: OperationModel, members: readonly Member[]): Pick<Encoder, 'contentType' | 'body'> {
  const payload = members.find(({ traits }) => traits.httpPayload)
  if (payload !== undefined) {
    const { name, schema } = payload
    if (schema.isStreaming()) return { contentType: undefined, body: (output) => streamOf(output[name]) }
    if (!schema.isStructSchema()) {
      return { contentType: textContentType[model.name] ?? 'text/plain', body: (output) => bytesOf(output[name]) }
    }
    const write = structureWriter(schema, rootName(schema), rootNamespace, etagQuirk(model.name))
    return xmlBody((output) => (output[name] === undefined ? undefined : write(output[name])))
  }
  const children = new Set(members.filter(({ traits }) => isUnbound(traits)).map(({ name }) => name))
  if (children.size === 0) return { contentType: undefined, body: undefined }
  if (model.name === 'GetBucketLocation') return xmlBody(writeLocation)
  return xmlBody(
    structureWriter(model.output, rootName(model.output), rootNamespace, etagQuirk(model.name), (name) =>
      children.has(name),
    ),
  )
}

function rootName(schema: Member['schema']): string {
  return schema.getMergedTraits().xmlName ?? schema.getName() ?? ''
}

function etagQuirk(name: OperationName): TextQuirks {
  return { ETag: (etag) => (hasQuotedEtag(name) ? `&quot;${escaped(bareEtag(etag))}&quot;` : escaped(bareEtag(etag))) }
}

function writeLocation(output: Values): string {
  return `<LocationConstraint${rootNamespace}>${escaped(locationText(output['LocationConstraint']))}</LocationConstraint>`
}

function xmlBody(write: (output: Values) => string | undefined): Pick<Encoder, 'contentType' | 'body'> {
  return {
    contentType: 'application/xml',
    body: (output) => {
      const xml = write(output)
      return xml === undefined ? undefined : Buffer.from(xmlDeclaration + xml, 'utf8')
    },
  }
}

const bytesOf = (value: unknown): Uint8Array | undefined =>
  typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined

function streamOf(value: unknown): BodyOut | undefined {
  if (value === undefined || value === null) return undefined
  if (value instanceof Uint8Array || isIterable(value)) return value
  throw new TypeError('A streaming payload is neither bytes nor an iterable of them')
}

const isIterable = (value: unknown): value is AsyncIterable<Uint8Array> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value
