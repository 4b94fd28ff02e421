// Text into XML 1.0: escaping, nothing else.

/** The line every document begins with. */
export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

// oxlint-disable-next-line no-control-regex -- control characters are what must not stand there
const special = /[&<>"\x00-\x08\x0b-\x1f\ufffe\uffff]/

/** Text as it may stand in an element or a quoted attribute. A carriage return becomes a reference, or a parser would read it as a line
 *  feed. So do control characters, which XML 1.0 cannot carry at all: S3 writes "&#x1;", and clients that need such keys ask for
 *  encoding-type=url. */
export function escaped(text: string): string {
  if (!special.test(text)) return text
  let result = ''
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const reference = references.get(text.charCodeAt(index))
    if (reference === undefined) continue
    result += text.slice(from, index) + reference
    from = index + 1
  }
  return result + text.slice(from)
}

const predefined: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
])

/** By UTF-16 code. */
const references: ReadonlyMap<number, string> = new Map(
  [...Array(0x80).keys(), 0xfffe, 0xffff]
    .map((code) => ({ code, character: String.fromCharCode(code) }))
    .filter(({ character }) => special.test(character))
    .map(({ code, character }) => [code, predefined.get(character) ?? `&#x${code.toString(16).toUpperCase()};`]),
)
