import assert from 'node:assert/strict'
import { cases, fill, foldersRow, pageRow } from '../../bench/cases.js'
import { full, quick } from '../../bench/scale.js'

describe('cases of the bench', () => {
  it('have names of their own', () => {
    const names = cases(full).map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const name of [pageRow(10_000), pageRow(1_000_000), foldersRow(10_000), foldersRow(1_000_000)]) {
      assert.ok(names.includes(name), name)
    }
  })

  it('fill a bucket with as many keys as asked for, in the order of their bytes, in a hundred folders', () => {
    const scale = { ...quick, manyKeys: 45_000 }
    const jobs = [...fill(1, 'many', scale)]
    assert.ok(jobs.length > 1)
    const targets = jobs.flatMap(({ kinds }) => kinds.flatMap((kind) => kind.targets))
    assert.equal(new Set(targets).size, 45_000)
    assert.deepEqual(targets, targets.toSorted())
    assert.equal(new Set(targets.map((target) => target.split('/')[3])).size, 100)
  })
})
