// IAM's sentences when something is not there, is there already, is in use, or is one too many.

import { IamError } from '../../../contract/iam-errors.js'

/** Users, groups and roles. */
export type IdentityKind = 'user' | 'group' | 'role'

export const noSuchIdentity = (kind: IdentityKind, name: string): IamError =>
  new IamError('NoSuchEntity', `The ${kind} with name ${name} cannot be found.`)

export const noSuchPolicy = (arn: string): IamError =>
  new IamError('NoSuchEntity', `Policy ${arn} does not exist or is not attachable.`)

export const noSuchKey = (id: string): IamError =>
  new IamError('NoSuchEntity', `The Access Key with id ${id} cannot be found.`)

export const alreadyExists = (what: string): IamError => new IamError('EntityAlreadyExists', `${what} already exists.`)

export const inUse = (why: string): IamError =>
  new IamError('DeleteConflict', `Cannot delete entity, must ${why} first.`)

/** @param quota IAM's name of it ("UsersPerAccount") */
export const overQuota = (quota: string, max: number): IamError =>
  new IamError('LimitExceeded', `Cannot exceed quota for ${quota}: ${max}`)
