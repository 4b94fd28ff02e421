// The writer process of a server with several workers: it holds the directory's lock, the only writing connection of the catalog, and the collector.

import { openLockedData } from './locked-data.js'
import { openLog } from './log.js'
import { type FromWriterProcess, handedKey, refusalOf, type ToWriterProcess } from './process-messages.js'
import { openWriterStore, type WriterStore } from './store/writer-store.js'
import { leave, supervised } from './supervised.js'

process.title = 'cairn writer'

/** Settles, with the store, once it is open. What comes before waits for it. */
let opening: Promise<WriterStore | undefined> = Promise.resolve(undefined)

// The supervisor, which is this very program, sends nothing else.
const say: (message: FromWriterProcess) => void = supervised((message) => receive(message as ToWriterProcess))

function receive(message: ToWriterProcess): void {
  switch (message.kind) {
    case 'start':
      opening = start(message)
      return
    case 'bury':
      void opening.then((store) => store?.bury(message.instance))
      return
    case 'stopWriting':
      void opening.then((store) => store?.stopWriting(new Error(message.reason)))
      return
    case 'stop':
      void opening.then((store) => store?.close()).then(leave)
  }
}

async function start({ settings, run, living }: ToWriterProcess & { kind: 'start' }): Promise<WriterStore | undefined> {
  const { data: directory } = settings
  try {
    // Whoever finds the directory locked is told of the process that can be stopped.
    const { lock, rootKey } = await openLockedData(directory, settings, process.ppid)
    const store = await openWriterStore({
      directory,
      lock,
      ownerId: rootKey.accountId,
      ownerName: rootKey.displayName,
      log: openLog(settings.logLevel, undefined, 'writer'),
      scrub: { days: settings.scrubDays, mibPerSecondMax: settings.scrubMibPerSecondMax },
      run,
      living,
      ...(settings.masterKeyFile !== undefined && { masterKeyFile: settings.masterKeyFile }),
      onFailure: (error) => say({ kind: 'stoppedWriting', reason: error.message }),
    })
    say({ kind: 'ready', keys: { root: handedKey(rootKey), master: store.masterKey.reveal() } })
    return store
  } catch (error) {
    say({ kind: 'refused', error: refusalOf(error) })
    return undefined
  }
}
