// From parameters to an action's input: exactly what an SDK client was given. Compiled per action, at its first use.

import type { NormalizedSchema } from '@smithy/core/schema'
import { IamError } from '../../contract/iam-errors.js'
import { membersOf } from '../../wire/members.js'
import { readTimestamp } from '../../wire/timestamps.js'
import type { ActionModel } from './model.js'
import type { ParameterNode } from './parameters.js'

type Reader = (node: ParameterNode, path: string) => unknown
type StructureReader = (node: ParameterNode, path: string) => Record<string, unknown>

/** Parameters that are of the protocol, not of the action; those of a signature in the query are taken out before. */
const protocolParameters: ReadonlySet<string> = new Set(['Action', 'Version'])

const readers = new WeakMap<ActionModel, StructureReader>()

/** The input of an action.
 *  @param parameters as `parametersOf` answers them, those of the protocol included
 *  @throws InvalidParameterValue for what is no number, flag, date or bytes
 *  @throws MalformedQueryString for a parameter the action does not have: it would be ignored in silence otherwise
 *  @throws ValidationError where a required member is missing, in AWS's words */
export function decodeInput(model: ActionModel, parameters: ParameterNode): object {
  let read = readers.get(model)
  if (read === undefined) readers.set(model, (read = structureReader(model.input, protocolParameters)))
  return read(parameters, '')
}

function readerOf(schema: NormalizedSchema): Reader {
  if (schema.isStructSchema()) return structureReader(schema)
  if (schema.isListSchema()) return listReader(schema)
  if (schema.isMapSchema()) return mapReader(schema)
  return scalarReader(schema)
}

function structureReader(schema: NormalizedSchema, others: ReadonlySet<string> = new Set()): StructureReader {
  const members = membersOf(schema)
  const readersByName = new Map(members.map((member) => [member.name, readerOf(member.schema)]))
  const required = members.filter(({ isRequired }) => isRequired).map(({ name }) => name)
  return (node, path) => {
    const input: Record<string, unknown> = {}
    for (const [name, child] of node.children) {
      const read = readersByName.get(name)
      if (read !== undefined) input[name] = read(child, joined(path, name))
      else if (!others.has(name)) throw unknownParameter(joined(path, name))
    }
    const missing = required.filter((name) => input[name] === undefined)
    if (missing.length > 0) throw missingMembers(missing.map((name) => joined(path, name)))
    return input
  }
}

/** `Name.member.1=…&Name.member.2=…`; an empty list is `Name=`. */
function listReader(schema: NormalizedSchema): Reader {
  const item = schema.getValueSchema()
  const read = readerOf(item)
  return (node, path) => numbered(node, 'member', path).map(([child, at]) => read(child, `${path}.member.${at}`))
}

/** `Name.entry.1.key=…&Name.entry.1.value=…`. */
function mapReader(schema: NormalizedSchema): Reader {
  const read = readerOf(schema.getValueSchema())
  return (node, path) =>
    Object.fromEntries(
      numbered(node, 'entry', path).map(([child, at]) => {
        const key = child.children.get('key')?.value
        const value = child.children.get('value')
        if (key === undefined || value === undefined || child.children.size > 2) {
          throw unknownParameter(`${path}.entry.${at}`)
        }
        return [key, read(value, `${path}.entry.${at}.value`)]
      }),
    )
}

const indexPattern = /^[1-9]\d{0,5}$/

/** The children of `tag`, in the order of their numbers. */
function numbered(node: ParameterNode, tag: string, path: string): [ParameterNode, number][] {
  const isEmpty = node.value === '' && node.children.size === 0
  if (isEmpty) return []
  const items = node.children.get(tag)
  if (items === undefined || node.children.size > 1 || node.value !== undefined || items.value !== undefined) {
    throw unknownParameter(path)
  }
  const found: [ParameterNode, number][] = []
  for (const [index, child] of items.children) {
    if (!indexPattern.test(index)) throw unknownParameter(`${path}.${tag}.${index}`)
    found.push([child, Number(index)])
  }
  return found.sort(([, one], [, other]) => one - other)
}

function scalarReader(schema: NormalizedSchema): Reader {
  const read = textReader(schema)
  return ({ value, children }, path) => {
    if (value === undefined || children.size > 0) throw unknownParameter(path)
    const result = read(value)
    if (result === undefined) {
      throw new IamError('InvalidParameterValue', `The value of the parameter ${path} is not valid.`)
    }
    return result
  }
}

const base64Pattern = /^[A-Za-z\d+/]*={0,2}$/

/** From text to value; undefined for what is none. */
function textReader(schema: NormalizedSchema): (text: string) => unknown {
  if (schema.isStringSchema()) return (text) => text
  if (schema.isBooleanSchema()) return (text) => (text === 'true' ? true : text === 'false' ? false : undefined)
  if (schema.isTimestampSchema()) return (text) => readTimestamp(text, 'date-time')
  if (schema.isNumericSchema()) {
    return (text) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined)
  }
  return (text) => (base64Pattern.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined)
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const unknownParameter = (path: string): IamError =>
  new IamError('MalformedQueryString', `The parameter ${path} is not one of this action.`)

/** Source: as IAM and STS answer it, "Value null at 'userName' failed to satisfy constraint". */
function missingMembers(paths: readonly string[]): IamError {
  const faults = paths.map((path) => {
    const name = path.charAt(0).toLowerCase() + path.slice(1)
    return `Value null at '${name}' failed to satisfy constraint: Member must not be null`
  })
  const count = `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected: `
  return new IamError('ValidationError', count + faults.join('; '))
}
