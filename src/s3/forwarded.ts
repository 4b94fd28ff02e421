// Who stands behind a proxy: X-Forwarded-For is believed of proxies that were named, and of nobody else. Security rule 6.

import { type BlockList, isIP } from 'node:net'
import { isListed, plainAddress } from '../auth/address-list.js'
import type { HttpRequest } from '../contract/request.js'

/** Where a request comes from. */
export type Origin = Pick<HttpRequest, 'remoteAddress' | 'isSecure'>

/** Addresses a chain of proxies may have; what is before them is not looked at. */
const hopsMax = 32

/** Where a request comes from: the peer of the socket, or, where that is a trusted proxy, whom it names. A chain is followed from its end as far as its
 *  proxies are trusted: what stands before was written by somebody who is not.
 *  @param peer of the socket
 *  @param trusted proxies; undefined for none */
export function originOf(peer: Origin, headers: HttpRequest['headers'], trusted: BlockList | undefined): Origin {
  const remoteAddress = plainAddress(peer.remoteAddress)
  if (trusted === undefined || !isListed(trusted, remoteAddress)) {
    return remoteAddress === peer.remoteAddress ? peer : { ...peer, remoteAddress }
  }
  const isSecure = peer.isSecure || headers['x-forwarded-proto']?.trim().toLowerCase() === 'https'
  return { remoteAddress: clientIn(headers['x-forwarded-for'] ?? '', trusted) ?? remoteAddress, isSecure }
}

/** The last address of a chain that is no trusted proxy, or its first one; undefined where the chain is empty or says something else. */
function clientIn(chain: string, trusted: BlockList): string | undefined {
  let client: string | undefined
  for (const hop of chain.split(',').slice(-hopsMax).toReversed()) {
    const address = addressIn(hop.trim())
    if (address === undefined) return client
    client = address
    if (!isListed(trusted, address)) return client
  }
  return client
}

/** "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711" → the address. */
function addressIn(hop: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1]
  const address = plainAddress(bracketed ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop)
  return isIP(address) === 0 ? undefined : address
}
