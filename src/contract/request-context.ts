// Which condition keys a request gives, and their values: asked for one by one, so that a request whose policies have no conditions pays nothing. Pure.

import type { Principal, Question } from './access.js'
import type { Right } from './actions/right.js'
import { principalValue } from './context/principal-keys.js'
import { s3Value } from './context/s3-keys.js'
import { type TagPairs, tagPairs, valuesOfTag } from './context/tag-pairs.js'
import { rememberingLast } from './remembering-last.js'

/** What is known of a request, verified. Security rule 6: "Condition keys come from verified context". */
export interface RequestFacts {
  readonly principal: Principal
  /** By lower-case name; those of a presigned URL's query and of a form's fields among them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Decoded query parameters. */
  readonly parameters: ReadonlyMap<string, string>
  /** What the request's document says, where it has been read: the input of PutObjectTagging, PutObjectRetention, PutObjectLegalHold, CreateBucket. */
  readonly input?: object | undefined
  /** The address that counts: the socket's peer, or what a trusted proxy said. */
  readonly remoteAddress: string
  readonly isSecure: boolean
  /** "1.2", "1.3"; undefined without TLS. */
  readonly tlsVersion?: string | undefined
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** How it was signed; undefined for nobody's request. */
  readonly signature?:
    | {
        readonly version: 'AWS4-HMAC-SHA256' | 'AWS'
        /** Milliseconds since the time the signature states. */
        readonly ageMs: number
        readonly by: 'header' | 'query' | 'form'
      }
    | undefined
  /** Whose temporary credentials: when they were issued, milliseconds since 1970. */
  readonly sessionIssuedMs?: number | undefined
  /** Twelve digits: the account that owns the bucket. */
  readonly ownerNumber?: string | undefined
  /** The server's region. */
  readonly region?: string | undefined
  /** Tags of the object (version) that a right is about. Policies that ask have "s3:existingobjecttag/…" among their `keys`. */
  readonly existingTags?: ((target: Right['target']) => TagPairs) | undefined
  /** Further keys: those of `iamKeysOf`. */
  readonly more?: Question['context'] | undefined
}

/** The `context` of a question about one right of the request. Keys of S3 are given only to actions that AWS gives them to: "s3:prefix" says what is listed, and
 *  a query that names one cannot make a policy on lists hold for reading an object.
 *  Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for Amazon S3" */
export function contextOf(facts: RequestFacts, right: Pick<Right, 'action' | 'target'>): Question['context'] {
  return (key) => {
    if (key.startsWith('s3:')) return s3Value(key, facts, right)
    return (
      globalValue(key, facts) ??
      principalValue(key, facts.principal) ??
      facts.more?.(key) ??
      bucketTag(key, facts, right)
    )
  }
}

/** Keys of the request that every service has. */
function globalValue(key: string, facts: RequestFacts): readonly string[] | undefined {
  switch (key) {
    case 'aws:currenttime':
      return [isoTime(facts.nowMs)]
    case 'aws:epochtime':
      return [String(Math.floor(facts.nowMs / 1000))]
    case 'aws:multifactorauthpresent':
      // "present in the request context only when the principal uses temporary security credentials": nobody here has shown a second factor.
      return facts.sessionIssuedMs === undefined ? undefined : ['false']
    case 'aws:principalisawsservice':
    case 'aws:viaawsservice':
      return ['false']
    case 'aws:referer':
      return valueOf(facts.headers['referer'])
    case 'aws:requestedregion':
      return valueOf(facts.region)
    case 'aws:resourceaccount':
      return valueOf(facts.ownerNumber)
    case 'aws:securetransport':
      return [String(facts.isSecure)]
    case 'aws:sourceip':
      return [plainAddress(facts.remoteAddress)]
    case 'aws:tokenissuetime':
      return facts.sessionIssuedMs === undefined ? undefined : [new Date(facts.sessionIssuedMs).toISOString()]
    case 'aws:useragent':
      return valueOf(facts.headers['user-agent'])
    default:
      return undefined
  }
}

/** An IPv4 address as an IPv6 socket has it is that IPv4 address. */
const plainAddress = rememberingLast((address) => address.replace(/^::ffff:(?=\d+\.)/i, ''))

/** Several statements of a request ask for the same instant. */
let lastTime = { ms: 0, text: new Date(0).toISOString() }

function isoTime(ms: number): string {
  if (lastTime.ms !== ms) lastTime = { ms, text: new Date(ms).toISOString() }
  return lastTime.text
}

const valueOf = (text: string | undefined): readonly string[] | undefined => (text === undefined ? undefined : [text])

/** Tags of the bucket that CreateBucket is to make. */
function bucketTag(
  key: string,
  { input }: RequestFacts,
  { action }: Pick<Right, 'action'>,
): readonly string[] | undefined {
  if (action !== 's3:CreateBucket' && action !== 's3:TagResource') return undefined
  if (key !== 'aws:tagkeys' && !key.startsWith('aws:requesttag/')) return undefined
  const tags = bucketTagsOf(input)
  if (key === 'aws:tagkeys') return tags.length === 0 ? undefined : tags.map(([name]) => name)
  return valuesOfTag(tags, key.slice('aws:requesttag/'.length))
}

function bucketTagsOf(input: object | undefined): TagPairs {
  const configuration: unknown =
    input !== undefined && 'CreateBucketConfiguration' in input ? input.CreateBucketConfiguration : undefined
  if (typeof configuration !== 'object' || configuration === null || !('Tags' in configuration)) return []
  return tagPairs(configuration.Tags)
}
