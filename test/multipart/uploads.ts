// What the tests of multipart operations share: parts, and an upload made of them.

import { randomBytes } from 'node:crypto'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type CompleteMultipartUploadCommandInput,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  type UploadPartCommandInput,
} from '@aws-sdk/client-s3'

/** The least a part before the last may have, bytes. */
export const partSizeBytesMin = 5 * 1024 * 1024

/** Bytes nobody else has. */
export const someBytes = (size: number): Buffer => randomBytes(size)

/** An upload under way, and what is done with it. */
export class TestUpload {
  readonly s3: S3Client
  readonly name: { readonly Bucket: string; readonly Key: string; readonly UploadId: string }

  constructor(s3: S3Client, name: TestUpload['name']) {
    this.s3 = s3
    this.name = name
  }

  static async create(
    s3: S3Client,
    Bucket: string,
    Key: string,
    input: Partial<CreateMultipartUploadCommandInput> = {},
  ): Promise<TestUpload> {
    const { UploadId = '' } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input }))
    return new TestUpload(s3, { Bucket, Key, UploadId })
  }

  async put(PartNumber: number, Body: Uint8Array, input: Partial<UploadPartCommandInput> = {}): Promise<CompletedPart> {
    const answer = await this.s3.send(new UploadPartCommand({ ...this.name, PartNumber, Body, ...input }))
    const { $metadata: _, ...part } = answer
    return { ...part, PartNumber }
  }

  complete(Parts: CompletedPart[], input: Partial<CompleteMultipartUploadCommandInput> = {}) {
    return this.s3.send(new CompleteMultipartUploadCommand({ ...this.name, MultipartUpload: { Parts }, ...input }))
  }
}

/** The bytes of an object. */
export async function bytesOf(s3: S3Client, Bucket: string, Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}
