// What the wire hands to HTTP: a status, headers and bytes, with nothing left to decide.

import type { BodyOut } from '../contract/operation.js'

/** An encoded answer. */
export interface Answer {
  readonly status: number
  /** By the name as S3 writes it ("ETag", "Last-Modified", "x-amz-version-id"); values are Latin-1 without control characters. */
  readonly headers: ReadonlyMap<string, string>
  /** Undefined when there is none. Its length is not among the headers, unless the operation itself gave `ContentLength`. */
  readonly body: BodyOut | undefined
}
