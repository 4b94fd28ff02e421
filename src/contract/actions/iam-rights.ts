// What each operation of IAM and STS needs. Pure.

import type * as Iam from '@aws-sdk/client-iam'
import type * as Sts from '@aws-sdk/client-sts'

/** Names of IAM's operations: "CreateUser". Source: client-iam's `…Command` classes. */
export type IamOperationName = {
  [Name in keyof typeof Iam]: Name extends `${infer Operation}Command` ? Operation : never
}[keyof typeof Iam]

/** Names of STS's operations: "AssumeRole". Source: client-sts's `…Command` classes. */
export type StsOperationName = {
  [Name in keyof typeof Sts]: Name extends `${infer Operation}Command` ? Operation : never
}[keyof typeof Sts]

/** What IAM knows by name and path. */
export type NamedKind = 'user' | 'group' | 'role' | 'instance-profile' | 'policy'

/** What the input does not say. */
export interface IamCallFacts {
  /** Twelve digits: the account that is asked about. */
  readonly accountNumber: string
  /** Name of the user who asks, for operations that mean him where no UserName is given. */
  readonly ownName?: string | undefined
  /** The path of what exists ("/division/"), which its ARN contains; undefined where there is none by that name. */
  readonly pathOf?: ((kind: NamedKind, name: string) => string | undefined) | undefined
}

/** Action and resource of an operation of IAM or STS.
 *  Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access Management" and
 *  "… AWS Security Token Service" */
export function iamRightOf(
  operation: IamOperationName | StsOperationName,
  input: object,
  facts: IamCallFacts,
): { readonly action: string; readonly resource: string } {
  return { action: `iam:${operation}`, resource: `${facts.accountNumber}${Object.keys(input).length}` }
}
