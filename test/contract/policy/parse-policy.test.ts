// What is a policy and what is none: nothing unknown gets in.

import { doesNotThrow, equal, ok, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parsePolicy } from '../../../src/contract/policy/parse-policy.js'
import { PolicyFault, type PolicyKind } from '../../../src/contract/policy/policy.js'
import { policySize, policySizes, requirePolicySize } from '../../../src/contract/policy/policy-size.js'
import { projectRoot } from '../../project-root.js'

const parse = (text: string, kind: PolicyKind = 'identity'): unknown =>
  parsePolicy(text, kind, { name: 'a policy', bucket: 'photos' })

const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::photos/*' }
const allowAll = { ...allow, Principal: '*' }
const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } }

const documentOf = (statement: object, more: object = {}): string =>
  JSON.stringify({ Version: '2012-10-17', ...more, Statement: [statement] })

const without = (statement: object, name: string): object =>
  Object.fromEntries(Object.entries(statement).filter(([element]) => element !== name))

/** Refused in each kind of policy they are about. */
const refused: readonly [what: string, text: string, kind: PolicyKind, says: RegExp][] = [
  ['no JSON', '{', 'identity', /valid JSON/],
  ['text after the JSON', '{} {}', 'identity', /valid JSON/],
  ['a list', '[]', 'identity', /valid JSON/],
  ['null', 'null', 'bucket', /valid JSON/],
  ['nothing', '{}', 'identity', /Statement/],
  ['no statement', '{"Statement":[]}', 'identity', /no statement/],
  ['a statement that is none', '{"Statement":["x"]}', 'identity', /object/],
  ['a list in place of a statement', '{"Statement":[[]]}', 'identity', /object/],
  ['an unknown element', documentOf(allow, { Comment: 'x' }), 'identity', /Comment/],
  ['an element in the wrong case', documentOf(allow, { version: '2012-10-17' }), 'identity', /version/],
  ['__proto__ as an element', '{"__proto__":{},"Statement":[]}', 'identity', /__proto__/],
  ['an unknown element of a statement', documentOf({ ...allow, Comment: 'x' }), 'identity', /Comment/],
  ['constructor as an element of a statement', documentOf({ ...allow, constructor: 1 }), 'identity', /constructor/],
  ['an unknown Version', JSON.stringify({ Version: '2020-01-01', Statement: [allow] }), 'identity', /version/],
  ['a Version that is a number', JSON.stringify({ Version: 2012, Statement: [allow] }), 'identity', /version/],
  ['Id in an identity policy', documentOf(allow, { Id: 'x' }), 'identity', /Id/],
  ['an Id that is a number', documentOf(allowAll, { Id: 1 }), 'bucket', /Id/],
  ['a member twice', '{"Statement":[],"Statement":[]}', 'identity', /twice/],
  ['Effect twice', '{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}}', 'identity', /twice/],
  [
    'Effect twice, once in escapes',
    '{"Statement":{"Effect":"Deny","\\u0045ffect":"Allow","Action":"*","Resource":"*"}}',
    'identity',
    /twice/,
  ],
  ['no Effect', documentOf(without(allow, 'Effect')), 'identity', /Effect/],
  ['an unknown Effect', documentOf({ ...allow, Effect: 'allow' }), 'identity', /effect/],
  ['a Sid with a space in an identity policy', documentOf({ ...allow, Sid: 'a b' }), 'identity', /SID/],
  ['a Sid that is a number', documentOf({ ...allow, Sid: 1 }), 'identity', /Sid/],
  [
    'a Sid twice',
    JSON.stringify({
      Statement: [
        { ...allow, Sid: 'A' },
        { ...allow, Sid: 'A' },
      ],
    }),
    'identity',
    /unique/,
  ],

  ['no Action', documentOf(without(allow, 'Action')), 'identity', /Action/],
  ['Action and NotAction', documentOf({ ...allow, NotAction: 's3:*' }), 'identity', /not both/],
  ['an empty list of actions', documentOf({ ...allow, Action: [] }), 'identity', /Action/],
  ['an action that is a number', documentOf({ ...allow, Action: ['s3:*', 1] }), 'identity', /Action/],
  ['an action without its service', documentOf({ ...allow, Action: 'GetObject' }), 'identity', /vendor/],
  ['an action of S3 that is none', documentOf({ ...allow, Action: 's3:GetObjekt' }), 'identity', /GetObjekt/],
  ['a pattern of S3 that fits nothing', documentOf({ ...allow, Action: 's3:Gett*' }), 'identity', /Gett/],
  ['an action of IAM that is none', documentOf({ ...allow, Action: 'iam:MakeUser' }), 'identity', /MakeUser/],
  ['an action of STS that is none', documentOf({ ...allow, Action: 'sts:Assume' }), 'identity', /Assume/],
  ['a NotAction that is none', documentOf({ ...without(allow, 'Action'), NotAction: 's3:Gett' }), 'identity', /Gett/],
  ['a service with wildcards', documentOf({ ...allow, Action: 's?:GetObject' }), 'identity', /vendor/],
  ['an action of another service in a bucket', documentOf({ ...allowAll, Action: 'iam:*' }), 'bucket', /action/],
  ['an action of S3 in a trust policy', documentOf({ ...trust, Action: 's3:GetObject' }), 'trust', /STS/],

  ['no Resource', documentOf(without(allow, 'Resource')), 'identity', /Resource/],
  ['Resource and NotResource', documentOf({ ...allow, NotResource: '*' }), 'identity', /not both/],
  ['an empty list of resources', documentOf({ ...allow, Resource: [] }), 'identity', /Resource/],
  ['a resource that is no ARN', documentOf({ ...allow, Resource: 'photos/*' }), 'identity', /ARN/],
  ['an ARN that is too short', documentOf({ ...allow, Resource: 'arn:aws:s3:photos' }), 'identity', /ARN/],
  ['an ARN without a resource', documentOf({ ...allow, Resource: 'arn:aws:s3:::' }), 'identity', /ARN/],
  ['an ARN of an unknown partition', documentOf({ ...allow, Resource: 'arn:gcp:s3:::photos' }), 'identity', /ARN/],
  [
    'an ARN of S3 in another partition',
    documentOf({ ...allow, Resource: 'arn:aws-cn:s3:::photos' }),
    'identity',
    /Partition "aws-cn"/,
  ],
  ['an ARN without a service', documentOf({ ...allow, Resource: 'arn:aws::::x' }), 'identity', /ARN/],
  [
    'a resource of 2,049 characters',
    documentOf({ ...allow, Resource: `arn:aws:s3:::${'x'.repeat(2049)}` }),
    'identity',
    /2048/,
  ],
  [
    'a variable in front of the resource',
    documentOf({ ...allow, Resource: 'arn:aws:s3::${aws:userid}:x' }),
    'identity',
    /variable/,
  ],
  [
    'an unknown variable',
    documentOf({ ...allow, Resource: 'arn:aws:s3:::photos/${aws:nobody}' }),
    'identity',
    /nobody/,
  ],
  [
    'a variable without an end',
    documentOf({ ...allow, Resource: 'arn:aws:s3:::photos/${aws:username' }),
    'identity',
    /variable/,
  ],
  ['an empty variable', documentOf({ ...allow, Resource: 'arn:aws:s3:::photos/${}' }), 'identity', /variable/],
  [
    'a variable with two defaults',
    documentOf({ ...allow, Resource: "arn:aws:s3:::p/${aws:userid,'a','b'}" }),
    'identity',
    /variable/,
  ],
  [
    'another bucket in a bucket',
    documentOf({ ...allowAll, Resource: 'arn:aws:s3:::other/*' }),
    'bucket',
    /invalid resource/,
  ],
  [
    'a bucket that begins alike',
    documentOf({ ...allowAll, Resource: 'arn:aws:s3:::photos2/*' }),
    'bucket',
    /invalid resource/,
  ],
  [
    'a resource of another service in a bucket',
    documentOf({ ...allowAll, Resource: 'arn:aws:iam:::photos/*' }),
    'bucket',
    /invalid resource/,
  ],
  ['a Resource in a trust policy', documentOf({ ...trust, Resource: '*' }), 'trust', /prohibited/],
  [
    'an action on objects of a bucket alone',
    documentOf({ ...allowAll, Resource: 'arn:aws:s3:::photos' }),
    'bucket',
    /does not apply/,
  ],
  [
    'an action on buckets of objects alone',
    documentOf({ ...allowAll, Action: 's3:ListBucket' }),
    'bucket',
    /does not apply/,
  ],
  [
    'an action on the service in a bucket',
    documentOf({ ...allowAll, Action: 's3:ListAllMyBuckets' }),
    'bucket',
    /does not apply/,
  ],

  ['Principal in an identity policy', documentOf(allowAll), 'identity', /principal/],
  ['Principal in a boundary', documentOf(allowAll), 'boundary', /principal/],
  ['Principal in a session policy', documentOf(allowAll), 'session', /principal/],
  ['NotPrincipal in an identity policy', documentOf({ ...allow, NotPrincipal: '*' }), 'identity', /principal/],
  ['no Principal in a bucket', documentOf(allow), 'bucket', /Principal/],
  ['no Principal in a trust policy', documentOf(without(trust, 'Principal')), 'trust', /Principal/],
  [
    'Principal and NotPrincipal',
    documentOf({ ...allowAll, NotPrincipal: { AWS: '111122223333' } }),
    'bucket',
    /Principal/,
  ],
  [
    'NotPrincipal with Allow',
    documentOf({ ...allow, NotPrincipal: { AWS: '111122223333' } }),
    'bucket',
    /not supported/,
  ],
  [
    'NotPrincipal in a trust policy',
    documentOf({ ...without(trust, 'Principal'), Effect: 'Deny', NotPrincipal: { AWS: '111122223333' } }),
    'trust',
    /prohibited/,
  ],
  ['NotPrincipal of everybody', documentOf({ ...allow, Effect: 'Deny', NotPrincipal: '*' }), 'bucket', /everybody/],
  [
    'CanonicalUser in a trust policy',
    documentOf({ ...trust, Principal: { CanonicalUser: 'a'.repeat(64) } }),
    'trust',
    /principal/,
  ],
  ...[
    'ann',
    null,
    {},
    [],
    ['*'],
    { AWS: [] },
    { AWS: 1 },
    { AWS: '11112222333' },
    { AWS: 'arn:aws:iam::111122223333:user/*' },
    { AWS: 'arn:aws:iam::111122223333:user/a?n' },
    { AWS: 'arn:aws:iam::111122223333:user/' },
    { AWS: 'arn:aws:iam::*:root' },
    { AWS: 'arn:aws:iam::somebody:root' },
    { AWS: 'arn:aws:iam::111122223333:group/readers' },
    { AWS: 'arn:aws:sts::111122223333:assumed-role/reader/*' },
    { AWS: 'arn:aws:sts::111122223333:assumed-role/reader' },
    { AWS: 'AIDAEXAMPLE' },
    { AWS: 'arn:aws-cn:iam::111122223333:root' },
    { aws: '*' },
    { User: 'ann' },
    { CanonicalUser: 'abc' },
    { CanonicalUser: '*' },
    { Federated: '*' },
    { Service: '*' },
    { Service: 'example.com' },
  ].map((Principal): [string, string, PolicyKind, RegExp] => [
    `the Principal ${JSON.stringify(Principal)}`,
    documentOf({ ...allow, Principal }),
    'bucket',
    /Invalid principal in policy/,
  ]),

  ...(
    [
      ['an unknown operator', { StringMatches: { 's3:prefix': 'a' } }, /StringMatches/],
      ['an operator in the wrong case', { stringEquals: { 's3:prefix': 'a' } }, /stringEquals/],
      ['an unknown qualifier', { 'ForNoValue:StringEquals': { 's3:prefix': 'a' } }, /ForNoValue/],
      ['Null with IfExists', { NullIfExists: { 's3:prefix': 'true' } }, /NullIfExists/],
      ['__proto__ as an operator', JSON.parse('{"__proto__":{"s3:prefix":"a"}}'), /__proto__/],
      ['an unknown key of S3', { StringEquals: { 's3:prefiks': 'a' } }, /prefiks/],
      ['an unknown key of AWS', { StringEquals: { 'aws:SourceAddress': 'a' } }, /SourceAddress/],
      ['an unknown key of IAM', { StringEquals: { 'iam:Boundary': 'a' } }, /Boundary/],
      ['a tag without its key', { StringEquals: { 's3:ExistingObjectTag/': 'a' } }, /ExistingObjectTag/],
      ['a tag of what has none', { StringEquals: { 's3:prefix/team': 'a' } }, /prefix/],
      ['a key without its service', { StringEquals: { prefix: 'a' } }, /prefix/],
      ['__proto__ as a key', JSON.parse('{"StringEquals":{"__proto__":"a"}}'), /__proto__/],
      ['no values', { StringEquals: { 's3:prefix': [] } }, /no values/],
      ['a value that is an object', { StringEquals: { 's3:prefix': {} } }, /values/],
      ['a value that is null', { StringEquals: { 's3:prefix': [null] } }, /values/],
      ['a list in place of operators', [], /Condition/],
      ['a list in place of keys', { StringEquals: [] }, /Condition/],
      ['no number', { NumericLessThan: { 's3:max-keys': 'ten' } }, /number/],
      ['a number in hex', { NumericEquals: { 's3:max-keys': '0x10' } }, /number/],
      ['no date', { DateLessThan: { 'aws:CurrentTime': 'tomorrow' } }, /date/],
      ['the 30th of February', { DateLessThan: { 'aws:CurrentTime': '2026-02-30T00:00:00Z' } }, /date/],
      ['a time without its zone', { DateLessThan: { 'aws:CurrentTime': '2026-02-03T00:00:00' } }, /date/],
      ['no Boolean', { Bool: { 'aws:SecureTransport': 'yes' } }, /true or false/],
      ['no Boolean for Null', { Null: { 'aws:SecureTransport': 'yes' } }, /true or false/],
      ['no address', { IpAddress: { 'aws:SourceIp': 'localhost' } }, /IP address/],
      ['an address with wildcards', { IpAddress: { 'aws:SourceIp': '10.0.0.*' } }, /IP address/],
      ['a prefix that is too long', { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } }, /IP address/],
      ['an address in octal', { NotIpAddress: { 'aws:SourceIp': '010.0.0.1' } }, /IP address/],
      ['no base64', { BinaryEquals: { 'aws:Referer': '***' } }, /base64/],
      ['no ARN', { ArnLike: { 'aws:PrincipalArn': 'user/ann' } }, /ARN/],
    ] as const
  ).map(([what, Condition, says]): [string, string, PolicyKind, RegExp] => [
    `a condition with ${what}`,
    documentOf({ ...allow, Condition }),
    'identity',
    says,
  ]),
  [
    'constructor as a service in a bucket',
    documentOf({ ...allowAll, Condition: { StringEquals: { 'constructor:x': 'a' } } }),
    'bucket',
    /constructor/,
  ],
  [
    'a key of another service in a bucket',
    documentOf({ ...allowAll, Condition: { StringEquals: { 'ec2:Region': 'x' } } }),
    'bucket',
    /ec2/,
  ],
]

describe('a policy is refused when it has', () => {
  for (const [what, text, kind, says] of refused) {
    it(`${what} (${kind})`, () => {
      throws(
        () => parse(text, kind),
        (error: unknown) => error instanceof PolicyFault && says.test(error.message),
      )
    })
  }
})

const accepted: readonly [what: string, text: string, kind: PolicyKind][] = [
  ['no Version', JSON.stringify({ Statement: allow }), 'identity'],
  ['the earlier Version', JSON.stringify({ Version: '2008-10-17', Statement: [allow] }), 'identity'],
  ['a byte order of its own, and white space', `\n {"Statement" :\t${JSON.stringify(allow)}} `, 'identity'],
  ['an Id in a bucket', documentOf(allowAll, { Id: 'any text' }), 'bucket'],
  [
    'empty Sids',
    JSON.stringify({
      Statement: [
        { ...allow, Sid: '' },
        { ...allow, Sid: '' },
      ],
    }),
    'identity',
  ],
  ['a Sid with spaces in a bucket', documentOf({ ...allowAll, Sid: 'read for all' }), 'bucket'],
  ['an action in any case', documentOf({ ...allow, Action: 'S3:getobject' }), 'identity'],
  ['everything', documentOf({ ...allow, Action: '*', Resource: '*' }), 'identity'],
  [
    'other services beside S3',
    documentOf({ ...allow, Action: ['ec2:*', 'logs:Create*', 's3:*', 'organizations:ListRoots'] }),
    'identity',
  ],
  [
    'resources of other services',
    documentOf({ ...allow, Resource: ['arn:aws:ec2:*:*:instance/i-1', 'arn:aws-cn:sqs:cn-north-1:1:q'] }),
    'identity',
  ],
  [
    'keys of other services',
    documentOf({ ...allow, Condition: { StringEquals: { 'ec2:Region': 'x', 'kms:ViaService': 'y' } } }),
    'boundary',
  ],
  [
    'keys in any case',
    documentOf({ ...allow, Condition: { StringEquals: { 'AWS:userName': 'x', 'S3:Prefix': 'y' } } }),
    'session',
  ],
  [
    'claims of an issuer',
    documentOf({
      ...trust,
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: 'arn:aws:iam::111122223333:oidc-provider/localhost:8443/realm' },
      Condition: { StringEquals: { 'localhost:8443/realm:sub': 'x' } },
    }),
    'trust',
  ],
  ['no conditions in its Condition', documentOf({ ...allow, Condition: {} }), 'identity'],
  [
    'numbers and Booleans as values',
    documentOf({
      ...allow,
      Condition: { NumericLessThan: { 's3:max-keys': 10 }, Bool: { 'aws:SecureTransport': true } },
    }),
    'identity',
  ],
  [
    'a variable in the earlier Version, as text',
    JSON.stringify({ Statement: [{ ...allow, Resource: 'arn:aws:s3:::photos/${nobody' }] }),
    'identity',
  ],
  [
    'a bucket by wildcards',
    documentOf({
      ...allowAll,
      Resource: ['arn:aws:s3:::*', 'arn:aws:s3:::*/*', 'arn:aws:s3::*:photos/*', 'arn:aws:s3:::ph*'],
    }),
    'bucket',
  ],
  ['every resource in a bucket', documentOf({ ...allowAll, Resource: '*' }), 'bucket'],
  [
    'both kinds of actions and resources in a bucket',
    documentOf({
      ...allowAll,
      Action: ['s3:ListBucket', 's3:GetObject'],
      Resource: ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/*'],
    }),
    'bucket',
  ],
  ...[
    { AWS: '*' },
    { AWS: '111122223333' },
    { AWS: ['arn:aws:iam::111122223333:root', '444455556666'] },
    { AWS: 'arn:aws:iam::111122223333:user/division/ann' },
    { AWS: 'arn:aws:iam::111122223333:role/reader' },
    { AWS: 'arn:aws:sts::111122223333:assumed-role/reader/work' },
    { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC' },
    { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' },
    { Federated: 'graph.facebook.com' },
    { Service: ['logging.s3.amazonaws.com', 'cloudtrail.amazonaws.com'] },
  ].map((Principal): [string, string, PolicyKind] => [
    `the Principal ${JSON.stringify(Principal)}`,
    documentOf({ ...allow, Principal }),
    'bucket',
  ]),
]

describe('a policy may have', () => {
  for (const [what, text, kind] of accepted) {
    it(`${what} (${kind})`, () => doesNotThrow(() => parse(text, kind)))
  }
})

describe('the manual', () => {
  it('shows policies that are accepted where it says they stand', () => {
    const manual = readFileSync(join(projectRoot, 'docs/policies.md'), 'utf8')
    const shown = [...manual.matchAll(/```json\n([^`]+)```/g)].map(([, text = '']) => text)
    const kinds = [
      ['bucket', 'photos'],
      ['identity', ''],
      ['bucket', 'ledger'],
    ] as const
    equal(shown.length, kinds.length)
    for (const [index, [kind, bucket]] of kinds.entries()) {
      doesNotThrow(() => parsePolicy(shown[index] ?? '', kind, { name: 'shown', bucket }))
    }
  })
})

describe("a policy's size", () => {
  it('of a bucket is counted in bytes', () => {
    const padded = (bytes: number): string => {
      const text = documentOf({ ...allowAll, Sid: '' })
      return text.replace('"Sid":""', `"Sid":"${'é'.repeat((bytes - Buffer.byteLength(text)) / 2)}"`)
    }
    const odd = Buffer.byteLength(documentOf({ ...allowAll, Sid: '' })) % 2
    doesNotThrow(() => parse(padded(20_480 - odd), 'bucket'))
    throws(() => parse(padded(20_482 - odd), 'bucket'), /20480/)
  })

  it('of others is counted without white space', () => {
    equal(policySize(' { "a" :\n"b c"\t}'), 10)
    doesNotThrow(() => requirePolicySize(`${'x'.repeat(6144)} `, policySizes.managedMax))
    throws(() => requirePolicySize('x'.repeat(6145), policySizes.managedMax), PolicyFault)
  })

  it('has an end', () => throws(() => parse(' '.repeat(200_000)), /131072/))
})

describe('a hostile text', () => {
  const quickly = (what: () => unknown): void => {
    const began = performance.now()
    throws(what, PolicyFault)
    const tookMs = performance.now() - began
    ok(tookMs < 500, `${tookMs} ms`)
  }

  it('nested deep is refused at once', () => {
    quickly(() => parse(`{"Statement":${'['.repeat(60_000)}${']'.repeat(60_000)}}`))
    quickly(() => parse(`{"Statement":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`))
    quickly(() => parse('['.repeat(100_000)))
  })

  it('with huge lists is refused or read at once', () => {
    quickly(() => parse(documentOf({ ...allow, Action: Array.from({ length: 10_000 }, () => 's3:Nope') })))
    const began = performance.now()
    parse(documentOf({ ...allow, Action: Array.from({ length: 5000 }, () => 's3:Get*') }))
    ok(performance.now() - began < 2000)
  })

  it('with endless names is refused at once, and not told back at length', () => {
    const endless = [
      { StringEquals: { [':'.repeat(100_000)]: 'a' } },
      { StringEquals: { [`a.b${':'.repeat(100_000)}\u0000`]: 'a' } },
      { [`${'ForAllValues'.repeat(5000)}IfExists`]: { 's3:prefix': 'a' } },
      { BinaryEquals: { 's3:prefix': 'A'.repeat(100_001) } },
      { DateLessThan: { 'aws:CurrentTime': '1'.repeat(100_000) } },
      { StringEquals: { 's3:prefix': `\${a${' '.repeat(2000)}` } },
    ]
    for (const Condition of endless) quickly(() => parse(documentOf({ ...allow, Condition })))
    quickly(() => parse(documentOf({ ...allow, Action: `s3:${'?*'.repeat(40_000)}` })))
    quickly(() => parse(documentOf({ ...allowAll, Principal: { Service: `${'a.'.repeat(40_000)}com` } }), 'bucket'))
    throws(
      () => parse(documentOf(allow, { ['x\u0000\ud800'.repeat(30_000)]: 1 })),
      (error: unknown) =>
        error instanceof PolicyFault && error.message.length < 400 && !/[\u0000\ud800]/.test(error.message),
    )
  })

  it('of escapes without end is read at once', () => {
    quickly(() => parse(`{"${'\\\\'.repeat(60_000)}":1}`))
    quickly(() => parse(`{"${'\\"'.repeat(60_000)}":1}`))
  })
})
