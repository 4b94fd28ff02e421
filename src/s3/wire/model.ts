// AWS's own model of S3, read once from the SDK's exported schemas: which operations exist and how each is bound to HTTP.
// Everything else in this folder is compiled from what stands here; nothing here is written by hand but the type guards.

import * as Sdk from '@aws-sdk/client-s3'
import { NormalizedSchema } from '@smithy/core/schema'
import type { StaticOperationSchema } from '@smithy/types'
import type { OperationName } from '../../contract/operation.js'
import { membersOf, type Member } from '../../wire/members.js'
import { requiringChecksum, statusQuirks } from './quirks.js'

/** One operation as HTTP sees it. */
export interface OperationModel {
  readonly name: OperationName
  /** "GET", "PUT", … */
  readonly method: string
  /** What the path addresses: the service ("/"), a bucket or an object. */
  readonly resource: 'service' | 'bucket' | 'object'
  /** Query parameters that select this operation with the value each must have; '' stands for any value. `x-id` is left out. */
  readonly literals: ReadonlyMap<string, string>
  /** Status of success, S3's own where it departs from the model. */
  readonly status: number
  /** How the request's payload is read: not at all, as XML, as text, or handed over as a stream of bytes. */
  readonly payload: 'none' | 'xml' | 'text' | 'stream'
  readonly hasStreamingInput: boolean
  readonly hasStreamingOutput: boolean
  /** S3 refuses the request when neither `Content-MD5` nor any `x-amz-checksum-…` protects its payload. */
  readonly requiresChecksum: boolean
  /** Structure of the input. */
  readonly input: NormalizedSchema
  /** Structure of the output, or the unit schema. */
  readonly output: NormalizedSchema
}

const operationKind = 9

function isOperationSchema(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === operationKind
}

function isOperationName(name: string): name is OperationName {
  return `${name}Command` in Sdk
}

function readModel(schema: StaticOperationSchema): OperationModel {
  const [, , name, traits, inputSchema, outputSchema] = schema
  if (!isOperationName(name) || typeof traits !== 'object' || traits.http === undefined) {
    throw new Error(`The SDK's schema of ${name} is not what this server was written for`)
  }
  const [method, path, status] = traits.http
  const [pathname = '/', query = ''] = path.split('?')
  const literals = new Map(new URLSearchParams(query))
  literals.delete('x-id')
  const input = NormalizedSchema.of(inputSchema)
  const output = NormalizedSchema.of(outputSchema)
  const payload = payloadOf(input)
  const hasBucket = membersOf(input).some((member) => member.name === 'Bucket' && member.traits.httpLabel)
  return {
    name,
    method,
    resource: pathname.includes('{Key+}') ? 'object' : hasBucket || pathname !== '/' ? 'bucket' : 'service',
    literals,
    status: statusQuirks[name] ?? status,
    payload,
    hasStreamingInput: payload === 'stream',
    hasStreamingOutput: membersOf(output).some((member) => member.traits.httpPayload && member.schema.isStreaming()),
    requiresChecksum: requiringChecksum.has(name),
    input,
    output,
  }
}

function payloadOf(input: NormalizedSchema): OperationModel['payload'] {
  for (const { schema, traits } of membersOf(input)) {
    if (traits.httpPayload) return schema.isStreaming() ? 'stream' : schema.isStructSchema() ? 'xml' : 'text'
    if (isUnbound(traits)) return 'xml'
  }
  return 'none'
}

/** Whether a member is bound to no part of HTTP, so that it is an element of the body. */
export function isUnbound(traits: Member['traits']): boolean {
  return (
    !traits.httpLabel && !traits.httpQuery && !traits.httpHeader && !traits.httpPrefixHeaders && !traits.httpPayload
  )
}

/** Every operation of the SDK, by name. */
export const operationModels: ReadonlyMap<OperationName, OperationModel> = new Map(
  Object.values(Sdk)
    .filter(isOperationSchema)
    .map(readModel)
    .map((model) => [model.name, model]),
)

/** The names of all operations. */
export const operationNames: readonly OperationName[] = [...operationModels.keys()]

/** The model of an operation. */
export function modelOf(name: OperationName): OperationModel {
  const model = operationModels.get(name)
  if (model === undefined) throw new Error(`The SDK exports no schema of ${name}`)
  return model
}
