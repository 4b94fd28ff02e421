// How rules are refused that are XML and still wrong.

import { S3Error } from '../contract/errors.js'

/** What stands together that may not, or is more than there may be. */
export const invalidRequest = (message: string): S3Error => new S3Error('InvalidRequest', { message })

/** A value that may not be. */
export const invalidArgument = (message: string): S3Error => new S3Error('InvalidArgument', { message })
