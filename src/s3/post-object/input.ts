// From form fields to the input of PutObject: fields named like headers are read as the headers they are, by the same model.

import { checksumAlgorithms, type ChecksumAlgorithm, type Claims } from '../../contract/claims.js'
import { S3Error } from '../../contract/errors.js'
import type { Input } from '../../contract/operation.js'
import type { Address } from '../../contract/request.js'
import { claimsOfHeaders } from '../body/claims-of.js'
import { decodeInput } from '../wire/decode.js'
import { membersOf } from '../../wire/members.js'
import { modelOf } from '../wire/model.js'

type Fields = ReadonlyMap<string, string>

/** AWS User Guide, "Naming Amazon S3 objects". */
const keySizeBytesMax = 1024

/** Fields that are headers of PutObject under the same name, beside all of x-amz-…. Source: AWS, "POST Object", table of form fields. */
const headerFields = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-md5',
  'content-type',
  'expires',
  'if-match',
  'if-none-match',
])

/** Fields that say who signed. */
const signatureFields = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
])

/** Fields beginning with x-amz- that are understood, beside x-amz-meta-… and checksums. What PutObject has and Cairn cannot do is refused later. */
const understoodFields: ReadonlySet<string> = new Set([
  ...membersOf(modelOf('PutObject').input).flatMap(({ traits }) => traits.httpHeader?.toLowerCase() ?? []),
  ...checksumAlgorithms.map((algorithm) => `x-amz-checksum-${algorithm.toLowerCase()}`),
  'x-amz-checksum-algorithm',
])

/** RFC 9110, 5.6.2, in lower case: what a header's name is made of. */
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/** The object's key. AWS: "the variable ${filename} is automatically replaced with the name of the file provided by the user"; only what follows
 *  the last slash of it counts.
 *  @throws InvalidArgument, KeyTooLongError */
export function keyOf(fields: Fields, fileName: string): string {
  const template = fields.get('key')
  if (template === undefined) throw missingKey()
  const key = template.replaceAll('${filename}', () => fileName)
  if (key === '') throw missingKey()
  // A file name was decoded where its bytes are out of sight: what was no UTF-8 has been replaced.
  if (key.includes('\ufffd')) {
    throw new S3Error('InvalidArgument', {
      message: 'The key must be UTF-8 text.',
      members: { ArgumentName: 'key', ArgumentValue: '' },
    })
  }
  const size = Buffer.byteLength(key)
  if (size > keySizeBytesMax) {
    throw new S3Error('KeyTooLongError', { members: { Size: String(size), MaxSizeAllowed: String(keySizeBytesMax) } })
  }
  return key
}

/** Input and claims that the fields amount to.
 *  @throws InvalidArgument, InvalidDigest, InvalidRequest, MalformedXML (the `tagging` field) NotImplemented (a field that would not be
 *  honoured) and what else decoding headers throws */
export function putObjectInput(
  fields: Fields,
  bucket: string,
  key: string,
): { readonly input: Input<'PutObject'>; readonly claims: Claims } {
  const headers = headersOf(fields)
  const address: Address = { bucket, key, parameters: new Map() }
  const { announced: _none, ...claimed } = claimsOfHeaders(headers, true)
  const algorithm = claimed.algorithm ?? requestedAlgorithm(fields)
  const tagging = fields.get('tagging')
  return {
    input: {
      ...decodeInput('PutObject', address, headers, undefined),
      ...(tagging !== undefined && { Tagging: taggingOf(tagging, address) }),
    },
    claims: { ...claimed, ...(algorithm !== undefined && { algorithm }), trailers: () => ({}) },
  }
}

function headersOf(fields: Fields): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [field, value] of fields) {
    const name = field === 'acl' ? 'x-amz-acl' : field
    if (!headerFields.has(name) && (!name.startsWith('x-amz-') || signatureFields.has(name))) continue
    if (name.startsWith('x-amz-')) requireUnderstood(name)
    headers[name] = headerValueOf(field, value)
  }
  return headers
}

/** Security rule 14: "never ignore it in silence". One that is not understood may ask for another object, as x-amz-copy-source does.
 *  @throws NotImplemented; InvalidArgument when it can be no header's name */
function requireUnderstood(field: string): void {
  if (!field.startsWith('x-amz-meta-') && !understoodFields.has(field)) {
    throw new S3Error('NotImplemented', {
      message: `This server does not support the form field ${field}.`,
      members: { ArgumentName: field },
    })
  }
  if (token.test(field)) return
  throw new S3Error('InvalidArgument', {
    message: 'The name of a form field that becomes a header may hold only what a header name may.',
    members: { ArgumentName: field, ArgumentValue: '' },
  })
}

/** A field as the header it would be: no control characters, since it will be one when the object is read; UTF-8 with a character a byte.
 *  @throws InvalidArgument */
function headerValueOf(field: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) {
    throw new S3Error('InvalidArgument', {
      message: 'A form field that becomes a header may not hold control characters.',
      members: { ArgumentName: field, ArgumentValue: '' },
    })
  }
  return Buffer.from(value.trim(), 'utf8').toString('latin1')
}

/** AWS, "POST Object": x-amz-checksum-algorithm is "the algorithm used to create the checksum for the object". */
function requestedAlgorithm(fields: Fields): ChecksumAlgorithm | undefined {
  const text = fields.get('x-amz-checksum-algorithm')
  if (text === undefined) return undefined
  const algorithm = checksumAlgorithms.find((known) => known === text.toUpperCase())
  if (algorithm !== undefined) return algorithm
  throw new S3Error('InvalidRequest', { message: 'Checksum algorithm provided is unsupported.' })
}

/** The `tagging` field is a document where PutObject has a header: "Key=Value&…". */
function taggingOf(xml: string, address: Address): string {
  const { Tagging } = decodeInput('PutObjectTagging', address, {}, Buffer.from(xml, 'utf8'))
  return (Tagging?.TagSet ?? [])
    .map(({ Key, Value }) => `${encodeURIComponent(Key ?? '')}=${encodeURIComponent(Value ?? '')}`)
    .join('&')
}

function missingKey(): S3Error {
  return new S3Error('InvalidArgument', {
    message: "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    members: { ArgumentName: 'key', ArgumentValue: '' },
  })
}
