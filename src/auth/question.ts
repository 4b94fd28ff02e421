// All that one request asks to be allowed: every right of its operation, with what buckets, objects and the caller's policies say of it.

import type { Decision, Principal, Question as QuestionOf } from '../contract/access.js'
import { type AccessList, groupsAllow, listAllows, listedRightOf } from '../contract/access-list.js'
import { type Right, rightsOf, rightsOfDelete, rightToKnowMissing, type Target } from '../contract/actions.js'
import type { ObjectAccess, PublicAccessBlock } from '../contract/bucket-access.js'
import type { TagPairs } from '../contract/context/tag-pairs.js'
import { S3Error } from '../contract/errors.js'
import type { Caller, DecidedOn, OperationName } from '../contract/operation.js'
import { decide, type Policies } from '../contract/policy/decide.js'
import { contextOf } from '../contract/request-context.js'
import { objectAccess } from '../store/catalog/object-access.js'
import { uploadInitiator } from '../store/catalog/upload-initiator.js'
import { type ActionOn, type Asking, type AuthorizerParts, factsOf, isOperator, noteDenial } from './asking.js'
import type { BucketRules, BucketRulesKept } from './bucket-rules.js'
import { requireOwner } from './expected-owner.js'

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

/** What was decided about one right. */
export interface Explained extends ActionOn {
  readonly decision: Decision
}

/** Whether an operation reads another object beside the one it is addressed to. */
export const hasSource = (input: object): boolean => 'CopySource' in input

const allowedToOperator: Decision = { isAllowed: true, reason: 'allowed to the operator' }

/** Operations on what may not exist yet, and is the caller's own when it does: no bucket has a say. */
const makesBucket = (operation: OperationName): boolean => operation === 'CreateBucket'

/** All that is asked of one request. It is decided at one state of policies and buckets, and each object is looked up once at most. */
export class Question implements Allowed {
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
    if (object === undefined && source === undefined) return onNothing
    return {
      ...(object !== undefined && { object: object.access?.rowId ?? 0 }),
      ...(source !== undefined && { source: source.access?.rowId ?? 0 }),
    }
  }

  require(): this {
    const rules = this.#rulesOf(this.#address)
    requireOwner(this.#input, 'ExpectedBucketOwner', rules)
    this.#requirePayer(rules)
    for (const right of rightsOf(this.#operation, this.#address, this.#input)) {
      if (this.#isSource(right)) {
        const of = this.#rulesOf(right.target)
        requireOwner(this.#input, 'ExpectedSourceBucketOwner', of)
        this.#requirePayer(of)
      }
      const decision = this.#decide(right)
      if (decision.isAllowed || (right.isForSourceTags === true && !this.#hasSourceTags())) continue
      throw this.#refusal(right, decision)
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
    return this.#mayKnow(source?.target ?? this.#address)
  }

  explain(): readonly Explained[] {
    return rightsOf(this.#operation, this.#address, this.#input).map((right) => ({
      action: right.action,
      resource: right.resource,
      decision: this.#decide(right),
    }))
  }

  #mayKnow(target: Target): boolean {
    return target.bucket !== undefined && this.#decide(rightToKnowMissing(target)).isAllowed
  }

  #rulesOf({ bucket }: Target): BucketRules | undefined {
    return bucket === undefined ? undefined : this.#buckets.find(bucket, this.#number)
  }

  /** Whether what is asked for is an object that is there, with an owner, a list and tags of its own. */
  #isAboutObject(right: Right): boolean {
    const { action, target } = right
    if (target.key === undefined || asksBucket.has(action) || !aboutObject.test(action)) return false
    return !makesObject.has(this.#operation) || this.#isSource(right)
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
    // Most statements are about something else, and never come to ask for a condition's key.
    let values: QuestionOf['context'] | undefined
    const context: QuestionOf['context'] = (key) => (values ??= this.#contextOf(right, rules))(key)
    const question: QuestionOf = {
      action: right.action,
      resource: right.resource,
      principal: caller.principal,
      context,
    }
    const { identity, boundary, session } = standing.policies
    if (rules === undefined) {
      return decide(question, { identity, boundary, session, isSameAccount: caller.principal.kind !== 'anonymous' })
    }
    const { access, policy, denials } = rules
    const block = access.publicAccessBlock
    const hasLists = access.ownership !== 'BucketOwnerEnforced'
    // Who may write may say who else may read what he writes.
    const asked = right.action === 's3:PutObjectAcl' && !this.#isAboutObject(right) ? 's3:PutObject' : right.action
    const listed = hasLists ? listedRightOf(asked) : undefined
    const isOfObject = hasLists && this.#isAboutObject(right)
    const object = isOfObject ? this.#objectOf(right) : undefined
    const isOthers = object !== undefined && object.ownerId !== access.owner.id
    const ownerId = isOthers ? object.ownerId : access.owner.id
    return decide(question, {
      identity,
      boundary,
      session,
      resource: isOthers ? denials : policy,
      isSameAccount: ownerId === caller.accountId,
      list: this.#isOwnUpload(right)
        ? 'account'
        : listed === undefined || (listed.list === 'object' && object === undefined)
          ? undefined
          : grantOf(listed.list === 'object' ? object?.acl : access.acl, ownerId, asked, caller, block),
      restrictsPublic: block?.RestrictPublicBuckets === true,
    })
  }

  /** "By default, the bucket owner and the initiator of the multipart upload are allowed to perform" AbortMultipartUpload and ListParts; "if the initiator
   *  is an IAM user, that user's AWS account" too. Source: S3 User Guide, "Multipart upload API and permissions" */
  #isOwnUpload({ action, target: { bucket, key } }: Right): boolean {
    const uploadId = 'UploadId' in this.#input ? this.#input.UploadId : undefined
    if (!ofUpload.has(action) || bucket === undefined || key === undefined || typeof uploadId !== 'string') return false
    const initiator = this.#parts.catalog.readNow(uploadInitiator, { bucket, key, uploadId })
    return initiator !== undefined && isOfAccount(initiator, this.#asking.authenticated.caller.principal)
  }

  #contextOf(right: Right, rules: BucketRules | undefined): QuestionOf['context'] {
    const existingTags = (): TagPairs => [...(this.#objectOf(right)?.tags ?? [])]
    const facts = factsOf(this.#asking, this.#parts)
    return contextOf({ ...facts, ownerNumber: rules?.access.owner.number, existingTags }, right)
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

  /** Whether the source of a copy has tags, which come along. */
  #hasSourceTags(): boolean {
    const source = this.#source ?? this.#lookUpSource()
    return source.access !== undefined && source.access.tags.size > 0
  }

  #lookUpSource(): Looked {
    const right = rightsOf(this.#operation, this.#address, this.#input).find((one) => this.#isSource(one))
    if (right !== undefined) this.#objectOf(right)
    return this.#source ?? { access: undefined }
  }

  #refusal(right: Right, decision: Decision): S3Error {
    const { bucket, key } = right.target
    if (bucket !== undefined && !makesBucket(this.#operation) && this.#rulesOf(right.target) === undefined) {
      return new S3Error('NoSuchBucket', { members: { BucketName: bucket } })
    }
    this.#note(right, decision)
    const isAsked = key !== undefined && decision.reason !== 'explicit deny' && this.#isAboutObject(right)
    if (isAsked && this.#objectOf(right) === undefined && this.#mayKnow(right.target)) {
      return new S3Error('NoSuchKey', { members: { Key: key } })
    }
    return new S3Error('AccessDenied')
  }

  #note(right: Right, decision: Decision): void {
    noteDenial(this.#parts, this.#asking, right, decision, this.#rulesOf(right.target)?.access.owner.id)
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

/** What most permissions rest on: any version may be opened. */
const onNothing: DecidedOn = {}

/** What was looked up, and perhaps not found. */
interface Looked {
  readonly access: ObjectAccess | undefined
}

/** Actions on what is in a bucket that are the bucket's to allow, whatever is there. */
const asksBucket: ReadonlySet<string> = new Set([
  's3:PutObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:BypassGovernanceRetention',
])

/** Actions on an upload under way. */
const ofUpload: ReadonlySet<string> = new Set(['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'])

/** Whether a canonical user id or ARN is that of the principal's account or of somebody in it; what its users may do is up to their policies. */
const isOfAccount = (id: string, principal: Principal): boolean =>
  principal.kind !== 'anonymous' && (id === principal.account.id || id.split(':')[4] === principal.account.number)

const aboutObject = /^s3:(?:Get|Put|Delete|Bypass)(?:Object|Governance)/

/** Operations that make an object: the rights that come along with s3:PutObject are about what is to be, not about what is there. */
const makesObject: ReadonlySet<OperationName> = new Set(['CopyObject', 'CreateMultipartUpload', 'PutObject'])

/** Whom a list means that grants an action to the caller; undefined: it does not. */
function grantOf(
  list: AccessList | undefined,
  ownerId: string,
  action: string,
  caller: Caller,
  block: PublicAccessBlock | undefined,
): Policies['list'] {
  const callerId = caller.principal.kind === 'anonymous' ? undefined : caller.accountId
  // What everybody has the users of the owner's account have too, beside what the list says of the account itself.
  if (block?.IgnorePublicAcls !== true && groupsAllow(list, action, callerId)) return 'everybody'
  return listAllows(list, ownerId, { action, callerId, ignoresPublic: true }) ? 'account' : undefined
}
