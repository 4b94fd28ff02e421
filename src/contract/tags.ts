// Tags of objects and buckets: how many, how long, of which characters. Pure.

import { S3Error } from './errors.js'

/** Tags of one object. Source: S3 User Guide, "Categorizing your objects using tags". */
export const objectTagsMax = 10

/** Characters (UTF-16 units) of a tag's key and value. Source: as above. */
const keyLengthMax = 128
const valueLengthMax = 256

/** "letters, numbers, and spaces representable in UTF-8, and the following characters: + - = . _ : / @" */
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** A tag as the SDK has it. */
export interface TagLike {
  readonly Key: string | undefined
  readonly Value: string | undefined
}

/** Refuses a set of tags S3 would refuse.
 *  @param tagsMax greatest number of them
 *  @throws InvalidTag; BadRequest when there are too many */
export function requireTagSet(tags: readonly TagLike[], tagsMax: number): void {
  if (tags.length > tagsMax) {
    const what = tagsMax === objectTagsMax ? 'Object' : 'Bucket'
    throw new S3Error('BadRequest', { message: `${what} tags cannot be greater than ${tagsMax}` })
  }
  const seen = new Set<string>()
  for (const { Key: key = '', Value: value = '' } of tags) {
    if (key.length === 0 || key.length > keyLengthMax || !allowed.test(key)) {
      throw invalidTag('The TagKey you have provided is invalid', key)
    }
    if (key.startsWith('aws:')) throw invalidTag('System tags cannot be added/updated by requester', key)
    if (value.length > valueLengthMax || !allowed.test(value)) {
      throw invalidTag('The TagValue you have provided is invalid', key)
    }
    if (seen.has(key)) throw invalidTag('Cannot provide multiple Tags with the same key', key)
    seen.add(key)
  }
}

/** The pairs of an `x-amz-tagging` header ("a=b&c=d", as a query string).
 *  @throws InvalidArgument when it is none; what `requireTagSet` throws */
export function tagsOfHeader(header: string): [key: string, value: string][] {
  const tags: [string, string][] = []
  for (const pair of header.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    tags.push([unescaped(at < 0 ? pair : pair.slice(0, at)), at < 0 ? '' : unescaped(pair.slice(at + 1))])
  }
  requireTagSet(
    tags.map(([Key, Value]) => ({ Key, Value })),
    objectTagsMax,
  )
  return tags
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new S3Error('InvalidArgument', {
      message:
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      members: { ArgumentName: 'x-amz-tagging', ArgumentValue: text },
      cause,
    })
  }
}

const invalidTag = (message: string, key: string) => new S3Error('InvalidTag', { message, members: { TagKey: key } })

/** As kept with a version: JSON of [[key, value], …], or nothing. */
export const tagsJson = (tags: readonly (readonly [string, string])[]): string | null =>
  tags.length === 0 ? null : JSON.stringify(tags)

/** The reverse of `tagsJson`. */
export const tagsOfJson = (json: string | null): [key: string, value: string][] =>
  // Only `tagsJson` writes the column.
  json === null ? [] : (JSON.parse(json) as [string, string][])
