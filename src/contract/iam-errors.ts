// IAM's and STS's errors: one table of the codes that stand in their answers, and the one exception that carries a code to the caller.

/** Codes with their HTTP status. Source: `awsQueryError` of the errors in client-iam's and client-sts's schemas; AWS IAM API reference,
 *  "Common Errors". */
export const iamErrorTable = {
  AccessDenied: 403,
  ConcurrentModification: 409,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  EntityTemporarilyUnmodifiable: 409,
  ExpiredToken: 403,
  ExpiredTokenException: 400,
  IDPCommunicationError: 400,
  IDPRejectedClaim: 403,
  IncompleteSignature: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidIdentityToken: 400,
  InvalidInput: 400,
  InvalidParameterCombination: 400,
  InvalidParameterValue: 400,
  LimitExceeded: 409,
  MalformedPolicyDocument: 400,
  MalformedQueryString: 400,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  MissingParameter: 400,
  NoSuchEntity: 404,
  NotImplemented: 501,
  PackedPolicyTooLarge: 400,
  PolicyNotAttachable: 400,
  RegionDisabledException: 403,
  RequestExpired: 400,
  ServiceFailure: 500,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  UnmodifiableEntity: 400,
  ValidationError: 400,
} as const satisfies Record<string, number>

/** A key of `iamErrorTable`. */
export type IamErrorCode = keyof typeof iamErrorTable

/** What XML cannot say, which a refused value may hold. Source: XML 1.0, 2.2, production [2]. */
const unspeakable = /[\0-\u0008\v\f\u000E-\u001F\uFFFE\uFFFF\p{Cs}]/gu

/** A refusal the caller of IAM or STS is told about. */
export class IamError extends Error {
  readonly code: IamErrorCode
  readonly status: number

  /** @param message the sentence of the answer */
  constructor(code: IamErrorCode, message: string, cause?: unknown) {
    super(message.replaceAll(unspeakable, '?'), { cause })
    this.name = code
    this.code = code
    this.status = iamErrorTable[code]
  }
}
