// Raw signed requests to administration, for its tests.

import { type Agent, request } from 'node:http'
import aws4 from 'aws4'
import { credentials, region } from '../fresh-server.js'

/** A key to sign with. */
export interface TestKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** An answer of administration. */
export interface AdminAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed; undefined where there was none. */
  readonly body: unknown
}

/** Signs and sends a request below /-/admin/v1.
 *  @param options.key root's when left out; null: not signed at all
 *  @param options.text sent in place of a JSON `body`
 *  @param options.headers added before signing */
export function ask(
  endpoint: URL,
  method: string,
  path: string,
  options: {
    readonly body?: unknown
    readonly text?: string
    readonly key?: TestKey | null
    readonly headers?: Readonly<Record<string, string>>
    readonly agent?: Agent
  } = {},
): Promise<AdminAnswer> {
  const text = options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const target = `/-/admin/v1${path}`
  const unsigned = {
    service: 's3',
    region,
    method,
    path: target,
    host: endpoint.host,
    headers: { ...options.headers },
    ...(text !== undefined && { body: text }),
  }
  const { headers } = options.key === null ? unsigned : aws4.sign(unsigned, options.key ?? credentials)
  return send(endpoint, method, target, headers ?? {}, { text, agent: options.agent })
}

/** Sends a request as it is given. */
export function send(
  endpoint: URL,
  method: string,
  path: string,
  headers: Readonly<Record<string, unknown>>,
  { text, agent }: { readonly text?: string | undefined; readonly agent?: Agent | undefined } = {},
): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: endpoint.hostname, port: endpoint.port, method, path, agent, headers: headers as Record<string, string> },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const told = Buffer.concat(chunks).toString('utf8')
          const isJson = String(answer.headers['content-type']).startsWith('application/json')
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: told === '' ? undefined : isJson ? (JSON.parse(told) as unknown) : told,
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}

/** The code of a refusal. */
export const codeOf = ({ body }: AdminAnswer): unknown =>
  typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
