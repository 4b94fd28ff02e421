// What whoever asks for a session may say about it: names, durations, policies and tags, refused in STS's words where they are none.
// Source: AWS STS API reference, AssumeRole, AssumeRoleWithWebIdentity, GetSessionToken, GetFederationToken.

import type { PolicyDescriptorType, Tag } from '@aws-sdk/client-sts'
import { IamError } from '../../contract/iam-errors.js'
import { parsePolicy } from '../../contract/policy/parse-policy.js'
import { policySizes } from '../../contract/policy/policy-size.js'
import { PolicyFault } from '../../contract/policy/policy.js'
import type { Session } from '../../contract/session-token.js'

/** Seconds a session may last. */
export interface Durations {
  readonly usual: number
  readonly max: number
}

/** AWS: "The value can range from 900 seconds (15 minutes)". */
const secondsMin = 900

/** AWS: "Role chaining limits your … role session to a maximum of one hour". */
export const chainedSecondsMax = 3600

/** `DurationSeconds`, or what is usual.
 *  @param tooLong what is said beyond the maximum of the role, in place of the general sentence
 *  @throws ValidationError */
export function requireDuration(seconds: number | undefined, { usual, max }: Durations, tooLong?: string): number {
  const duration = seconds ?? Math.min(usual, max)
  if (duration < secondsMin) {
    throw constraint(
      'durationSeconds',
      String(duration),
      `Member must have value greater than or equal to ${secondsMin}`,
    )
  }
  if (duration > max) {
    if (tooLong !== undefined) throw new IamError('ValidationError', tooLong)
    throw constraint('durationSeconds', String(duration), `Member must have value less than or equal to ${max}`)
  }
  return duration
}

/** Names of sessions and identities: upper and lower-case letters, digits, and _ + = , . @ -. */
const namePattern = /^[\w+=,.@-]+$/

/** A `RoleSessionName`, `SourceIdentity` or `Name`.
 *  @throws ValidationError */
export function requireName(member: string, name: string | undefined, sizeMax = 64): string {
  if (name === undefined) throw constraint(member, 'null', 'Member must not be null')
  if (name.length < 2) throw constraint(member, name, 'Member must have length greater than or equal to 2')
  if (name.length > sizeMax) throw constraint(member, name, `Member must have length less than or equal to ${sizeMax}`)
  if (!namePattern.test(name)) {
    throw constraint(member, name, 'Member must satisfy regular expression pattern: [\\w+=,.@-]*')
  }
  return name
}

const externalIdPattern = /^[\w+=,.@:/-]{2,1224}$/

/** @throws ValidationError */
export function requireExternalId(id: string | undefined): string | undefined {
  if (id !== undefined && !externalIdPattern.test(id)) {
    throw constraint('externalId', id, 'Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*')
  }
  return id
}

/** Inline and managed session policies. */
export type SessionPolicies = Pick<Session, 'policies' | 'policyArns'>

/** AWS: "You can provide up to 10 managed policy ARNs". */
const policyArnsMax = 10

/** Policies of a session, inline and by ARN, as they are kept with it.
 *  @throws MalformedPolicyDocument, ValidationError */
export function requirePolicies(
  inline: string | undefined,
  descriptors: readonly PolicyDescriptorType[] = [],
): SessionPolicies {
  if (inline !== undefined) requireSessionPolicy(inline)
  if (descriptors.length > policyArnsMax) {
    throw constraint(
      'policyArns',
      `${descriptors.length} of them`,
      `Member must have length less than or equal to ${policyArnsMax}`,
    )
  }
  const policyArns = descriptors.map(({ arn }) => {
    if (arn === undefined || !/^arn:aws:iam::(?:aws|\d{12}):policy\/\S+$/.test(arn) || arn.length > 2048) {
      throw new IamError('ValidationError', `The specified value for policyArns is invalid: ${arn ?? 'null'}`)
    }
    return arn
  })
  return { policies: inline === undefined ? [] : [inline], policyArns: [...new Set(policyArns)] }
}

function requireSessionPolicy(text: string): void {
  if (text.length > policySizes.sessionMax) {
    throw constraint(
      'policy',
      'a longer one',
      `Member must have length less than or equal to ${policySizes.sessionMax}`,
    )
  }
  try {
    parsePolicy(text, 'session', { name: 'session policy' })
  } catch (cause) {
    if (cause instanceof PolicyFault) throw new IamError('MalformedPolicyDocument', cause.message, cause)
    throw cause
  }
}

/** Session tags and which of them go on. */
export type SessionTags = Pick<Session, 'tags' | 'transitiveTagKeys'>

/** AWS: "You can pass up to 50 session tags. The plaintext session tag keys can't exceed 128 characters, and the values can't exceed 256 characters." */
const tagsMax = 50
const tagPattern = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Tags of a session, those of the session before it that go on among them.
 *  @param parent the session they are asked for with
 *  @throws InvalidParameterValue, ValidationError */
export function requireTags(
  tags: readonly Tag[] = [],
  transitiveKeys: readonly string[] = [],
  parent?: Session,
): SessionTags {
  if (tags.length > tagsMax) {
    throw constraint('tags', `${tags.length} of them`, `Member must have length less than or equal to ${tagsMax}`)
  }
  // AWS: "Tag key–value pairs are not case sensitive, but case is preserved."
  const seen = new Set<string>()
  const all: Record<string, string> = Object.create(null) as Record<string, string>
  for (const key of parent?.transitiveTagKeys ?? []) {
    seen.add(key.toLowerCase())
    all[key] = parent?.tags[key] ?? ''
  }
  const inherited = Object.keys(all)
  for (const { Key: key = '', Value: value = '' } of tags) {
    if (key.length < 1 || key.length > 128 || !tagPattern.test(key) || key.toLowerCase().startsWith('aws:')) {
      throw new IamError('ValidationError', 'The tag key you have provided is invalid.')
    }
    if (value.length > 256 || !tagPattern.test(value)) {
      throw new IamError('ValidationError', 'The tag value you have provided is invalid.')
    }
    if (seen.has(key.toLowerCase())) {
      const isInherited = inherited.some((other) => other.toLowerCase() === key.toLowerCase())
      throw new IamError(
        'InvalidParameterValue',
        isInherited
          ? 'One of the specified transitive tag keys can’t be set because it conflicts with a transitive tag key from the calling session.'
          : 'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
      )
    }
    seen.add(key.toLowerCase())
    all[key] = value
  }
  for (const key of transitiveKeys) {
    if (!(key in all)) {
      throw new IamError(
        'InvalidParameterValue',
        'The specified transitive tag key must be included in the requested tags.',
      )
    }
  }
  return { tags: { ...all }, transitiveTagKeys: [...new Set([...inherited, ...transitiveKeys])] }
}

/** Source: as STS answers it. */
function constraint(member: string, value: string, what: string): IamError {
  const shown = value === 'null' ? value : `'${value}'`
  return new IamError(
    'ValidationError',
    `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${what}`,
  )
}
