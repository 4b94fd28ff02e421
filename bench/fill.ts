// Fills servers before the first round: buckets, and the keys that are listed.

import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { credentials, region } from '../test/server-process.js'
import { type Case, buckets, fill, type ListedBucket, pagesOf } from './cases.js'
import { untilIdle } from './cpu.js'
import type { Load } from './load.js'
import type { Scale } from './scale.js'
import type { Subject } from './subject.js'
import { makeUser } from './user.js'

/** After so many writes a server may still be at work for a while. */
const idleMsMax = 30_000

/** Fills a server that speaks S3 with what `chosen` needs. Answers how long the large bucket took, in milliseconds; 0 when no case lists it. */
export async function fillSubject(
  load: Load,
  subject: Pick<Subject, 'name' | 'port' | 'pid'>,
  chosen: readonly Case[],
  scale: Scale,
): Promise<number> {
  const { port, name, pid } = subject
  const s3 = new S3Client({ endpoint: `http://127.0.0.1:${port}`, region, credentials, forcePathStyle: true })
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }))
  s3.destroy()
  if (chosen.some(({ asUser, without }) => asUser === true && !without?.includes(name))) await makeUser(port)
  let ms = 0
  for (const bucket of listed(chosen.filter(({ without }) => !without?.includes(name)))) {
    process.stderr.write(`${name}: filling the bucket of ${bucket} keys …\n`)
    ms = 0
    for (const job of fill(port, bucket, scale)) ms += (await load.run(job)).ms
  }
  if (ms > 0) await untilIdle(pid, idleMsMax)
  return listed(chosen).includes('many') ? ms : 0
}

/** The bare server answers a listing with as many bytes as another one does, ready-made. */
export async function copyPages(load: Load, chosen: readonly Case[], from: Subject, to: Subject): Promise<void> {
  for (const { target, keptAt } of listed(chosen).flatMap(pagesOf)) {
    const { bytes } = await load.run(oneRequest(target, from.port))
    const answer = await fetch(`http://127.0.0.1:${to.port}${keptAt}`, {
      method: 'PUT',
      body: Buffer.alloc(bytes, 'x'),
    })
    await answer.arrayBuffer()
  }
}

/** The buckets that cases list, the large one last. */
function listed(chosen: readonly Case[]): ListedBucket[] {
  return (['few', 'many'] as const).filter((bucket) => chosen.some(({ lists }) => lists === bucket))
}

function oneRequest(target: string, port: number): Parameters<Load['run']>[0] {
  return {
    port,
    connections: 1,
    msMax: 60_000,
    isOnce: true,
    kinds: [{ method: 'GET', targets: [target], bodySize: 0, payload: 'unsigned', status: 200, share: 1 }],
  }
}
