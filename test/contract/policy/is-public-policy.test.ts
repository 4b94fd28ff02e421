// Which bucket policies are public. Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of 'public'"

import { equal } from 'node:assert/strict'
import { isPublicPolicy } from '../../../src/contract/policy/is-public-policy.js'
import { policy, statement } from './questions.js'

const of = (...statements: object[]): boolean => isPublicPolicy(policy('bucket', ...statements))
const put = { Action: 's3:PutObject', Resource: 'arn:aws:s3:::photos/*' }
const forAll = (Condition?: object): object => ({
  Effect: 'Allow',
  Principal: '*',
  ...put,
  ...(Condition && { Condition }),
})

const open: readonly [what: string, Condition: object | undefined][] = [
  ['no condition', undefined],
  ['a VPC by wildcard', { StringLike: { 'aws:SourceVpc': 'vpc-*' } }],
  ['a VPC by variable', { StringEquals: { 'aws:SourceVpc': '${aws:SourceVpce}' } }],
  ['a VPC that may be missing', { StringEqualsIfExists: { 'aws:SourceVpc': 'vpc-91237329' } }],
  ['another VPC than one', { StringNotEquals: { 'aws:SourceVpc': 'vpc-91237329' } }],
  ['all of its VPCs', { 'ForAllValues:StringEquals': { 'aws:SourceVpc': 'vpc-91237329' } }],
  ['TLS', { Bool: { 'aws:SecureTransport': 'true' } }],
  ['a referer', { StringLike: { 'aws:Referer': 'https://example.com/*' } }],
  ['half of all addresses', { IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } }],
  ['many addresses', { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '8.0.0.0/7'] } }],
  ['more than the private addresses', { IpAddress: { 'aws:SourceIp': '10.0.0.0/7' } }],
  ['many addresses of IPv6', { IpAddress: { 'aws:SourceIp': '2001:db8::/31' } }],
  ['all but some addresses', { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
  ['users by wildcard', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/*' } }],
  ['sessions of a role by wildcard', { StringLike: { 'aws:userid': 'AROAEXAMPLEID:*' } }],
  ['a tag', { StringEquals: { 's3:ExistingObjectTag/public': 'yes' } }],
  ['access points of any account', { StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:us-west-2:*:accesspoint/a' } }],
  ['a VPC that is not there', { Null: { 'aws:SourceVpc': 'true' } }],
]

const closed: readonly [what: string, Condition: object][] = [
  ['a VPC', { StringEquals: { 'aws:SourceVpc': 'vpc-91237329' } }],
  ['a VPC without wildcards', { StringLike: { 'aws:SourceVpce': 'vpce-1' } }],
  ['few addresses', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } }],
  ['addresses as narrow as they must be', { IpAddress: { 'aws:SourceIp': ['8.0.0.0/8', '2001:db8::/32'] } }],
  ['private addresses', { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] } }],
  ['one address', { IpAddress: { 'aws:SourceIp': '10.0.0.0/32' } }],
  ['an organization', { StringEquals: { 'aws:PrincipalOrgID': 'o-xxxxxxxxxx' } }],
  ['a user', { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/ann' } }],
  ['an account', { StringEquals: { 'aws:PrincipalAccount': '111122223333' } }],
  ['a source', { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::other' } }],
  [
    "an account's access points",
    { StringLike: { 's3:DataAccessPointArn': 'arn:aws:s3:us-west-2:123456789012:accesspoint/*' } },
  ],
  [
    'a key',
    { StringEquals: { 's3:x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:111122223333:key/1' } },
  ],
  [
    'a fixed value beside another condition',
    { StringEquals: { 'aws:SourceVpc': 'vpc-1' }, Bool: { 'aws:SecureTransport': 'true' } },
  ],
]

describe('a policy for everybody', () => {
  for (const [what, Condition] of open) it(`is public with ${what}`, () => equal(of(forAll(Condition)), true))
  for (const [what, Condition] of closed) it(`is not public with ${what}`, () => equal(of(forAll(Condition)), false))

  it('is public for { "AWS": "*" }, alone or among others', () => {
    equal(of({ Effect: 'Allow', Principal: { AWS: '*' }, ...put }), true)
    equal(of({ Effect: 'Allow', Principal: { AWS: ['111122223333', '*'] }, ...put }), true)
  })

  it('is public for a federated principal', () => {
    equal(of({ Effect: 'Allow', Principal: { Federated: 'graph.facebook.com' }, ...put }), true)
  })
})

describe('a policy', () => {
  it('is not public when it names who it is for', () => {
    equal(
      of({ Effect: 'Allow', Principal: { AWS: ['111122223333', 'arn:aws:iam::444455556666:user/zoe'] }, ...put }),
      false,
    )
    equal(of({ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, ...put }), false)
    equal(of({ Effect: 'Allow', Principal: { CanonicalUser: 'a'.repeat(64) }, ...put }), false)
  })

  it('is not public for what it denies', () => equal(of({ ...forAll(), Effect: 'Deny' }), false))

  it('is public when one of its statements is', () => {
    equal(of({ Effect: 'Allow', Principal: { AWS: '111122223333' }, ...put }, forAll()), true)
  })

  it('of another kind is never public', () => {
    equal(isPublicPolicy(policy('identity', statement())), false)
    equal(isPublicPolicy(policy('trust', { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' })), false)
  })
})
