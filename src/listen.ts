// The port: certificates, listening, and where the server is reached then. Of the application it knows nothing: a supervisor has none.

import { readFile } from 'node:fs/promises'
import type { AddressInfo, Server } from 'node:net'
import { SettingsError } from './config.js'
import type { Settings } from './settings.js'

/** Connections beyond the maximum that are told to come back, and on which health is told, where nobody can be asked to make room. */
export const surplusConnectionsMax = 256

/** PEM texts, when there are any. */
export interface Tls {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Reads certificate and key, when there are any.
 *  @throws SettingsError */
export async function tlsOf({ tlsCert, tlsKey }: Settings): Promise<Tls | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  return { cert: await pem('tlsCert', tlsCert), key: await pem('tlsKey', tlsKey) }
}

async function pem(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new SettingsError(`${setting} is ${JSON.stringify(path)}; allowed is the path of a file that can be read.`, {
      cause,
    })
  }
}

/** Listens for connections.
 *  @throws SettingsError when the address cannot be listened on */
export function listen(server: Server, { host, port }: Settings['address']): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error & { code?: string }): void => {
      reject(
        new SettingsError(`address ${host}:${port} cannot be listened on (${cause.code ?? cause.message}).`, { cause }),
      )
    }
    server.once('error', refuse)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

/** Where a server is reached: one that listens on every address by this machine's own. */
export function endpointOf(server: Server, host: string, isSecure: boolean): URL {
  // A server that listens on a host and a port answers with an object.
  const { port } = server.address() as AddressInfo
  const everywhere = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return new URL(
    `${isSecure ? 'https' : 'http'}://${everywhere.includes(':') ? `[${everywhere}]` : everywhere}:${port}`,
  )
}
