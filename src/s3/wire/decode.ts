// From a request to the SDK's own input shape. Compiled per operation: a request costs what it carries, not what the model knows.

import type { NormalizedSchema } from '@smithy/core/schema'
import { S3Error } from '../../contract/errors.js'
import type { Input, OperationName } from '../../contract/operation.js'
import type { Address, HttpRequest } from '../../contract/request.js'
import { structureReader, type ElementReader } from './decode-xml.js'
import { requireEnumerated } from './enumerated.js'
import { membersOf, type Member } from '../../wire/members.js'
import { isUnbound, operationModels, type OperationModel } from './model.js'
import { emptyBodyCode, headerQuirks, type HeaderQuirk } from './quirks.js'
import { headerReader, parameterReader, type TextReader } from './scalars.js'
import { malformedXml, readXml } from './xml-read.js'

interface BoundMember {
  readonly member: string
  readonly read: TextReader
  readonly quirk: HeaderQuirk | undefined
}

interface Decoder {
  readonly headers: ReadonlyMap<string, BoundMember>
  readonly parameters: ReadonlyMap<string, BoundMember>
  /** The member that collects `x-amz-meta-…` headers. */
  readonly metadata: string | undefined
  readonly readBody: ((body: Uint8Array | undefined, input: Record<string, unknown>) => void) | undefined
  readonly required: readonly Member[]
  readonly hasKey: boolean
  readonly hasBucket: boolean
}

const metadataPrefix = 'x-amz-meta-'

const decoders: ReadonlyMap<OperationName, Decoder> = new Map(
  Array.from(operationModels.values(), (model) => [model.name, compile(model)]),
)

/** The input of an operation, as an SDK client was given it: what the address, headers, query and XML or text payload say.
 *
 *  Headers by lower-case name, with `x-amz-…` parameters of a presigned URL already among them. `body` is the whole payload, verified
 *  and without chunk framing, of operations whose model says 'xml' or 'text'; undefined for all others.
 *  A required member is there; numbers are safe integers; dates are valid. A stream payload is no part of the input.
 *  @throws InvalidArgument, InvalidRequest for headers and parameters, MalformedXML, MissingRequestBodyError for the payload */
export function decodeInput<N extends OperationName>(
  name: N,
  address: Address,
  headers: HttpRequest['headers'],
  body: Uint8Array | undefined,
): Input<N> {
  const decoder = decoderOf(name)
  const input = headOf(decoder, address, headers)
  decoder.readBody?.(body, input)
  for (const member of decoder.required) if (input[member.name] === undefined) throw missing(member)
  // The members and their types are those of the schema the SDK's own types were generated from; the round trip test compares them all.
  return input as Input<N>
}

/** What address, headers and query alone say of an operation's input: what can be decided upon before a payload is asked for.
 *  @throws InvalidArgument, InvalidRequest */
export function decodeHead<N extends OperationName>(
  name: N,
  address: Address,
  headers: HttpRequest['headers'],
): Partial<Input<N>> {
  // As in `decodeInput`.
  return headOf(decoderOf(name), address, headers) as Partial<Input<N>>
}

function decoderOf(name: OperationName): Decoder {
  const decoder = decoders.get(name)
  if (decoder === undefined) throw new Error(`The SDK exports no schema of ${name}`)
  return decoder
}

function headOf(decoder: Decoder, address: Address, headers: HttpRequest['headers']): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  if (decoder.hasBucket) input['Bucket'] = address.bucket
  if (decoder.hasKey) input['Key'] = address.key

  for (const header in headers) {
    const text = headers[header]
    if (text === undefined) continue
    const bound = decoder.headers.get(header)
    if (bound !== undefined) {
      const value = bound.read(text)
      if (value !== undefined) input[bound.member] = value
      bound.quirk?.(text, input)
    } else if (decoder.metadata !== undefined && header.startsWith(metadataPrefix)) {
      addMetadata(input, decoder.metadata, header.slice(metadataPrefix.length), text)
    }
  }
  if (decoder.parameters.size > 0) {
    for (const [parameter, text] of address.parameters) {
      const bound = decoder.parameters.get(parameter)
      if (bound === undefined) continue
      const value = bound.read(text)
      if (value !== undefined) input[bound.member] = value
    }
  }
  return input
}

function addMetadata(input: Record<string, unknown>, member: string, name: string, value: string): void {
  const metadata = (input[member] ??= {})
  // An own property whatever the name: "x-amz-meta-__proto__" is a header like any other.
  if (name === '__proto__')
    Object.defineProperty(metadata, name, { value, enumerable: true, configurable: true, writable: true })
  else Object.assign(metadata, { [name]: value })
}

function compile(model: OperationModel): Decoder {
  const members = membersOf(model.input)
  const headers = new Map<string, BoundMember>()
  const parameters = new Map<string, BoundMember>()
  for (const { name, schema, traits } of members) {
    if (traits.httpHeader !== undefined) {
      const header = traits.httpHeader.toLowerCase()
      const read = requireEnumerated(headerReader(schema, traits.httpHeader), header)
      headers.set(header, { member: name, read, quirk: headerQuirks[header] })
    } else if (traits.httpQuery !== undefined) {
      parameters.set(traits.httpQuery, {
        member: name,
        read: parameterReader(schema, traits.httpQuery),
        quirk: undefined,
      })
    }
  }
  // S3 reads If-Range beside Range; the model does not know it.
  if (headers.has('range')) headers.set('if-range', { member: 'IfRange', read: (text) => text, quirk: undefined })
  // The model has it for buckets alone. It grants nothing on an object, whose list shows it all the same: asked for in silence is nothing.
  if (headers.has('x-amz-grant-read') && !headers.has('x-amz-grant-write')) {
    headers.set('x-amz-grant-write', { member: 'GrantWrite', read: (text) => text, quirk: undefined })
  }
  const labels = members.filter(({ traits }) => traits.httpLabel)
  return {
    headers,
    parameters,
    metadata: members.find(({ traits }) => traits.httpPrefixHeaders === metadataPrefix)?.name,
    readBody: bodyReader(model, members),
    // A stream is handed over beside the input, a body is asked for by its reader, a token makes itself.
    required: members.filter(
      ({ isRequired, traits }) => isRequired && (traits.httpHeader ?? traits.httpQuery) !== undefined,
    ),
    hasBucket: labels.some(({ name }) => name === 'Bucket'),
    hasKey: labels.some(({ name }) => name === 'Key'),
  }
}

function bodyReader(model: OperationModel, members: readonly Member[]): Decoder['readBody'] {
  const payload = members.find(({ traits }) => traits.httpPayload)
  if (model.payload === 'xml') {
    if (payload !== undefined) {
      const name = rootName(payload.schema)
      const read = structureReader(payload.schema)
      return (body, input) => {
        if (isEmpty(body)) refuseEmpty(model.name, payload.isRequired)
        else input[payload.name] = readRoot(body, name, read)
      }
    }
    const isChild = new Set(members.filter(({ traits }) => isUnbound(traits)).map(({ name }) => name))
    const name = rootName(model.input)
    const read = structureReader(model.input, (member) => isChild.has(member))
    return (body, input) => {
      if (isEmpty(body)) refuseEmpty(model.name, true)
      else Object.assign(input, readRoot(body, name, read))
    }
  }
  if (model.payload !== 'text' || payload === undefined) return undefined
  return (body, input) => {
    if (isEmpty(body)) refuseEmpty(model.name, payload.isRequired)
    else input[payload.name] = readText(body)
  }
}

function rootName(schema: NormalizedSchema): string {
  return schema.getMergedTraits().xmlName ?? schema.getName() ?? ''
}

const isEmpty = (body: Uint8Array | undefined): body is undefined => body === undefined || body.length === 0

function refuseEmpty(name: OperationName, isRequired: boolean): void {
  const code = emptyBodyCode(name, isRequired)
  if (code !== undefined) throw new S3Error(code)
}

function readRoot(body: Uint8Array, name: string, read: ElementReader): unknown {
  const root = readXml(body)
  if (root.name !== name) throw malformedXml()
  return read(root)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function readText(body: Uint8Array): string {
  try {
    return utf8.decode(body)
  } catch (cause) {
    throw new S3Error('InvalidRequest', { message: 'The body is not valid UTF-8', cause })
  }
}

function missing({ traits }: Member): S3Error {
  const message =
    traits.httpHeader === undefined
      ? `Missing required query parameter for this request: ${traits.httpQuery}`
      : `Missing required header for this request: ${traits.httpHeader}`
  return new S3Error('InvalidRequest', { message })
}
