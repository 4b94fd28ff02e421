// A policy's text as JSON, in which nothing is said twice. Pure.

import { PolicyFault } from './policy.js'

/** Characters of any policy. Source: IAM API reference, PolicyDocument. */
const textSizeMax = 131_072

/** @returns what the text says, an object
 *  @throws PolicyFault when it is no JSON, no object, too long, or an object in it has the same member twice. "Individual elements must not contain multiple
 *  instances of the same key" (IAM User Guide, "Grammar of the IAM JSON policy language"): JSON.parse would keep the last in silence. */
export function documentOf(text: string): Readonly<Record<string, unknown>> {
  if (text.length > textSizeMax) throw new PolicyFault(`A policy must not have more than ${textSizeMax} characters.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PolicyFault("Policies must be valid JSON and the first byte must be '{'")
  }
  if (!isObject(value)) throw new PolicyFault("Policies must be valid JSON and the first byte must be '{'")
  requireUniqueMembers(text)
  return value
}

/** Whether it is a JSON object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Strings, and what opens, closes and names objects, of a text that is known to be JSON. */
const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g

function requireUniqueMembers(text: string): void {
  /** Names of the members of each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = []
  for (const [found, colon] of text.matchAll(token)) {
    if (found === '{') open.push(new Set())
    else if (found === '[') open.push(undefined)
    else if (found === '}' || found === ']') open.pop()
    else if (colon !== undefined) {
      // Escapes may write one name in two ways.
      const name = String(JSON.parse(found.slice(0, -colon.length)))
      const names = open.at(-1)
      if (names?.has(name) === true) throw new PolicyFault(`Syntax errors in policy: ${name} stands in it twice.`)
      names?.add(name)
    }
  }
}
