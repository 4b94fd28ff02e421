// The catalog's language: statements as data, and named functions that yield them.
// One text serves both engines: SQLite runs a function to its end in one go, another engine awaits each step and may run it again.

/** A value a statement takes: text, number (integers up to 2^53), bytes or nothing. Booleans are 0 and 1. */
export type SqlValue = string | number | Uint8Array | null

/** Named values of one call of a statement. */
export type SqlParameters = { readonly [name: string]: SqlValue }

/** A statement, written once with `:name` parameters. `Row` is the shape of what it answers (bytes come as Buffer). */
export interface Statement<Parameters extends SqlParameters, Row> {
  /** SQL with `?` in place of each `:name`. */
  readonly text: string
  /** The names, in the order of the `?`. */
  readonly names: readonly (keyof Parameters & string)[]
  /** Never set: it keeps `Row` in the type. */
  readonly row?: Row
}

/** Makes a statement of SQL with `:name` parameters. */
export function statement<Parameters extends SqlParameters, Row = never>(sql: string): Statement<Parameters, Row> {
  const names: string[] = []
  const text = sql.replaceAll(/:([a-zA-Z]\w*)/g, (_, name: string) => {
    names.push(name)
    return '?'
  })
  return { text, names }
}

/** What a step asks of the engine: at most one row, all rows, the number of rows changed, or the id of the row inserted. */
export interface Step {
  readonly kind: 'one' | 'all' | 'run' | 'insert'
  readonly statement: Statement<never, unknown>
  readonly parameters: SqlParameters
}

/** A catalog function under way: yields steps, is given their results, and returns. Its only effects are its steps. */
export type Steps<Result> = Generator<Step, Result, unknown>

/** The first row a statement answers, or nothing. */
export function* one<P extends SqlParameters, Row>(s: Statement<P, Row>, parameters: P): Steps<Row | undefined> {
  // The engine answers 'one' with the statement's row type: `statement` ties text and type together.
  return (yield { kind: 'one', statement: s, parameters }) as Row | undefined
}

/** Every row a statement answers. */
export function* all<P extends SqlParameters, Row>(s: Statement<P, Row>, parameters: P): Steps<Row[]> {
  // As above, for 'all'.
  return (yield { kind: 'all', statement: s, parameters }) as Row[]
}

/** Runs a statement that changes rows; answers how many. */
export function* run<P extends SqlParameters>(s: Statement<P, never>, parameters: P): Steps<number> {
  // As above, for 'run'.
  return (yield { kind: 'run', statement: s, parameters }) as number
}

/** Inserts one row into a table whose primary key is `id`; answers the id it was given, or undefined when ON CONFLICT DO NOTHING kept it out.
 *  SQLite knows the id without RETURNING, for which it would make a temporary table: measured 2 us. */
export function* insert<P extends SqlParameters>(s: Statement<P, never>, parameters: P): Steps<number | undefined> {
  // As above, for 'insert'.
  return (yield { kind: 'insert', statement: s, parameters }) as number | undefined
}

/** A read: plain arguments in, a plain answer out, from one consistent snapshot of the catalog. */
export interface Query<Arguments, Result> {
  readonly name: string
  readonly steps: (args: Arguments) => Steps<Result>
}

/** Names a read. */
export const query = <Arguments, Result>(
  name: string,
  steps: (args: Arguments) => Steps<Result>,
): Query<Arguments, Result> => ({ name, steps })

/** A change: plain (structured-clonable) arguments in, a plain answer out, all of it or nothing.
 *  It may be run several times before it counts, in another thread or process: no effects but steps, no clock, no chance. */
export interface Transaction<Arguments, Result> extends Query<Arguments, Result> {
  readonly writes: true
}

/** Names a change. It must be listed in `transactions.ts`, where the writer finds it by name. */
export const transaction = <Arguments, Result>(
  name: string,
  steps: (args: Arguments) => Steps<Result>,
): Transaction<Arguments, Result> => ({ name, steps, writes: true })
