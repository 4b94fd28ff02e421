// Where a part says what happened to it. What stands behind it (pino) is chosen once, at the top of the house.

/** Writes one line with a few named values. Never handed a secret, a key's content or a whole request. */
export type LogLine = (details: Readonly<Record<string, unknown>>, message: string) => void

/** A log by severity. */
export interface Log {
  readonly debug: LogLine
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
}
