// Compiles the model's structures to functions that write them as XML, straight into a string.

import type { NormalizedSchema } from '@smithy/core/schema'
import { membersOf } from './model.js'
import { timestampFormatOf } from './scalars.js'
import { writeTimestamp } from './timestamps.js'
import { escaped } from './xml-write.js'

/** Writes a value as XML; the value is what the model says. */
export type XmlWriter = (value: unknown) => string

/** Departures from the model's plain text, by member name: from the value's text to escaped XML. */
export type TextQuirks = Readonly<Record<string, (text: string) => string>>

/** S3's namespace, on root elements. */
export const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A writer of a structure's element. `isChild` leaves out members bound elsewhere. */
export function structureWriter(
  structure: NormalizedSchema,
  tag: string,
  namespaces: string,
  quirks: TextQuirks,
  isChild: (member: string) => boolean = () => true,
): XmlWriter {
  const members = membersOf(structure).filter(({ name }) => isChild(name))
  const attributes = members.filter(({ traits }) => traits.xmlAttribute)
  const children = members.filter(({ traits }) => !traits.xmlAttribute)
  const names = children.map(({ name }) => name)
  const writers = children.map(({ name, schema, traits }) => memberWriter(name, schema, traits.xmlName ?? name, quirks))
  const [prefix, uri] = structure.getMergedTraits().xmlNamespace ?? []
  const own = uri === undefined ? '' : ` xmlns${prefix === undefined || prefix === '' ? '' : `:${prefix}`}="${uri}"`
  const start = `<${tag}${namespaces}${own}`
  const end = `</${tag}>`

  return (value) => {
    if (!isRecord(value)) throw new TypeError(`${tag} is no structure`)
    let xml = start
    for (const { name, traits } of attributes) {
      const attribute = value[name]
      if (typeof attribute === 'string') xml += ` ${traits.xmlName ?? name}="${escaped(attribute)}"`
    }
    xml += '>'
    for (let index = 0; index < names.length; index++) {
      const child = value[names[index] ?? '']
      if (child !== undefined && child !== null) xml += writers[index]?.(child)
    }
    return xml + end
  }
}

function memberWriter(name: string, schema: NormalizedSchema, tag: string, quirks: TextQuirks): XmlWriter {
  if (!schema.isListSchema()) return elementWriter(name, schema, tag, quirks)
  const item = schema.getValueSchema()
  if (schema.getMergedTraits().xmlFlattened) return itemsWriter(elementWriter(name, item, tag, quirks))
  const items = itemsWriter(elementWriter(name, item, item.getMergedTraits().xmlName ?? 'member', quirks))
  return (value) => `<${tag}>${items(value)}</${tag}>`
}

function itemsWriter(write: XmlWriter): XmlWriter {
  return (value) => {
    if (!Array.isArray(value)) throw new TypeError('A list is no array')
    let xml = ''
    for (const item of value) xml += write(item)
    return xml
  }
}

function elementWriter(name: string, schema: NormalizedSchema, tag: string, quirks: TextQuirks): XmlWriter {
  if (schema.isStructSchema()) return structureWriter(schema, tag, '', quirks)
  const start = `<${tag}>`
  const end = `</${tag}>`
  if (schema.isTimestampSchema()) {
    const format = timestampFormatOf(schema, 'date-time')
    return (value) => start + (value instanceof Date ? writeTimestamp(value, format) : escaped(String(value))) + end
  }
  if (!schema.isStringSchema()) return (value) => start + String(value) + end
  const quirk = quirks[name]
  if (quirk !== undefined) return (value) => start + quirk(String(value)) + end
  return (value) => start + escaped(typeof value === 'string' ? value : String(value)) + end
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
