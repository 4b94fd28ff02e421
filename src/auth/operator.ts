// The operator: the root account of the server, whose key stands in no table, and whose reach is every account.

import type { AccountName } from '../contract/access.js'
import { rootArn } from '../contract/arns.js'
import type { Key } from './keys.js'
import type { RootKey } from './root-key.js'

/** The operator's key.
 *  @param account that of `root.accountId` */
export function operatorKey(root: RootKey, account: AccountName): Key {
  return {
    secret: root.secret,
    standing: {
      caller: {
        accountId: account.id,
        displayName: account.name,
        accessKeyId: root.accessKeyId,
        principal: { kind: 'root', account, arn: rootArn(account.number), isOperator: true },
      },
      policies: { identity: [], session: [] },
    },
  }
}
