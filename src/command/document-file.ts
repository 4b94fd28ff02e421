// A policy's text from a file, or from standard input.

import { readFileSync } from 'node:fs'
import { CommandError } from './connection.js'

/** The text of a file, of standard input for "-". It must be JSON; what it says is for the server to judge.
 *  @throws CommandError */
export function documentFile(path: string): string {
  let text: string
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (cause) {
    throw new CommandError(`${path} cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`, {
      cause,
    })
  }
  try {
    JSON.parse(text)
  } catch (cause) {
    throw new CommandError(`${path} is not JSON (${cause instanceof Error ? cause.message : String(cause)}).`, {
      cause,
    })
  }
  return text
}
