// What every process below the supervisor does alike: it hears the supervisor alone, and never outlives it.

import type { Socket } from 'node:net'

/** Makes this process one that is supervised.
 *  @param receive takes messages of the supervisor, one at a time and in order; what it throws ends the process
 *  @returns says something to the supervisor */
export function supervised(receive: (message: unknown, socket: Socket | undefined) => void): (message: object) => void {
  // What a server writes is nobody else's to read.
  process.umask(0o077)
  // A terminal and a service manager send these to every process of a group; the supervisor says when and how to stop.
  process.on('SIGTERM', () => undefined).on('SIGINT', () => undefined)
  // Without a supervisor nobody hands over connections, and the next server on this directory has a right to it.
  process.on('disconnect', () => process.exit(1))
  // The only handles that come are connections.
  process.on('message', (message, socket) => receive(message, socket as Socket | undefined))
  return (message) => {
    if (process.connected) process.send?.(message)
  }
}

/** Ends this process once all it has said is on its way. */
export function leave(): void {
  process.removeAllListeners('disconnect')
  process.disconnect()
}
