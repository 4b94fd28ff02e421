// Settings: read once at start from the command line, the environment (CAIRN_…) and a JSON file, in that order of precedence, and passed down.
// Anything unknown or wrong is refused with its name, its value and what is allowed; a secret's value is never repeated.

import { readFileSync } from 'node:fs'
import { definitions, names, type SettingName, type Settings, variableOf } from './settings.js'

/** Where raw values come from, by the name of the setting. */
export interface SettingSources {
  /** Of the command line: "data", "shutdownGraceMs", …, and "config". */
  readonly flags: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A setting is unknown or wrong. The message is for the operator, one line for each fault. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** A raw value and where it stood. */
interface Given {
  readonly value: unknown
  readonly from: string
}

/** Reads all settings.
 *  @throws SettingsError */
export function readSettings(sources: SettingSources): Settings {
  const faults: string[] = []
  const given = new Map<string, Given>()
  const file = sources.flags['config'] ?? sources.environment['CAIRN_CONFIG']
  if (typeof file === 'string') gatherFile(file, given, faults)
  gatherEnvironment(sources.environment, given, faults)
  for (const name of names) {
    const value = sources.flags[name]
    if (value !== undefined) given.set(name, { value, from: 'the command line' })
  }

  const settings: Record<string, unknown> = {}
  for (const name of names) {
    const { schema, allowed, ...definition } = definitions[name]
    const raw = given.get(name)
    const parsed = schema.safeParse(raw?.value)
    if (parsed.success) {
      if (parsed.data !== undefined) settings[name] = parsed.data
    } else {
      const shown = 'isSecret' in definition ? 'a value that is not shown' : JSON.stringify(raw?.value)
      faults.push(`${name} (from ${raw?.from}) is ${shown}; allowed is ${allowed}.`)
    }
  }
  requirePairs(given, faults)
  if (faults.length > 0) throw new SettingsError(faults.join('\n'))
  // Each member was parsed by the schema of its name, and every name has one.
  return settings as unknown as Settings
}

function gatherFile(path: string, given: Map<string, Given>, faults: string[]): void {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it is not JSON'
    faults.push(`config is ${JSON.stringify(path)}; allowed is the path of a JSON file that can be read (${reason}).`)
    return
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    faults.push(`config is ${JSON.stringify(path)}; allowed is a file that holds one JSON object.`)
    return
  }
  for (const [name, value] of Object.entries(content)) {
    if (Object.hasOwn(definitions, name)) given.set(name, { value, from: path })
    else faults.push(`${name} (from ${path}) is no setting; allowed are ${names.join(', ')}.`)
  }
}

/** What container platforms set for a service called "cairn…": CAIRN_SERVICE_HOST, CAIRN_PORT_9000_TCP_ADDR and the like. */
const serviceLinkPattern = /^CAIRN(?:_\w+)?_(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\d+_\w+)?)$/

function gatherEnvironment(
  environment: SettingSources['environment'],
  given: Map<string, Given>,
  faults: string[],
): void {
  const byVariable = new Map<string, SettingName>(names.map((name) => [variableOf(name), name]))
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('CAIRN_') || value === undefined || variable === 'CAIRN_CONFIG') continue
    const name = byVariable.get(variable)
    if (name !== undefined) given.set(name, { value, from: variable })
    else if (!serviceLinkPattern.test(variable)) {
      faults.push(`${variable} (from the environment) is no setting; allowed are ${[...byVariable.keys()].join(', ')}.`)
    }
  }
}

function requirePairs(given: ReadonlyMap<string, Given>, faults: string[]): void {
  const pairs: readonly (readonly [SettingName, SettingName])[] = [
    ['tlsCert', 'tlsKey'],
    ['rootAccessKey', 'rootSecretKey'],
  ]
  for (const [one, other] of pairs) {
    if (given.has(one) === given.has(other)) continue
    const [set, missing] = given.has(one) ? [one, other] : [other, one]
    faults.push(`${missing} is not set, but ${set} is; allowed is both or neither.`)
  }
}
