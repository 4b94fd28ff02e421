// Which lifecycle rules S3 takes: how many, what they are called, which objects they are for, what stands together. Pure.
// Sources: AWS API reference, PutBucketLifecycleConfiguration and LifecycleRule; User Guide, "Lifecycle configuration elements". Sentences of errors
// are S3's own, as its answers are published.

import type { LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import { invalidArgument, invalidRequest } from './refusals.js'
import { requireSoundActions } from './require-sound-actions.js'

/** "You can add as many as 1,000 rules." */
const rulesMax = 1000

/** Characters (UTF-16 units). "The value cannot be longer than 255 characters." */
const idLengthMax = 255

/** Bytes of UTF-8: the longest key is no longer. */
const prefixSizeBytesMax = 1024

/** Bytes that a filter can name. */
const objectSizeBytesMax = 1_099_511_627_776_000

const statuses: readonly string[] = ['Enabled', 'Disabled']

/** Checks a whole configuration; the first fault is the answer.
 *  @param rules as their XML said: members have their types, lists of values are not yet looked at
 *  @throws MalformedXML, InvalidArgument, InvalidRequest */
export function requireSoundRules(rules: readonly LifecycleRule[]): void {
  const [first] = rules
  if (first === undefined) throw new S3Error('MalformedXML')
  if (rules.length > rulesMax) {
    throw invalidRequest(`The number of lifecycle rules must not exceed the allowed limit of ${rulesMax} rules.`)
  }
  requireIds(rules)
  // S3 has two languages of rules, told apart by the first: the one of 2012, with a Prefix, and the one of 2016, with a Filter.
  const hasFilters = first.Filter !== undefined
  for (const rule of rules) {
    if (!statuses.includes(rule.Status ?? '')) throw new S3Error('MalformedXML')
    requireScope(rule, hasFilters)
    requireSoundActions(rule, scopeOf(rule))
    requireCompany(rule)
  }
}

/** "Unique identifier for the rule." One that is empty is none; S3 makes one up. */
function requireIds(rules: readonly LifecycleRule[]): void {
  const seen = new Set<string>()
  for (const { ID: id = '' } of rules) {
    if (id === '') continue
    if (id.length > idLengthMax) throw invalidArgument(`ID length should not exceed allowed limit of ${idLengthMax}`)
    if (seen.has(id)) throw invalidArgument('Rule ID must be unique. Found same ID for more than one rule')
    seen.add(id)
  }
}

/** "Filter is required if the LifecycleRule does not contain a Prefix element." */
function requireScope(
  { Prefix, Filter, NoncurrentVersionExpiration, ...rule }: LifecycleRule,
  hasFilters: boolean,
): void {
  if (Prefix === undefined && Filter === undefined) throw new S3Error('MalformedXML')
  if (Prefix !== undefined && hasFilters) {
    throw invalidRequest('Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.')
  }
  if (Filter !== undefined && !hasFilters) throw invalidRequest('Filter element can only be used in Lifecycle V2.')
  // "If you don't specify a filter, Amazon S3 generates an InvalidRequest error when you specify the number of newer noncurrent versions to retain."
  const keeping = [NoncurrentVersionExpiration, ...(rule.NoncurrentVersionTransitions ?? [])]
  if (!hasFilters && keeping.some((action) => action?.NewerNoncurrentVersions !== undefined)) {
    throw invalidRequest('NewerNoncurrentVersions element can only be used in Lifecycle V2.')
  }
  requirePrefix(Prefix)
  if (Filter !== undefined) requireFilter(Filter)
}

function requirePrefix(prefix: string | undefined): void {
  if (prefix !== undefined && Buffer.byteLength(prefix) > prefixSizeBytesMax) {
    throw invalidRequest(`The maximum size of a prefix is ${prefixSizeBytesMax}`)
  }
}

/** "A Filter must have exactly one of Prefix, Tag, ObjectSizeGreaterThan, ObjectSizeLessThan, or And specified"; one that is empty stands for all
 *  objects, as the examples of the User Guide have it. */
function requireFilter(filter: LifecycleRuleFilter): void {
  if (Object.values(filter).filter((predicate) => predicate !== undefined).length > 1) throw new S3Error('MalformedXML')
  const { And: and } = filter
  if (and !== undefined && Object.values(and).every((predicate) => predicate === undefined)) {
    throw new S3Error('MalformedXML')
  }
  const predicates = predicatesOf(filter)
  requirePrefix(predicates.Prefix)
  requireTags(predicates.Tags ?? [])
  requireSizes(predicates)
}

function requireTags(tags: NonNullable<LifecycleRuleAndOperator['Tags']>): void {
  const keys = tags.map(({ Key }) => Key ?? '')
  if (keys.includes('')) throw new S3Error('MalformedXML')
  if (new Set(keys).size < keys.length) throw invalidRequest('Duplicate Tag Keys are not allowed.')
}

function requireSizes({ ObjectSizeGreaterThan: above, ObjectSizeLessThan: below }: LifecycleRuleAndOperator): void {
  if (above !== undefined && (above < 0 || above > objectSizeBytesMax)) {
    throw invalidRequest(`'ObjectSizeGreaterThan' should be between 0 and ${objectSizeBytesMax}.`)
  }
  if (below !== undefined && (below < 1 || below > objectSizeBytesMax)) {
    throw invalidRequest(`'ObjectSizeLessThan' should be between 1 and ${objectSizeBytesMax}.`)
  }
  // "the minimum must be less than the maximum": no object is in between otherwise.
  if (above !== undefined && below !== undefined && below <= above) {
    throw invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
  }
}

/** Actions on what has neither tags nor a size. User Guide, of AbortIncompleteMultipartUpload: "You can't specify this lifecycle action in a rule
 *  that has a filter that uses object tags"; the same of ExpiredObjectDeleteMarker. */
function requireCompany({ Filter, Expiration, AbortIncompleteMultipartUpload }: LifecycleRule): void {
  const { Tags, ObjectSizeGreaterThan, ObjectSizeLessThan } = predicatesOf(Filter ?? {})
  const what =
    ((Tags ?? []).length > 0 && 'Tags') ||
    ((ObjectSizeGreaterThan ?? ObjectSizeLessThan) !== undefined && 'Object Size')
  if (what === false) return
  if (Expiration?.ExpiredObjectDeleteMarker !== undefined) {
    throw invalidRequest(`ExpiredObjectDeleteMarker cannot be specified with ${what}.`)
  }
  if (AbortIncompleteMultipartUpload !== undefined) {
    throw invalidRequest(`AbortIncompleteMultipartUpload cannot be specified with ${what}.`)
  }
}

/** What a filter asks of an object, whether it asks one thing or several. */
const predicatesOf = ({ And, Tag, ...one }: LifecycleRuleFilter): LifecycleRuleAndOperator =>
  And ?? { ...one, ...(Tag !== undefined && { Tags: [Tag] }) }

/** A rule's objects as S3's errors name them. */
function scopeOf({ Prefix, Filter }: LifecycleRule): string {
  if (Filter === undefined) return `prefix '${Prefix ?? ''}'`
  const { Prefix: prefix = '', Tags, ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = predicatesOf(Filter)
  const asked = [
    ...(prefix === '' ? [] : [`prefix=${prefix}`]),
    ...(Tags ?? []).map(({ Key, Value }) => `tag={key=${Key}, value=${Value}}`),
    ...(above === undefined ? [] : [`objectsizegreaterthan=${above}`]),
    ...(below === undefined ? [] : [`objectsizelessthan=${below}`]),
  ]
  return `filter '(${asked.length === 0 ? 'prefix=' : asked.join(' and ')})'`
}
