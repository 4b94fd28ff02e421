// A process of this server as its supervisor sees it: started from a module of this folder, spoken to over a channel nobody else has.

import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What happens to a child. */
export interface ChildEvents<From> {
  readonly onMessage: (message: From) => void
  /** Told once, with how it ended: "exit code 1", "SIGKILL". One that could not be started is as one that ended at once, and it says so. */
  readonly onExit: (how: string) => void
}

/** A child process. */
export class Child<To, From> {
  /** Undefined when it could not be started. */
  readonly #process: ChildProcess | undefined
  /** Settles when it has ended. */
  readonly ended: Promise<void>
  /** Sockets the child may not have taken yet, in the order they were handed over. Node would leave those open that were on their way
   *  when the child died, and their clients would wait for ever: so they are kept open here, and closed here. */
  #handing: Socket[] = []

  /** @param module "worker-process" */
  constructor(module: string, { onMessage, onExit }: ChildEvents<From>) {
    const file = new URL(`./${module}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
    const started = startOf(fileURLToPath(file))
    this.#process = started instanceof Error ? undefined : started
    this.ended = new Promise((resolve) => {
      let hasEnded = false
      const end = (how: string): void => {
        if (hasEnded) return
        hasEnded = true
        for (const socket of this.#handing) socket.destroy()
        resolve()
        onExit(how)
      }
      const notStarted = ({ message }: Error): void => end(`it could not be started: ${message}`)
      // Whoever starts it has its events come later than its start, as those of any other.
      if (started instanceof Error) {
        setImmediate(notStarted, started)
        return
      }
      // The child, which is this very program, sends nothing else.
      started.on('message', (message) => onMessage(message as From))
      started.once('exit', (code, signal) => end(signal ?? `exit code ${code}`))
      // When there never was a process no 'exit' follows. Otherwise this is of `send` to a child that is ending, and 'exit' does.
      started.on('error', (error) => {
        if (started.pid === undefined) notStarted(error)
      })
    })
  }

  /** Process id, for the log. */
  get id(): number | undefined {
    return this.#process?.pid
  }

  say(message: To): void {
    if (this.#process?.connected === true) this.#process.send(message as object)
  }

  /** Says something with a connection, which is the child's once it has taken it. */
  hand(message: To, socket: Socket): void {
    if (this.#process?.connected !== true) {
      socket.destroy()
      return
    }
    this.#handing.push(socket)
    this.#process.send(message as object, socket, { keepOpen: true })
  }

  /** The child has taken so many of the sockets that were handed to it. */
  noteTaken(count: number): void {
    // Only this process's end of each is closed.
    for (const socket of this.#handing.splice(0, count)) socket.destroy()
  }

  kill(): void {
    this.#process?.kill('SIGKILL')
  }
}

/** Node throws some of the errors of a start, and tells others by an event.
 *  Source: Node 20, lib/internal/child_process.js, ChildProcess.prototype.spawn */
function startOf(file: string): ChildProcess | Error {
  try {
    return fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: environment() })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Settings, secrets among them, are handed over in a message: they stand in no other process's environment. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAIRN_')))
}
