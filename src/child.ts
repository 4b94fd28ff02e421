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
  /** Sockets that may not have left this process yet. */
  readonly #handing = new Set<Socket>()

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

  /** Says something with a connection, which is the child's from then on. */
  hand(message: To, socket: Socket): void {
    if (!this.#process.connected) {
      socket.destroy()
      return
    }
    this.#handing.add(socket)
    this.#process.send(message as object, socket, { keepOpen: false }, (error) => {
      this.#handing.delete(socket)
      if (error !== null) socket.destroy()
    })
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}

/** Settings, secrets among them, are handed over in a message: they stand in no other process's environment. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAIRN_')))
}
