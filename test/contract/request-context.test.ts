// Which condition keys a request gives.

import { deepEqual, equal } from 'node:assert/strict'
import type { Principal } from '../../src/contract/access.js'
import { rightToKnowMissing } from '../../src/contract/actions.js'
import { contextOf, type RequestFacts } from '../../src/contract/request-context.js'
import { anonymous, root, session, user } from './policy/questions.js'

const nowMs = Date.UTC(2026, 10, 24, 10, 0, 0, 500)

const facts = (more: Partial<RequestFacts> = {}): RequestFacts => ({
  principal: user(),
  headers: {},
  parameters: new Map(),
  remoteAddress: '203.0.113.9',
  isSecure: true,
  nowMs,
  ...more,
})

const bucket = { bucket: 'photos', key: undefined }
const target = { bucket: 'photos', key: 'cat.jpg' }

const valueOf = (key: string, more: Partial<RequestFacts> = {}, action = 's3:PutObject', at = {}): unknown =>
  contextOf(facts(more), { action, target: { ...target, ...at } })(key)

describe('a request', () => {
  it('says when, from where and how it came', () => {
    deepEqual(valueOf('aws:currenttime'), ['2026-11-24T10:00:00.500Z'])
    deepEqual(valueOf('aws:epochtime'), ['1795514400'])
    deepEqual(valueOf('aws:sourceip'), ['203.0.113.9'])
    deepEqual(valueOf('aws:sourceip', { remoteAddress: '::ffff:203.0.113.9' }), ['203.0.113.9'])
    deepEqual(valueOf('aws:securetransport'), ['true'])
    deepEqual(valueOf('aws:securetransport', { isSecure: false }), ['false'])
    deepEqual(valueOf('aws:useragent', { headers: { 'user-agent': 'curl/8' } }), ['curl/8'])
    deepEqual(valueOf('aws:referer', { headers: { referer: 'https://a.example/' } }), ['https://a.example/'])
    equal(valueOf('aws:referer'), undefined)
    deepEqual(valueOf('aws:requestedregion', { region: 'eu-west-1' }), ['eu-west-1'])
    deepEqual(valueOf('aws:resourceaccount', { ownerNumber: '111122223333' }), ['111122223333'])
    deepEqual(valueOf('s3:resourceaccount', { ownerNumber: '111122223333' }), ['111122223333'])
    deepEqual(valueOf('s3:tlsversion', { tlsVersion: '1.3' }), ['1.3'])
    deepEqual(valueOf('aws:viaawsservice'), ['false'])
  })

  // IAM User Guide, "Principal key values"
  it('says who asks', () => {
    const keys = ['aws:principaltype', 'aws:userid', 'aws:username', 'aws:principalarn', 'aws:principalaccount']
    const of = (principal: Principal): unknown[] => keys.map((key) => valueOf(key, { principal }))
    deepEqual(of(user()), [['User'], ['AIDAANN'], ['ann'], ['arn:aws:iam::111122223333:user/ann'], ['111122223333']])
    deepEqual(of(root()), [
      ['Account'],
      ['111122223333'],
      undefined,
      ['arn:aws:iam::111122223333:root'],
      ['111122223333'],
    ])
    // "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed the role."
    deepEqual(of(session()), [
      ['AssumedRole'],
      ['AROAREADER:work'],
      undefined,
      ['arn:aws:iam::111122223333:role/reader'],
      ['111122223333'],
    ])
    deepEqual(of(anonymous), [['Anonymous'], ['anonymous'], undefined, undefined, ['anonymous']])
  })

  it('says what tags and claims somebody has', () => {
    const tagged = { ...user(), tags: new Map([['Team', 'red']]) } as Principal
    deepEqual(valueOf('aws:principaltag/team', { principal: tagged }), ['red'])
    equal(valueOf('aws:principaltag/other', { principal: tagged }), undefined)
    equal(valueOf('aws:principaltag/__proto__', { principal: tagged }), undefined)
    const federated = new Map([
      ['aws:FederatedProvider', ['arn:aws:iam::111122223333:oidc-provider/issuer.example']],
      ['issuer.example/Realm:sub', ['ann']],
      ['issuer.example/Realm:amr', ['pwd', 'otp']],
    ])
    const principal = { ...session(), federated } as Principal
    deepEqual(valueOf('aws:federatedprovider', { principal }), [
      'arn:aws:iam::111122223333:oidc-provider/issuer.example',
    ])
    deepEqual(valueOf('issuer.example/realm:sub', { principal }), ['ann'])
    deepEqual(valueOf('issuer.example/realm:amr', { principal }), ['pwd', 'otp'])
    equal(valueOf('issuer.example/realm:sub'), undefined)
  })

  it('says how old temporary credentials are, and that no second factor was shown', () => {
    deepEqual(valueOf('aws:tokenissuetime', { sessionIssuedMs: 0 }), ['1970-01-01T00:00:00.000Z'])
    deepEqual(valueOf('aws:multifactorauthpresent', { sessionIssuedMs: 0 }), ['false'])
    equal(valueOf('aws:tokenissuetime'), undefined)
    equal(valueOf('aws:multifactorauthpresent'), undefined)
    equal(valueOf('aws:multifactorauthage', { sessionIssuedMs: 0 }), undefined)
  })

  it('says how it was signed', () => {
    const signature = { version: 'AWS4-HMAC-SHA256', ageMs: 1234.5, by: 'query' } as const
    deepEqual(valueOf('s3:signatureversion', { signature }), ['AWS4-HMAC-SHA256'])
    deepEqual(valueOf('s3:signatureage', { signature }), ['1234'])
    deepEqual(valueOf('s3:authtype', { signature }), ['REST-QUERY-STRING'])
    deepEqual(valueOf('s3:authtype', { signature: { ...signature, by: 'header' } }), ['REST-HEADER'])
    deepEqual(valueOf('s3:authtype', { signature: { ...signature, by: 'form' } }), ['POST'])
    deepEqual(valueOf('s3:x-amz-content-sha256', { signature }), ['UNSIGNED-PAYLOAD'])
    deepEqual(valueOf('s3:x-amz-content-sha256', { headers: { 'x-amz-content-sha256': 'ab' } }), ['ab'])
    for (const key of ['s3:signatureversion', 's3:signatureage', 's3:authtype', 's3:x-amz-content-sha256'])
      equal(valueOf(key), undefined)
  })

  it('says what is listed', () => {
    const parameters = new Map([
      ['prefix', 'home/'],
      ['delimiter', '/'],
    ])
    for (const action of ['s3:ListBucket', 's3:ListBucketVersions']) {
      deepEqual(valueOf('s3:prefix', { parameters }, action, bucket), ['home/'])
      deepEqual(valueOf('s3:delimiter', { parameters }, action, bucket), ['/'])
      deepEqual(valueOf('s3:max-keys', { parameters }, action, bucket), ['1000'])
    }
    deepEqual(valueOf('s3:max-keys', { parameters: new Map([['max-keys', '5']]) }, 's3:ListBucket', bucket), ['5'])
    deepEqual(valueOf('s3:prefix', { parameters: new Map([['prefix', '']]) }, 's3:ListBucket', bucket), [''])
    equal(valueOf('s3:prefix', {}, 's3:ListBucket', bucket), undefined)
  })

  it('is asked whether what is missing may be listed by its key, not by what its query says', () => {
    const parameters = new Map([
      ['prefix', 'public/'],
      ['delimiter', '/'],
      ['max-keys', '1'],
    ])
    const right = rightToKnowMissing({ bucket: 'photos', key: 'private/a', versionId: 'v1' })
    equal(right.resource, 'arn:aws:s3:::photos')
    const context = contextOf(facts({ parameters }), right)
    deepEqual(context('s3:prefix'), ['private/a'])
    equal(context('s3:delimiter'), undefined)
    deepEqual(context('s3:max-keys'), ['1000'])
  })

  it('security rule 6: gives no key to an action that AWS does not give it to', () => {
    const parameters = new Map([
      ['prefix', 'home/'],
      ['delimiter', '/'],
      ['max-keys', '1'],
    ])
    const headers = { 'x-amz-acl': 'private', 'x-amz-copy-source': 'a/b', 'x-amz-tagging': 'a=b', 'if-none-match': '*' }
    for (const key of ['s3:prefix', 's3:delimiter', 's3:max-keys']) {
      for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucketMultipartUploads']) {
        equal(valueOf(key, { parameters }, action), undefined, `${key} of ${action}`)
      }
    }
    for (const key of [
      's3:x-amz-acl',
      's3:x-amz-copy-source',
      's3:requestobjecttag/a',
      's3:requestobjecttagkeys',
      's3:if-none-match',
    ]) {
      equal(valueOf(key, { headers }, 's3:GetObject'), undefined, key)
    }
    const existingTags = (): [string, string][] => [['a', 'b']]
    equal(valueOf('s3:existingobjecttag/a', { existingTags }, 's3:PutObject'), undefined)
    equal(valueOf('s3:existingobjecttag/a', { existingTags }, 's3:DeleteObject'), undefined)
    equal(valueOf('s3:versionid', {}, 's3:GetObject', { versionId: 'v1' }), undefined)
    equal(valueOf('s3:constructor', { headers }, 's3:PutObject'), undefined)
  })

  it('says which version is meant', () => {
    deepEqual(valueOf('s3:versionid', {}, 's3:GetObjectVersion', { versionId: 'v1' }), ['v1'])
    // The version of the source of a copy, not of what the query names.
    deepEqual(
      valueOf('s3:versionid', { parameters: new Map([['versionId', 'v1']]) }, 's3:GetObjectVersion', {
        versionId: 'v2',
      }),
      ['v2'],
    )
  })

  it('says what its headers say', () => {
    for (const name of [
      'x-amz-acl',
      'x-amz-grant-full-control',
      'x-amz-grant-read',
      'x-amz-grant-read-acp',
      'x-amz-grant-write',
      'x-amz-grant-write-acp',
      'x-amz-metadata-directive',
      'x-amz-storage-class',
      'x-amz-website-redirect-location',
      'x-amz-server-side-encryption',
      'x-amz-server-side-encryption-aws-kms-key-id',
      'x-amz-server-side-encryption-customer-algorithm',
      'if-match',
      'if-none-match',
    ]) {
      deepEqual(valueOf(`s3:${name}`, { headers: { [name]: 'x' } }), ['x'], name)
      equal(valueOf(`s3:${name}`), undefined, name)
    }
    deepEqual(valueOf('s3:if-match', { headers: { 'if-match': 'x' } }, 's3:DeleteObject'), ['x'])
  })

  it('says the source of a copy as it will be opened, however it was encoded', () => {
    for (const stated of [
      'awsexamplebucket1/public/a b',
      '/awsexamplebucket1/public/a%20b',
      'awsexamplebucket1%2Fpublic%2Fa+b',
    ]) {
      deepEqual(valueOf('s3:x-amz-copy-source', { headers: { 'x-amz-copy-source': stated } }), [
        'awsexamplebucket1/public/a b',
        '/awsexamplebucket1/public/a b',
      ])
    }
    deepEqual(valueOf('s3:x-amz-copy-source', { headers: { 'x-amz-copy-source': 'a/b?versionId=c' } }), [
      'a/b?versionId=c',
      '/a/b?versionId=c',
    ])
  })

  it('says what tags it wants to set, by header or by document', () => {
    const headers = { 'x-amz-tagging': 'Project=X&Owner=ann%20b' }
    deepEqual(valueOf('s3:requestobjecttag/project', { headers }), ['X'])
    deepEqual(valueOf('s3:requestobjecttag/owner', { headers }), ['ann b'])
    deepEqual(valueOf('s3:requestobjecttagkeys', { headers }), ['Project', 'Owner'])
    equal(valueOf('s3:requestobjecttagkeys'), undefined)
    equal(valueOf('s3:requestobjecttagkeys', { headers: { 'x-amz-tagging': 'a=%zz' } }), undefined)
    const input = { Tagging: { TagSet: [{ Key: 'Project', Value: 'X' }] } }
    deepEqual(valueOf('s3:requestobjecttag/project', { input }, 's3:PutObjectTagging'), ['X'])
    deepEqual(valueOf('s3:requestobjecttagkeys', { input }, 's3:PutObjectTagging'), ['Project'])
  })

  it('asks for the tags an object has when a policy does', () => {
    let asked = 0
    const existingTags = (of: object): [string, string][] => {
      asked += 1
      deepEqual(of, { ...target, versionId: 'v1' })
      return [['Security', 'public']]
    }
    const context = contextOf(facts({ existingTags }), {
      action: 's3:GetObjectVersion',
      target: { ...target, versionId: 'v1' },
    })
    equal(asked, 0)
    deepEqual(context('s3:existingobjecttag/security'), ['public'])
    equal(context('s3:existingobjecttag/other'), undefined)
    equal(asked, 2)
  })

  it('says how long an object is to be locked', () => {
    const headers = {
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': '2026-11-26T10:00:00Z',
      'x-amz-object-lock-legal-hold': 'ON',
    }
    deepEqual(valueOf('s3:object-lock-mode', { headers }), ['GOVERNANCE'])
    deepEqual(valueOf('s3:object-lock-retain-until-date', { headers }), ['2026-11-26T10:00:00Z'])
    deepEqual(valueOf('s3:object-lock-remaining-retention-days', { headers }), ['2'])
    deepEqual(valueOf('s3:object-lock-legal-hold', { headers }), ['ON'])
    const input = { Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(nowMs + 86_400_000) } }
    deepEqual(valueOf('s3:object-lock-mode', { input }, 's3:PutObjectRetention'), ['COMPLIANCE'])
    deepEqual(valueOf('s3:object-lock-remaining-retention-days', { input }, 's3:PutObjectRetention'), ['1'])
    deepEqual(
      valueOf('s3:object-lock-legal-hold', { input: { LegalHold: { Status: 'OFF' } } }, 's3:PutObjectLegalHold'),
      ['OFF'],
    )
  })

  it('says where and how a bucket is to be made', () => {
    const input = {
      CreateBucketConfiguration: { LocationConstraint: 'sa-east-1', Tags: [{ Key: 'Team', Value: 'red' }] },
    }
    deepEqual(valueOf('s3:locationconstraint', { input }, 's3:CreateBucket'), ['sa-east-1'])
    deepEqual(valueOf('aws:requesttag/team', { input }, 's3:CreateBucket'), ['red'])
    deepEqual(valueOf('aws:tagkeys', { input }, 's3:TagResource'), ['Team'])
    deepEqual(
      valueOf(
        's3:x-amz-object-ownership',
        { headers: { 'x-amz-object-ownership': 'ObjectWriter' } },
        's3:CreateBucket',
      ),
      ['ObjectWriter'],
    )
  })

  it('says whether an object comes to be', () => {
    deepEqual(valueOf('s3:objectcreationoperation'), ['true'])
    deepEqual(valueOf('s3:objectcreationoperation', { parameters: new Map([['partNumber', '1']]) }), ['false'])
    deepEqual(valueOf('s3:objectcreationoperation', { parameters: new Map([['uploads', '']]) }), ['false'])
  })

  it('gives what others know', () => {
    deepEqual(valueOf('sts:externalid', { more: (key) => (key === 'sts:externalid' ? ['x'] : undefined) }), ['x'])
    equal(valueOf('ec2:region'), undefined)
  })
})
