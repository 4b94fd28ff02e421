// Principals named by id in place of their ARN, in texts as people write them.

import { equal } from 'node:assert/strict'
import { pinnedPrincipals } from '../../../src/contract/policy/pinned-principals.js'

const ann = 'arn:aws:iam::123456789012:user/ann'
const id = 'AIDAABCDEFGHIJKLMNOP2'
const pin = (text: string): string | undefined => pinnedPrincipals(text, (arn) => (arn === ann ? id : undefined))

describe('pinnedPrincipals', () => {
  it('replaces a principal alone and in lists, of one statement and of several, excepted ones too', () => {
    const text = (who: string): string =>
      `{ "Statement": [ {"Effect":"Allow", "Principal" : {"AWS":\n"${who}"}},\n {"Principal":{"AWS":["123456789012", "${who}"]}},{"NotPrincipal":{"AWS":["${who}"]}} ] }`
    equal(pin(text(ann)), text(id))
    equal(pin(`{"Statement":{"Principal":{"AWS":"${ann}"}}}`), `{"Statement":{"Principal":{"AWS":"${id}"}}}`)
  })

  it('sees through escapes, in names too', () => {
    const escaped = ann.replace('/', '\\/').replace('nn', '\\u006en')
    equal(
      pin(`{"Statement":{"Princip\\u0061l":{"AWS":"${escaped}"}}}`),
      `{"Statement":{"Princip\\u0061l":{"AWS":"${id}"}}}`,
    )
  })

  it('leaves alone what is no principal, and who is somebody else', () => {
    equal(pin(`{"Statement":{"Principal":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"${ann}"}}}}`), undefined)
    equal(pin(`{"Id":"${ann}","Statement":[{"Sid":"${ann}","Principal":{"CanonicalUser":"${ann}"}}]}`), undefined)
    equal(
      pin(`{"Statement":[{"Principal":{"AWS":["${ann}a"]},"Condition":{"Principal":{"AWS":"${ann}"}}}]}`),
      undefined,
    )
  })
})
