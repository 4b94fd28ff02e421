// A process of this server as its supervisor sees it: started from a module of this folder, spoken to over a channel nobody else has.

import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

/** What happens to a child. */
export interface ChildEvents<From> {
  readonly onMessage: (message: From) => void
  /** Told once, with how it ended: "exit code 1", "SIGKILL". */
  readonly onExit: (how: string) => void
}

/** A child process. */
export class Child<To, From> {
  readonly #process: ChildProcess
  /** Settles when it has ended. */
  readonly ended: Promise<void>
  /** Sockets the child may not have taken yet, in the order they were handed over. Node would leave those open that were on their way
   *  when the child died, and their clients would wait for ever: so they are kept open here, and closed here. */
  #handing: Socket[] = []

  /** @param module "worker-process" */
  constructor(module: string, { onMessage, onExit }: ChildEvents<From>) {
    const file = new URL(`./${module}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)
    this.#process = fork(fileURLToPath(file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: environment() })
    // The child, which is this very program, sends nothing else.
    this.#process.on('message', (message) => onMessage(message as From))
    this.#process.on('error', () => undefined) // of `send` to a child that is ending; 'exit' follows
    this.ended = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        for (const socket of this.#handing) socket.destroy()
        resolve()
        onExit(signal ?? `exit code ${code}`)
      })
    })
  }

  /** Process id, for the log. */
  get id(): number | undefined {
    return this.#process.pid
  }

  say(message: To): void {
    if (this.#process.connected) this.#process.send(message as object)
  }

  /** Says something with a connection, which is the child's once it has taken it. */
  hand(message: To, socket: Socket): void {
    if (!this.#process.connected) {
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
    this.#process.kill('SIGKILL')
  }
}

/** Settings, secrets among them, are handed over in a message: they stand in no other process's environment. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAIRN_')))
}
