// Addresses and ranges of addresses (CIDR), for IpAddress and aws:SourceIp. Pure.

/** A range: the addresses whose first `prefixBits` bits are those of `words`. */
export interface IpRange {
  /** Four for IPv4, eight for IPv6: 8 or 16 bits each, most significant first. */
  readonly words: readonly number[]
  readonly prefixBits: number
}

/** "203.0.113.0/24", "2001:DB8:1234:5678::/64", or one address. "If you specify an IP address without the associated routing prefix, IAM uses the default
 *  prefix value of /32", of IPv6 /128.
 *  @returns undefined when it is none
 *  Source: IAM User Guide, "IP address condition operators"; RFC 4632, RFC 4291 */
export function ipRangeOf(text: string): IpRange | undefined {
  const slash = text.indexOf('/')
  const words = wordsOf(slash < 0 ? text : text.slice(0, slash))
  if (words === undefined) return undefined
  const bitsMax = bitsOf(words) * words.length
  if (slash < 0) return plain({ words, prefixBits: bitsMax })
  const prefix = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bitsMax) return undefined
  return plain({ words, prefixBits: Number(prefix) })
}

/** Whether a range contains an address, or all of a smaller range. */
export function contains(range: IpRange, other: IpRange): boolean {
  if (range.words.length !== other.words.length || range.prefixBits > other.prefixBits) return false
  const size = bitsOf(range.words)
  for (let index = 0, left = range.prefixBits; left > 0; index += 1, left -= size) {
    const shift = left >= size ? 0 : size - left
    if ((range.words[index] ?? 0) >>> shift !== (other.words[index] ?? 0) >>> shift) return false
  }
  return true
}

/** Bits of a word. */
const bitsOf = (words: readonly number[]): number => (words.length === 4 ? 8 : 16)

/** An IPv4 address that came over an IPv6 socket ("::ffff:203.0.113.9") is that IPv4 address. */
function plain(range: IpRange): IpRange {
  const { words, prefixBits } = range
  if (words.length !== 8 || prefixBits < 96) return range
  if (words.slice(0, 5).some((word) => word !== 0) || words[5] !== 0xffff) return range
  const bytes = words.slice(6).flatMap((word) => [word >>> 8, word & 0xff])
  return { words: bytes, prefixBits: prefixBits - 96 }
}

const wordsOf = (text: string): number[] | undefined => (text.includes(':') ? ipv6WordsOf(text) : ipv4BytesOf(text))

/** Four decimal numbers, without leading zeros, which some read as octal. */
function ipv4BytesOf(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  if (!parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return parts.map(Number)
}

/** RFC 4291, 2.2: eight groups, "::" for a run of zeros, the last two groups perhaps as IPv4; a zone ("%eth0") is no part of the address. */
function ipv6WordsOf(zoned: string): number[] | undefined {
  const zone = zoned.indexOf('%')
  const text = zone < 0 ? zoned : zoned.slice(0, zone)
  const gap = text.indexOf('::')
  if (gap < 0) {
    const words = groupsOf(text)
    return words?.length === 8 ? words : undefined
  }
  const before = gap === 0 ? [] : groupsOf(text.slice(0, gap), false)
  const after = gap + 2 === text.length ? [] : groupsOf(text.slice(gap + 2))
  if (before === undefined || after === undefined || before.length + after.length > 7) return undefined
  return [...before, ...Array.from<number>({ length: 8 - before.length - after.length }).fill(0), ...after]
}

function groupsOf(text: string, mayEndInIpv4 = true): number[] | undefined {
  const groups = text.split(':')
  const words: number[] = []
  for (const [index, group] of groups.entries()) {
    if (/^[\da-fA-F]{1,4}$/.test(group)) words.push(Number.parseInt(group, 16))
    else {
      const bytes = mayEndInIpv4 && index === groups.length - 1 ? ipv4BytesOf(group) : undefined
      if (bytes === undefined) return undefined
      const [first = 0, second = 0, third = 0, fourth = 0] = bytes
      words.push(first * 256 + second, third * 256 + fourth)
    }
  }
  return words
}
