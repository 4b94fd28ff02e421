import { equal } from 'node:assert/strict'
import { format, inspect } from 'node:util'
import { Secret } from '../../src/auth/secret.js'

describe('Secret', () => {
  const secret = new Secret('hunter2')

  it('gives its text away only when asked', () => equal(secret.reveal(), 'hunter2'))

  for (const [name, text] of Object.entries({
    JSON: JSON.stringify({ secret }),
    'the inspector': inspect({ secret }, { showHidden: true, depth: 9 }),
    'a format': format('%s %o %j', secret, secret, secret),
    concatenation: `key ${String(secret)}`,
    'its own properties': JSON.stringify(Object.entries(secret)),
  })) {
    it(`does not print in ${name}`, () => equal(text.includes('hunter2'), false))
  }
})
