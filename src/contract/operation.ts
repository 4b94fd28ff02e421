// What an operation is: a typed function over the SDK's own request and output shapes, with no HTTP in sight.
// The wire (src/s3) calls it, the rooms (src/objects, src/buckets, …) implement it, neither imports the other.

import type * as Sdk from '@aws-sdk/client-s3'
import type { Principal } from './access.js'
import type { Claims } from './claims.js'

/** Names of everything the SDK knows how to ask for ("PutObject", "ListObjectsV2", …). Source: client-s3's `…Command` classes. */
export type OperationName = {
  // `$Command` is the base of all of them.
  [Name in Exclude<keyof typeof Sdk, '$Command'>]: Name extends `${infer Operation}Command` ? Operation : never
}[Exclude<keyof typeof Sdk, '$Command'>]

type CommandOf<Name extends OperationName> = InstanceType<(typeof Sdk)[`${Name}Command`]>

type OutputOf<Command> = Command extends {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Output }>
}
  ? Output
  : never

/** Bytes to send. A chunk of an iterable is valid only until the next one is asked for: its memory is used again. */
export type BodyOut = Uint8Array | AsyncIterable<Uint8Array>

/** Input of operation `Name` as the SDK client was given it; a streaming payload is in `call.body`, never here.
 *  Where `Range` can be given, `IfRange` is the header beside it, which the SDK does not know and S3 does.
 *  Where `Expires` can be given, `ExpiresString` is the header's own text: S3 keeps any, a date or not, and gives it back as it came. */
export type Input<Name extends OperationName> = Omit<CommandOf<Name>['input'], 'Body'> &
  ('Expires' extends keyof CommandOf<Name>['input'] ? { ExpiresString?: string } : unknown) &
  ('Range' extends keyof CommandOf<Name>['input'] ? { IfRange?: string } : unknown)

/** Output of operation `Name` as the SDK client will return it; a payload is plain bytes or an iterable of them. */
export type Output<Name extends OperationName> = Omit<OutputOf<CommandOf<Name>>, '$metadata' | 'Body'> &
  (OutputOf<CommandOf<Name>> extends { Body?: unknown } ? { Body?: BodyOut | undefined } : unknown)

/** Who asks. What he may do was decided before an operation is called. */
export interface Caller {
  /** Canonical user id of his account, 64 lower-case hex digits: S3's `Owner.ID`. */
  readonly accountId: string
  /** Name of his account: S3's `Owner.DisplayName`. */
  readonly displayName: string
  /** The key that signed; '' when nobody did. */
  readonly accessKeyId: string
  readonly principal: Principal
}

/** What a request carries beside its input. */
export interface Call {
  readonly caller: Caller
  /** The decoded payload (chunk framing and signatures removed, each signed chunk verified before it is yielded).
   *  May be iterated once. Asking for the first chunk sends `100 Continue` to a client that waits for it. */
  readonly body: AsyncIterable<Uint8Array>
  /** Whether the client waits to be told to send its payload (`Expect: 100-continue`). */
  readonly asksFirst: boolean
  /** What the caller said about the payload: length, digests, checksums; trailers are known once `body` has ended. */
  readonly claims: Claims
  /** The request's id as in `x-amz-request-id`. */
  readonly requestId: string
  /** See `requireDecidedOn`. */
  readonly decidedOn: DecidedOn
  /** Whether the caller may delete a key of the bucket, or a version of one: for DeleteObjects, whose keys are known only here. */
  readonly mayDelete: (key: string, versionId: string | undefined) => boolean
}

/** Ids of the version rows whose owner, list or tags a permission rests on; 0: that there was none. Without an id it does not rest on them. */
export interface DecidedOn {
  /** What the request is addressed to. */
  readonly object?: number
  /** What is read beside it. */
  readonly source?: number
}

/** One S3 operation. Throws `S3Error`; anything else thrown is a bug and becomes InternalError. */
export type Operation<Name extends OperationName> = (input: Input<Name>, call: Call) => Promise<Output<Name>>

/** What a server can do. An operation missing here answers NotImplemented (501). */
export type Operations = { readonly [Name in OperationName]?: Operation<Name> }

/** Milliseconds since 1970. Handed in, so that a test has its own. */
export interface Clock {
  now(): number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }
