// What is asked of a request's payload, by operation.

import type { OperationName } from '../../contract/operation.js'
import { bodySizeBytesMax } from '../../contract/request.js'

/** Rules for one payload. */
export interface BodyRules {
  /** Whether the length must be declared. */
  readonly requiresLength: boolean
  /** Whether x-amz-checksum-… headers are about the payload; else they are about an object and belong to the operation. */
  readonly hasPayloadChecksums: boolean
  /** Whether `readWhole` reads it, which takes the memory for all of it: its chunks must not take theirs as well. */
  readonly isHeldWhole: boolean
  /** Bytes, decoded. */
  readonly sizeBytesMax: number
}

const sizeBytesMax = bodySizeBytesMax
const streaming: BodyRules = { requiresLength: true, hasPayloadChecksums: true, isHeldWhole: false, sizeBytesMax }
const ofObject: BodyRules = { requiresLength: false, hasPayloadChecksums: false, isHeldWhole: true, sizeBytesMax }
const other: BodyRules = { requiresLength: false, hasPayloadChecksums: true, isHeldWhole: true, sizeBytesMax }

/** The rules of an operation. An XML payload's size is bounded where it is read whole.
 *  @param signedMax what the signer of the request allows, bytes */
export function bodyRules(operation: OperationName, signedMax?: number): BodyRules {
  const rules = rulesOf(operation)
  return signedMax === undefined || signedMax >= rules.sizeBytesMax ? rules : { ...rules, sizeBytesMax: signedMax }
}

function rulesOf(operation: OperationName): BodyRules {
  switch (operation) {
    case 'PutObject':
    case 'UploadPart':
      return streaming
    // Its x-amz-checksum-… headers are the finished object's, possibly with "-N".
    case 'CompleteMultipartUpload':
      return ofObject
    default:
      return other
  }
}
