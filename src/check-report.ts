// What `cairn check` says to a person: how far it is, and what is wrong.

import type { Fault, Progress } from './store/check.js'
import type { Company } from './store/open-to-check.js'

/** What a check cannot say because of who else uses the directory; nothing where it says all. */
export function companyLine(company: Company): string | undefined {
  switch (company) {
    case 'alone':
      return undefined
    case 'beside':
      return 'a server uses this directory: files that belong to nobody are not looked for, and the database file is checked table by table'
    case 'read-only':
      return 'this directory cannot be written to, and no server uses it: a copy of the catalog is read'
  }
}

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
    const [done, total] = 'bytes' in progress ? [progress.bytes, progress.totalBytes] : [progress.done, progress.total]
    const fraction = total === 0 ? 1 : done / total
    const percent = stream.isTTY ? Math.floor(fraction * 100) : Math.floor(fraction * 10) * 10
    const step = `${progress.stage} ${percent} %`
    if (step === last) return
    last = step
    const counts = `${progress.done} of ${progress.total}${'bytes' in progress ? sizes(progress) : ''}`
    const line = `checking ${step}  (${counts})`
    stream.write(stream.isTTY ? `\r\x1b[K${line}${fraction === 1 ? '\n' : ''}` : `${line}\n`)
  }
}

const sizes = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }): string =>
  `, ${mebibytes(bytes)} of ${mebibytes(totalBytes)}`

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`

/** One line for a fault, with every object that cannot be read because of it. Keys are quoted: they may hold anything. */
export function faultLine({ what, blob, location, serves, isAccepted }: Fault): string {
  const objects = serves.map(({ bucket, key, versionId }) => `${bucket}/${JSON.stringify(key)} (version ${versionId})`)
  return [
    isAccepted ? `known loss: ${what}` : what,
    ...(blob === undefined ? [] : [`blob ${blob}`]),
    ...(location === undefined ? [] : [`file ${location}`]),
    ...(objects.length === 0 ? [] : [`serves ${objects.join(', ')}`]),
  ].join('; ')
}
