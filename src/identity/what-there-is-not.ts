// Operations about what users and roles have on AWS and never have here: passwords, certificates, devices, instance profiles. That there are none is the
// truth, and programs that take a user or role away ask for each of them first.

import { IamError } from '../contract/iam-errors.js'
import type { IamCall, IamOperations } from '../contract/iam-operation.js'
import { identityNamed } from '../store/catalog/identity/identities.js'
import type { Store } from '../store/store.js'
import { requireRoleName, requireUserOrCaller } from './check-input.js'

/** Answers that there is nothing of the kind, of a user or role that there is.
 *  @throws ValidationError, NoSuchEntity */
export function whatThereIsNot({ catalog }: Store) {
  const requireUser = async (input: { UserName?: string | undefined }, call: IamCall): Promise<string> => {
    const name = requireUserOrCaller(input.UserName, call)
    await catalog.read(identityNamed, { accountId: call.principal.account.id, kind: 'user', name })
    return name
  }
  const noLoginProfile = async (input: { UserName?: string | undefined }, call: IamCall): Promise<never> => {
    const name = await requireUser(input, call)
    throw new IamError('NoSuchEntity', `Login Profile for User ${name} cannot be found.`)
  }
  return {
    DeleteLoginProfile: noLoginProfile,
    GetLoginProfile: noLoginProfile,
    async ListInstanceProfilesForRole(input, { principal }) {
      const name = requireRoleName(input.RoleName)
      await catalog.read(identityNamed, { accountId: principal.account.id, kind: 'role', name })
      return { InstanceProfiles: [], IsTruncated: false }
    },
    async ListMFADevices(input, call) {
      await requireUser(input, call)
      return { MFADevices: [], IsTruncated: false }
    },
    async ListServiceSpecificCredentials(input, call) {
      await requireUser(input, call)
      return { ServiceSpecificCredentials: [] }
    },
    async ListSigningCertificates(input, call) {
      await requireUser(input, call)
      return { Certificates: [], IsTruncated: false }
    },
    async ListSSHPublicKeys(input, call) {
      await requireUser(input, call)
      return { SSHPublicKeys: [], IsTruncated: false }
    },
  } satisfies IamOperations
}
