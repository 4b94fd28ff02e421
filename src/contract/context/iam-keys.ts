// Which condition keys an operation of IAM or STS gives, of its input and of what it is about. Pure.

import type { Question } from '../access.js'
import { type TagPairs, tagPairs, valuesOfTag } from './tag-pairs.js'

/** What the input does not say. */
export interface IamSubjectFacts {
  /** ARN of the boundary that the user or role has which is asked about: undefined when it has none. */
  readonly boundaryArn?: (() => string | undefined) | undefined
  /** Tags of what is asked about. */
  readonly tags?: (() => TagPairs) | undefined
}

/** Operations whose input states the boundary that is to hold; for others it is the one that holds. */
const statesBoundary: ReadonlySet<string> = new Set([
  'CreateRole',
  'CreateUser',
  'PutRolePermissionsBoundary',
  'PutUserPermissionsBoundary',
])

/** Operations whose PolicyArn is a key: those that attach and detach. */
const attaches = /^(?:Attach|Detach)(?:Group|Role|User)Policy$/

/** Keys that are members of STS's inputs. */
const memberKeys: ReadonlyMap<string, string> = new Map([
  ['sts:durationseconds', 'DurationSeconds'],
  ['sts:externalid', 'ExternalId'],
  ['sts:rolesessionname', 'RoleSessionName'],
  ['sts:sourceidentity', 'SourceIdentity'],
  ['sts:transitivetagkeys', 'TransitiveTagKeys'],
])

/** For `more` of a request's facts.
 *  @param input of the operation, as its SDK has it
 *  Source: Service Authorization Reference, "Condition keys for AWS Identity and Access Management" and "… AWS Security Token Service" */
export function iamKeysOf(operation: string, input: object, facts: IamSubjectFacts = {}): Question['context'] {
  return (key) => {
    if (key === 'iam:policyarn') return attaches.test(operation) ? textsOf(input, 'PolicyArn') : undefined
    if (key === 'iam:permissionsboundary') {
      if (statesBoundary.has(operation)) return textsOf(input, 'PermissionsBoundary')
      const boundary = facts.boundaryArn?.()
      return boundary === undefined ? undefined : [boundary]
    }
    if (key === 'aws:tagkeys') return tagKeysOf(input)
    const slash = key.indexOf('/')
    if (slash < 0) {
      const member = memberKeys.get(key)
      return member === undefined ? undefined : textsOf(input, member)
    }
    const name = key.slice(slash + 1)
    if (key.startsWith('aws:requesttag/')) return valuesOfTag(tagsOf(input), name)
    if (key.startsWith('aws:resourcetag/') || key.startsWith('iam:resourcetag/')) {
      return valuesOfTag(facts.tags?.() ?? [], name)
    }
    return undefined
  }
}

const memberOf = (input: object, name: string): unknown => Object.getOwnPropertyDescriptor(input, name)?.value

function textsOf(input: object, name: string): readonly string[] | undefined {
  const value = memberOf(input, name)
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return list.length === 0 ? undefined : list.map(String)
}

const tagsOf = (input: object): TagPairs => tagPairs(memberOf(input, 'Tags'))

/** Of tags that are set, or that are taken away. */
function tagKeysOf(input: object): readonly string[] | undefined {
  const keys = tagsOf(input).map(([key]) => key)
  return keys.length === 0 ? textsOf(input, 'TagKeys') : keys
}
