// VersionIds: opaque, and told from what was never one.

import { equal, match, throws } from 'node:assert/strict'
import { positionOf, versionIdOf, versionNamed } from '../../../src/store/catalog/version-id.js'

describe('version ids', () => {
  for (const position of [1, 2, 255, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    it(`stand for position ${position}`, () => {
      const id = versionIdOf(position)
      match(id, /^[0-9a-f]{22}$/)
      equal(positionOf(id), position)
      equal(versionNamed(id), position)
    })
  }

  it('are no others than ours', () => {
    const id = versionIdOf(7)
    const others = [
      'null',
      '0',
      id.toUpperCase().replace('0', 'A'),
      `${id}0`,
      id.slice(1),
      `0${id.slice(1, -1)}z`,
      ` ${id}`,
      '3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY',
    ]
    for (const text of others) equal(positionOf(text), undefined)
    for (let i = 0; i < id.length; i += 1) {
      const changed = id.slice(0, i) + (id[i] === '0' ? '1' : '0') + id.slice(i + 1)
      equal(positionOf(changed), undefined)
    }
  })

  it('name the latest when absent, and the null version', () => {
    equal(versionNamed(undefined), 'latest')
    equal(versionNamed('null'), 'null')
  })

  it('are refused when they are malformed', () => {
    for (const text of ['', 'nonsense', 'NULL']) {
      throws(() => versionNamed(text), {
        code: 'InvalidArgument',
        members: { ArgumentName: 'versionId', ArgumentValue: text },
      })
    }
    throws(() => versionNamed('x'), { message: 'Invalid version id specified' })
  })
})
