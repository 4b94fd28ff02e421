// Text to value and back for members bound to headers and query parameters, compiled per member.

import type { NormalizedSchema } from '@smithy/core/schema'
import { S3Error } from '../../contract/errors.js'
import { timestampFormatOf } from '../../wire/members.js'
import { readTimestamp, writeTimestamp } from '../../wire/timestamps.js'

/** Reads the text of a header or parameter; undefined when it is to be taken as absent. */
export type TextReader = (text: string) => unknown

/** Writes a member's value as the text of a header. */
export type TextWriter = (value: unknown) => string

/** A refusal that names the argument, as S3 writes it. */
export const invalidArgument = (name: string, value: string, message: string): S3Error =>
  new S3Error('InvalidArgument', { message, members: { ArgumentName: name, ArgumentValue: value } })

const integersMax = 2_147_483_647

/** RFC 9110, 13.1.3: "A recipient MUST ignore the If-Modified-Since header field if the received field value is not a valid HTTP-date".
 *  `Expires` may be any text, see the quirks. */
const ignoredWhenMalformed = new Set(['if-modified-since', 'if-unmodified-since', 'expires'])

/** A reader of header `name`. */
export function headerReader(schema: NormalizedSchema, name: string): TextReader {
  if (schema.isListSchema()) return listItems
  if (schema.isStringSchema()) return asIs
  if (schema.isBooleanSchema()) return (text) => booleanOf(text, name)
  if (schema.isNumericSchema()) return (text) => integerOf(text, name, Number.MAX_SAFE_INTEGER)
  const format = timestampFormatOf(schema, 'http-date')
  const isIgnored = ignoredWhenMalformed.has(name.toLowerCase())
  return (text) => readTimestamp(text, format) ?? (isIgnored ? undefined : refuseDate(text, name))
}

/** A reader of query parameter `name`. A number or flag without a value counts as absent. */
export function parameterReader(schema: NormalizedSchema, name: string): TextReader {
  if (schema.isStringSchema()) return name.startsWith('response-') ? (text) => headerText(text, name) : asIs
  if (schema.isBooleanSchema()) return (text) => (text === '' ? undefined : booleanOf(text, name))
  if (schema.isNumericSchema()) {
    if (name === 'partNumber') return partNumberOf
    return (text) => (text === '' ? undefined : integerOf(text, name, integersMax))
  }
  const format = timestampFormatOf(schema, 'date-time')
  return (text) => readTimestamp(text, format) ?? refuseDate(text, name)
}

/** A writer of header values. */
export function headerWriter(schema: NormalizedSchema): TextWriter {
  if (!schema.isTimestampSchema()) return headerSafe
  const format = timestampFormatOf(schema, 'http-date')
  return (value) => (value instanceof Date ? writeTimestamp(value, format) : headerSafe(value))
}

const unsafeInHeader = /[^\t\x20-\x7e\xa0-\xff]/

/** A value that can stand in a header. What cannot (control characters, anything beyond Latin-1) is written as an RFC 2047 word. */
export function headerSafe(value: unknown): string {
  const text = String(value)
  return unsafeInHeader.test(text) ? encodedWord(text) : text
}

const beyondAscii = /[^\x20-\x7e]/

/** A value of user metadata. AWS User Guide, "Working with object metadata": what is not US-ASCII is "encoded as per RFC 2047 to make them
 *  mail-safe before returning". */
export function metadataText(value: unknown): string {
  const text = String(value)
  return beyondAscii.test(text) ? encodedWord(text) : text
}

/** One RFC 2047 word: "Q" when most characters are ASCII, else "B", as S3 chooses (measured: "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="
 *  and "=?UTF-8?B?AAECAwQ=?="). */
function encodedWord(text: string): string {
  const characters = Array.from(text)
  const bytes = Buffer.from(text, 'utf8')
  if (characters.filter((character) => beyondAscii.test(character)).length * 2 >= characters.length) {
    return `=?UTF-8?B?${bytes.toString('base64')}?=`
  }
  const quoted = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte)
    if (character === ' ') return '_'
    return beyondAscii.test(character) || '=_?'.includes(character)
      ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
      : character
  })
  return `=?UTF-8?Q?${quoted.join('')}?=`
}

const asIs: TextReader = (text) => text

const listItems: TextReader = (text) =>
  text
    .split(',')
    .map((item) => item.trim().replace(/^"(.*)"$/, '$1'))
    .filter((item) => item !== '')

function booleanOf(text: string, name: string): boolean {
  const value = text.trim().toLowerCase()
  if (value === 'true') return true
  if (value === 'false') return false
  throw invalidArgument(name, text, `Invalid value for ${name}: it must be true or false`)
}

function integerOf(text: string, name: string, max: number): number {
  const value = Number(text)
  if (!/^[+-]?\d+$/.test(text) || value > max || value < -max) {
    throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`)
  }
  if (value < 0) {
    const argument = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    throw invalidArgument(argument, text, `Argument ${argument} must be an integer between 0 and ${max}`)
  }
  return value
}

const partNumberMax = 10_000

function partNumberOf(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > partNumberMax) {
    throw invalidArgument(
      'partNumber',
      text,
      `Part number must be an integer between 1 and ${partNumberMax}, inclusive`,
    )
  }
  return value
}

/** The `response-…` parameters become headers of the answer. */
function headerText(text: string, name: string): string {
  if (unsafeInHeader.test(text))
    throw invalidArgument(name, text, 'Header value cannot be represented using ISO-8859-1.')
  return text
}

function refuseDate(text: string, name: string): never {
  throw invalidArgument(name, text, `Invalid value for ${name}: it must be a date`)
}
