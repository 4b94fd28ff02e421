// Compiles the model's structures to functions that write them as XML, straight into a string.

import type { NormalizedSchema } from '@smithy/core/schema'
import { membersOf, timestampFormatOf } from './members.js'
import { writeTimestamp } from './timestamps.js'
import { escaped } from './xml-write.js'

/** Writes a value as XML; the value is what the model says. */
export type XmlWriter = (value: unknown) => string

/** Departures from the model's plain text, by member name: from the value's text to escaped XML. */
export type TextQuirks = Readonly<Record<string, (text: string) => string>>

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
  if (schema.isMapSchema()) return mapWriter(schema, tag, quirks)
  if (schema.isBlobSchema()) return (value) => `<${tag}>${base64Of(value)}</${tag}>`
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

/** Smithy, "XML bindings", maps: each entry is `<entry><key/><value/></entry>`. */
function mapWriter(schema: NormalizedSchema, tag: string, quirks: TextQuirks): XmlWriter {
  const writeValue = memberWriter('value', schema.getValueSchema(), 'value', quirks)
  return (value) => {
    if (!isRecord(value)) throw new TypeError(`${tag} is no map`)
    let xml = `<${tag}>`
    for (const key in value) xml += `<entry><key>${escaped(key)}</key>${writeValue(value[key])}</entry>`
    return `${xml}</${tag}>`
  }
}

function base64Of(value: unknown): string {
  if (!(value instanceof Uint8Array)) throw new TypeError('A blob is no bytes')
  return Buffer.from(value).toString('base64')
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
