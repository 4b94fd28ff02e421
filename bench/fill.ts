// Fills a server before the first round: buckets, and the keys that are listed.

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { credentials, region } from '../test/server-process.js'
import { type Case, type Scale, buckets, fewKeys, fill } from './cases.js'
import { untilIdle } from './cpu.js'
import type { Load } from './load.js'

/** A server that is measured. */
export interface Subject {
  readonly port: number
  readonly pid: number
}

/** What the server does behind its answers has this long to end before its CPU is read. */
export const idleMsMax = 5_000

/** Buckets of the cases, and the keys of those that are listed. Answers how long the large bucket took, in milliseconds; 0 when no case needs it. */
export async function fillBuckets(
  load: Load,
  subject: Subject,
  chosen: readonly Case[],
  scale: Scale,
): Promise<number> {
  const s3 = new S3Client({ endpoint: `http://127.0.0.1:${subject.port}`, region, credentials, forcePathStyle: true })
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }))
  s3.destroy()
  if (!chosen.some(({ isListing }) => isListing)) return 0
  process.stderr.write(`filling ${scale.keys} keys …\n`)
  await load.run(fill(subject.port, 'few', fewKeys))
  const { ms } = await load.run(fill(subject.port, 'many', scale.keys))
  await untilIdle(subject.pid, idleMsMax)
  return ms
}
