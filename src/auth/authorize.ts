// May this caller do this? The one place that decides; nothing is allowed that is not allowed here.

import type { Target } from '../contract/actions.js'
import { S3Error } from '../contract/errors.js'
import type { Input, OperationName } from '../contract/operation.js'
import { decide } from '../contract/policy/decide.js'
import { contextOf, type RequestFacts } from '../contract/request-context.js'
import { type ActionOn, type Asking, type AuthorizerParts, factsOf, isOperator, noteDenial } from './asking.js'
import { BucketRulesKept } from './bucket-rules.js'
import { requireOwner } from './expected-owner.js'
import { type Allowed, type Explained, hasSource, Question } from './question.js'
import type { Standing } from './standing.js'

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

/** A request that is only thought of. */
export interface DescribedRequest {
  readonly standing: Standing
  readonly operation: OperationName
  readonly address: Target
  /** Of the operation, as far as it matters ("CopySource", "Tagging", "ACL"). */
  readonly input?: object
  readonly facts?: Partial<Asking['facts']>
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
        requireOwner(input, 'ExpectedBucketOwner', rules)
        return everything
      }
      return new Question(parts, buckets, number, asking, operation, address, input).require()
    },

    authorizeAction(asking, { action, resource }, more) {
      const { caller, standing } = asking.authenticated
      const { principal } = caller
      const own = factsOf(asking, parts)
      const context = contextOf({ ...own, more: (key) => more?.(key) ?? own.more?.(key) }, { action, target: {} })
      const policies = { ...standing.policies, isSameAccount: principal.kind !== 'anonymous' }
      const decision = decide({ action, resource, principal, context }, policies)
      if (decision.isAllowed) return
      noteDenial(parts, asking, { action, resource }, decision, undefined)
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

/** What the operator is told who meets no bucket policy. */
const everything: Allowed = {
  decidedOn: {},
  isCharged: false,
  mayDelete: () => true,
  mayKnowMissing: () => true,
}
