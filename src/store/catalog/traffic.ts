// What access keys and accounts have asked for, by month: counted in memory by every process, and added here every few seconds.

import { findRateLimits, type RateLimits, type Subject } from './rate-limit.js'
import { all, one, query, run, statement, transaction } from './steps.js'

/** What was asked for. Bytes are of bodies. */
export interface Traffic {
  readonly requests: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** A month in UTC: 202611 is November 2026. */
export type Month = number

/** Months that are kept: what is older goes with the first request of a month. */
const monthsKept = 13

/** The month of a time in ms since 1970. */
export function monthOf(ms: number): Month {
  const date = new Date(ms)
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1
}

/** When the next month begins, ms since 1970. */
export function nextMonthMs(ms: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}

type InMonth = Subject & { readonly month: Month }

const add = statement<InMonth & { requests: number; bytesIn: number; bytesOut: number }>(`
  UPDATE traffic SET requests = requests + :requests, bytes_in = bytes_in + :bytesIn, bytes_out = bytes_out + :bytesOut
  WHERE kind = :kind AND subject = :subject AND month = :month`)
const begin = statement<InMonth & { requests: number; bytesIn: number; bytesOut: number }>(`
  INSERT INTO traffic (kind, subject, month, requests, bytes_in, bytes_out)
  VALUES (:kind, :subject, :month, :requests, :bytesIn, :bytesOut)`)
const prune = statement<InMonth>('DELETE FROM traffic WHERE kind = :kind AND subject = :subject AND month < :month')
const find = statement<InMonth, Traffic>(`
  SELECT requests, bytes_in AS "bytesIn", bytes_out AS "bytesOut" FROM traffic
  WHERE kind = :kind AND subject = :subject AND month = :month`)
const months = statement<Subject, Traffic & { month: Month }>(`
  SELECT month, requests, bytes_in AS "bytesIn", bytes_out AS "bytesOut" FROM traffic
  WHERE kind = :kind AND subject = :subject ORDER BY month DESC`)

/** Adds what a process has counted. */
export const addTraffic = transaction(
  'addTraffic',
  function* ({ counted }: { readonly counted: readonly (InMonth & Traffic)[] }) {
    for (const { kind, subject, month, requests, bytesIn, bytesOut } of counted) {
      const sums = { kind, subject, month, requests, bytesIn, bytesOut }
      if ((yield* run(add, sums)) > 0) continue
      yield* run(begin, sums)
      yield* run(prune, { kind, subject, month: monthsBefore(month) })
    }
  },
)

function monthsBefore(month: Month): Month {
  return monthOf(Date.UTC(Math.floor(month / 100), (month % 100) - 1 - monthsKept))
}

/** The limits of a key or an account, and its traffic of a month. */
export const limitsAndTraffic = query('limitsAndTraffic', function* ({ kind, subject, month }: InMonth) {
  const limits: RateLimits = (yield* findRateLimits({ kind, subject })) ?? { requests: null, bytes: null }
  const traffic: Traffic = (yield* one(find, { kind, subject, month })) ?? { requests: 0, bytesIn: 0, bytesOut: 0 }
  return { limits, traffic }
})

/** The traffic of a key or an account by month, newest first; what was asked for in the last seconds may be missing. */
export const trafficOf = query('trafficOf', ({ kind, subject }: Subject) => all(months, { kind, subject }))
