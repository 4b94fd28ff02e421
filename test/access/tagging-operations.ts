// PutObjectTagging as the server has it, with something that happens between permission and use.

import { systemClock, type Operation } from '../../src/contract/operation.js'
import { putObjectTagging } from '../../src/objects/object-tagging.js'
import type { Store } from '../../src/store/store.js'

/** @param between done before the operation begins, after it was allowed */
export function objectTaggingOperations(
  store: () => Store,
  between: () => Promise<void>,
): { readonly PutObjectTagging: Operation<'PutObjectTagging'> } {
  return {
    PutObjectTagging: async (input, call) => {
      await between()
      return putObjectTagging(store(), systemClock)(input, call)
    },
  }
}
