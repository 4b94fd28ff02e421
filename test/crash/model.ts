// What a store may hold after a crash: for each key the contents that are allowed, given what was sent and what was acknowledged.
// Knows nothing of servers; a content is known by its label, from which its bytes follow.

import { createCipheriv, createHash } from 'node:crypto'

/** A content's name: its size in bytes, a dash, anything. */
export type Label = `${number}-${string}`

/** What a key holds. */
export type Outcome = Label | 'absent'

const zeros = Buffer.alloc(16)

/** The bytes of a label: always the same, and unlike those of any other. */
export function contentOf(label: Label): Buffer {
  const key = createHash('sha256').update(label).digest()
  return createCipheriv('aes-256-ctr', key, zeros).update(Buffer.alloc(Number.parseInt(label, 10)))
}

/** A key written by one writer at a time. */
export class KeyModel {
  /** More than one only while a request is under way, or after its answer never came. */
  #allowed: readonly Outcome[] = ['absent']
  /** Contents of versions that were acknowledged, by VersionId. */
  readonly versions = new Map<string, Label>()

  readonly bucket: string
  readonly key: string

  constructor(bucket: string, key: string) {
    this.bucket = bucket
    this.key = key
  }

  /** What it holds; undefined when an answer that never came leaves it open. */
  get known(): Outcome | undefined {
    return this.#allowed.length === 1 ? this.#allowed[0] : undefined
  }

  allows(outcome: Outcome): boolean {
    return this.#allowed.includes(outcome)
  }

  /** Does `send`, which makes the key hold `outcome`. Its answer 'done' settles that, 'refused' that nothing was changed;
   *  when it throws, either may be true. */
  async attempt(outcome: Outcome, send: () => Promise<'done' | 'refused'>): Promise<void> {
    const before = this.#allowed
    this.#allowed = [...before, outcome]
    this.#allowed = (await send()) === 'done' ? [outcome] : before
  }

  /** Settles what the key holds, after it was read. */
  settle(outcome: Outcome): void {
    this.#allowed = [outcome]
  }

  /** For messages. */
  get name(): string {
    return `${this.bucket}/${this.key} (allowed: ${this.#allowed.join(' or ')})`
  }
}

/** A key many writers want, each on the condition that nobody has it. */
export class RaceModel {
  readonly #tried = new Set<Outcome>(['absent'])
  #winner: Outcome | undefined

  readonly bucket: string
  readonly key: string

  constructor(bucket: string, key: string) {
    this.bucket = bucket
    this.key = key
  }

  /** To be said before the request is sent. */
  tries(label: Label): void {
    this.#tried.add(label)
  }

  /** @throws Error when somebody else has won before */
  wins(label: Label): void {
    if (this.#winner !== undefined) throw new Error(`${this.key}: ${label} won, but ${this.#winner} had won before`)
    this.#winner = label
  }

  allows(outcome: Outcome): boolean {
    return this.#winner === undefined ? this.#tried.has(outcome) : this.#winner === outcome
  }

  settle(outcome: Outcome): void {
    if (outcome !== 'absent') this.#winner = outcome
  }

  /** For messages. */
  get name(): string {
    return `${this.bucket}/${this.key} (allowed: ${this.#winner ?? [...this.#tried].join(' or ')})`
  }
}
