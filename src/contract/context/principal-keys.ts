// Which condition keys somebody gives by who he is. Pure.

import type { Principal } from '../access.js'
import { valuesOfTag } from './tag-pairs.js'

/** Source: IAM User Guide, "AWS global condition context keys", "Properties of the principal", and "Principal key values" */
export function principalValue(key: string, principal: Principal): readonly string[] | undefined {
  switch (key) {
    case 'aws:username':
      return principal.kind === 'user' ? [principal.name] : undefined
    case 'aws:userid':
      return [idOf(principal)]
    case 'aws:principalarn':
      // "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed the role." Anonymous requests have none.
      if (principal.kind === 'anonymous') return undefined
      return [principal.kind === 'session' ? principal.roleArn : principal.arn]
    case 'aws:principalaccount':
      return [principal.kind === 'anonymous' ? 'anonymous' : principal.account.number]
    case 'aws:principaltype':
      return [types[principal.kind]]
    default:
      return tagOrClaim(key, principal)
  }
}

const types: Readonly<Record<Principal['kind'], string>> = {
  anonymous: 'Anonymous',
  root: 'Account',
  user: 'User',
  session: 'AssumedRole',
}

function idOf(principal: Principal): string {
  if (principal.kind === 'anonymous') return 'anonymous'
  return principal.kind === 'root' ? principal.account.number : principal.id
}

const tagPrefix = 'aws:principaltag/'

function tagOrClaim(key: string, principal: Principal): readonly string[] | undefined {
  if (principal.kind !== 'user' && principal.kind !== 'session') return undefined
  if (key.startsWith(tagPrefix)) return valuesOfTag([...principal.tags], key.slice(tagPrefix.length))
  if (principal.kind !== 'session' || principal.federated === undefined) return undefined
  const values = principal.federated.get(key)
  if (values !== undefined) return values
  // An issuer writes its claims in the case it likes; keys have none.
  for (const [name, claims] of principal.federated) if (name.toLowerCase() === key) return claims
  return undefined
}
