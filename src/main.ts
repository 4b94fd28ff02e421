// The command line: `cairn serve`, `check`, `scrub`, `repair`, `usage`, `backup`, `restore`, `admin`. Exit codes: 0 all is well, 1 something is wrong with
// the data or the server broke, 2 it could not start.

import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { addAdminCommands } from './admin-commands.js'
import { addBackupCommands } from './backup-commands.js'
import { companyLine, faultLine, progressReporter } from './check-report.js'
import { readSettings, SettingsError } from './config.js'
import { repairedText, stepLine } from './repair-report.js'
import { damagedLine, scrubReporter, statusText } from './scrub-report.js'
import type { RunningServer } from './server.js'
import { flags, type Settings } from './settings.js'
import type { SupervisedServer } from './supervisor.js'
import { checkStore } from './store/check.js'
import { forgetFailedSync } from './store/failed-sync.js'
import { renewMasterKeyOf } from './store/renew-master-key.js'
import { repairStore } from './store/repair/repair.js'
import { type DamagedContent, scrubDirectory, scrubStatus } from './store/scrub-directory.js'
import { usageOfDirectory } from './store/usage-of-directory.js'
import { usageTable } from './usage-table.js'

const cannotStart = 2
const foundFaults = 1

/** What is nobody's mistake but ours comes with its stack. */
const bugs = [TypeError, RangeError, ReferenceError, SyntaxError]

// Who reads what is printed may leave first (`cairn … | head`): the rest is for nobody, and no reason to end a server.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

const program = new Command('cairn')
  .description('An S3-compatible object storage server')
  .version(versionOf(new URL('../../package.json', import.meta.url)))
  .exitOverride()

const serveCommand = program
  .command('serve')
  .description('serve a data directory')
  .showHelpAfterError('Allowed are the options that `cairn serve --help` lists.')
  .action(serve)
withFlags(serveCommand)

program
  .command('check')
  .description('read everything in a data directory and compare it with what was stored; a server may be running')
  .option('--data <DIR>', 'data directory (default ./data) [CAIRN_DATA]')
  .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
  .action(check)

program
  .command('scrub')
  .description(
    'read every blob and compare it with its digest, or tell how far the scrub of the server is; a server may be running',
  )
  .option('--data <DIR>', 'data directory (default ./data) [CAIRN_DATA]')
  .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
  .option('--mib-per-second <NUMBER>', 'no faster than this (default: as fast as it can be)')
  .option('--status', "tell the server's last round, how far it is, and what it found; read nothing")
  .option('--json', 'for programs: one JSON object a line')
  .action(scrub)

program
  .command('repair')
  .description(
    'tell what can be put right in a data directory nobody serves, and what is lost; nothing is changed without --yes',
  )
  .option('--data <DIR>', 'data directory (default ./data) [CAIRN_DATA]')
  .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
  .option('--yes', 'do it; the catalog as it was is kept')
  .option('--json', 'for programs: one JSON object a line')
  .action(repair)

program
  .command('usage')
  .description('tell what buckets hold, without listing them; a server may be running')
  .argument('[BUCKET...]', 'all when left out')
  .option('--data <DIR>', 'data directory (default ./data) [CAIRN_DATA]')
  .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
  .option('--json', 'for programs: one JSON object a line')
  .action(usage)

program
  .command('renew-master-key')
  .description(
    "make a new master key in place of one that is lost, in a data directory nobody serves; access keys that were sealed under the old one are removed, root's key stays",
  )
  .option('--data <DIR>', 'data directory (default ./data) [CAIRN_DATA]')
  .option('--master-key-file <FILE>', 'file of the master key [CAIRN_MASTER_KEY_FILE]')
  .option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
  .action(renewMasterKey)

addBackupCommands(program)
addAdminCommands(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

function withFlags(command: Command): void {
  for (const { usage, about, isRepeatable } of flags) {
    if (isRepeatable) command.option(usage, about, (value: string, all?: string[]) => [...(all ?? []), value])
    else command.option(usage, about)
  }
  command.option('--config <FILE>', 'JSON file with settings [CAIRN_CONFIG]')
}

async function serve(given: Record<string, unknown>): Promise<void> {
  const settings = readSettings({ flags: given, environment: process.env })
  // What a server writes is nobody else's to read: a catalog holds small bodies.
  process.umask(0o077)
  // With one worker everything is in this process, without a hop between processes. A supervisor does not load what serves.
  const server =
    settings.workers === 1
      ? await (await import('./server.js')).startServer(settings)
      : await (await import('./supervisor.js')).startSupervisor(settings)
  stopOnSignals(server)
  process.stdout.write(welcome(server, settings))
  if ('broken' in server) void endWhenBroken(server)
}

/** A server whose processes cannot be kept alive ends, and says why. */
async function endWhenBroken(server: SupervisedServer): Promise<void> {
  const error = await server.broken
  process.stderr.write(`${textOf(error)}\n`)
  process.exitCode = foundFaults
  await server.closeNow()
  process.exit()
}

/** The first signal lets requests under way finish; the second one does not wait for them. */
function stopOnSignals(server: Pick<RunningServer, 'close' | 'closeNow'>): void {
  let isStopping = false
  const stop = (): void => {
    if (isStopping) {
      void server.closeNow()
      return
    }
    isStopping = true
    server.close().then(
      () => process.off('SIGTERM', stop).off('SIGINT', stop),
      (error: unknown) => {
        process.stderr.write(`${textOf(error)}\n`)
        process.exitCode = foundFaults
      },
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}

/** What a new user needs: where it is, who may use it, and how clients are told. */
function welcome(
  { endpoint, region, rootKey }: Pick<RunningServer, 'endpoint' | 'region' | 'rootKey'>,
  { data }: Settings,
): string {
  const url = endpoint.origin
  const { accessKeyId, isNew } = rootKey
  const secret = isNew ? rootKey.secret.reveal() : undefined
  const shown = secret ?? 'YOUR_SECRET_KEY'
  return `Cairn serves ${data}

  Endpoint     ${url}
  Region       ${region}
  Access key   ${accessKeyId}
${secret === undefined ? '' : `  Secret key   ${secret}   (shown only this once)\n`}
aws-cli:

  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${shown} AWS_DEFAULT_REGION=${region}
  aws --endpoint-url ${url} s3 mb s3://first-bucket

rclone:

  rclone config create cairn s3 provider=Other env_auth=false access_key_id=${accessKeyId} secret_access_key=${shown} region=${region} endpoint=${url}
  rclone lsd cairn:

`
}

async function check(given: Record<string, unknown>): Promise<void> {
  const { data } = readSettings({ flags: given, environment: process.env })
  let [faults, losses] = [0, 0]
  let isAlone = false
  await checkStore(data, {
    company: (company) => {
      isAlone = company === 'alone'
      const line = companyLine(company)
      if (line !== undefined) process.stderr.write(`${line}\n`)
    },
    progress: progressReporter(process.stderr),
    fault: (fault) => {
      if (fault.isAccepted) losses += 1
      else faults += 1
      process.stdout.write(`${faultLine(fault)}\n`)
    },
  })
  const known = losses === 0 ? '' : `; losses that a repair has told of: ${losses}`
  process.stdout.write(`${data}: ${faults === 0 ? 'no fault' : `faults: ${faults}`}${known}\n`)
  if (faults > 0) process.exitCode = foundFaults
  // Beside a server nobody has looked at everything.
  else if (isAlone) await forgetFailedSync(data)
}

async function scrub({ status, json, mibPerSecond, ...given }: Record<string, unknown>): Promise<void> {
  const { data } = readSettings({ flags: given, environment: process.env })
  const pace = mibPerSecond === undefined ? undefined : Number(mibPerSecond)
  if (pace !== undefined && !(pace > 0 && pace <= 1e6)) {
    throw new SettingsError(
      `mibPerSecond is ${JSON.stringify(mibPerSecond)}; allowed is a number above 0, up to 1000000.`,
    )
  }
  let damaged = 0
  const tell = (content: DamagedContent): void => {
    if (!content.isAccepted) damaged += 1
    process.stdout.write(`${json === true ? JSON.stringify({ damaged: content }) : damagedLine(content)}\n`)
  }
  if (status === true) {
    const state = scrubStatus(data, tell)
    process.stdout.write(`${json === true ? JSON.stringify({ round: state ?? null }) : statusText(state)}\n`)
  } else {
    const progress = json === true ? () => undefined : scrubReporter(process.stderr)
    const read = await scrubDirectory(data, {
      progress,
      damaged: tell,
      ...(pace !== undefined && { mibPerSecond: pace }),
    })
    const { count, bytes } = read
    const line = `${data}: ${count} blobs and small bodies, ${(bytes / 1024 ** 2).toFixed(1)} MiB: damaged: ${damaged}`
    process.stdout.write(`${json === true ? JSON.stringify({ round: { count, bytes, damaged } }) : line}\n`)
  }
  if (damaged > 0) process.exitCode = foundFaults
}

async function repair({ yes, json, ...given }: Record<string, unknown>): Promise<void> {
  const { data } = readSettings({ flags: given, environment: process.env })
  const isConfirmed = yes === true
  const progress = json === true ? () => undefined : progressReporter(process.stderr)
  const repaired = await repairStore(data, {
    isConfirmed,
    now: Date.now(),
    step: (step) => void process.stdout.write(`${json === true ? JSON.stringify({ step }) : stepLine(step)}\n`),
    progress,
  })
  const text = json === true ? JSON.stringify({ repaired }) : repairedText(data, repaired, isConfirmed)
  process.stdout.write(`${text}\n`)
  if (!isConfirmed && repaired.losses + repaired.changes > 0) process.exitCode = foundFaults
}

async function renewMasterKey(given: Record<string, unknown>): Promise<void> {
  const { data, masterKeyFile } = readSettings({ flags: given, environment: process.env })
  const removed = await renewMasterKeyOf(data, masterKeyFile)
  process.stdout.write(`${data}: a new master key was made; access keys that were removed: ${removed}\n`)
}

function usage(buckets: readonly string[], { json, ...given }: Record<string, unknown>): void {
  const { data } = readSettings({ flags: given, environment: process.env })
  const report = usageOfDirectory(data, buckets)
  process.stdout.write(json === true ? report.map((row) => `${JSON.stringify(row)}\n`).join('') : usageTable(report))
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : cannotStart
  process.stderr.write(`${textOf(error)}\n`)
  return cannotStart
}

/** One sentence and its reason for what an operator can put right, a stack for what is a bug. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (bugs.some((bug) => error instanceof bug)) return error.stack ?? error.message
  const reason = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  const message = `${error.message}${error instanceof SettingsError ? '' : reason}`
  return message.replaceAll(/^/gm, 'cairn: ')
}

function versionOf(packageFile: URL): string {
  const parsed: unknown = JSON.parse(readFileSync(packageFile, 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}
