import { equal } from 'node:assert/strict'
import { addressGroup } from '../../../src/auth/limits/address-group.js'

describe('The group an address is counted in', () => {
  const cases: readonly [address: string, group: string][] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['2001:db8:1::6:7', '2001:db8:1:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
    ['no address', 'no address'],
  ]
  for (const [address, group] of cases) {
    it(`is ${group || 'nothing'} for ${address || 'nothing'}`, () => equal(addressGroup(address), group))
  }

  it('is one for all addresses of a /64, and another for the next', () => {
    equal(addressGroup('2001:db8:1:2::1'), addressGroup('2001:db8:1:2:ffff:ffff:ffff:ffff'))
    equal(addressGroup('2001:db8:1:3::1') === addressGroup('2001:db8:1:2::1'), false)
  })
})
