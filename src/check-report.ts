// What `cairn check` says to a person: how far it is, and what is wrong.

import type { Fault, Progress } from './store/check.js'

/** Reports progress on a stream: at a terminal in one line that is written over, elsewhere a line for each tenth of a stage. */
export function progressReporter(stream: NodeJS.WriteStream): (progress: Progress) => void {
  let last = ''
  return (progress) => {
    if (progress.stage === 'orphan') {
      stream.write(
        `${stream.isTTY ? '\r\x1b[K' : ''}belongs to nobody, the next start removes it: ${progress.location}\n`,
      )
      return
    }
    const fraction = progress.total === 0 ? 1 : progress.done / progress.total
    const percent = stream.isTTY ? Math.floor(fraction * 100) : Math.floor(fraction * 10) * 10
    const step = `${progress.stage} ${percent} %`
    if (step === last) return
    last = step
    const counts = `${progress.done} of ${progress.total}${progress.stage === 'blobs' ? sizes(progress) : ''}`
    const line = `checking ${step}  (${counts})`
    stream.write(stream.isTTY ? `\r\x1b[K${line}${fraction === 1 ? '\n' : ''}` : `${line}\n`)
  }
}

const sizes = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }): string =>
  `, ${mebibytes(bytes)} of ${mebibytes(totalBytes)}`

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`

/** One line for a fault, with every object that cannot be read because of it. Keys are quoted: they may hold anything. */
export function faultLine({ what, blob, location, serves }: Fault): string {
  const objects = serves.map(({ bucket, key, versionId }) => `${bucket}/${JSON.stringify(key)} (version ${versionId})`)
  return [
    what,
    ...(blob === undefined ? [] : [`blob ${blob}`]),
    ...(location === undefined ? [] : [`file ${location}`]),
    ...(objects.length === 0 ? [] : [`serves ${objects.join(', ')}`]),
  ].join('; ')
}
