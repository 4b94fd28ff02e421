// What administration refuses, beside what S3 and IAM refuse: a code for programs, a sentence for people.

/** Codes with their HTTP status. Where IAM has a code for the same, it is IAM's. */
const statusOf = {
  AccessDenied: 403,
  EntityAlreadyExists: 409,
  InvalidInput: 400,
  LimitExceeded: 409,
  MalformedJSON: 400,
  MethodNotAllowed: 405,
  NoSuchEntity: 404,
  NoSuchPath: 404,
  RequestTimeout: 408,
  RequestTooLarge: 413,
  SlowDown: 503,
} as const

/** A key of the table. */
export type AdminErrorCode = keyof typeof statusOf

/** A refusal the caller is told about. */
export class AdminError extends Error {
  readonly code: AdminErrorCode
  readonly status: number

  /** @param message one sentence that says what to do otherwise */
  constructor(code: AdminErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = code
    this.code = code
    this.status = statusOf[code]
  }
}
