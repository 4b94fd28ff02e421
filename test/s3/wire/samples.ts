// Values of every member of a structure, made from the model: the same every time, each different from the others.

import type { NormalizedSchema } from '@smithy/core/schema'
import { membersOf } from '../../../src/wire/members.js'

/** A value with every member set, lists of two. `special` gives members that cannot be any text. */
export function sampleOf(
  structure: NormalizedSchema,
  special: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let count = 0
  const sample = (schema: NormalizedSchema, name: string, isHeader: boolean): unknown => {
    if (name in special && !schema.isStructSchema() && !schema.isListSchema()) return special[name]
    count += 1
    if (schema.isStructSchema()) {
      const members = membersOf(schema)
      // Of a union one member is set, and its value says which.
      const isUnion = schema.isUnionSchema()
      return Object.fromEntries(
        (isUnion ? members.slice(-1) : members).map((member) => [
          member.name,
          sample(member.schema, member.name, false),
        ]),
      )
    }
    if (schema.isListSchema()) {
      return [1, 2].map(() => sample(schema.getValueSchema(), `${name}[]`, isHeader))
    }
    if (schema.isMapSchema()) return { [`key-${count}`]: `value ${count}`, [`other-${count}`]: '' }
    if (schema.isBooleanSchema()) return count % 2 === 0
    if (schema.isNumericSchema()) return count
    if (schema.isTimestampSchema()) return new Date(1_795_255_200_000 + count * 1000)
    if (schema.isStringSchema()) return isHeader ? `text ${count}` : ` <&>"'ä ${count}\r\n\t `
    throw new Error(`No sample is known for ${name}`)
  }
  const result: Record<string, unknown> = {}
  for (const { name, schema, traits } of membersOf(structure)) {
    if (traits.httpPayload && schema.isStreaming()) continue
    result[name] = sample(schema, name, traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined)
  }
  return result
}
