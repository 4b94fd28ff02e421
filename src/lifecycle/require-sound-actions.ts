// Which actions a lifecycle rule may have: when they happen, to which class, and in which order. Pure.
// Sources: AWS API reference, LifecycleExpiration, Transition, NoncurrentVersionExpiration, NoncurrentVersionTransition and
// AbortIncompleteMultipartUpload; User Guide, "Transitioning objects using Amazon S3 Lifecycle".

import type { LifecycleRule, NoncurrentVersionTransition, Transition } from '@aws-sdk/client-s3'
import { S3Error } from '../contract/errors.js'
import { invalidArgument, invalidRequest } from './refusals.js'

/** Classes that rules move objects to, in the order of the User Guide's waterfall: "you can't move back up". */
const classes: readonly string[] = [
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'ONEZONE_IA',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
]

/** "Before you transition objects to S3 Standard-IA or S3 One Zone-IA, you must store them for at least 30 days in Amazon S3." */
const infrequentClasses: readonly string[] = ['STANDARD_IA', 'ONEZONE_IA']
const infrequentDaysMin = 30

/** "You can specify up to 100 noncurrent versions to retain." */
const newerVersionsMax = 100

/** Integers of S3's schema have 32 bits. */
const integersMax = 2_147_483_647

const dayMs = 86_400_000

/** One step of a rule on its way down, whichever kind of version it is for. */
interface Step {
  readonly storageClass: string
  readonly unit: string
  /** Days, or ms since 1970 of a Date. */
  readonly when: number
}

/** Checks what a rule does.
 *  @param scope the rule's objects as S3's errors name them ("filter '(prefix=a/)'")
 *  @throws MalformedXML, InvalidArgument, InvalidRequest */
export function requireSoundActions(rule: LifecycleRule, scope: string): void {
  const { Expiration, Transitions = [], NoncurrentVersionTransitions = [] } = rule
  const { NoncurrentVersionExpiration, AbortIncompleteMultipartUpload } = rule
  const others = [Expiration, NoncurrentVersionExpiration, AbortIncompleteMultipartUpload]
  if (
    others.every((action) => action === undefined) &&
    Transitions.length + NoncurrentVersionTransitions.length === 0
  ) {
    throw invalidRequest('At least one action needs to be specified in a rule')
  }
  if (AbortIncompleteMultipartUpload !== undefined) {
    const { DaysAfterInitiation } = AbortIncompleteMultipartUpload
    requirePositive(DaysAfterInitiation, 'DaysAfterInitiation', 'AbortIncompleteMultipartUpload')
  }
  const expires = expirationOf(rule)
  requireDescent(Transitions.map(stepOf), expires, ['Transition', 'Expiration'], scope)
  const ceases = noncurrentExpirationOf(rule)
  const kinds = ['NoncurrentVersionTransition', 'NoncurrentVersionExpiration'] as const
  requireDescent(NoncurrentVersionTransitions.map(noncurrentStepOf), ceases, kinds, scope)
}

/** When objects expire; undefined where they do not.
 *  "ExpiredObjectDeleteMarker … cannot be specified with Days or Date", and S3's schema has a choice of Days and Date. */
function expirationOf({ Expiration: expiration }: LifecycleRule): Omit<Step, 'storageClass'> | undefined {
  if (expiration === undefined) return undefined
  const { Date: date, Days: days, ExpiredObjectDeleteMarker: isMarkers } = expiration
  if ([date, days, isMarkers].filter((one) => one !== undefined).length !== 1) throw new S3Error('MalformedXML')
  if (date !== undefined) return { unit: 'Date', when: midnight(date) }
  if (days === undefined) return undefined
  requirePositive(days, 'Days', 'Expiration')
  return { unit: 'Days', when: days }
}

function noncurrentExpirationOf(rule: LifecycleRule): Omit<Step, 'storageClass'> | undefined {
  const action = 'NoncurrentVersionExpiration'
  const { [action]: expiration } = rule
  if (expiration === undefined) return undefined
  const { NoncurrentDays: days = 0, NewerNoncurrentVersions: newer } = expiration
  // Needed even beside NewerNoncurrentVersions: a version is kept until both hold.
  requirePositive(expiration.NoncurrentDays, 'NoncurrentDays', action)
  requireNewerVersions(newer, action)
  return { unit: 'NoncurrentDays', when: days }
}

function stepOf(transition: Transition): Step {
  const { Date: date, Days: days } = transition
  const storageClass = classOf(transition)
  if ((date === undefined) === (days === undefined)) throw new S3Error('MalformedXML')
  if (date !== undefined) return { storageClass, unit: 'Date', when: midnight(date) }
  return { storageClass, unit: 'Days', when: waited(days, 'Days', 'Transition', storageClass) }
}

function noncurrentStepOf(transition: NoncurrentVersionTransition): Step {
  const action = 'NoncurrentVersionTransition'
  const storageClass = classOf(transition)
  const when = waited(transition.NoncurrentDays, 'NoncurrentDays', action, storageClass)
  requireNewerVersions(transition.NewerNoncurrentVersions, action)
  return { storageClass, unit: 'NoncurrentDays', when }
}

function classOf({ StorageClass: storageClass = '' }: { StorageClass?: string | undefined }): string {
  if (!classes.includes(storageClass)) throw new S3Error('MalformedXML')
  return storageClass
}

/** Days before a transition: "The value can be 0 or any positive integer." */
function waited(days: number | undefined, unit: string, action: string, storageClass: string): number {
  if (days === undefined || days > integersMax) throw new S3Error('MalformedXML')
  if (days < 0) throw invalidArgument(`'${unit}' in ${action} action must be nonnegative`)
  if (days < infrequentDaysMin && infrequentClasses.includes(storageClass)) {
    throw invalidArgument(
      `'${unit}' in ${action} action must be greater than or equal to ${infrequentDaysMin} for storageClass '${storageClass}'`,
    )
  }
  return days
}

/** "The value must be a non-zero positive integer." */
function requirePositive(days: number | undefined, unit: string, action: string): void {
  if (days === undefined || days > integersMax) throw new S3Error('MalformedXML')
  if (days < 1) throw invalidArgument(`'${unit}' for ${action} action must be a positive integer`)
}

function requireNewerVersions(count: number | undefined, action: string): void {
  if (count === undefined) return
  requirePositive(count, 'NewerNoncurrentVersions', action)
  if (count > newerVersionsMax) {
    throw invalidArgument(`'NewerNoncurrentVersions' for ${action} action must not exceed ${newerVersionsMax}`)
  }
}

/** "The time is always midnight UTC."
 *  @returns ms since 1970 */
function midnight(date: Date): number {
  const ms = date.getTime()
  if (ms % dayMs !== 0) throw invalidArgument("'Date' must be at midnight GMT")
  return ms
}

/** Checks that a rule's steps go down the waterfall, each later than the one above, and what they end in last of all. */
function requireDescent(
  steps: readonly Step[],
  end: Omit<Step, 'storageClass'> | undefined,
  [action, last]: readonly [action: string, last: string],
  scope: string,
): void {
  const sorted = steps.toSorted((a, b) => classes.indexOf(a.storageClass) - classes.indexOf(b.storageClass))
  sorted.forEach((step, index) => {
    const above = sorted[index - 1]
    if (above === undefined) return
    if (above.storageClass === step.storageClass) {
      throw invalidRequest(`'StorageClass' must be different for '${action}' actions in same 'Rule' with ${scope}`)
    }
    if (above.unit !== step.unit) {
      throw invalidRequest(`Found mixed 'Date' and 'Days' based ${action} actions in lifecycle rule for ${scope}`)
    }
    if (above.when >= step.when) {
      const of = ({ storageClass }: Step) => `the ${action} action for StorageClass '${storageClass}' for ${scope}`
      throw invalidArgument(`'${step.unit}' in ${of(step)} must be greater than '${step.unit}' in ${of(above)}`)
    }
  })
  const lowest = sorted.at(-1)
  if (lowest === undefined || end === undefined) return
  if (lowest.unit !== end.unit) {
    throw invalidRequest(
      `Found mixed 'Date' and 'Days' based ${last} and ${action} actions in lifecycle rule for ${scope}`,
    )
  }
  if (lowest.when >= end.when) {
    throw invalidArgument(
      `'${end.unit}' in the ${last} action for ${scope} must be greater than '${end.unit}' in the ${action} action`,
    )
  }
}
