import { deepEqual, equal } from 'node:assert/strict'
import { blockListOf } from '../../src/auth/address-list.js'
import { originOf } from '../../src/s3/forwarded.js'

describe('Security rule 6: X-Forwarded-For', () => {
  const trusted = blockListOf(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'])
  const origin = (peer: string, forwarded?: string, proto?: string) =>
    originOf(
      { remoteAddress: peer, isSecure: false },
      { 'x-forwarded-for': forwarded, 'x-forwarded-proto': proto },
      trusted,
    )

  const cases: readonly [name: string, peer: string, forwarded: string | undefined, client: string][] = [
    ['is not believed of anybody', '198.51.100.1', '203.0.113.9', '198.51.100.1'],
    ['is believed of a trusted proxy', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['is believed of one that came over IPv6', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['is believed of a network of IPv6', '2001:db8::5', '203.0.113.9', '203.0.113.9'],
    ['is read from its end', '10.1.2.3', '1.2.3.4, 203.0.113.9', '203.0.113.9'],
    ['is followed through trusted proxies', '10.1.2.3', '1.2.3.4, 203.0.113.9, 192.0.2.1, 10.9.9.9', '203.0.113.9'],
    ['names its first proxy when all are trusted', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['names the proxy when it is missing', '10.1.2.3', undefined, '10.1.2.3'],
    ['names the proxy when it is nonsense', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['stops at nonsense', '10.1.2.3', "203.0.113.9, ' OR 1=1, 10.0.0.2", '10.0.0.2'],
    ['may carry ports', '10.1.2.3', '203.0.113.9:4711', '203.0.113.9'],
    ['may carry IPv6', '10.1.2.3', '[2606:4700::1]:4711', '2606:4700::1'],
    ['tells an IPv4 address as one', '10.1.2.3', '::ffff:203.0.113.9', '203.0.113.9'],
  ]
  for (const [name, peer, forwarded, client] of cases) {
    it(name, () => equal(origin(peer, forwarded).remoteAddress, client))
  }

  it('is looked at as far as 32 addresses', () => {
    const chain = ['203.0.113.9', ...Array.from({ length: 5000 }, () => '10.0.0.1')].join(',')
    equal(origin('10.1.2.3', chain).remoteAddress, '10.0.0.1')
  })

  it('brings X-Forwarded-Proto along, of trusted proxies alone', () => {
    deepEqual(origin('10.1.2.3', '203.0.113.9', 'https'), { remoteAddress: '203.0.113.9', isSecure: true })
    deepEqual(origin('10.1.2.3', '203.0.113.9', 'http'), { remoteAddress: '203.0.113.9', isSecure: false })
    equal(origin('198.51.100.1', undefined, 'https').isSecure, false)
  })

  it('is not looked at without trusted proxies, and addresses are told as IPv4 where they are', () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    deepEqual(originOf({ remoteAddress: '::ffff:10.1.2.3', isSecure: true }, headers, undefined), {
      remoteAddress: '10.1.2.3',
      isSecure: true,
    })
  })
})

describe('A list of addresses', () => {
  for (const entries of [
    ['x'],
    ['10.0.0.0/33'],
    ['10.0.0.0/'],
    ['::/129'],
    ['10.0.0.0/8/8'],
    ['fe80::1%eth0'],
    ['10.0.0'],
  ]) {
    it(`does not take ${entries.join()}`, () => equal(blockListOf(entries), undefined))
  }
})
