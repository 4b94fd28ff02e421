// What a policy is once it has been read: statements that can be asked whether they are about a question. Pure.

import type { Principal, Question, StatementName } from '../access.js'

/** Where a policy stands, which decides what may be said in it.
 *  - identity: of a user, group or role, managed or inline
 *  - boundary: the permissions boundary of a user or role
 *  - session: given along with AssumeRole, GetFederationToken, or kept with a service account's key
 *  - bucket: of a bucket
 *  - trust: who may assume a role */
export type PolicyKind = 'identity' | 'bucket' | 'session' | 'boundary' | 'trust'

/** Characters of a fault's sentence, which quotes what it is about. */
const sentenceSizeMax = 300

/** A document that is no policy. Its message is a sentence for whoever put it, and can stand in any answer. */
export class PolicyFault extends Error {
  override readonly name = 'PolicyFault'

  constructor(sentence: string) {
    const quoted = sentence.length > sentenceSizeMax ? `${sentence.slice(0, sentenceSizeMax)}…` : sentence
    super(quoted.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '?'))
  }
}

/** Whom a web identity's issuer vouches for, before it has become anybody here: who asks for AssumeRoleWithWebIdentity. */
export interface WebIdentity {
  readonly kind: 'web identity'
  /** "arn:aws:iam::123456789012:oidc-provider/issuer.example/path" */
  readonly providerArn: string
}

/** A question by somebody a trust policy may know although no account does. */
export interface AnyQuestion extends Omit<Question, 'principal'> {
  readonly principal: Principal | WebIdentity
}

/** How a resource's policy reaches whoever asks.
 *  - none: it is about others
 *  - account: it names the account, which hands the right on by policies of its own
 *  - role: it names the role, whose boundary and session still limit it
 *  - direct: it names the user, the session, or everybody */
export type Reach = 'none' | 'account' | 'role' | 'direct'

/** One statement, compiled. */
export interface Statement {
  readonly name: StatementName
  readonly effect: 'Allow' | 'Deny'
  /** Whether an action ("s3:GetObject") is one of its. */
  readonly isAbout: (action: string) => boolean
  /** Whether resource and conditions are those of the question. */
  readonly matches: (question: AnyQuestion) => boolean
  /** How far Principal reaches; 'direct' where a policy has none, as it stands with whom it is about. A Deny with NotPrincipal answers 'direct' for
   *  everybody it does not except. */
  readonly reaches: (principal: AnyQuestion['principal']) => Reach
}

/** Statements by effect, in their order. */
export interface Statements {
  readonly allows: readonly Statement[]
  readonly denies: readonly Statement[]
}

/** A policy, compiled. It may be kept and shared: nothing about it ever changes. */
export interface Policy {
  readonly kind: PolicyKind
  /** As given to `parsePolicy`. */
  readonly name: string
  readonly statements: readonly Statement[]
  /** Its statements that are about an action. */
  readonly about: (action: string) => Statements
  /** Condition keys and variables it may ask the context for, lower case ("s3:prefix", "s3:existingobjecttag/team", "aws:username"). */
  readonly keys: ReadonlySet<string>
  /** AWS's "The meaning of public"; false for anything but a bucket's policy. */
  readonly isPublic: boolean
}
