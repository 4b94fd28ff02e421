// Signed calls to a running server: administration as JSON, IAM by the SDK's own client.

import type { IAM } from '@aws-sdk/client-iam'
import aws4 from 'aws4'
import { CommandError, type ServerConnection } from './connection.js'

/** How long an answer may take. */
const answerMsMax = 60_000

/** The server said no. */
export class Refused extends Error {
  /** "AccessDenied" */
  readonly code: string
  readonly requestId: string | undefined

  constructor(code: string, message: string, requestId: string | undefined) {
    super(message)
    this.name = code
    this.code = code
    this.requestId = requestId
  }
}

/** Speaks to a server with a key. */
export class AdminClient {
  readonly connection: ServerConnection
  #iam: IAM | undefined

  constructor(connection: ServerConnection) {
    this.connection = connection
  }

  /** Asks administration; answers its JSON as what the caller knows it to be, undefined where there is none.
   *  @param path below /-/admin/v1, encoded ("/accounts?name=x")
   *  @throws Refused, CommandError when the server cannot be reached or is another one */
  async call<Result>(method: string, path: string, body?: unknown): Promise<Result> {
    const { endpoint, region, accessKeyId, secret, sessionToken } = this.connection
    const text = body === undefined ? undefined : JSON.stringify(body)
    const target = `/-/admin/v1${path}`
    const signed = aws4.sign(
      {
        service: 's3',
        region,
        method,
        path: target,
        host: endpoint.host,
        headers: text === undefined ? {} : { 'Content-Type': 'application/json' },
        ...(text !== undefined && { body: text }),
      },
      { accessKeyId, secretAccessKey: secret.reveal(), ...(sessionToken !== undefined && { sessionToken }) },
    )
    // Host and length are written by who sends.
    const headers = Object.entries(signed.headers ?? {}).filter(([name]) => !/^(?:host|content-length)$/i.test(name))
    let answer: Response
    try {
      answer = await fetch(new URL(target, endpoint), {
        method,
        headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
        redirect: 'error',
        signal: AbortSignal.timeout(answerMsMax),
        ...(text !== undefined && { body: text }),
      })
    } catch (cause) {
      throw unreachable(endpoint, cause)
    }
    return resultOf<Result>(answer, endpoint)
  }

  /** The SDK's client for IAM on the same endpoint. It is loaded when it is needed: that takes a moment. */
  async iam(): Promise<IAM> {
    if (this.#iam !== undefined) return this.#iam
    // Whoever runs the command is told nothing of the runtime that a later SDK will want.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
    const { IAM } = await import('@aws-sdk/client-iam')
    const { endpoint, region, accessKeyId, secret, sessionToken } = this.connection
    const credentials = {
      accessKeyId,
      secretAccessKey: secret.reveal(),
      ...(sessionToken !== undefined && { sessionToken }),
    }
    return (this.#iam = new IAM({ endpoint: endpoint.href, region, credentials, maxAttempts: 2 }))
  }

  /** Lets go of connections. */
  close(): void {
    this.#iam?.destroy()
  }
}

async function resultOf<Result>(answer: Response, endpoint: URL): Promise<Result> {
  const text = await answer.text()
  // Nothing is said where there is nothing to say; callers ask for `undefined` then.
  if (answer.status === 204) return undefined as Result
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true
  const told: unknown = isJson && text !== '' ? JSON.parse(text) : undefined
  // What it looks like is agreed on by /-/admin/v1.
  if (answer.ok && told !== undefined) return told as Result
  if (typeof told === 'object' && told !== null && 'code' in told && 'message' in told) {
    const requestId = 'requestId' in told ? String(told.requestId) : undefined
    throw new Refused(String(told.code), String(told.message), requestId)
  }
  throw new CommandError(
    `${endpoint.origin} answered ${answer.status}, and not as a Cairn server does: is the endpoint right, and the server of this version?`,
  )
}

/** A sentence for a server that does not answer. */
export function unreachable(endpoint: URL, cause: unknown): CommandError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const reason = inner instanceof Error ? inner.message || inner.name : String(inner)
  return new CommandError(
    `${endpoint.origin} cannot be reached (${reason}). Is the server running? Another one is named with --endpoint or CAIRN_ENDPOINT.`,
    { cause },
  )
}
