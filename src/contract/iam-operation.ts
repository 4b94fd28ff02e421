// What an operation on identities is: a typed function over the IAM SDK's own request and output shapes, with no HTTP in sight.
// The query protocol (src/iam) calls it, the room (src/identity) implements it, neither imports the other.

import type * as Sdk from '@aws-sdk/client-iam'
import type { Principal } from './access.js'

/** Names of everything the IAM SDK knows how to ask for ("CreateUser", "ListAccessKeys", …). Source: client-iam's `…Command` classes. */
export type IamOperationName = {
  // `$Command` is the base of all of them.
  [Name in Exclude<keyof typeof Sdk, '$Command'>]: Name extends `${infer Operation}Command` ? Operation : never
}[Exclude<keyof typeof Sdk, '$Command'>]

type CommandOf<Name extends IamOperationName> = InstanceType<(typeof Sdk)[`${Name}Command`]>

type OutputOf<Command> = Command extends {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: infer Output }>
}
  ? Output
  : never

/** Input of operation `Name` as the SDK client was given it. */
export type IamInput<Name extends IamOperationName> = CommandOf<Name>['input']

/** Output of operation `Name` as the SDK client will return it. */
export type IamOutput<Name extends IamOperationName> = Omit<OutputOf<CommandOf<Name>>, '$metadata'>

/** What a request carries beside its input. */
export interface IamCall {
  /** Who asks, authenticated and allowed to; what is asked for is of the principal's account. Never anonymous. */
  readonly principal: Exclude<Principal, { kind: 'anonymous' }>
  /** The key that signed. */
  readonly accessKeyId: string
  /** The request's id. */
  readonly requestId: string
  /** What limits the key beside its owner's rights: the policy of a service account, those of a session. A key that is limited makes no keys. */
  readonly policies?: { readonly session: readonly unknown[] }
}

/** One IAM operation. Throws `IamError`, or an S3Error where the store refuses; anything else thrown is a bug. */
export type IamOperation<Name extends IamOperationName> = (
  input: IamInput<Name>,
  call: IamCall,
) => Promise<IamOutput<Name>>

/** What a server can do with identities. An operation missing here is InvalidAction. */
export type IamOperations = { readonly [Name in IamOperationName]?: IamOperation<Name> }
