// Structures of the SDK's schemas as code generators of the wire read them, whatever the protocol.

import type { NormalizedSchema } from '@smithy/core/schema'
import type { TimestampFormat } from './timestamps.js'

/** A member of a structure. */
export interface Member {
  readonly name: string
  readonly schema: NormalizedSchema
  readonly traits: ReturnType<NormalizedSchema['getMergedTraits']>
  readonly isRequired: boolean
}

/** The members of a structure in the model's order; empty for the unit schema. */
export function membersOf(structure: NormalizedSchema): Member[] {
  if (!structure.isStructSchema()) return []
  const definition = structure.getSchema()
  // A static structure is [kind, namespace, name, traits, names, schemas, count of required members, which stand first].
  const required = Array.isArray(definition) && typeof definition[6] === 'number' ? definition[6] : 0
  return Array.from(structure.structIterator(), ([name, schema], index) => ({
    name,
    schema,
    traits: schema.getMergedTraits(),
    isRequired: index < required,
  }))
}

const dateTime = 5
const httpDate = 6
const epochSeconds = 7

/** The format a timestamp member asks for, else the one usual at its place. */
export function timestampFormatOf(schema: NormalizedSchema, usual: TimestampFormat): TimestampFormat {
  const sentinel = schema.getSchema()
  if (sentinel === dateTime) return 'date-time'
  if (sentinel === httpDate) return 'http-date'
  if (sentinel === epochSeconds) return 'epoch-seconds'
  return usual
}
