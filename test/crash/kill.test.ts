// The server is killed while it is written to, again and again. What it acknowledged must be there, whole; what it did not, whole or not at all.

import { equal, ok } from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { launchServer, runCheck, scratchDirectory, type ServerProcess, startServerProcess } from '../server-process.js'
import { RaceModel } from './model.js'
import { emptyModel, type Model, verify } from './model-of-writers.js'
import { type Random, randomFrom } from './random.js'
import { clientFor, writeUntilKilled } from './writers.js'

const rounds = Number(process.env['CRASH_ROUNDS'] ?? 5)
/** Of a server of two workers: its processes end when the supervisor is killed, and the next server waits for that. */
const roundsOfTwo = Math.ceil(rounds / 5)
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000_000)

const racesPerRound = 4

/** Then a new directory: what was written before is read again each time. */
const roundsPerDirectory = 10

/** The instant of the kill, after writing began. */
const writeMsMax = 1500

/** The instant of a kill while the server starts. */
const startMsMax = 400

for (const [workers, count] of [
  [1, rounds],
  [2, roundsOfTwo],
] as const) {
  describe(`A server of ${workers === 1 ? 'one process' : `${workers} workers`} that is killed while it is written to`, () => {
    it(`keeps what it acknowledged, ${count} times (CRASH_SEED=${seed})`, async function () {
      this.timeout(60_000 + count * 20_000)
      const random = randomFrom(seed)
      for (let first = 1; first <= count; first += roundsPerDirectory) {
        const directory = await scratchDirectory('crash')
        try {
          await killAndVerify(directory.path, workers, first, Math.min(count, first + roundsPerDirectory - 1), random)
        } finally {
          await directory.remove()
        }
      }
    })
  })
}

/** Rounds `first` to `last` on one data directory. */
async function killAndVerify(
  directory: string,
  workers: number,
  first: number,
  last: number,
  random: Random,
): Promise<void> {
  const options = { args: ['--workers', `${workers}`] }
  let server = await startServerProcess(directory, options)
  try {
    const model = await emptyModel(server.endpoint)
    let acknowledged = 0
    for (let round = first; round <= last; round += 1) {
      for (let i = 0; i < racesPerRound; i += 1) model.races.push(new RaceModel('plain', `race-${round}-${i}`))
      acknowledged += await writeAndKill(server, model, random)
      if (random.integer(3) === 0) await killWhileStarting(directory, options, random)

      server = await startServerProcess(directory, options)
      await verify(server.endpoint, model, `round ${round}`)
      if (random.integer(2) === 0) equal(await server.stop(), 0, server.output())
      else await server.kill()

      const check = await runCheck(directory)
      equal(check.code, 0, `round ${round}: cairn check found faults\n${check.output}`)
      server = await startServerProcess(directory, options)
    }
    ok(acknowledged > 0, 'nothing was acknowledged before any of the kills: nothing was tested')
  } finally {
    await server.kill()
  }
}

/** Answers how many requests were acknowledged before the kill. */
async function writeAndKill(server: ServerProcess, model: Model, random: Random): Promise<number> {
  const s3 = clientFor(server.endpoint)
  let isOver = false
  const races = model.races.slice(-racesPerRound)
  const work = Promise.all(
    model.keys.map((keys) =>
      writeUntilKilled({ s3, keys, races, random: randomFrom(random.integer(2 ** 31)), isOver: () => isOver }),
    ),
  )
  const instant = wait(50 + random.integer(writeMsMax))
  try {
    // A writer that meets a fault ends the wait at once.
    await Promise.race([instant, work])
  } finally {
    isOver = true
    await server.kill()
  }
  const acknowledged = await work
  s3.destroy()
  return acknowledged.reduce((sum, count) => sum + count, 0)
}

async function killWhileStarting(
  directory: string,
  options: { readonly args: readonly string[] },
  random: Random,
): Promise<void> {
  const starting = launchServer(directory, options)
  await wait(random.integer(startMsMax))
  await starting.kill()
}
