// May this caller do this? The one place that decides; nothing is allowed that is not allowed here.

import type { Decision, Principal } from '../contract/access.js'
import { type AccessList, listAllows, listedRightOf } from '../contract/access-list.js'
import { type Right, rightsOf, rightsOfDelete, type Target } from '../contract/actions.js'
import type { ObjectAccess, PublicAccessBlock } from '../contract/bucket-access.js'
import { S3Error } from '../contract/errors.js'
import type { Log } from '../contract/log.js'
import type { Caller, Clock, DecidedOn, Input, OperationName } from '../contract/operation.js'
import { decide, type Policies } from '../contract/policy/decide.js'
import { contextOf, type RequestFacts } from '../contract/request-context.js'
import type { Catalog } from '../store/catalog/catalog.js'
import { objectAccess } from '../store/catalog/object-access.js'
import { type BucketRules, BucketRulesKept } from './bucket-rules.js'
import type { Authenticated } from './caller.js'
import type { Denials } from './denials.js'
import type { Standing } from './standing.js'

/** What authorization needs to know of its server. */
export interface AuthorizerParts {
  readonly catalog: Pick<Catalog, 'readNow' | 'accessNumber'>
  readonly clock: Clock
  readonly log: Log
  readonly denials: Denials
}

/** A request that wants to do something. */
export interface Asking {
  /** As in `x-amz-request-id`. */
  readonly requestId: string
  readonly authenticated: Pick<Authenticated, 'caller' | 'standing' | 'signature' | 'by'>
  /** What policies' conditions may ask for. Security rule 6: "Condition keys come from verified context". */
  readonly facts: Pick<RequestFacts, 'headers' | 'parameters' | 'remoteAddress' | 'isSecure' | 'tlsVersion' | 'input'>
}

/** What was allowed. */
export interface Allowed {
  /** What an operation must open and nothing else (`requireDecidedOn`). */
  readonly decidedOn: DecidedOn
  /** Whether the caller pays, as he has said he would. */
  readonly isCharged: boolean
  /** Whether a key, or a version of one, of the bucket may be deleted too; a denial is noted. For DeleteObjects. */
  readonly mayDelete: (key: string, versionId: string | undefined) => boolean
  /** Whether the caller may be told that something is not there. AWS: "If you have the s3:ListBucket permission on the bucket, Amazon S3 returns an HTTP
   *  status code 404 … If you don't …, 403". */
  readonly mayKnowMissing: () => boolean
}

/** Decides. Every right an operation needs is asked for, with every resource: the source of a copy, the version, the tags that come along. */
export interface Authorizer {
  /** Answers when all of it is allowed.
   *  @param address what the request is addressed to
   *  @param input what is known of it; `ExpectedBucketOwner`, `ExpectedSourceBucketOwner` and `RequestPayer` are heeded here
   *  @throws AccessDenied; NoSuchBucket for who is denied in a bucket that is not there; NoSuchKey where who may list asks for what is not there */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- `Name` ties an operation to its input
  authorize<Name extends OperationName>(
    asking: Asking,
    operation: Name,
    address: Target,
    input: Partial<Input<Name>>,
  ): Allowed
  /** Answers when an action of another service is allowed, which no resource's policy has a say about ("iam:CreateUser").
   *  @param more condition keys of that service
   *  @throws AccessDenied */
  authorizeAction(asking: Asking, right: ActionOn, more?: RequestFacts['more']): void
  /** What would be decided about each right an operation of S3 needs, in the table's order. Nothing is logged. For who administers. */
  explain(described: DescribedRequest): readonly Explained[]
}

/** "iam:CreateUser" on "arn:aws:iam::123456789012:user/ann" */
export interface ActionOn {
  readonly action: string
  readonly resource: string
}

/** A request that is only thought of. */
export interface DescribedRequest {
  readonly standing: Standing
  readonly operation: OperationName
  readonly address: Target
  /** Of the operation, as far as it matters ("CopySource", "Tagging", "ACL"). */
  readonly input?: object
  readonly facts?: Partial<Asking['facts']>
}

/** What was decided about one right. */
export interface Explained extends ActionOn {
  readonly decision: Decision
}

/** Makes what decides on the requests of one application. */
export function authorizer(parts: AuthorizerParts): Authorizer {
  const buckets = new BucketRulesKept(parts.catalog)
  return {
    authorize(asking, operation, address, input) {
      const number = parts.catalog.accessNumber()
      const rules = address.bucket === undefined ? undefined : buckets.find(address.bucket, number)
      // Whom nothing can keep out. Whether others pay is not his concern.
      if (isOperator(asking.authenticated.caller.principal) && rules?.policy === undefined && !hasSource(input)) {
        requireOwner(ownerAsked(input), rules)
        return everything
      }
      return new Question(parts, buckets, number, asking, operation, address, input).require()
    },

    authorizeAction(asking, { action, resource }, more) {
      const { caller, standing } = asking.authenticated
      const facts = factsOf(asking, parts.clock.now())
      const both: RequestFacts['more'] = (key) => more?.(key) ?? facts.more?.(key)
      const context = contextOf({ ...facts, more: both }, { action, target: {} })
      const { principal } = caller
      const policies = { ...standing.policies, isSameAccount: principal.kind !== 'anonymous' }
      const decision = decide({ action, resource, principal, context }, policies)
      if (decision.isAllowed) return
      note(parts, asking, { action, resource }, decision, undefined)
      throw new S3Error('AccessDenied')
    },

    explain({ standing, operation, address, input = {}, facts = {} }) {
      const asking: Asking = {
        requestId: '',
        authenticated: { caller: standing.caller, standing, by: 'header', signature: undefined },
        facts: { headers: {}, parameters: new Map(), remoteAddress: '', isSecure: true, ...facts },
      }
      const number = parts.catalog.accessNumber()
      return new Question(parts, buckets, number, asking, operation, address, input).explain()
    },
  }
}

/** What conditions are compared with, but for what is of a bucket or an object. */
function factsOf({ authenticated, facts }: Asking, nowMs: number): RequestFacts {
  const { caller, standing, signature, by } = authenticated
  const { session } = standing
  return {
    ...facts,
    principal: caller.principal,
    nowMs,
    signature:
      signature === undefined || by === 'nobody'
        ? undefined
        : { version: signature.version, by, ageMs: nowMs - (signature.signedMs ?? nowMs) },
    sessionIssuedMs: session?.issuedMs,
    more: (key) =>
      key === 'aws:sourceidentity' && session?.sourceIdentity !== undefined ? [session.sourceIdentity] : undefined,
  }
}

/** A denial is told to the log and to who administers; the caller is told nothing but that. */
function note(
  { log, denials, clock }: AuthorizerParts,
  { requestId, authenticated }: Asking,
  { action, resource }: ActionOn,
  decision: Decision,
  ownerId: string | undefined,
): void {
  const { principal: who, accessKeyId } = authenticated.caller
  const principal = who.kind === 'anonymous' ? 'anonymous' : who.arn
  denials.add({ requestId, timeMs: clock.now(), principal, accessKeyId, ownerId, action, resource, decision })
  const { reason, statement } = decision
  log.info({ requestId, principal, action, resource, reason, statement }, 'access denied')
}

const hasSource = (input: object): boolean => 'CopySource' in input

const isOperator = (principal: Principal): boolean => principal.kind === 'root' && principal.isOperator

/** What the operator is told who meets no bucket policy. */
const everything: Allowed = {
  decidedOn: {},
  isCharged: false,
  mayDelete: () => true,
  mayKnowMissing: () => true,
}

const allowedToOperator: Decision = { isAllowed: true, reason: 'allowed to the operator' }

/** Operations on what may not exist yet, and is the caller's own when it does: no bucket has a say. */
const makesBucket = (operation: OperationName): boolean => operation === 'CreateBucket'

/** All that is asked of one request. It is decided at one state of policies and buckets, and each object is looked up once at most. */
class Question implements Allowed {
  readonly #parts: AuthorizerParts
  readonly #buckets: BucketRulesKept
  readonly #number: number
  readonly #asking: Asking
  readonly #operation: OperationName
  readonly #address: Target
  readonly #input: object
  /** Of a source, the other of the target. */
  #source: Looked | undefined
  #object: Looked | undefined
  #facts: RequestFacts | undefined
  isCharged = false

  constructor(
    parts: AuthorizerParts,
    buckets: BucketRulesKept,
    number: number,
    asking: Asking,
    operation: OperationName,
    address: Target,
    input: object,
  ) {
    this.#parts = parts
    this.#buckets = buckets
    this.#number = number
    this.#asking = asking
    this.#operation = operation
    this.#address = address
    this.#input = input
  }

  get decidedOn(): DecidedOn {
    const [object, source] = [this.#object, this.#source]
    return {
      ...(object !== undefined && { object: object.access?.rowId ?? 0 }),
      ...(source !== undefined && { source: source.access?.rowId ?? 0 }),
    }
  }

  require(): this {
    const rules = this.#rulesOf(this.#address)
    requireOwner(ownerAsked(this.#input), rules)
    this.#requirePayer(rules)
    for (const right of rightsOf(this.#operation, this.#address, this.#input)) {
      if (this.#isSource(right)) {
        const of = this.#rulesOf(right.target)
        requireOwner(sourceOwnerAsked(this.#input), of)
        this.#requirePayer(of)
      }
      const decision = this.#decide(right)
      if (!decision.isAllowed) throw this.#refusal(right, decision)
    }
    return this
  }

  readonly mayDelete = (key: string, versionId: string | undefined): boolean => {
    const bucket = this.#address.bucket ?? ''
    const bypasses = 'BypassGovernanceRetention' in this.#input && this.#input.BypassGovernanceRetention === true
    // Each key is a question of its own.
    this.#object = undefined
    for (const right of rightsOfDelete({ bucket, key, versionId }, bypasses)) {
      const decision = this.#decide(right)
      if (decision.isAllowed) continue
      this.#note(right, decision)
      return false
    }
    return true
  }

  readonly mayKnowMissing = (): boolean => {
    const rights = rightsOf(this.#operation, this.#address, this.#input)
    const source = rights.find((right) => this.#isSource(right))
    return this.#mayList(source?.target.bucket ?? this.#address.bucket)
  }

  explain(): readonly Explained[] {
    return rightsOf(this.#operation, this.#address, this.#input).map((right) => ({
      action: right.action,
      resource: right.resource,
      decision: this.#decide(right),
    }))
  }

  #mayList(bucket: string | undefined): boolean {
    if (bucket === undefined) return false
    const right = { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}`, target: { bucket } }
    return this.#decide(right).isAllowed
  }

  #rulesOf({ bucket }: Target): BucketRules | undefined {
    return bucket === undefined ? undefined : this.#buckets.find(bucket, this.#number)
  }

  /** Whether a right is about what is read beside what the request is addressed to, even where both are the same key. */
  #isSource({ action, target }: Right): boolean {
    if (target.key === undefined) return false
    if (target.bucket !== this.#address.bucket || target.key !== this.#address.key) return !('Delete' in this.#input)
    return hasSource(this.#input) && action.startsWith('s3:GetObject')
  }

  #decide(right: Right): Decision {
    const { caller, standing } = this.#asking.authenticated
    const { target } = right
    const rules = makesBucket(this.#operation) ? undefined : this.#rulesOf(target)
    // Whom only a bucket's policy can keep out.
    if (isOperator(caller.principal) && rules?.policy === undefined) return allowedToOperator
    const context = contextOf(
      {
        ...(this.#facts ??= factsOf(this.#asking, this.#parts.clock.now())),
        ownerNumber: rules?.access.owner.number,
        existingTags: () => [...(this.#objectOf(right)?.tags ?? [])],
      },
      right,
    )
    const question = { action: right.action, resource: right.resource, principal: caller.principal, context }
    if (rules === undefined) {
      return decide(question, { ...standing.policies, isSameAccount: caller.principal.kind !== 'anonymous' })
    }
    const { access, policy, denials } = rules
    const block = access.publicAccessBlock
    const listed = access.ownership === 'BucketOwnerEnforced' ? undefined : listedRightOf(right.action)
    const isOfObject = isAboutObject(right) && access.ownership !== 'BucketOwnerEnforced'
    const object = isOfObject ? this.#objectOf(right) : undefined
    const isOthers = object !== undefined && object.ownerId !== access.owner.id
    const ownerId = isOthers ? object.ownerId : access.owner.id
    return decide(question, {
      ...standing.policies,
      resource: isOthers ? denials : policy,
      isSameAccount: ownerId === caller.accountId,
      list:
        listed === undefined || (listed.list === 'object' && object === undefined)
          ? undefined
          : grantOf(listed.list === 'object' ? object?.acl : access.acl, ownerId, right.action, caller, block),
      restrictsPublic: block?.RestrictPublicBuckets === true,
    })
  }

  /** The object a right is about. What is answered once holds for the whole request, and is what may be opened. */
  #objectOf(right: Right): ObjectAccess | undefined {
    const { bucket, key, versionId } = right.target
    if (bucket === undefined || key === undefined) return undefined
    const isSource = this.#isSource(right)
    const known = isSource ? this.#source : this.#object
    if (known !== undefined) return known.access
    const looked = { access: this.#parts.catalog.readNow(objectAccess, { bucket, key, versionId }) }
    if (isSource) this.#source = looked
    else this.#object = looked
    return looked.access
  }

  #refusal(right: Right, decision: Decision): S3Error {
    const { bucket, key } = right.target
    if (bucket !== undefined && !makesBucket(this.#operation) && this.#rulesOf(right.target) === undefined) {
      return new S3Error('NoSuchBucket', { members: { BucketName: bucket } })
    }
    this.#note(right, decision)
    const isAsked = key !== undefined && decision.reason !== 'explicit deny' && isAboutObject(right)
    if (isAsked && this.#objectOf(right) === undefined && this.#mayList(bucket)) {
      return new S3Error('NoSuchKey', { members: { Key: key } })
    }
    return new S3Error('AccessDenied')
  }

  #note(right: Right, decision: Decision): void {
    note(this.#parts, this.#asking, right, decision, this.#rulesOf(right.target)?.access.owner.id)
  }

  /** @throws AccessDenied
   *  AWS: "requesters must include x-amz-request-payer in their requests"; "Anonymous access to that bucket is not allowed". */
  #requirePayer(rules: BucketRules | undefined): void {
    const { caller } = this.#asking.authenticated
    if (rules?.access.payer !== 'Requester' || rules.access.owner.id === caller.accountId) return
    const isAgreed = 'RequestPayer' in this.#input && this.#input.RequestPayer === 'requester'
    if (caller.principal.kind === 'anonymous' || !isAgreed) {
      if (!isOperator(caller.principal)) throw new S3Error('AccessDenied')
      return
    }
    this.isCharged = true
  }
}

/** What was looked up, and perhaps not found. */
interface Looked {
  readonly access: ObjectAccess | undefined
}

/** Whether what an action asks for is an object that is there: it has an owner, a list and tags of its own. Who writes or deletes asks the bucket. */
const isAboutObject = ({ action, target }: Right): boolean =>
  target.key !== undefined && !asksBucket.has(action) && /^s3:(?:Get|Put|Delete)Object/.test(action)

const asksBucket: ReadonlySet<string> = new Set(['s3:PutObject', 's3:DeleteObject', 's3:DeleteObjectVersion'])

/** Whom a list means that grants an action to the caller; undefined: it does not. */
function grantOf(
  list: AccessList | undefined,
  ownerId: string,
  action: string,
  caller: Caller,
  block: PublicAccessBlock | undefined,
): Policies['list'] {
  const callerId = caller.principal.kind === 'anonymous' ? undefined : caller.accountId
  if (listAllows(list, ownerId, { action, callerId, ignoresPublic: true })) return 'account'
  if (block?.IgnorePublicAcls === true) return undefined
  return listAllows(list, ownerId, { action, callerId, ignoresPublic: false }) ? 'everybody' : undefined
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const ownerAsked = (input: object): string | undefined =>
  'ExpectedBucketOwner' in input ? textOf(input.ExpectedBucketOwner) : undefined

const sourceOwnerAsked = (input: object): string | undefined =>
  'ExpectedSourceBucketOwner' in input ? textOf(input.ExpectedSourceBucketOwner) : undefined

/** Source: AWS user guide, "Verifying bucket ownership with bucket owner condition": "the request fails with an HTTP 403 Forbidden error". AWS knows the
 *  owner by the account's number; the canonical id names him as surely.
 *  @throws AccessDenied */
function requireOwner(asked: string | undefined, rules: BucketRules | undefined): void {
  if (asked === undefined || rules === undefined) return
  const { id, number } = rules.access.owner
  if (asked !== id && asked !== number) throw new S3Error('AccessDenied')
}

/** Whether `caller` is the operator of the server. */
export const isOperatorCaller = ({ principal }: Caller): boolean => isOperator(principal)
