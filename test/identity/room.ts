// A store of one's own with an account, and IAM's operations on it as somebody asks for them: without HTTP, authentication or rights.

import type { IamCall, IamInput, IamOperationName, IamOutput } from '../../src/contract/iam-operation.js'
import { rootArn } from '../../src/contract/arns.js'
import { iamOperations } from '../../src/iam-operations.js'
import { administrationOf } from '../../src/identity/administration.js'
import { accountOf } from '../../src/store/catalog/identity/accounts.js'
import { openStore } from '../../src/store/open-store.js'
import { temporaryDirectory } from '../store/temporary-directory.js'

/** Canonical id of the server's own account. */
export const operatorId = 'a'.repeat(64)

/** Id of the server's root key. */
export const operatorKeyId = 'TESTROOTACCESSKEY000'

/** A policy that is understood. */
export const document = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' }],
})

/** A trust policy that is understood. */
export const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
})

type Operations = ReturnType<typeof iamOperations>

/** Opens a store in a directory of its own; it is gone after the test.
 *  @param later of `afterEachTest` */
export async function openRoom(later: (end: () => unknown) => void) {
  const clock = { at: 1_700_000_000_000, now: () => clock.at }
  const directory = await temporaryDirectory(later)
  const store = await openStore({ directory, clock, ownerId: operatorId, ownerName: 'root' })
  later(() => store.close())
  const operations = iamOperations(store, clock)
  const administration = administrationOf(store, clock, { accountId: operatorId, accessKeyId: operatorKeyId })
  const account = await store.catalog.read(accountOf, operatorId)
  const number = account?.number ?? ''
  const root: IamCall = {
    principal: {
      kind: 'root',
      account: { id: operatorId, number, name: 'root' },
      arn: rootArn(number),
      isOperator: true,
    },
    accessKeyId: operatorKeyId,
    requestId: 'r',
  }
  /** Calls an operation, as root unless said otherwise. */
  const ask = async <Name extends IamOperationName & keyof Operations>(
    name: Name,
    input: IamInput<Name>,
    call: IamCall = root,
  ): Promise<IamOutput<Name>> => {
    // The table has under each name the operation of that name.
    const operation = operations[name] as (input: IamInput<Name>, call: IamCall) => Promise<IamOutput<Name>>
    return operation(input, call)
  }
  /** A call by a user of the account. */
  const callOf = (user: string): IamCall => ({
    ...root,
    principal: {
      kind: 'user',
      account: { id: operatorId, number, name: 'root' },
      arn: `arn:aws:iam::${number}:user/${user}`,
      id: 'AIDA',
      name: user,
      tags: new Map(),
    },
  })
  return { store, directory, clock, number, root, ask, callOf, administration }
}

/** What `openRoom` answers. */
export type Room = Awaited<ReturnType<typeof openRoom>>
