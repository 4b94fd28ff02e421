// What `cairn scrub` says to a person, or to a program.

import { faultLine } from './check-report.js'
import type { ScrubState } from './store/catalog/scrub-state.js'
import type { DamagedContent, ScrubProgress } from './store/scrub-directory.js'

/** Reports progress on a stream: at a terminal in one line that is written over, elsewhere a line for each tenth. */
export function scrubReporter(stream: NodeJS.WriteStream): (progress: ScrubProgress) => void {
  let last = -1
  const began = performance.now()
  return ({ count, bytes, totalBytes }) => {
    const percent = totalBytes === 0 ? 100 : Math.floor((bytes / totalBytes) * 100)
    const step = stream.isTTY ? percent : percent - (percent % 10)
    if (step === last) return
    last = step
    const rate = bytes / 1024 ** 2 / Math.max(0.001, (performance.now() - began) / 1000)
    const line = `scrubbing ${step} %  (${mebibytes(bytes)} of ${mebibytes(totalBytes)}, ${count} blobs and small bodies, ${rate.toFixed(0)} MiB/s)`
    stream.write(stream.isTTY ? `\r\x1b[K${line}${percent === 100 ? '\n' : ''}` : `${line}\n`)
  }
}

/** One line for what is damaged. */
export const damagedLine = ({ found, ...content }: DamagedContent): string =>
  `${found === undefined ? '' : `found ${new Date(found).toISOString()}: `}${faultLine(content)}`

/** Where the server's scrub is. */
export function statusText(state: ScrubState | undefined): string {
  if (state === undefined) return 'no round of the scrub has begun yet'
  const { began, ended, bytes, total, found } = state
  const since = new Date(began).toISOString()
  const damaged = `damaged: ${found}`
  if (ended !== null) {
    return `the last round began ${since} and ended ${new Date(ended).toISOString()}: ${mebibytes(bytes)}, ${damaged}`
  }
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((bytes / total) * 100))
  return `a round is under way since ${since}: ${percent} %, ${mebibytes(bytes)} of ${mebibytes(Math.max(total, bytes))}, ${damaged}`
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
