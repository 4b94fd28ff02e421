// Tables that are readable as text and as Markdown.

/** A table with its first column to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(3, ...all.map((cells) => cells[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** 12345.6 → "12,346" */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** As many digits as tell something: 0.123, 1.23, 12.3, 123, 12,345; "–" for what was not measured. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '–'
  const size = Math.abs(value)
  if (size >= 1_000) return thousands(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}
