// Errors as data: a structured clone between threads keeps neither classes nor members of errors.

import { S3Error, type ErrorCode } from '../../contract/errors.js'
import { IamError, type IamErrorCode } from '../../contract/iam-errors.js'

/** A refusal, or anything else that was thrown. */
export type ErrorData =
  | {
      readonly kind: 'refusal'
      readonly code: ErrorCode
      readonly message: string
      readonly members: Readonly<Record<string, string>>
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly kind: 'iam refusal'; readonly code: IamErrorCode; readonly message: string }
  | {
      readonly kind: 'fault'
      readonly name: string
      readonly message: string
      readonly stack: string
      /** SQLite's ("SQLITE_FULL") or the system's ("ENOSPC"). */
      readonly code: string | undefined
    }

/** What an error says, as plain data. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof S3Error) {
    const { code, message, members, headers } = error
    return { kind: 'refusal', code, message, members, headers }
  }
  if (error instanceof IamError) return { kind: 'iam refusal', code: error.code, message: error.message }
  if (!(error instanceof Error))
    return { kind: 'fault', name: 'Error', message: String(error), stack: '', code: undefined }
  const { name, message, stack = '' } = error
  return { kind: 'fault', name, message, stack, code: codeOf(error) }
}

/** The error again, in another thread. */
export function errorOf(data: ErrorData): Error {
  if (data.kind === 'refusal') {
    return new S3Error(data.code, { message: data.message, members: data.members, headers: data.headers })
  }
  if (data.kind === 'iam refusal') return new IamError(data.code, data.message)
  const error = new Error(data.message)
  error.name = data.name
  if (data.stack !== '') error.stack = data.stack
  return data.code === undefined ? error : Object.assign(error, { code: data.code })
}

/** An error's `code`, when it has one that is text. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
