// Who asks, what for, and what policies say of it: the nouns of authorization. Pure; `contract/policy` decides on them, `auth` fills them in,
// `store` keeps what they are made of.

/** An account: what buckets belong to, and what users and roles are of. */
export interface AccountName {
  /** Canonical user id: 64 lower-case hex digits, S3's `Owner.ID`. */
  readonly id: string
  /** The twelve digits that stand in ARNs. */
  readonly number: string
  /** S3's `Owner.DisplayName`. */
  readonly name: string
}

/** Who made a request. */
export type Principal =
  | { readonly kind: 'anonymous' }
  /** The account itself ("arn:aws:iam::123456789012:root"). `isOperator` is set for the root account of the server, whose reach is every account. */
  | { readonly kind: 'root'; readonly account: AccountName; readonly arn: string; readonly isOperator: boolean }
  | {
      readonly kind: 'user'
      readonly account: AccountName
      /** "arn:aws:iam::123456789012:user/path/name" */
      readonly arn: string
      /** `aws:userid`: "AIDA…" */
      readonly id: string
      readonly name: string
      /** `aws:PrincipalTag/…` */
      readonly tags: ReadonlyMap<string, string>
    }
  /** A role somebody has assumed. */
  | {
      readonly kind: 'session'
      readonly account: AccountName
      /** "arn:aws:sts::123456789012:assumed-role/role/session" */
      readonly arn: string
      /** "arn:aws:iam::123456789012:role/path/role" */
      readonly roleArn: string
      /** `aws:userid`: "AROA…:session" */
      readonly id: string
      /** The role's tags, overridden by those of the session. */
      readonly tags: ReadonlyMap<string, string>
      /** Whom a web identity's issuer vouched for: `aws:FederatedProvider` and the token's claims as condition keys ("issuer/path:sub"). */
      readonly federated?: ReadonlyMap<string, readonly string[]>
    }

/** One thing somebody wants to do to one resource. */
export interface Question {
  /** "s3:GetObject": as in AWS's service authorization reference. */
  readonly action: string
  /** "arn:aws:s3:::bucket/key", "arn:aws:iam::123456789012:user/name", or "*" where an action has no resource. */
  readonly resource: string
  readonly principal: Principal
  /** Values of a condition key (lower case: "aws:sourceip", "s3:prefix", "s3:existingobjecttag/team"), of which there may be several; undefined when the
   *  request has none. Security rule 6: "Condition keys come from verified context". */
  readonly context: (key: string) => readonly string[] | undefined
}

/** Where a statement stands, for whoever may be told. */
export interface StatementName {
  /** "identity policy ReadOnly of user ann", "bucket policy of photos" */
  readonly policy: string
  readonly sid: string | undefined
  /** From 0. */
  readonly index: number
}

/** Why something is or is not allowed. */
export interface Decision {
  readonly isAllowed: boolean
  readonly reason:
    | 'allowed by identity policy'
    | 'allowed by resource policy'
    | 'allowed by list' // an ACL
    | 'allowed to the owner'
    | 'allowed to the operator'
    | 'explicit deny'
    | 'no statement allows it'
    | 'outside of the boundary'
    | 'outside of the session'
    | 'public access is blocked'
  /** The statement that decided, where one did. */
  readonly statement?: StatementName
}
