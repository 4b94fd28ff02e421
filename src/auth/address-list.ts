// Lists of network addresses: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32". Pure: nothing is looked up.

import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** An address in the form it is told in: an IPv4 address that came over IPv6 ("::ffff:192.0.2.1") is that IPv4 address. */
export function plainAddress(address: string): string {
  if (!address.startsWith('::ffff:')) return address
  const mapped = address.slice('::ffff:'.length)
  return isIPv4(mapped) ? mapped : address
}

/** The list of those addresses and networks; undefined when one of them is neither. */
export function blockListOf(entries: readonly string[]): BlockList | undefined {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.split('/')
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) && !address.includes('%') ? 'ipv6' : undefined
    if (family === undefined || rest.length > 0) return undefined
    if (bits === undefined) list.addAddress(address, family)
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv4' ? 32 : 128)) {
      list.addSubnet(address, Number(bits), family)
    } else return undefined
  }
  return list
}

/** Whether an address is in a list. What is no address is in none. */
export function isListed(list: BlockList, address: string): boolean {
  const plain = plainAddress(address.replace(/%.*$/, ''))
  if (isIPv4(plain)) return list.check(plain, 'ipv4')
  return isIPv6(plain) && list.check(plain, 'ipv6')
}
