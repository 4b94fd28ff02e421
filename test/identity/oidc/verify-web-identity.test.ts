import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { exportSPKI, importJWK, type CryptoKey } from 'jose'
import { IamError, type IamErrorCode } from '../../../src/contract/iam-errors.js'
import { IssuerKeyCache } from '../../../src/identity/oidc/issuer-keys.js'
import { hostOf, verifyWebIdentity, type WebIdentityClaims } from '../../../src/identity/oidc/verify-web-identity.js'
import { getJson } from '../../../src/outgoing/get-json.js'
import { audience, type Issuer, newKey, openIssuer } from '../issuer.js'

const limits = { allowsPrivate: true, timeMsMax: 2000, sizeBytesMax: 64 * 1024 }

describe('web identities of a real issuer', () => {
  let nowMs: number
  let issuer: Issuer
  let keys: IssuerKeyCache
  const clock = { now: () => nowMs }

  beforeEach(async () => {
    nowMs = 1_795_255_200_000
    issuer = await openIssuer(clock.now)
    keys = new IssuerKeyCache((url) => getJson(url, limits), clock)
  })
  afterEach(() => issuer.close())

  const verify = (token: string): Promise<WebIdentityClaims> =>
    verifyWebIdentity(
      token,
      (host) => Promise.resolve(host === hostOf(issuer.url) ? [audience, 'another-client'] : undefined),
      keys,
      clock,
    )

  const refused = (token: Promise<string> | string, code: IamErrorCode, message?: RegExp): Promise<void> =>
    rejects(
      async () => verify(await token),
      (error: unknown) => {
        ok(error instanceof IamError, String(error))
        equal(error.code, code)
        if (message !== undefined) match(error.message, message)
        return true
      },
    )

  it('are known by subject, audience and issuer', async () => {
    deepEqual(await verify(await issuer.token({ amr: ['mfa', 'pwd'] })), {
      issuer: issuer.url,
      subject: 'ann',
      audiences: [audience],
      otherAudiences: undefined,
      methods: ['mfa', 'pwd'],
      tags: {},
      transitiveTagKeys: [],
      sourceIdentity: undefined,
    })
  })

  it('may be signed with an elliptic curve, when the issuer says so', async () => {
    issuer.keys = [await newKey('curve', 'ES256')]
    equal((await verify(await issuer.token())).subject, 'ann')
  })

  it('bring session tags', async () => {
    const tags = { principal_tags: { team: ['stones'] }, transitive_tag_keys: ['team'] }
    const claims = await verify(await issuer.token({ 'https://aws.amazon.com/tags': tags }))
    deepEqual([claims.tags, claims.transitiveTagKeys], [{ team: 'stones' }, ['team']])
    await refused(
      issuer.token({ 'https://aws.amazon.com/tags': { principal_tags: { team: ['a', 'b'] } } }),
      'InvalidIdentityToken',
    )
  })

  it('are refused for another audience', async () => {
    await refused(issuer.token({ aud: 'somebody-else' }), 'InvalidIdentityToken', /audience/)
    await refused(issuer.token({ aud: [audience], azp: 'somebody-else' }), 'InvalidIdentityToken', /audience/)
    equal((await verify(await issuer.token({ aud: ['x', 'another-client'] }))).audiences.length, 2)
  })

  it('are refused without sub, aud, exp or iat', async () => {
    for (const claim of ['sub', 'aud', 'exp', 'iat']) {
      await refused(issuer.token({ [claim]: undefined }), 'InvalidIdentityToken', new RegExp(`claim: ${claim}`))
    }
  })

  it('of an issuer no account has a provider for are refused, and nobody is called', async () => {
    const other = await openIssuer(clock.now)
    try {
      await refused(other.token(), 'InvalidIdentityToken', /No OpenIDConnect provider/)
      equal(other.asked.discovery, 0)
      // Signed by somebody else, in our issuer's name.
      await refused(other.token({ iss: issuer.url }), 'InvalidIdentityToken')
      // Another issuer by its name, of whom nothing can be had.
      await refused(other.token({ iss: `${issuer.url}/` }), 'IDPCommunicationError')
    } finally {
      await other.close()
    }
  })

  it('without a signature are refused: alg none', async () => {
    const [, payload] = (await issuer.token()).split('.')
    for (const alg of ['none', 'None', 'NONE', '']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'first' })).toString('base64url')
      for (const signature of ['', 'AAAA']) {
        await refused(`${header}.${payload}.${signature}`, 'InvalidIdentityToken')
      }
    }
  })

  it('signed by HMAC with the public key as its secret are refused', async () => {
    const [, payload] = (await issuer.token()).split('.')
    const jwk = issuer.keys[0]?.publicJwk ?? {}
    // An RSA key is no bytes.
    const pem = await exportSPKI((await importJWK({ ...jwk, ext: true }, 'RS256')) as CryptoKey)
    for (const secret of [pem, pem.trim(), JSON.stringify(jwk), jwk.n ?? '']) {
      const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: 'first' })).toString('base64url')
      const signature = createHmac('sha256', secret).update(`${header}.${payload}`).digest('base64url')
      await refused(`${header}.${payload}.${signature}`, 'InvalidIdentityToken')
    }
    // The same, with an issuer that were to publish and allow it.
    issuer.discovery = { id_token_signing_alg_values_supported: ['HS256', 'none'] }
    nowMs += 2 * 3_600_000
    await refused(issuer.token(), 'InvalidIdentityToken')
  })

  it('signed by an algorithm the issuer does not name are refused', async () => {
    issuer.keys = [await newKey('first', 'RS512')]
    await refused(issuer.token(), 'InvalidIdentityToken')
  })

  it('with a key in the header, or an address of one, are refused', async () => {
    const own = await newKey('first')
    await refused(issuer.token({}, own, { jwk: own.publicJwk }), 'InvalidIdentityToken')
    await refused(issuer.token({}, own, { jku: `${issuer.url}/keys` }), 'InvalidIdentityToken')
  })

  it('are refused once they have expired, and before they begin', async () => {
    const seconds = nowMs / 1000
    await refused(issuer.token({ exp: seconds - 10 }), 'ExpiredTokenException')
    await refused(issuer.token({ nbf: seconds + 60 }), 'InvalidIdentityToken')
    const token = await issuer.token({ exp: seconds + 30 })
    equal((await verify(token)).subject, 'ann')
    nowMs += 40_000
    await refused(token, 'ExpiredTokenException')
  })

  it('are refused when anything of them was changed', async () => {
    const [header = '', payload = '', signature = ''] = (await issuer.token()).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url')
    await refused(`${header}.${forged}.${signature}`, 'InvalidIdentityToken')
    for (const token of ['', 'x', 'a.b.c', `${header}.${payload}`, `${header}.${payload}.${signature}.x`]) {
      await refused(token, 'InvalidIdentityToken')
    }
  })

  describe('and its keys', () => {
    it('are asked for once, and kept', async () => {
      await Promise.all(Array.from({ length: 20 }, async () => verify(await issuer.token())))
      deepEqual(issuer.asked, { discovery: 1, keys: 1 })
    })

    it('are asked for again when a token names a new one', async () => {
      await verify(await issuer.token())
      nowMs += 31_000
      const second = await newKey('second')
      issuer.keys = [second]
      equal((await verify(await issuer.token({}, second))).subject, 'ann')
      deepEqual(issuer.asked, { discovery: 2, keys: 2 })
    })

    it('that were taken back are gone once they are asked for again', async () => {
      const token = await issuer.token({ exp: nowMs / 1000 + 7200 })
      await verify(token)
      issuer.keys = [await newKey('second')]
      nowMs += 3_600_000
      await refused(token, 'InvalidIdentityToken')
    })

    it('are not asked for again by a flood of unknown kids', async () => {
      await verify(await issuer.token())
      const foreign = await newKey('foreign')
      nowMs += 31_000
      for (let count = 0; count < 100; count++) {
        await refused(issuer.token({}, { ...foreign, kid: `unknown-${count}` }), 'InvalidIdentityToken')
      }
      deepEqual(issuer.asked, { discovery: 2, keys: 2 })
    })

    it('are used on while the issuer is away, for a day', async () => {
      await verify(await issuer.token())
      issuer.answers.set('/realm/keys', (response) => response.writeHead(500).end())
      nowMs += 23 * 3_600_000
      equal((await verify(await issuer.token())).subject, 'ann')
      nowMs += 2 * 3_600_000
      await refused(issuer.token(), 'IDPCommunicationError')
    })

    it('are not asked for by every request while the issuer is away', async () => {
      issuer.answers.set('/realm/keys', (response) => response.writeHead(500).end())
      for (let count = 0; count < 20; count++) await refused(issuer.token(), 'IDPCommunicationError')
      equal(issuer.asked.discovery, 1)
      nowMs += 30_000
      issuer.answers.clear()
      equal((await verify(await issuer.token())).subject, 'ann')
    })

    it('are not taken from a document about another issuer', async () => {
      issuer.discovery = { issuer: 'https://other.example' }
      await refused(issuer.token(), 'IDPCommunicationError')
    })

    it('are not taken from what is no key set, endless or elsewhere', async () => {
      const answers: (typeof issuer.answers extends Map<string, infer Answer> ? Answer : never)[] = [
        (response) => response.end('no JSON'),
        (response) => response.end('{"keys": 1}'),
        (response) => response.end(JSON.stringify({ keys: Array.from({ length: 300 }, () => ({})) })),
        (response) => response.end('['.repeat(70_000)),
        (response) => response.writeHead(302, { Location: `${issuer.url}/other-keys` }).end(),
      ]
      issuer.answers.set('/realm/other-keys', (response) =>
        response.end(JSON.stringify({ keys: issuer.keys.map(({ publicJwk }) => publicJwk) })),
      )
      for (const one of answers) {
        issuer.answers.set('/realm/keys', one)
        await refused(issuer.token(), 'IDPCommunicationError')
        nowMs += 30_000
      }
    })
  })

  it('of an issuer that never ends its answer are refused in time', async () => {
    const hasty = new IssuerKeyCache((url) => getJson(url, { ...limits, timeMsMax: 200 }), clock)
    issuer.answers.set('/realm/keys', (response) => void response.write('{"keys":'))
    const begunMs = performance.now()
    await rejects(
      async () => verifyWebIdentity(await issuer.token(), () => Promise.resolve([audience]), hasty, clock),
      { name: 'IDPCommunicationError' },
    )
    ok(performance.now() - begunMs < 1500)
  })
})
