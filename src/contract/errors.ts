// S3's errors: one table of codes, and the one exception that carries a code to the caller.

/** Codes with their HTTP status and sentence. Source: AWS API reference, "Error responses". */
export const errorTable = {
  AccessDenied: [403, 'Access Denied'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented.'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
} as const satisfies Record<string, readonly [status: number, message: string]>

/** A key of `errorTable`. */
export type ErrorCode = keyof typeof errorTable

/** What may go along with a code. */
export interface ErrorDetails {
  /** Replaces the table's sentence. */
  readonly message?: string
  /** Further elements of the error's XML, in order ("BucketName", "Key", "StringToSign", …). */
  readonly members?: Readonly<Record<string, string>>
  /** Response headers S3 sends with this error (`x-amz-delete-marker`, `x-amz-version-id`, `ETag` of a 304, …). */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal the caller is told about. */
export class S3Error extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly members: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? errorTable[code][1], { cause: details.cause })
    this.name = code
    this.code = code
    this.status = errorTable[code][0]
    this.members = details.members ?? {}
    this.headers = details.headers ?? {}
  }
}
