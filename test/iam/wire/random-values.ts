// Inputs and outputs of IAM and STS made by chance from their schemas.

import type { NormalizedSchema } from '@smithy/core/schema'
import { membersOf } from '../../../src/wire/members.js'
import { randomFrom } from '../../crash/random.js'

/** Characters that mean something in a query, in XML or in neither. */
const alphabet = Array.from(' abcXYZ019-_.~!*\'()%+&=?/:;,#"<>{}[]\t\n\r\u0001äß€😀')

/** Random values for every member of a structure, the same for the same seed.
 *  @param characters what texts are made of; each ends in a letter, as white space at an end is nobody's */
export function sampler(seed: number, characters = alphabet): (structure: NormalizedSchema) => Record<string, unknown> {
  const random = randomFrom(seed)
  const below = (limit: number): number => random.integer(limit)
  const text = (): string =>
    Array.from({ length: 1 + below(20) }, () => characters[below(characters.length)]).join('') + 'x'
  const sample = (schema: NormalizedSchema, name: string, depth: number): unknown => {
    if (schema.isStructSchema()) {
      return Object.fromEntries(
        membersOf(schema).flatMap((member) => {
          // Where a structure holds itself, somewhere is an end.
          if (depth > 6) return []
          return [[member.name, sample(member.schema, member.name, depth + 1)]]
        }),
      )
    }
    if (schema.isListSchema()) {
      return Array.from({ length: 1 + below(12) }, () => sample(schema.getValueSchema(), '', depth + 1))
    }
    if (schema.isMapSchema()) {
      const keys = Array.from({ length: 1 + below(4) }, (_, at) => `${at}${text()}`)
      return Object.fromEntries(keys.map((key) => [key, sample(schema.getValueSchema(), '', depth + 1)]))
    }
    if (schema.isBooleanSchema()) return below(2) === 0
    if (schema.isNumericSchema()) return below(100_000)
    if (schema.isTimestampSchema()) return new Date(1_795_255_200_000 + below(1_000_000) * 1000)
    if (schema.isBlobSchema()) return new Uint8Array(Array.from({ length: below(40) }, () => below(256)))
    if (schema.isStringSchema()) return text()
    throw new Error(`No sample is known for ${name}`)
  }
  // A structure is answered with a record; some actions have no input or no output.
  return (structure) => (structure.isUnitSchema() ? {} : (sample(structure, '', 0) as Record<string, unknown>))
}
