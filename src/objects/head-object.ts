// HeadObject: all that GetObject tells, without the bytes.

import type { Operation } from '../contract/operation.js'
import type { Store } from '../store/store.js'
import { describe, openToRead } from './read-request.js'

/** Answers what is known of an object.
 *  @throws as GetObject; the wire sends no body with it
 *  Source: AWS API reference, HeadObject */
export const headObject =
  (store: Store): Operation<'HeadObject'> =>
  async (input, call) =>
    describe(await openToRead(store, input, call.decidedOn), input)
