// `cairn backup`, `cairn backup list`, `cairn backup verify`, `cairn restore`: their options, and what they print.

import { type Command, InvalidArgumentError } from 'commander'
import { backupProgress, backupText, listText, restoreText, verifyText } from './backup-report.js'
import { readSettings, SettingsError } from './config.js'
import { listBackups } from './store/backup/list-backups.js'
import { makeBackup } from './store/backup/make-backup.js'
import { restoreBackup } from './store/backup/restore-backup.js'
import { verifyBackup } from './store/backup/verify-backup.js'

/** Exit code where something is wrong with the data. */
const foundFaults = 1

const mebibyte = 1024 * 1024

/** Adds the commands to a program. */
export function addBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('copy a data directory, beside a running server or without one, into a backup directory')
    .option('--data <DIR>', 'data directory (default ./data) [CAIRN_DATA]')
    .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
    .option('--to <TARGET>', 'backup directory, to be named; made when there is none')
    .option('--keep <NUMBER>', 'generations to keep, the new one among them (default: all)', wholeNumber)
    .option('--rate <MIB>', 'MiB of blobs read in a second at most (default: as fast as it goes)', wholeNumber)
    .option('--verify', 'read every blob again that the backup has already, not a thirty-second of them')
    .option('--json', 'for programs: one JSON object, and no progress')
    .action(back)
  backup
    .command('list')
    .description('tell the generations of a backup directory')
    .argument('<TARGET>', 'backup directory')
    .option('--json', 'for programs: one JSON object a line')
    .action(list)
  backup
    .command('verify')
    .description('read all of a backup directory again and compare it with what was written')
    .argument('<TARGET>', 'backup directory')
    .option('--json', 'for programs: one JSON object, and no progress')
    .action(verify)
  program
    .command('restore')
    .description('make a data directory out of a backup')
    .requiredOption('--from <TARGET>', 'backup directory')
    .option('--generation <NUMBER>', 'which generation (default: the newest)', wholeNumber)
    .option('--data <DIR>', 'data directory, empty or not there yet (default ./data) [CAIRN_DATA]')
    .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
    .option('--json', 'for programs: one JSON object, and no progress')
    .action(restore)
}

interface BackupOptions {
  readonly to?: string
  readonly keep?: number
  readonly rate?: number
  readonly verify?: true
  readonly json?: true
}

async function back({ to, keep, rate, verify, json, ...given }: BackupOptions): Promise<void> {
  // The commands below `backup` would inherit an option that commander requires.
  if (to === undefined)
    throw new SettingsError('to is not set; allowed is the path of a backup directory: --to TARGET.')
  const { data } = readSettings({ flags: given, environment: process.env })
  process.umask(0o077)
  const settings = {
    directory: data,
    target: to,
    isVerifying: verify === true,
    ...(keep !== undefined && { keep }),
    ...(rate !== undefined && { bytesPerSecondMax: rate * mebibyte }),
  }
  const report = await makeBackup(settings, progress(json, 'backing up'))
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : backupText(report, to))
  if (report.manifest.damaged.length + report.manifest.catalogFaults.length > 0) process.exitCode = foundFaults
}

async function list(target: string, _: unknown, command: Command): Promise<void> {
  const manifests = await listBackups(target)
  process.stdout.write(
    isJson(command) ? manifests.map((one) => `${JSON.stringify(one)}\n`).join('') : listText(manifests),
  )
}

async function verify(target: string, _: unknown, command: Command): Promise<void> {
  const json = isJson(command)
  const report = await verifyBackup(target, progress(json, 'verifying'))
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : verifyText(report, target))
  if (report.faults.length > 0) process.exitCode = foundFaults
}

/** The option is `cairn backup`'s own too, which takes it where both have it. */
const isJson = (command: Command): true | undefined => command.optsWithGlobals<{ json?: true }>().json

interface RestoreOptions {
  readonly from: string
  readonly generation?: number
  readonly json?: true
}

async function restore({ from, generation, json, ...given }: RestoreOptions): Promise<void> {
  const { data } = readSettings({ flags: given, environment: process.env })
  process.umask(0o077)
  const settings = { from, directory: data, ...(generation !== undefined && { generation }) }
  const report = await restoreBackup(settings, progress(json, 'restoring'))
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : restoreText(report, data))
  if (report.damaged.length > 0) process.exitCode = foundFaults
}

const progress = (json: true | undefined, doing: string): ReturnType<typeof backupProgress> =>
  json ? () => undefined : backupProgress(process.stderr, doing)

/** @throws InvalidArgumentError, which says what is allowed */
function wholeNumber(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('Allowed is a whole number from 1 on.')
}
