// Lifecycle rules that S3 takes, and those it refuses, each with S3's code.

import { doesNotThrow, throws } from 'node:assert/strict'
import type { LifecycleRule } from '@aws-sdk/client-s3'
import { S3Error } from '../../src/contract/errors.js'
import { requireSoundRules } from '../../src/lifecycle/require-sound-rules.js'

const midnight = new Date('2030-01-01T00:00:00Z')
const later = new Date('2031-01-01T00:00:00Z')
const expiring: LifecycleRule = { Status: 'Enabled', Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } }
const of2012: LifecycleRule = { Status: 'Enabled', Prefix: 'a/', Expiration: { Days: 1 } }
const tags = [
  { Key: 'a', Value: '1' },
  { Key: 'b', Value: '2' },
]

/** A rule with an action of its own. */
const doing = (actions: Partial<LifecycleRule>): LifecycleRule => ({ Status: 'Enabled', Filter: {}, ...actions })

/** A rule for some objects. */
const on = (Filter: LifecycleRule['Filter']): LifecycleRule => ({ ...expiring, Filter })

/** What XML can say and the SDK's types cannot. */
const said = (text: string) => text as never

describe('requireSoundRules', () => {
  const sound: [what: string, rules: LifecycleRule[]][] = [
    ['a rule with a filter', [expiring]],
    ['a rule with a prefix', [of2012]],
    ['a rule that is disabled', [{ ...of2012, Status: 'Disabled' }]],
    ['a filter that is empty', [on({})]],
    ['a filter by a tag', [on({ Tag: { Key: 'k', Value: '' } })]],
    [
      'a filter by everything',
      [on({ And: { Prefix: 'a', Tags: tags, ObjectSizeGreaterThan: 0, ObjectSizeLessThan: 2 } })],
    ],
    ['an ID of 255 characters', [{ ...expiring, ID: 'i'.repeat(255) }]],
    ['rules without an ID', [expiring, { ...expiring, ID: '' }, { ...expiring, ID: '' }]],
    ['1,000 rules', Array.from({ length: 1000 }, () => expiring)],
    ['a date', [doing({ Expiration: { Date: midnight } })]],
    ['a date that is past', [doing({ Expiration: { Date: new Date(0) } })]],
    ['delete markers', [doing({ Expiration: { ExpiredObjectDeleteMarker: true } })]],
    ['uploads that are not completed', [doing({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })]],
    [
      'noncurrent versions',
      [doing({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 100 } })],
    ],
    ['a transition at once', [doing({ Transitions: [{ Days: 0, StorageClass: 'GLACIER' }] })]],
    [
      'transitions down the waterfall, in any order, and an expiration after them',
      [
        doing({
          Transitions: [
            { Days: 60, StorageClass: 'GLACIER' },
            { Days: 30, StorageClass: 'STANDARD_IA' },
          ],
          NoncurrentVersionTransitions: [
            { NoncurrentDays: 30, StorageClass: 'ONEZONE_IA' },
            { NoncurrentDays: 31, StorageClass: 'DEEP_ARCHIVE', NewerNoncurrentVersions: 1 },
          ],
          Expiration: { Days: 61 },
          NoncurrentVersionExpiration: { NoncurrentDays: 32 },
        }),
      ],
    ],
    [
      'transitions by date',
      [doing({ Transitions: [{ Date: midnight, StorageClass: 'GLACIER' }], Expiration: { Date: later } })],
    ],
  ]
  for (const [what, rules] of sound) it(`takes ${what}`, () => doesNotThrow(() => requireSoundRules(rules)))

  const wrong: [what: string, rules: LifecycleRule[], code: string, message?: RegExp][] = [
    ['no rule', [], 'MalformedXML'],
    ['1,001 rules', Array.from({ length: 1001 }, () => expiring), 'InvalidRequest', /allowed limit of 1000 rules/],
    ['an ID of 256 characters', [{ ...expiring, ID: 'i'.repeat(256) }], 'InvalidArgument', /limit of 255/],
    [
      'an ID twice',
      [
        { ...expiring, ID: 'same' },
        { ...on({ Prefix: 'b/' }), ID: 'same' },
      ],
      'InvalidArgument',
      /Rule ID must be unique/,
    ],
    ['no status', [{ ...expiring, Status: undefined }], 'MalformedXML'],
    ['a status in lower case', [{ ...expiring, Status: said('enabled') }], 'MalformedXML'],
    ['a rule for no objects', [{ Status: 'Enabled', Expiration: { Days: 1 } }], 'MalformedXML'],
    ['a prefix beside a filter', [{ ...expiring, Prefix: 'a/' }], 'InvalidRequest', /Base level prefix/],
    ['a prefix after a filter', [expiring, of2012], 'InvalidRequest', /Base level prefix/],
    ['a filter after a prefix', [of2012, expiring], 'InvalidRequest', /Filter element/],
    ['a prefix of 1,025 bytes', [on({ Prefix: `${'é'.repeat(512)}e` })], 'InvalidRequest', /prefix is 1024/],
    ['two predicates without And', [on({ Prefix: 'a/', ObjectSizeGreaterThan: 1 })], 'MalformedXML'],
    ['an And of nothing', [on({ And: {} })], 'MalformedXML'],
    ['a tag without a key', [on({ Tag: { Key: '', Value: 'v' } })], 'MalformedXML'],
    [
      'a tag twice',
      [on({ And: { Tags: [...tags, { Key: 'a', Value: '3' }] } })],
      'InvalidRequest',
      /Duplicate Tag Keys/,
    ],
    ['a negative size', [on({ ObjectSizeGreaterThan: -1 })], 'InvalidRequest', /between 0 and/],
    ['a size below 1', [on({ ObjectSizeLessThan: 0 })], 'InvalidRequest', /between 1 and/],
    [
      'sizes nothing is in between',
      [on({ And: { ObjectSizeGreaterThan: 5, ObjectSizeLessThan: 5 } })],
      'InvalidRequest',
    ],
    ['a rule that does nothing', [doing({})], 'InvalidRequest', /At least one action/],
    ['an expiration without a time', [doing({ Expiration: {} })], 'MalformedXML'],
    ['a date beside days', [doing({ Expiration: { Days: 1, Date: midnight } })], 'MalformedXML'],
    [
      'delete markers beside days',
      [doing({ Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } })],
      'MalformedXML',
    ],
    [
      'an expiration after no days',
      [doing({ Expiration: { Days: 0 } })],
      'InvalidArgument',
      /^'Days' for Expiration action/,
    ],
    ['an expiration after -1 days', [doing({ Expiration: { Days: -1 } })], 'InvalidArgument', /positive integer/],
    ['more days than 32 bits hold', [doing({ Expiration: { Days: 2 ** 31 } })], 'MalformedXML'],
    [
      'a date that is not midnight',
      [doing({ Expiration: { Date: new Date('2030-01-01T00:00:01Z') } })],
      'InvalidArgument',
      /at midnight GMT/,
    ],
    [
      'delete markers by tag',
      [doing({ Filter: { Tag: { Key: 'k', Value: 'v' } }, Expiration: { ExpiredObjectDeleteMarker: true } })],
      'InvalidRequest',
      /ExpiredObjectDeleteMarker cannot be specified with Tags/,
    ],
    [
      'delete markers by size',
      [doing({ Filter: { ObjectSizeLessThan: 9 }, Expiration: { ExpiredObjectDeleteMarker: true } })],
      'InvalidRequest',
      /Object Size/,
    ],
    [
      'uploads by tag',
      [
        doing({
          Filter: { And: { Prefix: 'a', Tags: tags } },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        }),
      ],
      'InvalidRequest',
      /AbortIncompleteMultipartUpload cannot be specified with Tags/,
    ],
    [
      'uploads after no days',
      [doing({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } })],
      'InvalidArgument',
    ],
    ['uploads without days', [doing({ AbortIncompleteMultipartUpload: {} })], 'MalformedXML'],
    [
      'noncurrent versions after no days',
      [doing({ NoncurrentVersionExpiration: { NoncurrentDays: 0 } })],
      'InvalidArgument',
    ],
    [
      'a number of versions without days',
      [doing({ NoncurrentVersionExpiration: { NewerNoncurrentVersions: 1 } })],
      'MalformedXML',
    ],
    [
      'no newer versions',
      [doing({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 0 } })],
      'InvalidArgument',
    ],
    [
      '101 newer versions',
      [doing({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 101 } })],
      'InvalidArgument',
    ],
    [
      'a number of versions without a filter',
      [{ ...of2012, NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 1 } }],
      'InvalidRequest',
      /NewerNoncurrentVersions element/,
    ],
    ['a class nobody knows', [doing({ Transitions: [{ Days: 1, StorageClass: said('LUKEWARM') }] })], 'MalformedXML'],
    [
      'a transition back to STANDARD',
      [doing({ Transitions: [{ Days: 1, StorageClass: said('STANDARD') }] })],
      'MalformedXML',
    ],
    ['a transition to no class', [doing({ Transitions: [{ Days: 1 }] })], 'MalformedXML'],
    ['a transition without a time', [doing({ Transitions: [{ StorageClass: 'GLACIER' }] })], 'MalformedXML'],
    [
      'a transition after -1 days',
      [doing({ Transitions: [{ Days: -1, StorageClass: 'GLACIER' }] })],
      'InvalidArgument',
    ],
    [
      'a transition that is not at midnight',
      [doing({ Transitions: [{ Date: new Date(1), StorageClass: 'GLACIER' }] })],
      'InvalidArgument',
    ],
    [
      'infrequent access after 29 days',
      [doing({ Transitions: [{ Days: 29, StorageClass: 'STANDARD_IA' }] })],
      'InvalidArgument',
      /greater than or equal to 30 for storageClass 'STANDARD_IA'/,
    ],
    [
      'a class twice',
      [
        doing({
          Transitions: [
            { Days: 1, StorageClass: 'GLACIER' },
            { Days: 2, StorageClass: 'GLACIER' },
          ],
        }),
      ],
      'InvalidRequest',
      /must be different/,
    ],
    [
      'a colder class no later than a warmer one',
      [
        doing({
          Transitions: [
            { Days: 40, StorageClass: 'STANDARD_IA' },
            { Days: 40, StorageClass: 'GLACIER' },
          ],
        }),
      ],
      'InvalidArgument',
      /for StorageClass 'GLACIER' for filter '\(prefix=\)' must be greater/,
    ],
    [
      'transitions by date and by days',
      [
        doing({
          Transitions: [
            { Date: midnight, StorageClass: 'GLACIER' },
            { Days: 1, StorageClass: 'DEEP_ARCHIVE' },
          ],
        }),
      ],
      'InvalidRequest',
      /mixed 'Date' and 'Days' based Transition actions/,
    ],
    [
      'an expiration by date after a transition by days',
      [doing({ Transitions: [{ Days: 1, StorageClass: 'GLACIER' }], Expiration: { Date: midnight } })],
      'InvalidRequest',
      /based Expiration and Transition actions/,
    ],
    [
      'an expiration no later than a transition',
      [{ ...of2012, Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] }],
      'InvalidArgument',
      /'Days' in the Expiration action for prefix 'a\/' must be greater than 'Days' in the Transition action/,
    ],
    [
      'an expiration on the day of a transition',
      [doing({ Transitions: [{ Date: midnight, StorageClass: 'GLACIER' }], Expiration: { Date: midnight } })],
      'InvalidArgument',
    ],
    [
      'noncurrent versions that expire before they move',
      [
        doing({
          NoncurrentVersionTransitions: [{ NoncurrentDays: 5, StorageClass: 'GLACIER' }],
          NoncurrentVersionExpiration: { NoncurrentDays: 4 },
        }),
      ],
      'InvalidArgument',
      /'NoncurrentDays' in the NoncurrentVersionExpiration action/,
    ],
    [
      'a noncurrent transition without days',
      [doing({ NoncurrentVersionTransitions: [{ StorageClass: 'GLACIER' }] })],
      'MalformedXML',
    ],
    ['a fault in a later rule', [expiring, doing({ Expiration: { Days: 0 } })], 'InvalidArgument'],
  ]
  for (const [what, rules, code, message = /./] of wrong) {
    it(`refuses ${what}`, () => {
      throws(
        () => requireSoundRules(rules),
        (error) => error instanceof S3Error && error.code === code && message.test(error.message),
      )
    })
  }
})
