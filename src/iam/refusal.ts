// What a thrown error becomes: a refusal in the words of IAM and STS, or an InternalFailure that is logged once with its stack.

import { S3Error, type ErrorCode } from '../contract/errors.js'
import { IamError, type IamErrorCode } from '../contract/iam-errors.js'
import type { Log } from '../contract/log.js'

/** What S3 says of a signature or a payload, as services of the query protocol say it, with their sentence where it differs.
 *  Source: AWS IAM API reference, "Common Error Types"; sentences as IAM and STS answer them. */
const codes: { readonly [Code in ErrorCode]?: readonly [code: IamErrorCode, message?: string] } = {
  AccessDenied: ['AccessDenied'],
  AuthorizationHeaderMalformed: ['IncompleteSignature'],
  AuthorizationQueryParametersError: ['IncompleteSignature'],
  BadDigest: ['SignatureDoesNotMatch', 'The payload is not what its digest says.'],
  EntityTooLarge: ['MalformedQueryString', 'The request is too large.'],
  ExpiredToken: ['ExpiredToken', 'The security token included in the request is expired'],
  InvalidAccessKeyId: ['InvalidClientTokenId', 'The security token included in the request is invalid.'],
  InvalidToken: ['InvalidClientTokenId', 'The security token included in the request is invalid.'],
  MaxMessageLengthExceeded: ['MalformedQueryString', 'The request is too large.'],
  NotImplemented: ['NotImplemented'],
  RequestTimeTooSkewed: ['SignatureDoesNotMatch', 'Signature expired or not yet current: the clocks differ too much.'],
  ServiceUnavailable: ['ServiceUnavailable'],
  SignatureDoesNotMatch: ['SignatureDoesNotMatch'],
  SlowDown: ['Throttling', 'Rate exceeded'],
  XAmzContentSHA256Mismatch: ['SignatureDoesNotMatch', 'The payload is not what its digest says.'],
}

/** The refusal that answers `error`. What was not thrown on purpose is a bug or a broken machine: it is logged here and nowhere else.
 *  @param what "POST /", "CreateUser" */
export function refusalOf(error: unknown, log: Log, requestId: string, what: string): IamError {
  if (error instanceof IamError) {
    if (error.status >= 500 && error.status !== 501) log.error({ requestId, request: what, err: error }, 'refused')
    return error
  }
  if (error instanceof S3Error) {
    const [code, message] = codes[error.code] ?? []
    if (code !== undefined) return new IamError(code, message ?? error.message, error)
    if (error.status < 500) return new IamError('ValidationError', error.message, error)
  }
  log.error({ requestId, request: what, err: error }, 'internal error')
  return new IamError('InternalFailure', 'The request processing has failed because of an unknown error.', error)
}
