import { deepEqual, equal, notEqual, ok, throws } from 'node:assert/strict'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import {
  openSessionToken,
  sealSessionToken,
  type Session,
  type SessionSealer,
  sessionTokenSizeMax,
} from '../../src/contract/session-token.js'

/** Seals as the store does: nonce, text, tag. */
function sealerOf(key: Buffer): SessionSealer {
  return {
    seal(plain, aad) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad))
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, aad) {
      const bytes = Buffer.from(sealed)
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAAD(Buffer.from(aad)).setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
    },
  }
}

const session: Session = {
  accessKeyId: 'ASIAEXAMPLE000000000',
  secretAccessKey: 'a secret of forty characters, more or less',
  accountId: 'ab'.repeat(32),
  kind: 'role',
  subjectId: 'AROAEXAMPLE000000000',
  name: 'ann',
  issuedMs: 1_000_000,
  expiresMs: 1_900_000,
  policies: ['{"Version":"2012-10-17","Statement":[]}'],
  policyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
  tags: { team: 'Straße 🪨' },
  transitiveTagKeys: ['team'],
  federated: { provider: 'arn:aws:iam::123456789012:oidc-provider/issuer', claims: { 'issuer:sub': ['ann'] } },
}

const codeOf = (code: string) => (error: unknown) => (error as { code?: string }).code === code

describe('session tokens', () => {
  const sealer = sealerOf(randomBytes(32))

  it('open as what was sealed', () => {
    deepEqual(openSessionToken(sealSessionToken(session, sealer), sealer, 1_899_999), session)
  })

  it('show nothing of the session, and no two are alike', () => {
    const token = sealSessionToken(session, sealer)
    const bytes = Buffer.from(token, 'base64').toString('latin1')
    for (const part of ['ASIA', 'secret', 'AROA', 'issuer']) ok(!bytes.includes(part), part)
    notEqual(token, sealSessionToken(session, sealer))
  })

  it('expire at their very millisecond', () => {
    throws(() => openSessionToken(sealSessionToken(session, sealer), sealer, 1_900_000), codeOf('ExpiredToken'))
  })

  it('are invalid when any one byte of them was changed', () => {
    const token = Buffer.from(sealSessionToken(session, sealer), 'base64')
    for (let at = 0; at < token.length; at++) {
      const changed = Buffer.from(token)
      changed[at] = (changed[at] ?? 0) ^ 1
      throws(() => openSessionToken(changed.toString('base64'), sealer, 0), codeOf('InvalidToken'), `byte ${at}`)
    }
  })

  it('are invalid under another master key, and when sealed for another purpose', () => {
    throws(
      () => openSessionToken(sealSessionToken(session, sealerOf(randomBytes(32))), sealer, 0),
      codeOf('InvalidToken'),
    )
    const other = Buffer.from(sealer.seal(Buffer.from(JSON.stringify(session)), 'access key')).toString('base64')
    throws(() => openSessionToken(other, sealer, 0), codeOf('InvalidToken'))
  })

  it('are invalid when they are no tokens', () => {
    for (const text of ['', 'x', 'no base64!', 'AAAA', 'A'.repeat(sessionTokenSizeMax + 4), `${'A'.repeat(200)}\n`]) {
      throws(() => openSessionToken(text, sealer, 0), codeOf('InvalidToken'), text.slice(0, 20))
    }
  })

  it('of the greatest size stay within their bound', () => {
    const large = {
      ...session,
      policies: [JSON.stringify({ Statement: randomBytes(1500).toString('hex') })],
      tags: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`key-${at}`, randomBytes(64).toString('hex')])),
    }
    const token = sealSessionToken(large, sealer)
    equal(token.length <= sessionTokenSizeMax, true, `${token.length}`)
    deepEqual(openSessionToken(token, sealer, 0), large)
  })
})
