// What each operation of S3 needs: the one table of actions and resources. Pure; nothing is allowed here.

import { bucketRights } from './actions/bucket-rights.js'
import { objectRights } from './actions/object-rights.js'
import type { Right, RightsOf, Target } from './actions/right.js'
import type { Input, OperationName } from './operation.js'

export type { Right, Target } from './actions/right.js'
export { rightsOfDelete, rightToKnowMissing } from './actions/right.js'

const table: { readonly [Name in OperationName]: RightsOf<Name> } = { ...bucketRights, ...objectRights }

/** Everything an operation needs, all of it: its own right first. DeleteObjects alone needs nothing as a whole: `rightsOfDelete` says what each of its
 *  entries needs.
 *  @param input what is known of it. Only CreateBucket's tags come from a document; everything else that is read here travels in headers and in the query
 *  @throws InvalidArgument for a source that is none
 *  Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3"; S3 User Guide, "Required permissions for Amazon S3 API
 *  operations" */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- `Name` ties an operation to its input
export function rightsOf<Name extends OperationName>(
  operation: Name,
  address: Target,
  input: Partial<Input<Name>>,
): readonly Right[] {
  const rights: RightsOf<Name> = table[operation]
  return rights(address, input)
}
