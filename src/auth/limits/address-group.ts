// Whose address it is: one IPv4 address, or a network of IPv6, which is what one household or one machine is given.

import { isIPv4, isIPv6 } from 'node:net'
import { rememberingLast } from '../../contract/remembering-last.js'

/** What an address is counted as: IPv4 as itself, IPv6 by its first 64 bits ("2001:db8:0:1"), since who has one address of a /64 has them all
 *  (RFC 6177). What is no address is counted as itself.
 *  @param address "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "fe80::1%eth0" */
export const addressGroup = rememberingLast((address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined && isIPv4(mapped)) return mapped
  if (!isIPv6(address)) return address
  const [before = '', after] = address.replace(/%.*$/, '').split('::')
  const left = piecesOf(before)
  const right = after === undefined ? [] : piecesOf(after)
  const zeros = after === undefined ? 0 : 8 - left.length - right.length
  const pieces = [...left, ...Array.from({ length: zeros }, () => '0'), ...right]
  return pieces
    .slice(0, 4)
    .map((piece) => Number.parseInt(piece, 16).toString(16))
    .join(':')
})

/** The groups of 16 bits in a half of an address; an IPv4 address at its end takes the place of two. */
function piecesOf(half: string): string[] {
  if (half === '') return []
  return half.split(':').flatMap((piece) => (piece.includes('.') ? ['0', '0'] : [piece]))
}
