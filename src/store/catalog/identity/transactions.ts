// Every transaction on identities. All of them raise the access number but for `noteKeyUses`, which changes nothing that authorization reads.

import type { Transaction } from '../steps.js'
import { createAccessKey, deleteAccessKey, noteKeyUses, rotateAccessKey, updateAccessKey } from './access-keys.js'
import { createAccount, deleteAccount, updateAccount } from './accounts.js'
import { attachPolicy, detachPolicy } from './attachments.js'
import { addGroupMember, removeGroupMember } from './group-members.js'
import {
  createIdentity,
  deleteIdentity,
  renameIdentity,
  revokeSessions,
  setBoundary,
  tagIdentity,
  updateRole,
} from './identities.js'
import { deleteInlinePolicy, putInlinePolicy } from './inline-policies.js'
import { setMasterKeyCheck } from './master-key-check.js'
import { createOidcProvider, deleteOidcProvider, updateOidcProvider } from './oidc-providers.js'
import {
  createPolicy,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  setDefaultPolicyVersion,
  tagPolicy,
} from './policies.js'

/** One line each, alphabetical. */
export const identityTransactions: readonly Transaction<never, unknown>[] = [
  addGroupMember,
  attachPolicy,
  createAccessKey,
  createAccount,
  createIdentity,
  createOidcProvider,
  createPolicy,
  createPolicyVersion,
  deleteAccessKey,
  deleteAccount,
  deleteIdentity,
  deleteInlinePolicy,
  deleteOidcProvider,
  deletePolicy,
  deletePolicyVersion,
  detachPolicy,
  noteKeyUses,
  putInlinePolicy,
  removeGroupMember,
  renameIdentity,
  revokeSessions,
  rotateAccessKey,
  setBoundary,
  setDefaultPolicyVersion,
  setMasterKeyCheck,
  tagIdentity,
  tagPolicy,
  updateAccessKey,
  updateAccount,
  updateOidcProvider,
  updateRole,
]
