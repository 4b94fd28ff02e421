// Compiles the model's structures to functions that turn an XML element into the SDK's own shape.
// Unknown elements and attributes are passed over, as S3 does; anything else that does not fit is MalformedXML.

import type { NormalizedSchema } from '@smithy/core/schema'
import { membersOf, timestampFormatOf } from '../../wire/members.js'
import { readTimestamp } from '../../wire/timestamps.js'
import { malformedXml, type XmlElement } from './xml-read.js'

/** Reads an element's content. Throws MalformedXML. */
export type ElementReader = (element: XmlElement) => unknown

interface ChildReader {
  readonly member: string
  readonly read: ElementReader
  /** Whether each occurrence is one item of a list ("flattened"); else it may occur once. */
  readonly isItem: boolean
}

/** A reader of a structure's element: members by XML name, attributes, required ones present. */
export function structureReader(
  structure: NormalizedSchema,
  isChild: (member: string) => boolean = () => true,
): ElementReader {
  const children = new Map<string, ChildReader>()
  const attributes: { readonly name: string; readonly member: string }[] = []
  const required: string[] = []
  for (const { name, schema, traits, isRequired } of membersOf(structure)) {
    if (!isChild(name)) continue
    if (isRequired) required.push(name)
    const xmlName = traits.xmlName ?? name
    if (traits.xmlAttribute) attributes.push({ name: xmlName.replace(/^.*:/, ''), member: name })
    else if (schema.isListSchema() && traits.xmlFlattened) {
      children.set(xmlName, { member: name, read: valueReader(schema.getValueSchema()), isItem: true })
    } else children.set(xmlName, { member: name, read: valueReader(schema), isItem: false })
  }

  return (element) => {
    requireNoText(element)
    const value: Record<string, unknown> = {}
    for (const { name, member } of attributes) {
      const text = element.attributes?.get(name)
      if (text !== undefined) value[member] = text
    }
    for (const child of element.children) {
      const reader = children.get(child.name)
      if (reader === undefined) continue
      const before = value[reader.member]
      if (!reader.isItem) {
        if (before !== undefined) throw malformedXml()
        value[reader.member] = reader.read(child)
      } else if (Array.isArray(before)) before.push(reader.read(child))
      else value[reader.member] = [reader.read(child)]
    }
    for (const member of required) if (value[member] === undefined) throw malformedXml()
    return value
  }
}

function valueReader(schema: NormalizedSchema): ElementReader {
  if (schema.isStructSchema()) return structureReader(schema)
  if (schema.isListSchema()) return listReader(schema)
  if (schema.isStringSchema()) return textOf
  if (schema.isBooleanSchema()) return (element) => booleanOf(textOf(element))
  if (schema.isNumericSchema()) return (element) => integerOf(textOf(element))
  if (schema.isTimestampSchema()) {
    const format = timestampFormatOf(schema, 'date-time')
    return (element) => {
      const date = readTimestamp(textOf(element), format)
      if (date === undefined) throw malformedXml()
      return date
    }
  }
  throw new Error(`No XML is known for ${schema.getName(true)}`)
}

function listReader(schema: NormalizedSchema): ElementReader {
  const item = schema.getValueSchema()
  const itemName = item.getMergedTraits().xmlName ?? 'member'
  const read = valueReader(item)
  return (element) => {
    requireNoText(element)
    return element.children.filter((child) => child.name === itemName).map(read)
  }
}

function textOf(element: XmlElement): string {
  if (element.children.length > 0) throw malformedXml()
  return element.text
}

function requireNoText(element: XmlElement): void {
  if (element.text !== '' && /[^ \t\n]/.test(element.text)) throw malformedXml()
}

function booleanOf(text: string): boolean {
  const value = text.trim().toLowerCase()
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw malformedXml()
}

function integerOf(text: string): number {
  const trimmed = text.trim()
  const value = Number(trimmed)
  if (!/^[+-]?\d+$/.test(trimmed) || !Number.isSafeInteger(value)) throw malformedXml()
  return value
}
