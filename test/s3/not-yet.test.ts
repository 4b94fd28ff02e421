import { doesNotThrow, equal, match, rejects, throws } from 'node:assert/strict'
import { HeadBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { S3Error } from '../../src/contract/errors.js'
import { requireHonoured } from '../../src/s3/not-yet.js'
import { operationModels } from '../../src/s3/wire/model.js'
import { membersOf } from '../../src/wire/members.js'
import { freshServer } from '../fresh-server.js'
import { presignedTarget, rawRequest, signedRequest } from '../raw-request.js'

describe('what cannot be honoured yet', () => {
  const refused: [member: string, value: unknown][] = [
    ['StorageClass', 'GLACIER'],
    ['ServerSideEncryption', 'AES256'],
    ['ServerSideEncryption', 'aws:kms'],
    ['CopySourceSSECustomerAlgorithm', 'AES256'],
    ['CopySourceSSECustomerKey', 'secret'],
    ['BucketKeyEnabled', true],
    ['ObjectLockMode', 'COMPLIANCE'],
    ['ObjectLockRetainUntilDate', new Date(0)],
    ['ObjectLockLegalHoldStatus', 'ON'],
    ['ObjectLockEnabledForBucket', true],
    ['WebsiteRedirectLocation', '/elsewhere'],
    ['WriteOffsetBytes', 0],
  ]
  for (const [member, value] of refused) {
    it(`is refused with NotImplemented: ${member} ${String(value)}`, () => {
      throws(
        () => requireHonoured({ Bucket: 'b', [member]: value }, true),
        (error) =>
          error instanceof S3Error && error.code === 'NotImplemented' && error.members['ArgumentName'] !== undefined,
      )
    })
  }

  const accepted: [member: string, value: unknown][] = [
    ['StorageClass', 'STANDARD'],
    ['BucketKeyEnabled', false],
    ['ObjectLockEnabledForBucket', false],
    ['ServerSideEncryption', undefined],
    ['ContentType', 'text/plain'],
  ]
  for (const [member, value] of accepted) {
    it(`is not what asks for nothing more than holds anyway: ${member} ${String(value)}`, () => {
      doesNotThrow(() => requireHonoured({ [member]: value }, true))
    })
  }

  it('does not repeat a key in its refusal', () => {
    throws(
      () => requireHonoured({ SSECustomerKey: 'c2VjcmV0' }, true),
      (error) => error instanceof S3Error && !JSON.stringify(error.members).includes('c2VjcmV0'),
    )
  })

  it('covers every header of S3’s model about encryption and locks', () => {
    const risky =
      /^x-amz-(storage-class$|server-side-encryption|copy-source-server-side|bucket-object-lock-enabled|object-lock-(mode|retain|legal|event)|website-redirect)/
    for (const model of operationModels.values()) {
      for (const { name, traits } of membersOf(model.input)) {
        if (!risky.test(traits.httpHeader ?? '')) continue
        throws(() => requireHonoured({ [name]: 'anything' }, true), S3Error, `${model.name} ${name}`)
      }
    }
  })

  it('is refused before the body is read', async () => {
    const { endpoint, bucket } = await freshServer()
    const headers = { 'x-amz-server-side-encryption': 'AES256', Expect: '100-continue', 'Content-Length': '5' }

    const answer = await rawRequest(
      endpoint,
      signedRequest(endpoint, { method: 'PUT', target: `/${bucket}/k`, headers }),
    )

    equal(answer.status, 501)
    match(answer.body.toString(), /<ArgumentName>x-amz-server-side-encryption<\/ArgumentName>/)
  })

  it('is refused in the query of a presigned URL', async () => {
    const { endpoint, bucket } = await freshServer()
    const target = presignedTarget(endpoint, 'PUT', `/${bucket}/k?x-amz-storage-class=GLACIER`)

    const answer = await rawRequest(
      endpoint,
      `PUT ${target} HTTP/1.1\r\nHost: ${endpoint.host}\r\nContent-Length: 1\r\n\r\nx`,
    )

    equal(answer.status, 501)
  })

  it('is refused to a client that signs it', async () => {
    const { s3, bucket } = await freshServer()
    const put = s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', StorageClass: 'DEEP_ARCHIVE', Body: 'x' }))

    await rejects(put, { name: 'NotImplemented' })
  })
})

describe('x-amz-expected-bucket-owner', () => {
  it('answers 403 for somebody else’s id and goes through with the owner’s', async () => {
    const { s3, bucket, server } = await freshServer()
    const list = (id: string) => s3.send(new ListObjectsV2Command({ Bucket: bucket, ExpectedBucketOwner: id }))

    await s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: server.rootKey.accountId }))
    await list(server.rootKey.accountId)
    await rejects(list('111122223333'), { name: 'AccessDenied' })
  })
})
