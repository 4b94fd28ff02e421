// Hashing of large bodies away from the main thread. MD5 takes as long as all the rest together, so a body's digests are
// computed in two lanes at once; lanes are threads, shared by all bodies.

import type { Worker } from 'node:worker_threads'
import type { ChecksumAlgorithm } from '../../contract/claims.js'
import { startThread } from '../catalog/thread.js'
import { type BlobDigest, BodyDigests, type DigestPlan, type RawDigests } from './digests.js'
import type { HashAnswer, HashRequest } from './hash-worker.js'

/** Digests of one body under way, computed elsewhere. Calls take effect in the order they are made. */
export interface HashStream {
  /** Takes further bytes, in shared memory that stays as it is until the promise settles. */
  update(bytes: Uint8Array): Promise<void>
  /** As `BodyDigests.endBlob`. */
  endBlob(): Promise<BlobDigest>
  /** As `BodyDigests.end`; the stream has ended then. */
  end(): Promise<RawDigests>
  /** Gives the stream up; nothing to do after `end`. */
  drop(): void
}

interface Waiting {
  readonly resolve: (answer: HashAnswer) => void
  readonly reject: (error: Error) => void
}

/** One thread and those who wait for its answers. */
class Lane {
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #failure: Error | undefined
  streams = 0

  constructor() {
    this.#worker = startThread('../blobs/hash-worker', undefined)
    this.#worker.on('message', (answer: HashAnswer) => this.#waiting.shift()?.resolve(answer))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('A hashing thread ended')))
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  ask(request: HashRequest): Promise<HashAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      this.#waiting.push({
        resolve: (answer) => (answer.kind === 'failed' ? reject(new Error(answer.message)) : resolve(answer)),
        reject,
      })
      this.#worker.postMessage(request)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/** The threads. They start with the first large body. */
export class HashLanes {
  readonly #count: number
  #lanes: Lane[] = []
  #streams = 0

  /** @param count how many threads at most */
  constructor(count: number) {
    this.#count = count
  }

  /** Begins a body: its blobs, and the digests of the whole. */
  open(wholes: readonly ChecksumAlgorithm[]): HashStream {
    const first = this.#part({ wholes: wholes.filter((algorithm) => algorithm !== 'MD5'), blobs: true })
    if (!wholes.includes('MD5')) return first
    const second = this.#part({ wholes: ['MD5'], blobs: false })
    return {
      update: async (bytes) => {
        // Both have to be done with the bytes, also when one of them fails.
        const ends = await Promise.allSettled([first.update(bytes), second.update(bytes)])
        for (const end of ends) if (end.status === 'rejected') throw end.reason
      },
      endBlob: () => first.endBlob(),
      end: async () => {
        const [some, md5] = await Promise.all([first.end(), second.end()])
        return new Map([...some, ...md5])
      },
      drop: () => {
        first.drop()
        second.drop()
      },
    }
  }

  /** Ends the threads; streams under way fail. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.splice(0).map((lane) => lane.close()))
  }

  #part(plan: DigestPlan): HashStream {
    const lane = this.#leastBusy()
    this.#streams += 1
    const stream = this.#streams
    lane.streams += 1
    let isOpen = true
    const leave = (): void => {
      if (isOpen) lane.streams -= 1
      isOpen = false
    }
    // A lane that has failed says so to the next request too.
    lane.ask({ ask: 'open', stream, plan }).catch(() => undefined)
    return {
      update: async (bytes) => {
        await lane.ask({ ask: 'update', stream, bytes })
      },
      endBlob: async () => {
        const answer = await lane.ask({ ask: 'endBlob', stream })
        if (answer.kind !== 'blob') throw new Error('A hashing thread spoke out of turn')
        return answer.blob
      },
      end: async () => {
        try {
          const answer = await lane.ask({ ask: 'end', stream })
          if (answer.kind !== 'wholes') throw new Error('A hashing thread spoke out of turn')
          return answer.wholes
        } finally {
          leave()
        }
      },
      drop: () => {
        if (!isOpen) return
        leave()
        lane.ask({ ask: 'drop', stream }).catch(() => undefined)
      },
    }
  }

  #leastBusy(): Lane {
    this.#lanes = this.#lanes.filter((lane) => !lane.hasFailed)
    const idle = this.#lanes.find((lane) => lane.streams === 0)
    if (idle !== undefined) return idle
    if (this.#lanes.length < this.#count) {
      const lane = new Lane()
      this.#lanes.push(lane)
      return lane
    }
    return this.#lanes.reduce((least, lane) => (lane.streams < least.streams ? lane : least))
  }
}

/** As `HashLanes.open`, in this thread: for bodies that are not worth a message.
 *  @param blobs whether `endBlob` will be asked */
export function streamHere(wholes: readonly ChecksumAlgorithm[], blobs: boolean): HashStream {
  const digests = new BodyDigests({ wholes, blobs })
  return {
    update: async (bytes) => digests.update(bytes),
    endBlob: async () => digests.endBlob(),
    end: async () => digests.end(),
    drop: () => undefined,
  }
}
