// AbortMultipartUpload through the SDK.

import { equal, rejects } from 'node:assert/strict'
import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3'
import { freshServer } from '../fresh-server.js'
import { someBytes, TestUpload } from './uploads.js'

async function uploadWithPart() {
  const { s3, bucket } = await freshServer()
  const upload = await TestUpload.create(s3, bucket, 'k')
  const part = await upload.put(1, someBytes(100_000))
  const abort = (input: object = {}) => s3.send(new AbortMultipartUploadCommand({ ...upload.name, ...input }))
  return { s3, bucket, upload, part, abort }
}

describe('AbortMultipartUpload', () => {
  it('answers 204 and ends the upload', async () => {
    const { s3, bucket, upload, part, abort } = await uploadWithPart()
    equal((await abort()).$metadata.httpStatusCode, 204)
    equal((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads, undefined)
    await rejects(s3.send(new ListPartsCommand(upload.name)), { name: 'NoSuchUpload' })
    await rejects(upload.put(2, Buffer.from('late')), { name: 'NoSuchUpload' })
    await rejects(upload.complete([part]), { name: 'NoSuchUpload' })
  })

  it('answers NoSuchUpload the second time, for a completed upload, and for what never was one', async () => {
    const { upload, part, abort } = await uploadWithPart()
    await rejects(abort({ UploadId: 'nonsense' }), { name: 'NoSuchUpload' })
    await rejects(abort({ Key: 'other' }), { name: 'NoSuchUpload' })
    await upload.complete([part])
    await rejects(abort(), { name: 'NoSuchUpload' })
  })

  it('refuses when the upload was initiated at another time', async () => {
    const { s3, bucket, abort } = await uploadWithPart()
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    const initiated = Uploads?.[0]?.Initiated ?? new Date(0)
    await rejects(abort({ IfMatchInitiatedTime: new Date(initiated.getTime() - 1000) }), { name: 'PreconditionFailed' })
    await abort({ IfMatchInitiatedTime: initiated })
  })
})
