import { deepEqual, doesNotThrow, throws } from 'node:assert/strict'
import { authorize, rightsOf } from '../../src/auth/authorize.js'

const context = { by: 'header', remoteAddress: '127.0.0.1', isSecure: false } as const
const nobody = { accountId: 'cd'.repeat(32), displayName: 'somebody', accessKeyId: 'AKIASOMEBODY' }

describe('authorize', () => {
  it('lets the root account do everything', () => {
    doesNotThrow(() => authorize({ ...nobody, isRoot: true }, 'DeleteBucket', { bucket: 'photos' }, context))
  })

  it('denies by default', () => {
    throws(() => authorize(nobody, 'ListBuckets', {}, context), { code: 'AccessDenied' })
    throws(() => authorize({ ...nobody, isRoot: false }, 'ListBuckets', {}, context), { code: 'AccessDenied' })
  })

  it('asks for every source of a copy too, by the version it names', () => {
    const sources = [
      { bucket: 'secrets', key: 'plan' },
      { bucket: 'secrets', key: 'plan', versionId: 'v1' },
    ]
    deepEqual(rightsOf('CopyObject', { bucket: 'photos', key: 'cat.jpg', sources }), [
      { operation: 'CopyObject', bucket: 'photos', key: 'cat.jpg', versionId: undefined },
      { operation: 'GetObject', bucket: 'secrets', key: 'plan' },
      { operation: 'GetObjectVersion', bucket: 'secrets', key: 'plan', versionId: 'v1' },
    ])
  })
})
