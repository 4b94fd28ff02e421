// Headers of server-side encryption that S3 refuses as wrong, whatever the server can do: told as such, and not as what is missing here.
// Source: API reference of PutObject and GetObject; User Guide, "Using server-side encryption with customer-provided keys".

import { createHash } from 'node:crypto'
import { S3Error } from '../contract/errors.js'
import type { OperationName } from '../contract/operation.js'
import type { HttpRequest } from '../contract/request.js'

/** The members of an input that ask for encryption. */
interface Encryption {
  readonly ServerSideEncryption?: string
  readonly SSEKMSKeyId?: string
  readonly SSECustomerAlgorithm?: string
  readonly SSECustomerKey?: string
  readonly SSECustomerKeyMD5?: string
}

/** Bytes of an AES-256 key. */
const keySizeBytes = 32

/** Checks that what an input asks for goes together.
 *  @param input of any operation
 *  @throws InvalidArgument, InvalidEncryptionAlgorithmError */
export function requireSoundEncryption(input: Encryption): void {
  const { ServerSideEncryption: method, SSEKMSKeyId: kmsKeyId, SSECustomerAlgorithm: algorithm } = input
  if (kmsKeyId !== undefined && !method?.startsWith('aws:kms')) {
    throw invalid('x-amz-server-side-encryption', method, kmsNeedsItsMethod)
  }
  const isCustomers =
    algorithm !== undefined || input.SSECustomerKey !== undefined || input.SSECustomerKeyMD5 !== undefined
  if (!isCustomers) return
  if (method !== undefined) throw invalid('x-amz-server-side-encryption', method, twoMethods)
  if (algorithm === undefined)
    throw invalid(`${customer}algorithm`, undefined, `${customersKeys} a valid encryption algorithm.`)
  if (algorithm !== 'AES256') {
    throw new S3Error('InvalidEncryptionAlgorithmError', {
      members: { ArgumentName: `${customer}algorithm`, ArgumentValue: algorithm },
    })
  }
  requireCustomersKey(input.SSECustomerKey, input.SSECustomerKeyMD5)
}

/** Checks that a customer's key did not come by a way others can read. User Guide, as above: "Amazon S3 rejects any requests made over HTTP when
 *  using SSE-C. For security considerations, we recommend that you consider any key you send erroneously using HTTP to be compromised."
 *  @param input of any operation
 *  @param isSecure whether the client's connection is TLS, as far as a trusted proxy or our own socket knows
 *  @throws InvalidRequest */
export function requireSecretKeys(input: object, isSecure: boolean): void {
  if (isSecure || !Object.keys(input).some((member) => /^(?:CopySource)?SSECustomer/.test(member))) return
  throw new S3Error('InvalidRequest', { message: `${customersKeysBegin} must be made over a secure connection.` })
}

/** Checks that a read does not ask how to encrypt. "Encryption request headers, like x-amz-server-side-encryption, should not be sent for the
 *  GetObject requests … you'll get an HTTP 400 Bad Request error."
 *  @throws InvalidArgument */
export function requireNoEncryptionOfReads(name: OperationName, headers: HttpRequest['headers']): void {
  if (name !== 'GetObject' && name !== 'HeadObject') return
  const method = headers['x-amz-server-side-encryption']
  if (method === undefined) return
  throw invalid(
    'x-amz-server-side-encryption',
    method,
    'x-amz-server-side-encryption header is not supported for this operation.',
  )
}

function requireCustomersKey(key: string | undefined, claimedMD5: string | undefined): void {
  if (key === undefined) throw invalid(`${customer}key`, undefined, `${customersKeys} an appropriate secret key.`)
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== keySizeBytes) {
    throw invalid(`${customer}key`, undefined, 'The secret key was invalid for the specified algorithm.')
  }
  if (claimedMD5 === undefined) {
    throw invalid(`${customer}key-MD5`, undefined, `${customersKeys} the client calculated MD5 of the secret key.`)
  }
  if (createHash('md5').update(bytes).digest('base64') !== claimedMD5) {
    throw invalid(
      `${customer}key-MD5`,
      claimedMD5,
      'The calculated MD5 hash of the key did not match the hash that was provided.',
    )
  }
}

const customer = 'x-amz-server-side-encryption-customer-'
const customersKeysBegin = 'Requests specifying Server Side Encryption with Customer provided keys'
const customersKeys = `${customersKeysBegin} must provide`
const twoMethods =
  'Server Side Encryption with Customer provided key is incompatible with the encryption method specified.'
const kmsNeedsItsMethod =
  'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms'

const invalid = (header: string, value: string | undefined, message: string): S3Error =>
  new S3Error('InvalidArgument', { message, members: { ArgumentName: header, ArgumentValue: value ?? 'null' } })
