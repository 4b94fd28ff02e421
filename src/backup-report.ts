// What `cairn backup` and `cairn restore` say to a person: how far they are, what they did, and what is wrong.

import type { BackupProgress, BackupReport } from './store/backup/make-backup.js'
import type { DamagedBlob, Manifest } from './store/backup/manifest.js'
import type { RestoreReport } from './store/backup/restore-backup.js'
import type { BackupFault, VerifyReport } from './store/backup/verify-backup.js'

/** Reports progress on a stream: at a terminal in one line that is written over, elsewhere a line for each tenth of a stage. */
export function backupProgress(stream: NodeJS.WriteStream, doing: string): (progress: BackupProgress) => void {
  let last = ''
  return (progress) => {
    const fraction = progress.total === 0 ? 1 : progress.done / progress.total
    const percent = stream.isTTY ? Math.floor(fraction * 100) : Math.floor(fraction * 10) * 10
    const step = `${progress.stage} ${percent} %`
    if (step === last) return
    last = step
    const bytes =
      progress.stage === 'blobs' ? `  (${mebibytes(progress.bytes)} of ${mebibytes(progress.totalBytes)})` : ''
    const line = `${doing} ${step}${bytes}`
    stream.write(stream.isTTY ? `\r\x1b[K${line}${fraction === 1 ? '\n' : ''}` : `${line}\n`)
  }
}

/** What a backup did: a line a fact. */
export function backupText({ manifest, verified, healed, dropped }: BackupReport, target: string): string {
  const { blobs, damaged, catalogFaults } = manifest
  return lines([
    `${target}: ${contentsOf(manifest)}`,
    `${blobs.copied} of ${blobs.count} blobs copied (${mebibytes(blobs.copiedBytes)}), ${verified} read again${healed > 0 ? `, ${healed} healed` : ''}`,
    ...(dropped.length > 0 ? [`dropped: generation ${dropped.join(', ')}`] : []),
    ...catalogFaults.map((what) => `the catalog is damaged: ${what}`),
    ...damaged.map(damagedLine),
    ...(damaged.length + catalogFaults.length > 0
      ? ['this generation lacks what is damaged, no older one was dropped; `cairn check` names the objects']
      : []),
  ])
}

/** What was restored, and which point in time that is. */
export function restoreText({ manifest, damaged, needsMasterKey }: RestoreReport, directory: string): string {
  return lines([
    `${directory}: ${contentsOf(manifest)}`,
    ...damaged.map(damagedLine),
    damaged.length === 0
      ? 'restored, everything was verified'
      : `restored without ${damaged.length} damaged blobs; \`cairn check\` names the objects`,
    ...(needsMasterKey
      ? [
          `its access keys are sealed: put the store's master-key.json into ${directory} before it is served; it is in no backup`,
        ]
      : []),
  ])
}

/** What a verification found. */
export function verifyText({ generations, blobs, bytes, faults }: VerifyReport, target: string): string {
  return lines([
    ...faults.map(faultLine),
    `${target}: generations ${generations.join(', ')}; ${blobs} blobs, ${mebibytes(bytes)}; ${faults.length === 0 ? 'no fault' : `faults: ${faults.length}`}`,
  ])
}

/** A line a generation, oldest first. */
export const listText = (manifests: readonly Manifest[]): string =>
  manifests.length === 0 ? 'no finished backup\n' : lines(manifests.map(contentsOf))

function contentsOf(manifest: Manifest): string {
  const { generation, number, time, began, buckets, objects, versions, bytes, damaged } = manifest
  const change = time === null ? 'before any change' : `at change ${number}, of ${time}`
  const contents = `${buckets} buckets, ${objects} objects, ${versions} versions, ${mebibytes(bytes)}`
  const lacks = damaged.length > 0 ? `; lacks ${damaged.length} damaged blobs` : ''
  return `generation ${generation}: the state ${change}, backup began ${began}; ${contents}${lacks}`
}

const damagedLine = ({ digest, location, what }: DamagedBlob): string =>
  `damaged: blob ${digest}; file ${location}; ${what}`

const faultLine = ({ generation, what, blob }: BackupFault): string =>
  `generation ${generation}: ${what}${blob === undefined ? '' : `; blob ${blob}`}`

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('')

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
