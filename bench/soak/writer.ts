// One of the soak's clients: it has keys that nobody else touches, so it knows what each must hold. It does what comes, 70 reads to 20 writes, 5
// listings and 5 deletions, and holds every answer against what was acknowledged.

import { hash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../../test/crash/random.js'
import { bytesOf, type Content, contentSizeBytesMax, isPartOf } from './content.js'
import { type Client, Cut, type Reply } from './http.js'

const KiB = 1024
const MiB = 1024 * KiB

const keysPerWriter = 24

/** Versions of a key in the bucket that keeps them; older ones are deleted. */
const versionsKept = 3

/** How often a request is sent again that was told SlowDown. */
const triesMax = 20

/** The buckets: one without versions, one with. */
export const buckets = ['soak-plain', 'soak-versions'] as const
type Bucket = (typeof buckets)[number]

/** A version as it was acknowledged; `content` is absent for a delete marker. */
interface Known {
  readonly versionId: string | undefined
  readonly content: Content | undefined
}

/** A key and what it holds: the newest version last. */
interface Key {
  readonly bucket: Bucket
  readonly key: string
  versions: Known[]
}

/** What a run has come to. */
export interface Tally {
  requests: number
  slowDowns: number
  bytes: number
  readonly kinds: Map<string, number>
}

/** Kinds of reads and writes, each with its share. */
const reads = { whole: 62, range: 20, presigned: 10, head: 8 }
const writes = { put: 46, trailer: 25, copy: 8, multipart: 6, aborted: 3, cut: 7, discarded: 5 }
const work = { read: 70, write: 20, list: 5, delete: 5 }

let contentsMade = 0

/** A client with keys of its own. */
export class Writer {
  readonly #client: Client
  readonly #random: Random
  readonly #tally: Tally
  readonly #keys: readonly Key[]
  readonly #prefix: string

  constructor(client: Client, number: number, random: Random, tally: Tally) {
    this.#client = client
    this.#random = random
    this.#tally = tally
    this.#prefix = `writer-${String(number).padStart(3, '0')}/`
    this.#keys = buckets.flatMap((bucket) =>
      Array.from({ length: keysPerWriter }, (_, i) => ({
        bucket,
        key: `${this.#prefix}${i % 4 === 0 ? 'deep/' : ''}key-${i}`,
        versions: [],
      })),
    )
  }

  /** Puts under every key what is there at any later time, about: as many versions as are kept, some of them deleted. */
  async fill(): Promise<void> {
    for (const key of this.#keys) {
      const times = key.bucket === 'soak-versions' ? versionsKept : 1
      for (let i = 0; i < times; i += 1) {
        if (this.#random.integer(work.write + work.delete) < work.write) await this.#put(key, 'put')
        else await this.#delete(key)
      }
    }
  }

  /** Works until it is told that it is over, at most one request in `msPerRequest`.
   *  @throws Error when an answer is not what it must be */
  async run(isOver: () => boolean, msPerRequest: number): Promise<void> {
    while (!isOver()) {
      const begun = performance.now()
      await this.#one()
      const left = msPerRequest - (performance.now() - begun)
      if (left > 0) await wait(left)
    }
  }

  /** Reads everything back: every key, every version, and both listings.
   *  @returns how many versions were compared */
  async verify(): Promise<number> {
    let count = 0
    for (const key of this.#keys) {
      await this.#read(key, 'whole')
      for (const { versionId, content } of key.versions) {
        if (versionId === undefined || content === undefined) continue
        const reply = await this.#send('verify', { method: 'GET', target: `${targetOf(key)}?versionId=${versionId}` })
        require(reply, [200], key)
        requireContent(content, 0, reply.body, key)
        count += 1
      }
    }
    for (const bucket of buckets) await this.#list(bucket)
    return count
  }

  async #one(): Promise<void> {
    const key = this.#random.of(this.#keys)
    switch (this.#choose(work)) {
      case 'read':
        return this.#read(key, this.#choose(reads))
      case 'write':
        return this.#put(key, this.#choose(writes))
      case 'list':
        return this.#list(key.bucket)
      case 'delete':
        return this.#delete(key)
    }
  }

  async #read(key: Key, kind: keyof typeof reads): Promise<void> {
    const content = key.versions.at(-1)?.content
    const target = targetOf(key)
    const start = kind === 'range' && content !== undefined ? this.#random.integer(content.size) : 0
    const end = content === undefined ? 0 : Math.min(content.size, start + 1 + this.#random.integer(256 * KiB)) - 1
    const reply = await this.#send(`get ${kind}`, {
      method: kind === 'head' ? 'HEAD' : 'GET',
      target,
      isPresigned: kind === 'presigned',
      ...(kind === 'range' && { headers: { range: `bytes=${start}-${end}` } }),
    })
    if (content === undefined) return require(reply, [404], key)
    require(reply, kind === 'range' ? [206] : [200], key)
    if (kind === 'head') {
      if (Number(reply.headers['content-length']) !== content.size) throw new Error(`${nameOf(key)}: another size`)
      return
    }
    const size = kind === 'range' ? end + 1 - start : content.size
    if (reply.body.length !== size) throw new Error(`${nameOf(key)}: ${reply.body.length} bytes instead of ${size}`)
    requireContent(content, start, reply.body, key)
  }

  async #put(key: Key, kind: keyof typeof writes): Promise<void> {
    if (kind === 'multipart' || kind === 'aborted') return this.#upload(key, kind === 'aborted')
    if (kind === 'copy') return this.#copy(key)
    const content = this.#content()
    const body = bytesOf(content)
    const target = targetOf(key)
    if (kind === 'discarded') {
      const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }
      return require(await this.#send(`put ${kind}`, { method: 'PUT', target, headers, body }), [400], key)
    }
    if (kind === 'cut') {
      await this.#cut(key, body)
      return
    }
    const ask = { method: 'PUT', target, body, hasTrailer: kind === 'trailer' } as const
    const reply = await this.#send(`put ${kind}`, ask)
    require(reply, [200], key)
    await this.#acknowledged(key, reply, content)
  }

  /** Leaves in the middle of a body: nothing of it may count. */
  async #cut(key: Key, body: Uint8Array): Promise<void> {
    try {
      await this.#send('put cut', { method: 'PUT', target: targetOf(key), body, cutAt: Math.floor(body.length / 2) })
      throw new Error(`${nameOf(key)}: half a body was answered`)
    } catch (error) {
      if (!(error instanceof Cut)) throw error
    }
  }

  async #copy(key: Key): Promise<void> {
    const source = this.#random.of(this.#keys)
    const content = source.versions.at(-1)?.content
    if (content === undefined || source === key) return
    const headers = { 'x-amz-copy-source': targetOf(source) }
    const reply = await this.#send('put copy', { method: 'PUT', target: targetOf(key), headers })
    require(reply, [200], key)
    await this.#acknowledged(key, reply, content)
  }

  async #upload(key: Key, isAborted: boolean): Promise<void> {
    contentsMade += 1
    const content = { number: contentsMade, size: 5 * MiB + 1 + this.#random.integer(MiB) }
    const body = bytesOf(content)
    const target = targetOf(key)
    const kind = isAborted ? 'put aborted' : 'put multipart'
    const created = await this.#send(kind, { method: 'POST', target: `${target}?uploads=` })
    require(created, [200], key)
    const id = /<UploadId>([^<]+)</.exec(created.body.toString())?.[1] ?? ''
    const parts = [body.subarray(0, 5 * MiB), body.subarray(5 * MiB)]
    const etags: string[] = []
    for (const [i, part] of (isAborted ? parts.slice(0, 1) : parts).entries()) {
      const put = { method: 'PUT', target: `${target}?partNumber=${i + 1}&uploadId=${id}`, body: part } as const
      const reply = await this.#send(kind, put)
      require(reply, [200], key)
      etags.push(String(reply.headers['etag']))
    }
    if (isAborted) {
      return require(await this.#send(kind, { method: 'DELETE', target: `${target}?uploadId=${id}` }), [204], key)
    }
    const listed = etags.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
    const xml = Buffer.from(`<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`)
    const reply = await this.#send(kind, { method: 'POST', target: `${target}?uploadId=${id}`, body: xml })
    require(reply, [200], key)
    if (reply.body.includes('<Error>')) throw new Error(`${nameOf(key)}: ${reply.body.toString()}`)
    await this.#acknowledged(key, reply, content)
  }

  /** Deletes a key, alone or with others; where versions are kept it leaves a marker, and the oldest versions go. */
  async #delete(key: Key): Promise<void> {
    if (key.bucket === 'soak-versions' || this.#random.integer(3) > 0) {
      const reply = await this.#send('delete', { method: 'DELETE', target: targetOf(key) })
      require(reply, [204], key)
      await this.#acknowledged(key, reply, undefined)
      return
    }
    const others = this.#keys.filter(({ bucket }) => bucket === key.bucket).slice(0, 5)
    const all = [...new Set([key, ...others])]
    const xml = `<Delete>${all.map((one) => `<Object><Key>${one.key}</Key></Object>`).join('')}</Delete>`
    const headers = { 'content-md5': hash('md5', xml, 'base64') }
    const target = `/${key.bucket}?delete=`
    const reply = await this.#send('delete many', { method: 'POST', target, headers, body: Buffer.from(xml) })
    require(reply, [200], key)
    if (reply.body.includes('<Error>')) throw new Error(`${nameOf(key)}: ${reply.body.toString()}`)
    for (const one of all) one.versions = []
  }

  async #list(bucket: Bucket): Promise<void> {
    const query = `list-type=2&prefix=${encodeURIComponent(this.#prefix)}`
    const reply = await this.#send('list', { method: 'GET', target: `/${bucket}?${query}` })
    const mine = this.#keys.filter((key) => key.bucket === bucket)
    require(reply, [200], mine[0])
    const listed = [...reply.body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key).toSorted()
    const there = mine.filter(({ versions }) => versions.at(-1)?.content !== undefined).map(({ key }) => key)
    if (listed.join() !== there.toSorted().join()) {
      throw new Error(`${bucket}: a listing has ${listed.join()} instead of ${there.toSorted().join()}`)
    }
    if (this.#random.integer(4) > 0) return
    const target =
      bucket === 'soak-plain' ? `/${bucket}?list-type=2&delimiter=%2F` : `/${bucket}?versions=&max-keys=200`
    require(await this.#send('list', { method: 'GET', target }), [200], mine[0])
  }

  /** Writes down what was acknowledged, and deletes versions beyond those that are kept: what is stored stays as much. */
  async #acknowledged(key: Key, reply: Reply, content: Content | undefined): Promise<void> {
    if (key.bucket === 'soak-plain') {
      key.versions = content === undefined ? [] : [{ versionId: undefined, content }]
      return
    }
    const id = reply.headers['x-amz-version-id']
    if (typeof id !== 'string') throw new Error(`${nameOf(key)}: an answer without a version`)
    key.versions.push({ versionId: id, content })
    while (key.versions.length > versionsKept) {
      const oldest = key.versions.shift()
      const target = `${targetOf(key)}?versionId=${oldest?.versionId}`
      require(await this.#send('delete version', { method: 'DELETE', target }), [204], key)
    }
  }

  async #send(kind: string, ask: Parameters<Client['send']>[0]): Promise<Reply> {
    for (let i = 1; ; i += 1) {
      this.#tally.requests += 1
      this.#tally.kinds.set(kind, (this.#tally.kinds.get(kind) ?? 0) + 1)
      const reply = await this.#client.send(ask)
      this.#tally.bytes += reply.body.length + (ask.body?.length ?? 0)
      if (reply.status !== 503 || i === triesMax) return reply
      this.#tally.slowDowns += 1
      await wait(100 * i)
    }
  }

  /** Half of them small enough for the catalog, a few of more than one blob. */
  #content(): Content {
    contentsMade += 1
    const chance = this.#random.integer(1000)
    const sizeMax =
      chance < 500
        ? 16 * KiB
        : chance < 850
          ? 256 * KiB
          : chance < 980
            ? MiB
            : chance < 995
              ? 4 * MiB
              : contentSizeBytesMax
    return { number: contentsMade, size: 1 + this.#random.integer(sizeMax) }
  }

  #choose<Kind extends string>(shares: Readonly<Record<Kind, number>>): Kind {
    // The keys of such an object are its kinds.
    const kinds = Object.keys(shares) as Kind[]
    const all = kinds.reduce((sum, kind) => sum + shares[kind], 0)
    let left = this.#random.integer(all)
    for (const kind of kinds) {
      left -= shares[kind]
      if (left < 0) return kind
    }
    throw new Error('nothing to choose from')
  }
}

const targetOf = ({ bucket, key }: Key): string => `/${bucket}/${key}`

const nameOf = (key: Key | undefined): string => (key === undefined ? 'nobody' : `${key.bucket}/${key.key}`)

function require({ status, body }: Reply, allowed: readonly number[], key: Key | undefined): void {
  if (allowed.includes(status)) return
  throw new Error(
    `${nameOf(key)}: status ${status} instead of ${allowed.join(' or ')}: ${body.toString().slice(0, 500)}`,
  )
}

function requireContent(content: Content, start: number, bytes: Uint8Array, key: Key): void {
  if (isPartOf(content, start, bytes)) return
  throw new Error(
    `${nameOf(key)}: what was read is not what was acknowledged (content ${content.number}, from ${start})`,
  )
}
