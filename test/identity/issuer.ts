// An issuer of web identities on this machine: a real HTTP server with a discovery document and keys that can be exchanged, and what signs its tokens.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** A key the issuer signs with. */
export interface IssuerKey {
  readonly kid: string
  readonly algorithm: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

/** The issuer. */
export interface Issuer {
  /** "http://127.0.0.1:12345/realm" */
  readonly url: string
  /** Requests for its documents so far. */
  readonly asked: { discovery: number; keys: number }
  /** What it publishes; a test may change it. */
  keys: IssuerKey[]
  /** In place of its usual answer to a path. */
  answers: Map<string, (response: ServerResponse, request: IncomingMessage) => void>
  /** Members of the discovery document over the usual ones. */
  discovery: Record<string, unknown>
  /** A signed token with the usual claims, unless told otherwise. */
  token(claims?: JWTPayload, key?: IssuerKey, header?: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

/** A new key of the issuer. */
export async function newKey(kid: string, algorithm = 'RS256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return { kid, algorithm, privateKey, publicJwk }
}

/** For whom its tokens are made. */
export const audience = 'the-client'

/** Starts an issuer. Close it after the test.
 *  @param tls its certificate and key (PEM): it is at https then */
export async function openIssuer(
  nowMs: () => number = Date.now,
  tls?: { readonly cert: string; readonly key: string },
): Promise<Issuer> {
  const server = tls === undefined ? createServer() : createTlsServer(tls)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // It listens on TCP.
  const { port } = server.address() as AddressInfo
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/realm`
  const issuer: Issuer = {
    url,
    asked: { discovery: 0, keys: 0 },
    keys: [await newKey('first')],
    answers: new Map(),
    discovery: {},
    async token(claims = {}, key = issuer.keys[0], header = {}) {
      if (key === undefined) throw new Error('The issuer has no key')
      const nowSeconds = Math.floor(nowMs() / 1000)
      const usual = { iss: url, sub: 'ann', aud: audience, iat: nowSeconds, exp: nowSeconds + 600 }
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: key.algorithm, kid: key.kid, ...header })
        .sign(key.privateKey)
    },
    close: () => closed(server),
  }
  server.on('request', (request: IncomingMessage, response: ServerResponse) => answer(issuer, request, response))
  return issuer
}

function answer(issuer: Issuer, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? ''
  if (path === '/realm/.well-known/openid-configuration') issuer.asked.discovery += 1
  if (path === '/realm/keys') issuer.asked.keys += 1
  const other = issuer.answers.get(path)
  if (other !== undefined) return other(response, request)
  if (path === '/realm/.well-known/openid-configuration') {
    const usual = {
      issuer: issuer.url,
      jwks_uri: `${issuer.url}/keys`,
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    }
    response.end(JSON.stringify({ ...usual, ...issuer.discovery }))
  } else if (path === '/realm/keys') {
    response.end(JSON.stringify({ keys: issuer.keys.map(({ publicJwk }) => publicJwk) }))
  } else response.writeHead(404).end()
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
