// Reads keys and versions back, whole, and says which content they hold.

import { type GetObjectCommandOutput, GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { contentOf, type Label, type Outcome } from './model.js'

/** The content of a key or of one of its versions. Every byte is compared with what its label says it must be.
 *  @throws Error when bytes, size or label are not of one piece */
export async function readOutcome(s3: S3Client, bucket: string, key: string, versionId?: string): Promise<Outcome> {
  let answer: GetObjectCommandOutput
  try {
    answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }))
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return 'absent'
    throw error
  }
  const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
  const label = answer.Metadata?.['label']
  if (!isLabel(label)) throw new Error(`${bucket}/${key}: no label, but ${JSON.stringify(answer.Metadata)}`)
  if (!contentOf(label).equals(bytes)) throw new Error(`${bucket}/${key}: ${bytes.length} bytes that are not ${label}`)
  return label
}

function isLabel(text: string | undefined): text is Label {
  return text !== undefined && /^\d+-/.test(text)
}
