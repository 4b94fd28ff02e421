// The source of a copy, parsed once: what is authorized is what is opened. Pure.

import { S3Error } from './errors.js'

/** An object, or one version of it. */
export interface CopySource {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string
}

/** What `x-amz-copy-source` names: "bucket/key" or "/bucket/key", URL-encoded, with "?versionId=…" after it or not.
 *  @throws InvalidArgument; NotImplemented for access points
 *  Source: AWS API reference, CopyObject */
export function copySourceOf(header: string): CopySource {
  const at = header.lastIndexOf('?versionId=')
  const path = unescaped(at < 0 ? header : header.slice(0, at), header).replace(/^\//, '')
  if (path.startsWith('arn:')) {
    throw new S3Error('NotImplemented', { message: 'Access points as source of a copy are not supported.' })
  }
  const slash = path.indexOf('/')
  if (slash < 1 || slash === path.length - 1) {
    throw invalid('Invalid copy source object key', header)
  }
  const source = { bucket: path.slice(0, slash), key: path.slice(slash + 1) }
  if (at < 0) return source
  const versionId = unescaped(header.slice(at + '?versionId='.length), header)
  if (versionId === '') throw invalid('Version id cannot be the empty string', header)
  return { ...source, versionId }
}

/** Where RenameObject takes its object from: a key of the same bucket, "/bucket/key" or "key", URL-encoded.
 *  @throws InvalidArgument
 *  Source: AWS API reference, RenameObject, x-amz-rename-source */
export function renameSourceOf(header: string, bucket: string): CopySource {
  const path = unescaped(header, header)
  const inBucket = `/${bucket}/`
  const key = path.startsWith(inBucket) ? path.slice(inBucket.length) : path.replace(/^\//, '')
  if (key === '') throw invalid('Invalid rename source object key', header)
  return { bucket, key }
}

function unescaped(text: string, header: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'))
  } catch {
    throw invalid('Invalid copy source encoding.', header)
  }
}

const invalid = (message: string, value: string): S3Error =>
  new S3Error('InvalidArgument', { message, members: { ArgumentName: 'x-amz-copy-source', ArgumentValue: value } })
