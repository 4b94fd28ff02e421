// Who is allowed what, in AWS's order of evaluation.

import { deepEqual, equal } from 'node:assert/strict'
import type { Decision } from '../../../src/contract/access.js'
import { decide, type Policies } from '../../../src/contract/policy/decide.js'
import type { AnyQuestion, Policy } from '../../../src/contract/policy/policy.js'
import {
  abroad,
  anonymous,
  type Asked,
  home,
  operator,
  policy,
  question,
  root,
  session,
  statement,
  user,
} from './questions.js'

const allow = (members: object = {}): object => statement(members)
const deny = (members: object = {}): object => statement({ Effect: 'Deny', ...members })
const identity = (...statements: object[]): Policy => policy('identity', ...statements)
const bucket = (...statements: object[]): Policy => policy('bucket', ...statements)

const ask = (policies: Partial<Policies>, asked: Asked = {}): Decision =>
  decide(question(asked), { identity: [], session: [], isSameAccount: true, ...policies })

const reason = (policies: Partial<Policies>, asked: Asked = {}): Decision['reason'] => ask(policies, asked).reason

const readOnly = { Action: ['s3:Get*', 's3:List*'] }
const list = { Action: 's3:ListBucket' }
const forAnn = { Principal: { AWS: 'arn:aws:iam::111122223333:user/ann' } }
const forRole = { Principal: { AWS: 'arn:aws:iam::111122223333:role/reader' } }
const forSession = { Principal: { AWS: 'arn:aws:sts::111122223333:assumed-role/reader/work' } }
const forHome = { Principal: { AWS: '111122223333' } }
const forAbroad = { Principal: { AWS: 'arn:aws:iam::444455556666:root' } }
const forAll = { Principal: '*' }

describe('within an account', () => {
  it('nothing is allowed that no statement allows', () => {
    deepEqual(ask({}), { isAllowed: false, reason: 'no statement allows it' })
    equal(reason({ identity: [identity(allow({ Action: 's3:PutObject' }))] }), 'no statement allows it')
    equal(reason({ identity: [identity(allow({ Resource: 'arn:aws:s3:::other/*' }))] }), 'no statement allows it')
  })

  it('any policy of the user allows', () => {
    deepEqual(ask({ identity: [identity(allow(list)), identity(allow({ Sid: 'Read', ...readOnly }))] }), {
      isAllowed: true,
      reason: 'allowed by identity policy',
      statement: { policy: 'identity policy', sid: 'Read', index: 0 },
    })
  })

  it('a Deny anywhere wins, and says where it stands', () => {
    const all = [identity(allow())]
    const denies = deny({ Sid: 'No' })
    const named = (kind: string, index = 0): Decision => ({
      isAllowed: false,
      reason: 'explicit deny',
      statement: { policy: `${kind} policy`, sid: 'No', index },
    })
    deepEqual(ask({ identity: [identity(allow(), denies)] }), named('identity', 1))
    deepEqual(ask({ identity: all, boundary: policy('boundary', denies) }), named('boundary'))
    deepEqual(
      ask({ identity: all, session: [[policy('session', allow())], [policy('session', denies)]] }),
      named('session'),
    )
    deepEqual(
      ask({ identity: all, resource: bucket(statement({ Effect: 'Deny', Sid: 'No', ...forAll })) }),
      named('bucket'),
    )
  })

  it("the bucket's policy allows whom it names", () => {
    deepEqual(ask({ resource: bucket(allow({ Sid: 'Ann', ...forAnn })) }), {
      isAllowed: true,
      reason: 'allowed by resource policy',
      statement: { policy: 'bucket policy', sid: 'Ann', index: 0 },
    })
    equal(reason({ resource: bucket(allow(forAnn)) }, { principal: user('bob') }), 'no statement allows it')
    equal(reason({ resource: bucket(allow(forAll)) }, { principal: user('bob') }), 'allowed by resource policy')
  })

  it("the bucket's policy that names the account leaves it to the account", () => {
    // "The account ARN and the shortened account ID … both delegate permissions to the account."
    equal(reason({ resource: bucket(allow(forHome)) }), 'no statement allows it')
    equal(reason({ resource: bucket(allow(forHome)), identity: [identity(allow())] }), 'allowed by identity policy')
    const canonical = { Principal: { CanonicalUser: home.id } }
    equal(reason({ resource: bucket(allow(canonical)) }), 'no statement allows it')
    equal(
      reason({ resource: bucket(statement({ Effect: 'Deny', ...forHome })), identity: [identity(allow())] }),
      'explicit deny',
    )
    equal(
      reason({ resource: bucket(statement({ Effect: 'Deny', ...canonical })), identity: [identity(allow())] }),
      'explicit deny',
    )
  })

  it('a boundary allows nothing, and limits what identity policies allow', () => {
    const boundary = policy('boundary', allow(readOnly))
    equal(reason({ boundary }), 'no statement allows it')
    equal(reason({ boundary, identity: [identity(allow())] }), 'allowed by identity policy')
    deepEqual(ask({ boundary, identity: [identity(allow())] }, { action: 's3:PutObject' }), {
      isAllowed: false,
      reason: 'outside of the boundary',
    })
  })

  // IAM User Guide, "Determining whether a request is allowed or denied within an account": the effect of resource-based policies for each principal
  it('an implicit deny of the boundary does not touch what a resource policy gives a user', () => {
    equal(
      reason({ boundary: policy('boundary', allow(list)), resource: bucket(allow(forAnn)) }),
      'allowed by resource policy',
    )
  })

  it('an implicit deny of boundary or session limits what a resource policy gives a role', () => {
    const principal = session()
    const resource = bucket(allow(forRole))
    equal(reason({ resource }, { principal }), 'allowed by resource policy')
    equal(reason({ resource, boundary: policy('boundary', allow(list)) }, { principal }), 'outside of the boundary')
    equal(reason({ resource, session: [[policy('session', allow(list))]] }, { principal }), 'outside of the session')
    equal(reason({ resource, session: [[policy('session', allow())]] }, { principal }), 'allowed by resource policy')
  })

  it('an implicit deny of boundary or session does not touch what a resource policy gives a session', () => {
    const principal = session()
    const limits = { boundary: policy('boundary', allow(list)), session: [[policy('session', allow(list))]] }
    equal(reason({ resource: bucket(allow(forSession)), ...limits }, { principal }), 'allowed by resource policy')
    // "permissions boundaries or session policies do not limit permissions granted using … a wildcard in the Principal element"
    equal(reason({ resource: bucket(allow(forAll)), ...limits }, { principal }), 'allowed by resource policy')
    // Named both ways: by the nearer one.
    equal(
      reason({ resource: bucket(allow(forRole), allow(forSession)), ...limits }, { principal }),
      'allowed by resource policy',
    )
    equal(reason({ resource: bucket(allow(forSession), deny(forRole)), ...limits }, { principal }), 'explicit deny')
  })

  it('every group of session policies must allow, in any of its policies', () => {
    const all = [identity(allow())]
    const reads = policy('session', allow(readOnly))
    const lists = policy('session', allow(list))
    equal(reason({ identity: all, session: [[lists, reads]] }), 'allowed by identity policy')
    equal(reason({ identity: all, session: [[lists], [reads]] }), 'outside of the session')
    equal(reason({ identity: all, session: [[reads], [reads]] }), 'allowed by identity policy')
    equal(reason({ identity: all, session: [[]] }), 'outside of the session')
    equal(reason({ session: [[reads]] }), 'no statement allows it')
  })

  it("security rule 7: a service account never has more than its policy and its owner's rights", () => {
    const own = [[policy('session', allow(list))]]
    equal(reason({ identity: [identity(allow())], session: own }), 'outside of the session')
    equal(reason({ resource: bucket(allow(forAnn)), session: own }), 'outside of the session')
    equal(reason({ resource: bucket(allow(forAll)), session: own }), 'outside of the session')
    equal(reason({ list: 'everybody', session: own }), 'outside of the session')
    equal(reason({ session: own }, { principal: root() }), 'outside of the session')
    equal(reason({ session: own, isSameAccount: false }, { principal: operator }), 'outside of the session')
    equal(reason({ session: [[policy('session', allow())]] }), 'no statement allows it')
  })

  it('the root of the account needs no policy, but heeds a Deny', () => {
    equal(reason({}, { principal: root() }), 'allowed to the owner')
    equal(reason({ resource: bucket(deny(forAll)) }, { principal: root() }), 'explicit deny')
    equal(reason({ resource: bucket(deny(forHome)) }, { principal: root() }), 'explicit deny')
    equal(reason({ resource: bucket(deny(forAnn)) }, { principal: root() }), 'allowed to the owner')
  })

  it('the root of the account gets back to a policy that denies it everything', () => {
    const resource = bucket(deny({ ...forAll, Resource: ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/*'] }))
    for (const action of ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy']) {
      const asked = { action, resource: 'arn:aws:s3:::photos' }
      equal(reason({ resource }, { ...asked, principal: root() }), 'allowed to the owner')
      equal(reason({ resource, isSameAccount: false }, { ...asked, principal: operator }), 'allowed to the operator')
      equal(reason({ resource, identity: [identity(allow())] }, asked), 'explicit deny')
      equal(reason({ resource, isSameAccount: false }, { ...asked, principal: root(abroad) }), 'explicit deny')
    }
    equal(
      reason({ resource }, { action: 's3:DeleteBucket', resource: 'arn:aws:s3:::photos', principal: root() }),
      'explicit deny',
    )
  })

  it('a list that names the account leaves it to the account; one that names everybody does not', () => {
    equal(reason({ list: 'account' }), 'no statement allows it')
    equal(reason({ list: 'everybody' }), 'allowed by list')
    equal(reason({ list: 'everybody', boundary: policy('boundary', allow(list)) }), 'outside of the boundary')
    equal(reason({ list: 'everybody', resource: bucket(deny(forAll)) }), 'explicit deny')
  })
})

describe('across accounts', () => {
  const stranger = { principal: user('zoe', abroad) }
  const far = { isSameAccount: false }
  const all = [identity(allow())]

  it('both sides must allow', () => {
    equal(reason({ ...far, identity: all }, stranger), 'no statement allows it')
    equal(reason({ ...far, resource: bucket(allow(forAbroad)) }, stranger), 'no statement allows it')
    equal(reason({ ...far, identity: all, resource: bucket(allow(forAbroad)) }, stranger), 'allowed by resource policy')
    equal(reason({ ...far, identity: all, resource: bucket(allow(forHome)) }, stranger), 'no statement allows it')
    equal(reason({ ...far, resource: bucket(allow(forAll)) }, stranger), 'no statement allows it')
    equal(reason({ ...far, identity: all, resource: bucket(allow(forAll)) }, stranger), 'allowed by resource policy')
  })

  it('boundary and session limit whoever is named', () => {
    const zoe = { Principal: { AWS: 'arn:aws:iam::444455556666:user/zoe' } }
    const granted = { ...far, identity: all, resource: bucket(allow(zoe)) }
    equal(reason(granted, stranger), 'allowed by resource policy')
    equal(reason({ ...granted, boundary: policy('boundary', allow(list)) }, stranger), 'outside of the boundary')
    equal(reason({ ...granted, session: [[policy('session', allow(list))]] }, stranger), 'outside of the session')
    equal(reason({ ...granted, identity: [identity(allow(), deny())] }, stranger), 'explicit deny')
  })

  it('the root of another account may do what the owner grants it', () => {
    equal(reason(far, { principal: root(abroad) }), 'no statement allows it')
    equal(
      reason({ ...far, resource: bucket(allow(forAbroad)) }, { principal: root(abroad) }),
      'allowed by resource policy',
    )
  })

  it('a list grants as a policy does', () => {
    equal(reason({ ...far, identity: all, list: 'account' }, stranger), 'allowed by list')
    equal(reason({ ...far, list: 'account' }, stranger), 'no statement allows it')
    equal(reason({ ...far, identity: all, list: 'everybody' }, stranger), 'allowed by list')
    equal(reason({ ...far, list: 'account' }, { principal: root(abroad) }), 'allowed by list')
  })

  it('the operator may do everything that no bucket denies', () => {
    equal(reason(far, { principal: operator }), 'allowed to the operator')
    equal(reason({ ...far, resource: bucket(deny(forAll)) }, { principal: operator }), 'explicit deny')
    equal(reason({ ...far, resource: bucket(deny(forHome)) }, { principal: operator }), 'allowed to the operator')
  })
})

describe('nobody in particular', () => {
  const asked = { principal: anonymous }
  const far = { isSameAccount: false }

  it('may what everybody may', () => {
    equal(reason(far, asked), 'no statement allows it')
    equal(reason({ ...far, resource: bucket(allow(forAll)) }, asked), 'allowed by resource policy')
    equal(reason({ ...far, resource: bucket(allow({ Principal: { AWS: '*' } })) }, asked), 'allowed by resource policy')
    equal(reason({ ...far, resource: bucket(allow(forHome)) }, asked), 'no statement allows it')
    equal(reason({ ...far, list: 'everybody' }, asked), 'allowed by list')
    equal(reason({ ...far, list: 'account' }, asked), 'no statement allows it')
    equal(reason({ ...far, list: 'everybody', resource: bucket(deny(forAll)) }, asked), 'explicit deny')
  })
})

describe('a public bucket that is restricted', () => {
  const restricted = { restrictsPublic: true, isSameAccount: false }
  // S3 User Guide, "How Amazon S3 evaluates a bucket policy that contains both public and non-public access grants"
  const mixed = bucket(allow(forAbroad), allow(forAll))
  const all = [identity(allow())]

  it('is closed to everybody outside of its account', () => {
    equal(reason({ ...restricted, resource: mixed }, { principal: anonymous }), 'public access is blocked')
    equal(
      reason({ ...restricted, resource: mixed, identity: all }, { principal: user('zoe', abroad) }),
      'public access is blocked',
    )
    equal(
      reason({ ...restricted, resource: mixed, list: 'everybody' }, { principal: anonymous }),
      'public access is blocked',
    )
    equal(reason({ ...restricted, resource: mixed }, { principal: root(abroad) }), 'public access is blocked')
  })

  it('is open to those within it, and to the operator', () => {
    equal(reason({ ...restricted, isSameAccount: true, resource: mixed }), 'allowed by resource policy')
    equal(
      reason({ ...restricted, isSameAccount: true, resource: mixed }, { principal: root() }),
      'allowed to the owner',
    )
    equal(reason({ ...restricted, resource: mixed }, { principal: operator }), 'allowed to the operator')
  })

  it('is open to whom it names when nothing in its policy is public', () => {
    const resource = bucket(allow(forAbroad))
    equal(
      reason({ ...restricted, resource, identity: all }, { principal: user('zoe', abroad) }),
      'allowed by resource policy',
    )
    const fixed = bucket(allow({ ...forAll, Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }))
    equal(
      reason({ ...restricted, resource: fixed }, { principal: anonymous, context: { 'aws:sourceip': '203.0.113.4' } }),
      'allowed by resource policy',
    )
  })
})

describe('NotPrincipal', () => {
  const all = [identity(allow())]
  // IAM User Guide, "AWS JSON policy elements: NotPrincipal"
  const butAnn = bucket({
    Effect: 'Deny',
    NotPrincipal: { AWS: ['arn:aws:iam::111122223333:user/ann', 'arn:aws:iam::111122223333:root'] },
    Action: 's3:*',
    Resource: ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/*'],
  })

  it('denies all but whom it names', () => {
    equal(reason({ identity: all, resource: butAnn }), 'allowed by identity policy')
    equal(reason({ identity: all, resource: butAnn }, { principal: user('bob') }), 'explicit deny')
    equal(reason({ resource: butAnn }, { principal: root() }), 'allowed to the owner')
    equal(reason({ resource: butAnn, list: 'everybody' }, { principal: anonymous }), 'explicit deny')
    equal(reason({ identity: all, resource: butAnn }, { principal: session() }), 'explicit deny')
  })

  it('excepts nobody whose account it does not name', () => {
    const alone = bucket({ Effect: 'Deny', NotPrincipal: forAnn.Principal, Action: 's3:*', Resource: '*' })
    equal(reason({ identity: all, resource: alone }), 'explicit deny')
  })

  it('excepts a session by account, role and session', () => {
    const names = [
      '111122223333',
      'arn:aws:iam::111122223333:role/reader',
      'arn:aws:sts::111122223333:assumed-role/reader/work',
    ]
    const but = (...AWS: string[]): Policy =>
      bucket({ Effect: 'Deny', NotPrincipal: { AWS }, Action: 's3:*', Resource: '*' })
    const asked = { principal: session() }
    equal(reason({ identity: all, resource: but(...names) }, asked), 'allowed by identity policy')
    for (const name of names) {
      equal(
        reason({ identity: all, resource: but(...names.filter((other) => other !== name)) }, asked),
        'explicit deny',
      )
    }
  })
})

describe('a role', () => {
  const assume = { action: 'sts:AssumeRole', resource: 'arn:aws:iam::111122223333:role/reader' }
  const trust = (Principal: unknown, more: object = {}): Policy =>
    policy('trust', { Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...more })
  const mayAssume = identity(allow({ Action: 'sts:AssumeRole' }))

  it('is assumed by nobody whom it does not trust', () => {
    const resource = trust({ AWS: '444455556666' })
    equal(reason({ resource, identity: [mayAssume] }, assume), 'no statement allows it')
    equal(reason({ resource }, { ...assume, principal: root() }), 'no statement allows it')
  })

  it('is assumed by the user it trusts, without a policy of his own in its account', () => {
    equal(reason({ resource: trust(forAnn.Principal) }, assume), 'allowed by resource policy')
    equal(
      reason({ resource: trust(forAnn.Principal) }, { ...assume, principal: user('bob') }),
      'no statement allows it',
    )
  })

  it('is assumed by users of the account it trusts whose policies allow it', () => {
    const resource = trust(forHome.Principal)
    equal(reason({ resource }, assume), 'no statement allows it')
    equal(reason({ resource, identity: [mayAssume] }, assume), 'allowed by identity policy')
    equal(
      reason({ resource, identity: [mayAssume], boundary: policy('boundary', allow()) }, assume),
      'outside of the boundary',
    )
  })

  it('is assumed from another account when both sides say so', () => {
    const resource = trust(
      { AWS: 'arn:aws:iam::444455556666:root' },
      { Condition: { StringEquals: { 'sts:ExternalId': '12345' } } },
    )
    const asked = { ...assume, principal: user('zoe', abroad), context: { 'sts:externalid': '12345' } }
    equal(reason({ resource, identity: [mayAssume], isSameAccount: false }, asked), 'allowed by resource policy')
    equal(reason({ resource, identity: [], isSameAccount: false }, asked), 'no statement allows it')
    equal(
      reason({ resource, identity: [mayAssume], isSameAccount: false }, { ...asked, context: {} }),
      'no statement allows it',
    )
  })

  it('is assumed by a web identity of the provider it trusts alone', () => {
    const providerArn = 'arn:aws:iam::111122223333:oidc-provider/issuer.example/realm'
    const resource = policy('trust', {
      Effect: 'Allow',
      Principal: { Federated: providerArn },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: { StringEquals: { 'issuer.example/realm:aud': 'cairn' } },
    })
    const asked = (arn: string, aud: string): AnyQuestion =>
      question({
        action: 'sts:AssumeRoleWithWebIdentity',
        resource: assume.resource,
        principal: { kind: 'web identity', providerArn: arn },
        context: { 'issuer.example/realm:aud': aud },
      })
    const policies = { identity: [], session: [], isSameAccount: false, resource }
    equal(decide(asked(providerArn, 'cairn'), policies).reason, 'allowed by resource policy')
    equal(decide(asked(providerArn, 'other'), policies).reason, 'no statement allows it')
    equal(decide(asked('arn:aws:iam::111122223333:oidc-provider/issuer.example', 'cairn'), policies).isAllowed, false)
    equal(
      decide(asked('arn:aws:iam::444455556666:oidc-provider/issuer.example/realm', 'cairn'), policies).isAllowed,
      false,
    )
    equal(decide(asked(providerArn, 'cairn'), { ...policies, resource: trust('*') }).isAllowed, false)
    equal(
      decide(asked(providerArn, 'cairn'), { identity: [], session: [], isSameAccount: true, list: 'everybody' })
        .isAllowed,
      false,
    )
  })
})

describe('what a statement is about', () => {
  const may = (members: object, asked: Asked): boolean => ask({ identity: [identity(allow(members))] }, asked).isAllowed

  it('has no case in its actions and case in its resources', () => {
    equal(may({ Action: 'S3:gEtObJeCt' }, {}), true)
    equal(may({ Action: 's3:GET*' }, {}), true)
    equal(may({ Resource: 'arn:aws:s3:::Photos/*' }, {}), false)
  })

  it('is not more than its actions', () => {
    equal(may({ Action: 's3:GetObject' }, { action: 's3:GetObjectVersion' }), false)
    equal(may({ Action: 's3:GetObject?*' }, { action: 's3:GetObjectVersion' }), true)
    equal(may({ Action: 'iam:*' }, {}), false)
    equal(may({ Action: '*' }, { action: 'iam:CreateUser' }), true)
    equal(may({ Action: '*:*' }, { action: 'cairn:ReadLog' }), true)
    equal(may({ Action: 'cairn:Read*' }, { action: 'cairn:ReadLog' }), true)
    equal(may({ Action: 'cairn:Read*' }, { action: 'cairn:WriteLog' }), false)
    equal(may({ NotAction: 's3:Delete*' }, {}), true)
    equal(may({ NotAction: 's3:Delete*' }, { action: 's3:DeleteObject' }), false)
    equal(may({ NotAction: 's3:Get*' }, { action: 'iam:CreateUser' }), true)
  })

  it('is not more than its resources', () => {
    const at = (key: string): Asked => ({ resource: `arn:aws:s3:::photos/${key}` })
    equal(may({ Resource: 'arn:aws:s3:::photos' }, at('a')), false)
    equal(may({ Resource: 'arn:aws:s3:::photos*' }, at('a')), true)
    equal(may({ Resource: 'arn:aws:s3:::photos/a?' }, at('ab')), true)
    equal(may({ NotResource: 'arn:aws:s3:::photos/a*' }, at('ab')), false)
    equal(may({ NotResource: 'arn:aws:s3:::photos/a*' }, at('b')), true)
    equal(may({ Resource: ['arn:aws:s3:::photos/a', 'arn:aws:s3:::photos/b'] }, at('b')), true)
  })

  it('does not run over the colons in front of a resource', () => {
    const at = (key: string): Asked => ({ resource: `arn:aws:s3:::public/${key}` })
    equal(may({ Resource: 'arn:aws:s3:*:*:secret/x' }, at('a:secret/x')), false)
    equal(may({ Resource: 'arn:aws:s3:*:*:public/*' }, at('a:secret/x')), true)
    equal(
      may({ Resource: 'arn:aws:iam::*:user/ann' }, { action: 's3:GetObject', resource: 'arn:aws:iam::1:x:user/ann' }),
      false,
    )
  })
})
