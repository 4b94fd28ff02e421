// One document fetched from somebody else's server: bounded in time and size, no redirects, and only from where outgoing calls may go.

import { lookup as lookupName } from 'node:dns/promises'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopbackAddress, isPublicAddress } from './public-address.js'

/** How a document may be fetched. */
export interface OutgoingLimits {
  /** Whether addresses outside of the public internet may be called, and the machine itself without TLS. */
  readonly allowsPrivate: boolean
  /** From the call to the last byte. */
  readonly timeMsMax: number
  readonly sizeBytesMax: number
}

/** Why there is no document. Its message is for the operator, and tells whoever asked nothing he has not said himself. */
export class OutgoingFailure extends Error {
  override readonly name = 'OutgoingFailure'
}

/** An address a name stands for. */
interface Resolved {
  readonly address: string
  readonly family: number
}

/** Fetches a JSON document by GET.
 *  @param url https, or http on the machine itself where private addresses are allowed
 *  @throws OutgoingFailure when it may not be called, does not answer 200 in time, or answers something too large or no JSON */
export async function getJson(url: URL, limits: OutgoingLimits): Promise<unknown> {
  const signal = AbortSignal.timeout(limits.timeMsMax)
  try {
    const addresses = await requireReachable(url, limits.allowsPrivate, signal)
    const text = await getText(url, addresses, limits.sizeBytesMax, signal)
    return JSON.parse(text) as unknown
  } catch (cause) {
    if (cause instanceof OutgoingFailure) throw cause
    if (signal.aborted) throw failure(url, `did not answer within ${limits.timeMsMax} ms`, cause)
    const reason = cause instanceof SyntaxError ? 'answered no JSON' : `could not be called (${reasonOf(cause)})`
    throw failure(url, reason, cause)
  }
}

/** The addresses behind a URL's host, all of which may be called: those that were judged are those that are connected to, so that a name cannot
 *  stand for another address a moment later. */
async function requireReachable(url: URL, allowsPrivate: boolean, signal: AbortSignal): Promise<readonly Resolved[]> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw failure(url, 'is neither https nor http')
  if (url.username !== '' || url.password !== '') throw failure(url, 'has credentials in it')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(host)
  const addresses = family === 0 ? await resolved(host, signal) : [{ address: host, family }]
  if (addresses.length === 0) throw failure(url, 'stands for no address')
  if (!allowsPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw failure(url, 'is at a private address, which is not called unless configured')
  }
  const isPlain = url.protocol === 'http:'
  if (isPlain && !(allowsPrivate && addresses.every(({ address }) => isLoopbackAddress(address)))) {
    throw failure(url, 'is not https')
  }
  return addresses
}

/** A resolver that does not answer is not waited for longer than the call may take. */
async function resolved(host: string, signal: AbortSignal): Promise<readonly Resolved[]> {
  const answer = lookupName(host, { all: true, verbatim: true })
  let stop: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('the name was not resolved in time'))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

async function getText(
  url: URL,
  addresses: readonly Resolved[],
  sizeBytesMax: number,
  signal: AbortSignal,
): Promise<string> {
  const answer = await answerOf(url, addresses, signal)
  try {
    // Security rule 9: "no redirects".
    if (answer.statusCode !== 200) throw failure(url, `answered ${answer.statusCode ?? 'nothing'} instead of 200`)
    const chunks: Buffer[] = []
    let sizeBytes = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length
      if (sizeBytes > sizeBytesMax) throw failure(url, `answered more than ${sizeBytesMax} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    answer.destroy()
  }
}

function answerOf(url: URL, addresses: readonly Resolved[], signal: AbortSignal): Promise<IncomingMessage> {
  const lookup: LookupFunction = (_host, { all }, give) => {
    const [first] = addresses
    if (all === true) give(null, [...addresses])
    else if (first !== undefined) give(null, first.address, first.family)
  }
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const headers = { Accept: 'application/json', 'User-Agent': 'Cairn' }
    // No agent: a connection that is kept was made to an address that was judged for another call.
    const outgoing = request(url, { lookup, signal, headers, agent: false }, resolve)
    outgoing.on('error', reject)
    outgoing.end()
  })
}

const failure = (url: URL, reason: string, cause?: unknown): OutgoingFailure =>
  new OutgoingFailure(`${url.origin}${url.pathname} ${reason}`, { cause })

/** Name of a system error ("ECONNREFUSED"), or its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error ? String(error.code) : error.message
}
