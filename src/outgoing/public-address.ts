// Which addresses belong to the public internet. Security rule 9: outgoing calls "cannot reach private addresses unless configured".

import { BlockList, isIP } from 'node:net'

/** Not of the public internet. Source: IANA IPv4 Special-Purpose Address Registry; RFC 5771 (multicast), RFC 1112 (240.0.0.0/4). */
const specialOf4: readonly (readonly [network: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Within 2000::/3, which holds all that is public, what is not or leads to another address: Teredo and protocol assignments, documentation, 6to4.
 *  Source: IANA IPv6 Special-Purpose Address Registry. */
const specialOf6: readonly (readonly [network: string, bits: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const special4 = new BlockList()
for (const [network, bits] of specialOf4) special4.addSubnet(network, bits, 'ipv4')

const special6 = new BlockList()
for (const [network, bits] of specialOf6) special6.addSubnet(network, bits, 'ipv6')

const unicast6 = new BlockList()
unicast6.addSubnet('2000::', 3, 'ipv6')

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether an address, IPv4 or IPv6 as text, is one of the public internet. An IPv4 address written as IPv6 (::ffff:…) is not: nobody public needs
 *  it. What is no address is not public either. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special4.check(address, 'ipv4')
    case 6:
      return unicast6.check(address, 'ipv6') && !special6.check(address, 'ipv6')
    default:
      return false
  }
}

/** Whether an address is the machine itself. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
