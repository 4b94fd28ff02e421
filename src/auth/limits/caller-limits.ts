// What each access key, and each account, asks for: counted here, refused beyond its limits, and added to the catalog every few seconds.
// Off the way of requests: one that is counted costs two look-ups in memory.

import { LRUCache } from 'lru-cache'
import type { Log } from '../../contract/log.js'
import type { Caller, Clock } from '../../contract/operation.js'
import type { Catalog } from '../../store/catalog/catalog.js'
import type { RateLimits, Subject } from '../../store/catalog/rate-limit.js'
import { addTraffic, limitsAndTraffic, monthOf, nextMonthMs, type Traffic } from '../../store/catalog/traffic.js'
import type { RequestWindows } from './request-windows.js'
import { LimitReached } from './slow-down.js'

/** How a server counts. */
export interface CallerLimitsSettings {
  readonly catalog: Catalog
  readonly clock: Clock
  readonly log: Log
  readonly windows: RequestWindows
}

/** How often what was counted is added to the catalog, and limits and what others have counted are read again, ms. */
const refreshMs = 5_000

/** Keys and accounts that are remembered. */
const subjectsMax = 10_000

/** From this share of a limit on there are warnings. */
const warnedFrom = 0.8

type Sums = { -readonly [Name in keyof Traffic]: Traffic[Name] }

/** What is known of a key or an account. */
interface Account {
  readonly subject: Subject
  /** Under which its requests of a minute are counted. */
  readonly name: string
  month: number
  limits: RateLimits
  /** What the catalog has of this month, of all processes. */
  told: Traffic
  /** What was counted here and is not in it. */
  untold: Sums
  /** When it was read, ms since 1970. */
  readMs: number
  isReading: boolean
  /** Changes when adding to the catalog begins or ends: what is read meanwhile may have it or not. */
  writes: number
  /** Limits that have been warned of, and when: "requests", "bytes". */
  readonly warnedMs: Map<string, number>
}

/** A request that was let in. */
export interface Counted {
  /** What an answer's `x-cairn-limit-warning` says; undefined while no limit is near. */
  readonly warning: string | undefined
  /** Counts the bytes of its bodies, once it is over. */
  leave(bytesIn: number, bytesOut: number): void
}

/** Counts and limits callers. Close it before its catalog. */
export class CallerLimits {
  readonly #settings: CallerLimitsSettings
  /** By access key id, and by canonical user id: the very texts a caller has, whose hashes are known. */
  readonly #known: { readonly [Kind in Subject['kind']]: LRUCache<string, Account> }
  /** Forgotten with something untold, or of a month that is over. */
  #left: Account[] = []
  #month: number
  #monthEndsMs: number
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> = Promise.resolve()

  constructor(settings: CallerLimitsSettings) {
    this.#settings = settings
    const dispose = (account: Account): void => this.#keepUntold(account)
    this.#known = {
      key: new LRUCache({ max: subjectsMax, dispose }),
      account: new LRUCache({ max: subjectsMax, dispose }),
    }
    const nowMs = settings.clock.now()
    this.#month = monthOf(nowMs)
    this.#monthEndsMs = nextMonthMs(nowMs)
    this.#timer = setInterval(() => void this.write(), refreshMs).unref()
  }

  /** Counts a request of somebody who has signed.
   *  @returns a promise only when nothing is known of him yet
   *  @throws SlowDown with Retry-After (by the promise, where there is one) */
  enter(caller: Pick<Caller, 'accessKeyId' | 'accountId'>): Counted | Promise<Counted> {
    const key = this.#known.key.get(caller.accessKeyId)
    const account = this.#known.account.get(caller.accountId)
    if (key === undefined || account === undefined) return this.#meet(caller)
    return this.#count(key, account)
  }

  /** Adds what was counted to the catalog. What cannot be written now is written the next time; only what was counted since dies with a process.
   *  When the writer dies it may be counted twice: nobody knows what it has committed. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Writes what was counted, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.write()
  }

  async #meet({ accessKeyId, accountId }: Pick<Caller, 'accessKeyId' | 'accountId'>): Promise<Counted> {
    const [key, account] = await Promise.all([
      this.#read({ kind: 'key', subject: accessKeyId }),
      this.#read({ kind: 'account', subject: accountId }),
    ])
    return this.#count(key, account)
  }

  async #read(subject: Subject): Promise<Account> {
    const month = this.#monthAt(this.#settings.clock.now())
    const { limits, traffic } = await this.#settings.catalog.read(limitsAndTraffic, { ...subject, month })
    // Another request may have been quicker.
    const known = this.#known[subject.kind].get(subject.subject)
    if (known !== undefined) return known
    const account: Account = {
      subject,
      name: `${subject.kind} ${subject.subject}`,
      month,
      limits,
      told: traffic,
      untold: { requests: 0, bytesIn: 0, bytesOut: 0 },
      readMs: this.#settings.clock.now(),
      isReading: false,
      writes: 0,
      warnedMs: new Map(),
    }
    this.#known[subject.kind].set(subject.subject, account)
    return account
  }

  #count(key: Account, account: Account): Counted {
    const nowMs = this.#settings.clock.now()
    const month = this.#monthAt(nowMs)
    let warning = this.#requireRoom(key, month, nowMs)
    warning = this.#requireRoom(account, month, nowMs) ?? warning
    key.untold.requests += 1
    account.untold.requests += 1
    return new Visit(key, account, warning)
  }

  /** @returns a warning when a limit is near
   *  @throws SlowDown with Retry-After */
  #requireRoom(account: Account, month: number, nowMs: number): string | undefined {
    if (account.month !== month) this.#turn(account, month)
    if (nowMs - account.readMs >= refreshMs && !account.isReading) void this.#refresh(account)
    const { requests, bytes } = account.limits
    let warning: string | undefined
    if (bytes !== null) {
      const { told, untold } = account
      const used = told.bytesIn + told.bytesOut + untold.bytesIn + untold.bytesOut
      if (used >= bytes) {
        throw new LimitReached(`The ${whose(account)} has no bandwidth left this month.`, this.#monthEndsMs - nowMs)
      }
      if (used >= bytes * warnedFrom) warning = this.#warn(account, 'bytes', used, bytes, nowMs)
    }
    if (requests !== null) {
      const { windows } = this.#settings
      const waitMs = windows.take(account.name, requests)
      if (waitMs > 0) throw new LimitReached(`The ${whose(account)} has made too many requests.`, waitMs)
      const used = Math.ceil(windows.count(account.name))
      if (used >= requests * warnedFrom) warning = this.#warn(account, 'requests', used, requests, nowMs)
    }
    return warning
  }

  /** Warns in the log at most once an hour for each limit, and in every answer. */
  #warn({ subject, warnedMs }: Account, what: 'requests' | 'bytes', used: number, max: number, nowMs: number): string {
    if (nowMs - (warnedMs.get(what) ?? Number.NEGATIVE_INFINITY) >= 60 * 60_000) {
      warnedMs.set(what, nowMs)
      const unit = what === 'requests' ? 'requests a minute' : 'bytes a month'
      this.#settings.log.warn({ ...subject, limit: unit, used, max }, 'a caller is near its limit')
    }
    return `${subject.kind}; ${what}=${used}; limit=${max}`
  }

  async #refresh(account: Account): Promise<void> {
    account.isReading = true
    try {
      const { month, writes } = account
      const { limits, traffic } = await this.#settings.catalog.read(limitsAndTraffic, { ...account.subject, month })
      account.limits = limits
      if (account.month === month && account.writes === writes) account.told = traffic
    } catch (error) {
      this.#settings.log.error({ err: error }, 'the limits of a caller could not be read')
    } finally {
      account.isReading = false
      account.readMs = this.#settings.clock.now()
    }
  }

  /** A new month begins for it. */
  #turn(account: Account, month: number): void {
    this.#keepUntold(account)
    account.month = month
    account.told = { requests: 0, bytesIn: 0, bytesOut: 0 }
    account.untold = { requests: 0, bytesIn: 0, bytesOut: 0 }
  }

  #keepUntold(account: Account): void {
    if (isSomething(account.untold)) this.#left.push({ ...account })
  }

  #monthAt(nowMs: number): number {
    if (nowMs >= this.#monthEndsMs) {
      this.#month = monthOf(nowMs)
      this.#monthEndsMs = nextMonthMs(nowMs)
    }
    return this.#month
  }

  async #write(): Promise<void> {
    const left = this.#left
    this.#left = []
    const living = [...this.#known.key.values(), ...this.#known.account.values()].filter(({ untold }) =>
      isSomething(untold),
    )
    if (left.length === 0 && living.length === 0) return
    // The month is kept with the sums: another may have begun before they are written.
    const written = [...left, ...living].map((account) => ({ account, month: account.month, sums: account.untold }))
    for (const { account } of written) {
      account.untold = { requests: 0, bytesIn: 0, bytesOut: 0 }
      account.writes += 1
    }
    try {
      const counted = written.map(({ account: { subject }, month, sums }) => ({ ...subject, month, ...sums }))
      await this.#settings.catalog.commit(addTraffic, { counted })
      for (const { account, month, sums } of written) {
        if (account.month === month) account.told = plus(account.told, sums)
      }
    } catch (error) {
      this.#settings.log.debug({ err: error }, 'what callers asked for could not be written: it is tried again')
      for (const { account, month, sums } of written) {
        if (account.month === month && this.#isKnown(account)) account.untold = plus(account.untold, sums)
        else this.#left.push({ ...account, month, untold: sums })
      }
    } finally {
      for (const { account } of written) account.writes += 1
    }
  }

  /** Whether its requests are still counted on it: another may have taken its place. */
  #isKnown(account: Account): boolean {
    return this.#known[account.subject.kind].peek(account.subject.subject) === account
  }
}

/** A request under way. */
class Visit implements Counted {
  readonly #key: Account
  readonly #account: Account
  readonly warning: string | undefined

  constructor(key: Account, account: Account, warning: string | undefined) {
    this.#key = key
    this.#account = account
    this.warning = warning
  }

  leave(bytesIn: number, bytesOut: number): void {
    for (const { untold } of [this.#key, this.#account]) {
      untold.bytesIn += bytesIn
      untold.bytesOut += bytesOut
    }
  }
}

const whose = ({ subject }: Account): string => (subject.kind === 'key' ? 'access key' : 'account')

const isSomething = ({ requests, bytesIn, bytesOut }: Traffic): boolean => requests + bytesIn + bytesOut > 0

const plus = (one: Traffic, other: Traffic): Sums => ({
  requests: one.requests + other.requests,
  bytesIn: one.bytesIn + other.bytesIn,
  bytesOut: one.bytesOut + other.bytesOut,
})
