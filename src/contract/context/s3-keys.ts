// The condition keys of S3, and which actions have them. Pure.

import type { Right } from '../actions/right.js'
import { copySourceOf } from '../copy-source.js'
import { S3Error } from '../errors.js'
import type { RequestFacts } from '../request-context.js'
import { tagsOfHeader } from '../tags.js'
import { type TagPairs, tagPairs, valuesOfTag } from './tag-pairs.js'

type Value = (facts: RequestFacts, right: Pick<Right, 'action' | 'target'>) => readonly string[] | undefined

/** A key, and the actions that have it; all of them where there is no list. */
interface Key {
  readonly actions?: ReadonlySet<string>
  readonly value: Value
}

const actions = (text: string): ReadonlySet<string> => new Set(text.split(' ').map((action) => `s3:${action}`))

const lists = actions('ListBucket ListBucketVersions')
const makes = actions('PutObject')
const locks = actions('PutObject PutObjectRetention')
const grants = actions('CreateBucket PutBucketAcl PutObject PutObjectAcl PutObjectVersionAcl BypassGovernanceRetention')
const tagging = actions('PutObject PutObjectTagging PutObjectVersionTagging BypassGovernanceRetention')
const encrypts = actions('PutObject BypassGovernanceRetention ReplicateObject UpdateObjectEncryption')
const ofTagged = actions(
  'DeleteObjectAnnotation DeleteObjectTagging DeleteObjectVersionAnnotation DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAnnotation ' +
    'GetObjectAttributes GetObjectTagging GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation GetObjectVersionAttributes ' +
    'GetObjectVersionTagging ListObjectAnnotations ListObjectVersionAnnotations PutObjectAcl PutObjectAnnotation PutObjectTagging PutObjectVersionAcl ' +
    'PutObjectVersionAnnotation PutObjectVersionTagging UpdateObjectEncryption',
)

const one = (text: string | undefined): readonly string[] | undefined => (text === undefined ? undefined : [text])

const header =
  (name: string): Value =>
  ({ headers }) =>
    one(headers[name])

const parameter =
  (name: string): Value =>
  ({ parameters }) =>
    one(parameters.get(name))

/** What is listed. A right to list that is about a key is that of `rightToKnowMissing`: the query of such a request is about something else. */
const listed =
  (name: string, ofKey: (key: string) => string | undefined): Value =>
  ({ parameters }, { target: { key } }) =>
    one(key === undefined ? parameters.get(name) : ofKey(key))

/** Source: Service Authorization Reference, "Condition keys for Amazon S3", and its table of actions for who has which */
const keys: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['s3:prefix', { actions: lists, value: listed('prefix', (key) => key) }],
  ['s3:delimiter', { actions: lists, value: listed('delimiter', () => undefined) }],
  // "the s3:max-keys key is always present in the request when you perform the ListBucket operation": 1,000 where none is stated.
  ['s3:max-keys', { actions: lists, value: maxKeys }],
  [
    's3:annotation-prefix',
    { actions: actions('ListObjectAnnotations ListObjectVersionAnnotations'), value: parameter('annotation-prefix') },
  ],
  [
    's3:max-annotation-results',
    {
      actions: actions('ListObjectAnnotations ListObjectVersionAnnotations'),
      value: parameter('max-annotation-results'),
    },
  ],
  // Actions on a version are the ones whose target has one.
  [
    's3:versionid',
    { value: (_facts, { action, target }) => (/^s3:\w*Version\w*$/.test(action) ? one(target.versionId) : undefined) },
  ],

  ['s3:existingobjecttag/', { actions: ofTagged, value: () => undefined }],
  ['s3:requestobjecttag/', { actions: tagging, value: () => undefined }],
  ['s3:requestobjecttagkeys', { actions: tagging, value: (facts) => many(requestTags(facts).map(([name]) => name)) }],

  ['s3:x-amz-acl', { actions: grants, value: header('x-amz-acl') }],
  ['s3:x-amz-grant-full-control', { actions: grants, value: header('x-amz-grant-full-control') }],
  ['s3:x-amz-grant-read', { actions: grants, value: header('x-amz-grant-read') }],
  ['s3:x-amz-grant-read-acp', { actions: grants, value: header('x-amz-grant-read-acp') }],
  ['s3:x-amz-grant-write', { actions: grants, value: header('x-amz-grant-write') }],
  ['s3:x-amz-grant-write-acp', { actions: grants, value: header('x-amz-grant-write-acp') }],
  ['s3:x-amz-copy-source', { actions: makes, value: copySource }],
  ['s3:x-amz-metadata-directive', { actions: makes, value: header('x-amz-metadata-directive') }],
  ['s3:x-amz-object-annotation-directive', { actions: makes, value: header('x-amz-object-annotation-directive') }],
  [
    's3:x-amz-storage-class',
    { actions: actions('PutObject PutObjectAcl PutObjectVersionAcl'), value: header('x-amz-storage-class') },
  ],
  ['s3:x-amz-website-redirect-location', { actions: makes, value: header('x-amz-website-redirect-location') }],
  ['s3:x-amz-server-side-encryption', { actions: encrypts, value: header('x-amz-server-side-encryption') }],
  [
    's3:x-amz-server-side-encryption-aws-kms-key-id',
    { actions: encrypts, value: header('x-amz-server-side-encryption-aws-kms-key-id') },
  ],
  [
    's3:x-amz-server-side-encryption-customer-algorithm',
    { actions: encrypts, value: header('x-amz-server-side-encryption-customer-algorithm') },
  ],
  ['s3:objectcreationoperation', { actions: makes, value: createsObject }],
  ['s3:if-match', { actions: actions('PutObject DeleteObject'), value: header('if-match') }],
  ['s3:if-none-match', { actions: makes, value: header('if-none-match') }],

  [
    's3:object-lock-mode',
    {
      actions: locks,
      value: (facts) => one(facts.headers['x-amz-object-lock-mode'] ?? documented(facts, 'Retention', 'Mode')),
    },
  ],
  ['s3:object-lock-retain-until-date', { actions: locks, value: (facts) => one(retainUntil(facts)) }],
  ['s3:object-lock-remaining-retention-days', { actions: locks, value: remainingDays }],
  [
    's3:object-lock-legal-hold',
    {
      actions: actions('PutObject PutObjectLegalHold'),
      value: (facts) => one(facts.headers['x-amz-object-lock-legal-hold'] ?? documented(facts, 'LegalHold', 'Status')),
    },
  ],

  [
    's3:locationconstraint',
    {
      actions: actions('CreateBucket'),
      value: (facts) => one(documented(facts, 'CreateBucketConfiguration', 'LocationConstraint')),
    },
  ],
  ['s3:x-amz-object-ownership', { actions: actions('CreateBucket'), value: header('x-amz-object-ownership') }],
  ['s3:x-amz-bucket-namespace', { actions: actions('CreateBucket'), value: header('x-amz-bucket-namespace') }],

  ['s3:resourceaccount', { value: ({ ownerNumber }) => one(ownerNumber) }],
  ['s3:tlsversion', { value: ({ tlsVersion }) => one(tlsVersion) }],
  ['s3:authtype', { value: ({ signature }) => (signature === undefined ? undefined : [authTypes[signature.by]]) }],
  [
    's3:signatureage',
    {
      value: ({ signature }) =>
        signature === undefined ? undefined : [String(Math.max(0, Math.floor(signature.ageMs)))],
    },
  ],
  ['s3:signatureversion', { value: ({ signature }) => one(signature?.version) }],
  ['s3:x-amz-content-sha256', { value: contentSha256 }],
])

/** Source: S3 API reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys" */
const authTypes = { header: 'REST-HEADER', query: 'REST-QUERY-STRING', form: 'POST' } as const

/** Values of one of S3's condition keys for one right. */
export function s3Value(
  key: string,
  facts: RequestFacts,
  right: Pick<Right, 'action' | 'target'>,
): readonly string[] | undefined {
  const slash = key.indexOf('/')
  const found = keys.get(slash < 0 ? key : key.slice(0, slash + 1))
  if (found === undefined || (found.actions !== undefined && !found.actions.has(right.action))) return undefined
  if (slash < 0) return found.value(facts, right)
  const name = key.slice(slash + 1)
  const tags = key.startsWith('s3:existing') ? (facts.existingTags?.(right.target) ?? []) : requestTags(facts)
  return valuesOfTag(tags, name)
}

const many = (values: readonly string[]): readonly string[] | undefined => (values.length === 0 ? undefined : values)

/** Tags the request wants to set. A header that is no list of tags has none: the operation refuses it. */
function requestTags({ headers, input }: RequestFacts): TagPairs {
  const stated = headers['x-amz-tagging']
  if (stated !== undefined) {
    try {
      return tagsOfHeader(stated)
    } catch (error) {
      if (error instanceof S3Error) return []
      throw error
    }
  }
  const tagging: unknown = input !== undefined && 'Tagging' in input ? input.Tagging : undefined
  return typeof tagging === 'object' && tagging !== null && 'TagSet' in tagging ? tagPairs(tagging.TagSet) : []
}

/** The source as it will be opened, however it was encoded; policies write it with a slash in front or without. */
function copySource({ headers }: RequestFacts): readonly string[] | undefined {
  const stated = headers['x-amz-copy-source']
  if (stated === undefined) return undefined
  try {
    const { bucket, key, versionId } = copySourceOf(stated)
    const source = `${bucket}/${key}${versionId === undefined ? '' : `?versionId=${versionId}`}`
    return [source, `/${source}`]
  } catch (error) {
    // What is no source is refused by the operation.
    if (error instanceof S3Error) return [stated]
    throw error
  }
}

function retainUntil(facts: RequestFacts): string | undefined {
  return facts.headers['x-amz-object-lock-retain-until-date'] ?? documented(facts, 'Retention', 'RetainUntilDate')
}

/** Whether an object comes to be: uploads and their parts are none yet. */
function createsObject({ parameters }: RequestFacts): readonly string[] {
  return [String(!parameters.has('uploads') && !parameters.has('partNumber'))]
}

function maxKeys({ parameters }: RequestFacts, { target: { key } }: Pick<Right, 'target'>): readonly string[] {
  return [(key === undefined ? parameters.get('max-keys') : undefined) ?? '1000']
}

/** Whole days that are begun. */
function remainingDays(facts: RequestFacts): readonly string[] | undefined {
  const until = retainUntil(facts)
  const untilMs = until === undefined ? Number.NaN : Date.parse(until)
  return Number.isNaN(untilMs) ? undefined : [String(Math.ceil((untilMs - facts.nowMs) / (24 * 60 * 60 * 1000)))]
}

/** A member of the request's document, a date in ISO 8601. */
function documented({ input }: RequestFacts, name: string, member: string): string | undefined {
  const document: unknown = input === undefined ? undefined : Object.getOwnPropertyDescriptor(input, name)?.value
  if (typeof document !== 'object' || document === null) return undefined
  const value: unknown = Object.getOwnPropertyDescriptor(document, member)?.value
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'string' ? value : undefined
}

/** "UNSIGNED-PAYLOAD" is meant where a presigned URL says nothing. */
function contentSha256({ headers, signature }: RequestFacts): readonly string[] | undefined {
  return one(headers['x-amz-content-sha256'] ?? (signature?.by === 'query' ? 'UNSIGNED-PAYLOAD' : undefined))
}
