// What every operation on identities asks of its input: names, paths, tags and documents as IAM allows them. The SDK's schema does not say how long
// a member may be; the limits are those of the IAM API reference.

import { IamError } from '../contract/iam-errors.js'
import { iamLengths, pageItems } from '../contract/iam-limits.js'
import type { IamCall } from '../contract/iam-operation.js'
import { parsePolicy } from '../contract/policy/parse-policy.js'
import { PolicyFault, type PolicyKind } from '../contract/policy/policy.js'
import { requirePolicySize } from '../contract/policy/policy-size.js'
import type { Tag } from '../store/catalog/identity/tags.js'

/** Characters of a refused value that are told back. */
const shownLengthMax = 256

/** IAM's sentence for a member it refuses.
 *  @param member its name in the API ("UserName") */
export function invalid(member: string, value: string | number | undefined, constraint: string): IamError {
  const shown = value === undefined ? 'null' : `'${String(value).slice(0, shownLengthMax)}'`
  const name = `${member.charAt(0).toLowerCase()}${member.slice(1)}`
  const message = `1 validation error detected: Value ${shown} at '${name}' failed to satisfy constraint: ${constraint}`
  return new IamError('ValidationError', message)
}

const namePattern = /^[\w+=,.@-]+$/

/** A name that must be there.
 *  @throws ValidationError */
export function requireName(member: string, value: string | undefined, lengthMax: number): string {
  if (value === undefined) throw invalid(member, value, 'Member must not be null')
  if (value.length === 0) throw invalid(member, value, 'Member must have length greater than or equal to 1')
  if (value.length > lengthMax) {
    throw invalid(member, value, `Member must have length less than or equal to ${lengthMax}`)
  }
  if (!namePattern.test(value)) {
    throw new IamError(
      'ValidationError',
      `The specified value for ${member.charAt(0).toLowerCase()}${member.slice(1)} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  }
  return value
}

/** The name of a user.
 *  @throws ValidationError */
export const requireUserName = (value: string | undefined, member = 'UserName'): string =>
  requireName(member, value, iamLengths.UserName)

/** The name of a group.
 *  @throws ValidationError */
export const requireGroupName = (value: string | undefined, member = 'GroupName'): string =>
  requireName(member, value, iamLengths.GroupName)

/** The name of a role.
 *  @throws ValidationError */
export const requireRoleName = (value: string | undefined): string =>
  requireName('RoleName', value, iamLengths.RoleName)

/** The name of a policy.
 *  @throws ValidationError */
export const requirePolicyName = (value: string | undefined): string =>
  requireName('PolicyName', value, iamLengths.PolicyName)

/** A path: "either a forward slash (/) by itself or a string that must begin and end with forward slashes", "any ASCII character from the ! (\u0021)
 *  through the DEL character (\u007F)".
 *  @throws ValidationError */
export function requirePath(value: string | undefined, member = 'Path'): string {
  if (value === undefined) return '/'
  if (value.length > iamLengths.Path || !/^(?:\/|\/[\u0021-\u007F]+\/)$/.test(value)) {
    throw new IamError(
      'ValidationError',
      `The specified value for ${member.charAt(0).toLowerCase()}${member.slice(1)} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
    )
  }
  return value
}

/** What paths are asked to begin with; '' for all.
 *  @throws ValidationError */
export function requirePathPrefix(value: string | undefined): string {
  if (value === undefined) return ''
  if (value.length > iamLengths.Path || !/^\/[\u0021-\u007F]*$/.test(value)) {
    throw invalid('PathPrefix', value, 'Member must satisfy regular expression pattern: \\u002F[\\u0021-\\u007F]*')
  }
  return value
}

/** A description: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*".
 *  @throws ValidationError */
export function requireDescription(value: string | undefined): string | null {
  if (value === undefined) return null
  if (!/^[\t\n\r\u0020-\u007E\u00A1-\u00FF]*$/.test(value)) {
    throw invalid('Description', value, 'Member must satisfy regular expression pattern: [\\p{Print}]*')
  }
  if (value.length > iamLengths.Description) {
    throw invalid('Description', value, `Member must have length less than or equal to ${iamLengths.Description}`)
  }
  return value
}

/** "letters, numbers, and spaces representable in UTF-8, and the following characters: _ . : / = + - @" */
const tagPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Tags as they are kept.
 *  @throws ValidationError, InvalidInput */
export function requireTags(tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tag[] {
  const seen = new Set<string>()
  return tags.map(({ Key: key, Value: value = '' }) => {
    requireTagKeys(key === undefined ? undefined : [key])
    if (value.length > iamLengths.TagValue || !tagPattern.test(value)) {
      throw invalid('Tags.member.Value', value, `Member must have length less than or equal to ${iamLengths.TagValue}`)
    }
    const folded = (key ?? '').toLowerCase()
    if (seen.has(folded)) {
      throw new IamError('InvalidInput', 'Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    }
    seen.add(folded)
    return [key ?? '', value]
  })
}

/** Keys of tags.
 *  @throws ValidationError, InvalidInput */
export function requireTagKeys(keys: readonly string[] | undefined): readonly string[] {
  if (keys === undefined) throw invalid('TagKeys', undefined, 'Member must not be null')
  for (const key of keys) {
    if (key.length === 0 || key.length > iamLengths.TagKey || !tagPattern.test(key)) {
      throw invalid('Tags.member.Key', key, `Member must have length between 1 and ${iamLengths.TagKey}`)
    }
    if (key.toLowerCase().startsWith('aws:')) {
      throw new IamError('InvalidInput', 'System tags (beginning with aws:) cannot be added or changed.')
    }
  }
  return keys
}

/** A policy's text that can be understood as its kind.
 *  @param sizeMax in characters without white space
 *  @throws ValidationError, MalformedPolicyDocument, LimitExceeded */
export function requireDocument(
  text: string | undefined,
  kind: PolicyKind,
  sizeMax: number,
  member = 'PolicyDocument',
): string {
  if (text === undefined || text === '') throw invalid(member, text, 'Member must not be null')
  try {
    requirePolicySize(text, sizeMax)
  } catch (error) {
    if (error instanceof PolicyFault) throw new IamError('LimitExceeded', error.message, error)
    throw error
  }
  try {
    parsePolicy(text, kind, { name: member })
  } catch (error) {
    if (error instanceof PolicyFault) throw new IamError('MalformedPolicyDocument', error.message, error)
    throw error
  }
  return text
}

/** An ARN, by its length alone: one that names nothing is not found.
 *  @throws ValidationError */
export function requireArn(member: string, value: string | undefined): string {
  if (value === undefined) throw invalid(member, value, 'Member must not be null')
  if (value.length < 20 || value.length > 2048)
    throw invalid(member, value, 'Member must have length between 20 and 2048')
  return value
}

/** How many entries of a list are asked for.
 *  @throws ValidationError */
export function requireMaxItems(value: number | undefined): number {
  if (value === undefined) return pageItems.default
  if (!Number.isInteger(value) || value < 1 || value > pageItems.max) {
    throw invalid('MaxItems', value, `Member must have value between 1 and ${pageItems.max}`)
  }
  return value
}

/** The user an operation is about: the one it names, or else the one that asks. Null is the account itself.
 *  @throws ValidationError when a role asks for what is its own */
export function userOrCaller(name: string | undefined, { principal }: IamCall): string | null {
  if (name !== undefined) return requireUserName(name)
  if (principal.kind === 'user') return principal.name
  if (principal.kind === 'root') return null
  throw new IamError('ValidationError', 'Must specify userName when calling with non-User credentials')
}

/** `userOrCaller`, where the account itself has no such thing.
 *  @throws ValidationError */
export function requireUserOrCaller(name: string | undefined, call: IamCall): string {
  const user = userOrCaller(name, call)
  if (user === null) {
    throw new IamError('ValidationError', 'Must specify userName when calling with non-User credentials')
  }
  return user
}
