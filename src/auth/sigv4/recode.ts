// Percent-encoding as Signature Version 4 wants it: everything but letters, digits and "-._~", in upper-case hex, byte by byte.

const percent = 0x25
const slash = 0x2f
const plus = 0x2b

/** Which bytes stand for themselves. Source: RFC 3986, section 2.3; AWS SigV4, `UriEncode()`. */
const isUnreserved = new Uint8Array(256)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') {
  isUnreserved[character.charCodeAt(0)] = 1
}

const encoded = Array.from({ length: 256 }, (_, byte) =>
  isUnreserved[byte] === 1 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
)

/** The canonical URI of a raw path: decoded, then encoded once, slashes kept. No segment is normalised.
 *  AWS: "you do not normalize URI paths for requests to Amazon S3"; "the forward slash character is not encoded in the object key name".
 *  @param path one character a byte, as Node gives the request target
 *  @returns a different text for each different decoded path */
export function recodedPath(path: string): string {
  return isCanonical(path, true) ? path : recode(path, true)
}

/** Name or value of a query parameter, decoded and encoded once. "+" is a space there, as HTML forms and S3 have it. */
export function recodedParameter(text: string): string {
  return isCanonical(text, false) ? text : recode(text, false)
}

/** Decodes a query parameter's name or value into one character a byte. */
export function decodedParameter(text: string): string {
  let decoded = ''
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const escaped = code === percent ? escapedByte(text, at) : -1
    if (escaped >= 0) at += 2
    decoded += String.fromCharCode(escaped >= 0 ? escaped : code === plus ? 0x20 : code)
  }
  return decoded
}

/** Whether `recode` would leave the text as it is: the common case, found without building anything. */
function isCanonical(text: string, isPath: boolean): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isUnreserved[code] === 1 || (isPath && code === slash)) continue
    if (code !== percent || !isUpperCaseHex(text, at + 1) || !isUpperCaseHex(text, at + 2)) return false
    const byte = escapedByte(text, at)
    if (isUnreserved[byte] === 1 || (isPath && byte === slash)) return false
    at += 2
  }
  return true
}

function recode(text: string, isPath: boolean): string {
  let result = ''
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const escaped = code === percent ? escapedByte(text, at) : -1
    if (escaped >= 0) at += 2
    const byte = escaped >= 0 ? escaped : !isPath && code === plus ? 0x20 : code
    result += isPath && byte === slash ? '/' : encoded[byte & 0xff]
  }
  return result
}

/** The byte of "%XX" at `at`, or -1 when it is no such thing: a lone "%" stands for itself. */
function escapedByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at + 1))
  const low = hexDigit(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  if (code >= 0x41 && code <= 0x46) return code - 0x37
  if (code >= 0x61 && code <= 0x66) return code - 0x57
  return -1
}

function isUpperCaseHex(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46)
}
