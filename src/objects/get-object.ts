// GetObject: the bytes of a version, or a range of them.

import type { Operation } from '../contract/operation.js'
import type { Store } from '../store/store.js'
import { describe, openToRead } from './read-request.js'

/** Answers an object. Each 64 KiB of it is checked before it is sent.
 *  @throws NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed, PreconditionFailed, NotModified, InvalidRange, InvalidPartNumber
 *  Source: AWS API reference, GetObject */
export const getObject =
  (store: Store): Operation<'GetObject'> =>
  async (input, call) => {
    // A number from before the look-up: what is gone later than it is kept while we read.
    const number = store.catalog.number()
    const found = await openToRead(store, input, call.decidedOn)
    const { version, range } = found
    const small = await store.smallBody(version)
    const Body = small?.subarray(range?.start, range?.end) ?? store.readBody({ ...version, number }, range)
    return describe(found, input, Body)
  }
