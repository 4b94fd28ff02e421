import { equal, notEqual } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { isSameSignature, SigningKey, SigningKeys, signingKey } from '../../../src/auth/sigv4/signing-key.js'
import { Secret } from '../../../src/auth/secret.js'
import { exampleKey } from '../requests.js'

describe('SigningKey', () => {
  // AWS, "Examples of how to derive a signing key".
  it('is derived as AWS derives it', () => {
    const key = signingKey(new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'), '20120215', 'us-east-1', 'iam')
    equal(Buffer.from(key.bytes).toString('hex'), 'f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d')
  })

  it('signs texts of any length and of any byte as HMAC-SHA256 does', () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 41) & 0xff))
    const key = new SigningKey(bytes)
    for (const length of [0, 1, 63, 64, 65, 140, 1023, 1024, 1025, 30_000, 5]) {
      const text = Buffer.from(Array.from({ length }, (_, index) => (index * 7) & 0xff)).toString('latin1')
      equal(key.sign(text), createHmac('sha256', bytes).update(text, 'latin1').digest('hex'))
    }
  })
})

describe('SigningKeys', () => {
  const secret = new Secret(exampleKey.secretAccessKey)

  it('derives a key once', () => {
    const keys = new SigningKeys('us-east-1', 's3')
    equal(keys.get('A', secret, '20130524'), keys.get('A', secret, '20130524'))
    notEqual(keys.get('A', secret, '20130524'), keys.get('A', secret, '20130525'))
    notEqual(keys.get('A', secret, '20130524'), keys.get('B', secret, '20130524'))
  })

  it('does not sign with a secret that was changed', () => {
    const keys = new SigningKeys('us-east-1', 's3')
    const before = keys.get('A', secret, '20130524').sign('text')
    notEqual(keys.get('A', new Secret('another'), '20130524').sign('text'), before)
    equal(keys.get('A', secret, '20130524').sign('text'), before)
  })

  it('forgets the longest unused of too many', () => {
    const keys = new SigningKeys('us-east-1', 's3')
    const [used, unused] = [keys.get('used', secret, '20130524'), keys.get('unused', secret, '20130524')]
    for (let count = 0; count < 4095; count++) {
      keys.get(String(count), secret, '20130524')
      equal(keys.get('used', secret, '20130524'), used)
    }
    notEqual(keys.get('unused', secret, '20130524'), unused)
  })
})

describe('isSameSignature', () => {
  it('compares whole texts', () => {
    equal(isSameSignature('abc', 'abc'), true)
    for (const other of ['abd', 'ab', 'abcd', '', 'ABC']) equal(isSameSignature('abc', other), false)
  })
})
