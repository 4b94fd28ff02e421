// What a request may ask for and Cairn cannot do yet. Security rule 14: "Where a condition or header cannot be honoured, answer 501 or 412: never
// ignore it in silence." Whoever builds a feature takes its lines out of the table.

import { S3Error } from '../contract/errors.js'
import { requireSecretKeys, requireSoundEncryption } from './encryption-headers.js'

interface Refusal {
  /** The header (or form field) that carries the member. */
  readonly header: string
  /** Values that ask for nothing more than Cairn does anyway: a client's harmless defaults. */
  readonly harmless: ReadonlySet<string>
}

const refused = (header: string, ...harmless: string[]): Refusal => ({ header, harmless: new Set(harmless) })

/** Members of S3's inputs by their name in the SDK. */
const refusals: ReadonlyMap<string, Refusal> = new Map([
  ['BucketNamespace', refused('x-amz-bucket-namespace', 'global')],

  ['StorageClass', refused('x-amz-storage-class', 'STANDARD')],

  ['ServerSideEncryption', refused('x-amz-server-side-encryption')],
  ['SSEKMSKeyId', refused('x-amz-server-side-encryption-aws-kms-key-id')],
  ['SSEKMSEncryptionContext', refused('x-amz-server-side-encryption-context')],
  ['BucketKeyEnabled', refused('x-amz-server-side-encryption-bucket-key-enabled', 'false')],
  ['SSECustomerAlgorithm', refused('x-amz-server-side-encryption-customer-algorithm')],
  ['SSECustomerKey', refused('x-amz-server-side-encryption-customer-key')],
  ['SSECustomerKeyMD5', refused('x-amz-server-side-encryption-customer-key-MD5')],
  ['CopySourceSSECustomerAlgorithm', refused('x-amz-copy-source-server-side-encryption-customer-algorithm')],
  ['CopySourceSSECustomerKey', refused('x-amz-copy-source-server-side-encryption-customer-key')],
  ['CopySourceSSECustomerKeyMD5', refused('x-amz-copy-source-server-side-encryption-customer-key-MD5')],

  ['ObjectLockEnabledForBucket', refused('x-amz-bucket-object-lock-enabled', 'false')],
  ['ObjectLockMode', refused('x-amz-object-lock-mode')],
  ['ObjectLockRetainUntilDate', refused('x-amz-object-lock-retain-until-date')],
  ['ObjectLockLegalHoldStatus', refused('x-amz-object-lock-legal-hold', 'OFF')],
  ['ObjectLockEventHold', refused('x-amz-object-lock-event-hold')],
  ['ObjectLockEventHoldDurationDays', refused('x-amz-object-lock-event-hold-duration-days')],
  ['ObjectLockEventHoldDurationYears', refused('x-amz-object-lock-event-hold-duration-years')],

  ['WebsiteRedirectLocation', refused('x-amz-website-redirect-location')],
  ['WriteOffsetBytes', refused('x-amz-write-offset-bytes')],
  ['AnnotationDirective', refused('x-amz-object-annotation-directive')],
])

/** Checks that nothing is asked for that would be left undone.
 *  @param input of any operation
 *  @param isSecure as in `requireSecretKeys`
 *  @throws NotImplemented with ArgumentName and ArgumentValue; what `requireSoundEncryption` and `requireSecretKeys` throw */
export function requireHonoured(input: object, isSecure: boolean): void {
  for (const member in input) {
    const refusal = refusals.get(member)
    if (refusal === undefined) continue
    // Members of the table are text, numbers, booleans or dates.
    const value = (input as Readonly<Record<string, string | number | boolean | Date | undefined>>)[member]
    if (value === undefined || refusal.harmless.has(String(value))) continue
    // What S3 would refuse as well is told first.
    requireSoundEncryption(input)
    requireSecretKeys(input, isSecure)
    throw new S3Error('NotImplemented', {
      message: `This server does not support ${refusal.header} with this value.`,
      members: { ArgumentName: refusal.header, ...(isSecret(refusal) ? {} : { ArgumentValue: String(value) }) },
    })
  }
}

const isSecret = ({ header }: Refusal): boolean => header.endsWith('-customer-key')
