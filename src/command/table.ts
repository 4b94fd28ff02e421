// A table for people: columns padded, names to the left, numbers to the right.

/** A column of a table of `Row`. */
export interface Column<Row> {
  readonly head: string
  /** Undefined is shown as "-". */
  readonly cell: (row: Row) => string | number | undefined
}

/** A line of heads, and one for each row. A column of numbers stands to the right. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const filled = columns.map(({ head, cell }) => {
    const cells = rows.map(cell)
    const isNumeric =
      cells.some((value) => typeof value === 'number') && !cells.some((value) => typeof value === 'string')
    const texts = [head, ...cells.map((value) => (value === undefined ? '-' : printable(String(value))))]
    const width = Math.max(...texts.map((text) => text.length))
    return texts.map((text) => (isNumeric ? text.padStart(width) : text.padEnd(width)))
  })
  const lines = Array.from({ length: rows.length + 1 }, (_, row) => filled.map((texts) => texts[row]).join('  '))
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

/** Names and what they are, one a line. */
export function pairs(entries: readonly (readonly [name: string, value: string | number | undefined])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries
    .map(([name, value]) => `${name.padEnd(width)}  ${value === undefined ? '-' : printable(String(value))}\n`)
    .join('')
}

/** What others chose as a name must not move the cursor of a terminal. */
const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- they are what is meant
  text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
