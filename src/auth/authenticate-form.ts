// Who signed a browser form: the signature is over its policy, and the policy says what else the form may hold.
// Source: AWS, "Browser-Based Uploads Using POST (AWS Signature Version 4)".

import { createHmac } from 'node:crypto'
import { S3Error } from '../contract/errors.js'
import type { Clock } from '../contract/operation.js'
import { skewMsMax } from './authenticate.js'
import type { Authenticated, SignatureFacts } from './caller.js'
import type { Key, KeyRing } from './keys.js'
import { signatureVersion2, signatureVersion4A } from './sigv4/authorization-header.js'
import { credentialFault, credentialOf, malformedCredential } from './sigv4/credential.js'
import { queryCredentialError, queryError } from './sigv4/presigned-query.js'
import { isSameSignature, SigningKeys } from './sigv4/signing-key.js'
import { isoSecondsOf, timestampMs } from './sigv4/timestamp.js'
import { anonymous } from './standing.js'

/** The fields of a form before its file, by lower-case name. */
export type FormFields = ReadonlyMap<string, string>

/** What form authentication needs to know of its server. */
export interface FormAuthenticatorSettings {
  readonly keys: KeyRing
  readonly region: string
  readonly clock: Clock
  /** Whether forms signed by Signature Version 2 (`AWSAccessKeyId`, `signature`: HMAC-SHA1 of the policy) are taken. S3 takes them in its
   *  oldest regions only; default false. */
  readonly acceptsVersion2?: boolean
}

/** AWS: "the signing key … is valid for up to seven days". */
const signatureAgeMsMax = 7 * 24 * 60 * 60 * 1000

/** Makes the function that says who signed a form's policy. Whether the policy allows the form is for `requirePolicy` to say.
 *  It throws AccessDenied (no policy, too old, not yet valid), AuthorizationQueryParametersError, InvalidAccessKeyId, InvalidArgument (a field is
 *  missing), InvalidRequest (Signature Version 2), InvalidToken, NotImplemented or SignatureDoesNotMatch. */
export function formAuthenticator(settings: FormAuthenticatorSettings): (fields: FormFields) => Authenticated {
  const { keys, region, clock, acceptsVersion2 = false } = settings
  const signingKeys = new SigningKeys(region, 's3')

  return (fields) => {
    const policy = fields.get('policy')
    if (policy === undefined) return byNobody(fields)
    const isVersion2 = !fields.has('x-amz-algorithm') && (fields.has('awsaccesskeyid') || fields.has('signature'))
    if (isVersion2 && !acceptsVersion2) throw signatureVersion2()
    const key = isVersion2 ? version2Key(fields, policy) : version4Key(fields, policy)
    keys.noteUse(key, 's3')
    const { standing } = key
    const signature: SignatureFacts = {
      version: isVersion2 ? 'AWS' : 'AWS4-HMAC-SHA256',
      signedMs: isVersion2 ? undefined : timestampMs(fields.get('x-amz-date') ?? ''),
    }
    return { caller: standing.caller, standing, payload: { kind: 'unsigned' }, by: 'form', signature }
  }

  function version4Key(fields: FormFields, policy: string): Key {
    const algorithm = requireField(fields, 'X-Amz-Algorithm')
    if (algorithm === 'AWS4-ECDSA-P256-SHA256') throw signatureVersion4A()
    if (algorithm !== 'AWS4-HMAC-SHA256') throw queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    const credential = credentialOf(requireField(fields, 'X-Amz-Credential'))
    if (credential === undefined) throw queryCredentialError(malformedCredential)
    const timestamp = requireField(fields, 'X-Amz-Date')
    const signature = requireField(fields, 'X-Amz-Signature')
    requireAge(timestamp)
    const fault = credentialFault(credential, region, timestamp.slice(0, 8))
    if (fault !== undefined) throw queryCredentialError(fault)

    const key = keys.require(credential.accessKeyId, fields.get('x-amz-security-token'))
    // AWS: "the string to sign is the base64-encoded policy". What is not ASCII is no base64 and fails when it is decoded.
    const computed = signingKeys.get(credential.accessKeyId, key.secret, credential.day).sign(policy)
    if (!isSameSignature(computed, signature)) throw mismatch(credential.accessKeyId, policy, signature)
    return key
  }

  function requireAge(timestamp: string): void {
    const signedMs = timestampMs(timestamp)
    if (signedMs === undefined) {
      throw queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
    }
    const nowMs = clock.now()
    const isEarly = signedMs - nowMs > skewMsMax
    if (!isEarly && nowMs - signedMs < signatureAgeMsMax) return
    throw new S3Error('AccessDenied', {
      message: isEarly ? 'Request is not valid yet' : 'Request has expired',
      members: { 'X-Amz-Date': isoSecondsOf(signedMs), ServerTime: isoSecondsOf(nowMs) },
    })
  }

  function version2Key(fields: FormFields, policy: string): Key {
    const accessKeyId = requireField(fields, 'AWSAccessKeyId')
    const signature = requireField(fields, 'signature')
    const key = keys.require(accessKeyId, fields.get('x-amz-security-token'))
    const computed = createHmac('sha1', key.secret.reveal()).update(policy).digest('base64')
    if (!isSameSignature(computed, signature)) throw mismatch(accessKeyId, policy, signature)
    return key
  }
}

/** AWS: "A form without a policy is an anonymous request". Security rule 1: with any part of a signature it is somebody's, and was not proven.
 *  @throws AccessDenied */
function byNobody(fields: FormFields): Authenticated {
  if (signatureFields.some((name) => fields.has(name))) throw new S3Error('AccessDenied')
  return {
    caller: anonymous.caller,
    standing: anonymous,
    payload: { kind: 'unsigned' },
    by: 'nobody',
    signature: undefined,
  }
}

const signatureFields = [
  'awsaccesskeyid',
  'signature',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-signature',
]

function requireField(fields: FormFields, name: string): string {
  const value = fields.get(name.toLowerCase())
  if (value) return value
  throw new S3Error('InvalidArgument', {
    message: `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    members: { ArgumentName: name, ArgumentValue: '' },
  })
}

function mismatch(accessKeyId: string, stringToSign: string, signature: string): S3Error {
  return new S3Error('SignatureDoesNotMatch', {
    members: { AWSAccessKeyId: accessKeyId, StringToSign: stringToSign, SignatureProvided: signature },
  })
}
