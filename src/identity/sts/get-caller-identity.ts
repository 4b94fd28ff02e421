// GetCallerIdentity and GetAccessKeyInfo: who somebody is, and whose a key is.

import { IamError } from '../../contract/iam-errors.js'
import type { StsOperation } from '../../contract/sts-operation.js'
import { accountNumberOfKey } from '../../store/catalog/identity/sts-lookups.js'
import type { Store } from '../../store/store.js'

/** Answers who asks. AWS: "No permissions are required to perform this operation."
 *  Source: AWS STS API reference, GetCallerIdentity */
export const getCallerIdentity =
  (): StsOperation<'GetCallerIdentity'> =>
  async (_, { principal }) => {
    if (principal.kind === 'anonymous')
      throw new IamError('MissingAuthenticationToken', 'Request is missing Authentication Token')
    const { account, arn } = principal
    return { UserId: principal.kind === 'root' ? account.number : principal.id, Account: account.number, Arn: arn }
  }

/** Answers the account of a key that is kept here. Temporary keys are not, so that nobody can tell.
 *  @throws ValidationError
 *  Source: AWS STS API reference, GetAccessKeyInfo */
export const getAccessKeyInfo =
  (store: Store): StsOperation<'GetAccessKeyInfo'> =>
  async (input, { principal, accessKeyId }) => {
    const asked = input.AccessKeyId ?? ''
    const isOwn = asked === accessKeyId && principal.kind !== 'anonymous'
    const number = isOwn ? principal.account.number : await store.catalog.read(accountNumberOfKey, asked)
    if (number === undefined) throw new IamError('ValidationError', 'Invalid Access Key ID')
    return { Account: number }
  }
