// `aws iam` and `aws sts` as people use them: a day's work with users, keys, groups, policies, roles and sessions.

import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { audience, type Issuer, openIssuer } from '../identity/issuer.js'
import { awsEnvironment, type ClientSuite, clientMsMax, openClientSuite } from './client-suite.js'
import { programs, requireFile, run } from './programs.js'

const releases = [
  ['aws-cli 2 of Debian', programs.aws2],
  ['aws-cli 1 of PyPI', programs.aws1],
] as const

type Json = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** A member below an answer: `at(answer, 'User', 'Arn')`. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value
  for (const name of path) found = isRecord(found) ? found[name] : undefined
  return found
}

const text = (value: unknown, ...path: readonly (string | number)[]): string => {
  const found = at(value, ...path)
  if (typeof found !== 'string') throw new Error(`${path.join('.')} is no text in ${JSON.stringify(value)}`)
  return found
}

const allow = (action: string | string[], resource = '*'): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] })

const trust = (principal: Json, action = 'sts:AssumeRole'): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: principal, Action: action }] })

for (const [name, program] of releases) {
  describe(`IAM and STS by ${name}`, function () {
    this.timeout(clientMsMax)
    let suite: ClientSuite
    let issuer: Issuer
    let bucket: string

    before(async function () {
      requireFile(this, program)
      issuer = await openIssuer()
      suite = await openClientSuite(['--oidc-allow-private'])
      bucket = suite.bucketName()
      await aws('s3', 'mb', `s3://${bucket}`)
    })
    after(async () => {
      await suite?.close()
      await issuer?.close()
    })

    const awsAs = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> =>
      run(program, ['--endpoint-url', suite.endpoint, ...args], { env: { ...awsEnvironment(suite.directory), ...env } })
    const aws = (...args: string[]): Promise<string> => awsAs({}, ...args)
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await aws(...args, '--output', 'json')) || '{}')

    /** Environment of whoever has these credentials. */
    const environment = (credentials: unknown): Record<string, string> => ({
      AWS_ACCESS_KEY_ID: text(credentials, 'AccessKeyId'),
      AWS_SECRET_ACCESS_KEY: text(credentials, 'SecretAccessKey'),
      ...(at(credentials, 'SessionToken') !== undefined && { AWS_SESSION_TOKEN: text(credentials, 'SessionToken') }),
    })
    const newUser = async (user: string): Promise<Record<string, string>> => {
      await aws('iam', 'create-user', '--user-name', user)
      return environment(at(await json('iam', 'create-access-key', '--user-name', user), 'AccessKey'))
    }
    const refused = (code: string, env: Record<string, string>, ...args: string[]): Promise<void> =>
      rejects(awsAs(env, ...args), new RegExp(`\\(${code}\\)`))

    it('knows who asks', async () => {
      const who = await json('sts', 'get-caller-identity')
      match(text(who, 'Account'), /^\d{12}$/)
      equal(text(who, 'Arn'), `arn:aws:iam::${text(who, 'Account')}:root`)
      await refused('InvalidClientTokenId', { AWS_ACCESS_KEY_ID: 'AKIANOBODY' }, 'sts', 'get-caller-identity')
      await refused('SignatureDoesNotMatch', { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'sts', 'get-caller-identity')
    })

    it('makes, shows, renames and removes a user', async () => {
      const made = await json(
        'iam',
        'create-user',
        '--user-name',
        'cli.user',
        '--path',
        '/staff/',
        '--tags',
        'Key=team,Value=a b',
      )
      match(text(made, 'User', 'Arn'), /^arn:aws:iam::\d{12}:user\/staff\/cli\.user$/)
      match(text(made, 'User', 'UserId'), /^AIDA/)
      const shown = await json('iam', 'get-user', '--user-name', 'cli.user')
      deepEqual(at(shown, 'User', 'Tags'), [{ Key: 'team', Value: 'a b' }])
      match(await aws('iam', 'list-users', '--path-prefix', '/staff/', '--output', 'text'), /cli\.user/)
      await refused('EntityAlreadyExists', {}, 'iam', 'create-user', '--user-name', 'cli.user')
      await aws('iam', 'update-user', '--user-name', 'cli.user', '--new-user-name', 'renamed')
      await refused('NoSuchEntity', {}, 'iam', 'get-user', '--user-name', 'cli.user')
      await aws('iam', 'delete-user', '--user-name', 'renamed')
      await refused('NoSuchEntity', {}, 'iam', 'get-user', '--user-name', 'renamed')
    })

    it('gives a user a key, which stops working when it is disabled or deleted', async () => {
      const keys = await newUser('keyed')
      await aws(
        'iam',
        'attach-user-policy',
        '--user-name',
        'keyed',
        '--policy-arn',
        'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
      )
      equal(await awsAs(keys, 's3', 'ls', `s3://${bucket}`), '')
      const ownKey = ['--user-name', 'keyed', '--access-key-id', keys['AWS_ACCESS_KEY_ID'] ?? '']
      const listed = await json('iam', 'list-access-keys', '--user-name', 'keyed')
      equal(text(listed, 'AccessKeyMetadata', 0, 'Status'), 'Active')
      await aws('iam', 'update-access-key', ...ownKey, '--status', 'Inactive')
      await refused('InvalidAccessKeyId', keys, 's3api', 'list-objects-v2', '--bucket', bucket)
      await refused('InvalidClientTokenId', keys, 'sts', 'get-caller-identity')
      await aws('iam', 'update-access-key', ...ownKey, '--status', 'Active')
      await awsAs(keys, 's3', 'ls', `s3://${bucket}`)
      ok(await json('iam', 'get-access-key-last-used', '--access-key-id', keys['AWS_ACCESS_KEY_ID'] ?? ''))
      await aws('iam', 'delete-access-key', ...ownKey)
      await refused('InvalidAccessKeyId', keys, 's3api', 'list-objects-v2', '--bucket', bucket)
    })

    it('gives rights by policies: inline, managed, and by groups', async () => {
      const keys = await newUser('worker')
      const file = join(suite.directory, 'a file.txt')
      await writeFile(file, 'content')
      const put = ['s3api', 'put-object', '--bucket', bucket, '--key', 'work/a', '--body', file]
      await refused('AccessDenied', keys, ...put)

      const document = join(suite.directory, 'putting.json')
      await writeFile(document, allow('s3:PutObject', `arn:aws:s3:::${bucket}/work/*`))
      const named = ['--user-name', 'worker', '--policy-name', 'putting']
      await aws('iam', 'put-user-policy', ...named, '--policy-document', `file://${document}`)
      await awsAs(keys, ...put)
      const read = await json('iam', 'get-user-policy', ...named)
      equal(text(read, 'PolicyDocument', 'Statement', 0, 'Resource'), `arn:aws:s3:::${bucket}/work/*`)
      await aws('iam', 'delete-user-policy', ...named)
      await refused('AccessDenied', keys, ...put)

      const made = await json(
        'iam',
        'create-policy',
        '--policy-name',
        'Putting',
        '--policy-document',
        `file://${document}`,
      )
      const arn = text(made, 'Policy', 'Arn')
      await aws('iam', 'attach-user-policy', '--user-name', 'worker', '--policy-arn', arn)
      await awsAs(keys, ...put)
      await refused('DeleteConflict', {}, 'iam', 'delete-policy', '--policy-arn', arn)
      // A new version that allows nothing of it.
      await aws(
        'iam',
        'create-policy-version',
        '--policy-arn',
        arn,
        '--policy-document',
        allow('s3:GetObject'),
        '--set-as-default',
      )
      await refused('AccessDenied', keys, ...put)
      await aws('iam', 'set-default-policy-version', '--policy-arn', arn, '--version-id', 'v1')
      await awsAs(keys, ...put)
      const version = await json('iam', 'get-policy-version', '--policy-arn', arn, '--version-id', 'v2')
      equal(text(version, 'PolicyVersion', 'Document', 'Statement', 0, 'Action'), 's3:GetObject')
      await aws('iam', 'detach-user-policy', '--user-name', 'worker', '--policy-arn', arn)

      await aws('iam', 'create-group', '--group-name', 'workers')
      await aws('iam', 'attach-group-policy', '--group-name', 'workers', '--policy-arn', arn)
      await refused('AccessDenied', keys, ...put)
      await aws('iam', 'add-user-to-group', '--group-name', 'workers', '--user-name', 'worker')
      await awsAs(keys, ...put)
      const group = await json('iam', 'get-group', '--group-name', 'workers')
      equal(text(group, 'Users', 0, 'UserName'), 'worker')
      await aws('iam', 'remove-user-from-group', '--group-name', 'workers', '--user-name', 'worker')
      await refused('AccessDenied', keys, ...put)
      await refused(
        'MalformedPolicyDocument',
        {},
        'iam',
        'put-user-policy',
        ...named,
        '--policy-document',
        '{"Version":"2012-10-17"}',
      )
    })

    it('lets a user administer others as far as a policy says, and no further', async () => {
      const keys = await newUser('helpdesk')
      await aws(
        'iam',
        'put-user-policy',
        '--user-name',
        'helpdesk',
        '--policy-name',
        'reading',
        '--policy-document',
        allow(['iam:ListUsers', 'iam:GetUser']),
      )
      match(await awsAs(keys, 'iam', 'list-users', '--output', 'text'), /helpdesk/)
      await refused('AccessDenied', keys, 'iam', 'create-user', '--user-name', 'more')
      await refused('AccessDenied', keys, 'iam', 'create-access-key')
      await refused(
        'AccessDenied',
        keys,
        'iam',
        'attach-user-policy',
        '--user-name',
        'helpdesk',
        '--policy-arn',
        'arn:aws:iam::aws:policy/AdministratorAccess',
      )
    })

    it('assumes a role, by hand and by a profile', async () => {
      const keys = await newUser('traveller')
      const account = text(await json('sts', 'get-caller-identity'), 'Account')
      const made = await json(
        'iam',
        'create-role',
        '--role-name',
        'visitor',
        '--assume-role-policy-document',
        trust({ AWS: `arn:aws:iam::${account}:user/traveller` }),
      )
      const role = text(made, 'Role', 'Arn')
      equal(text(made, 'Role', 'AssumeRolePolicyDocument', 'Statement', 0, 'Action'), 'sts:AssumeRole')
      await aws(
        'iam',
        'attach-role-policy',
        '--role-name',
        'visitor',
        '--policy-arn',
        'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
      )
      const assume = ['sts', 'assume-role', '--role-arn', role, '--role-session-name', 'trip', '--output', 'json']
      const assumed: unknown = JSON.parse(await awsAs(keys, ...assume))
      const session = environment(at(assumed, 'Credentials'))
      await awsAs(session, 's3', 'ls', `s3://${bucket}`)
      await refused('AccessDenied', session, 's3api', 'delete-bucket', '--bucket', bucket)
      match(await awsAs(session, 'sts', 'get-caller-identity', '--output', 'text'), /assumed-role\/visitor\/trip/)
      const stranger = await newUser('stranger')
      await refused('AccessDenied', stranger, ...assume)

      const folder = join(suite.directory, '.aws')
      await mkdir(folder, { recursive: true })
      await writeFile(
        join(folder, 'config'),
        `[profile base]\nregion = us-east-1\n[profile visitor]\nregion = us-east-1\nrole_arn = ${role}\nsource_profile = base\n`,
      )
      await writeFile(
        join(folder, 'credentials'),
        `[base]\naws_access_key_id = ${keys['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = ${keys['AWS_SECRET_ACCESS_KEY']}\n`,
      )
      const byProfile = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_ENDPOINT_URL_STS: suite.endpoint }
      // Debian's version does not know AWS_ENDPOINT_URL_STS: there the profile's own call would go to AWS.
      if (program === programs.aws1) {
        match(
          await awsAs(byProfile, '--profile', 'visitor', 'sts', 'get-caller-identity', '--output', 'text'),
          /visitor/,
        )
      }
    })

    it('gets temporary credentials of its own, for a while', async () => {
      const keys = await newUser('temporary')
      await aws(
        'iam',
        'attach-user-policy',
        '--user-name',
        'temporary',
        '--policy-arn',
        'arn:aws:iam::aws:policy/AmazonS3FullAccess',
      )
      const answer: unknown = JSON.parse(
        await awsAs(keys, 'sts', 'get-session-token', '--duration-seconds', '900', '--output', 'json'),
      )
      const session = environment(at(answer, 'Credentials'))
      await awsAs(session, 's3', 'ls', `s3://${bucket}`)
      await refused('AccessDenied', session, 'iam', 'list-users')
    })

    it('assumes a role with a web identity, which signs nothing', async () => {
      const host = issuer.url.replace('http://', '')
      const made = await json(
        'iam',
        'create-open-id-connect-provider',
        '--url',
        `https://${host}`,
        '--client-id-list',
        audience,
        // Version 2.9 does not do without.
        '--thumbprint-list',
        '0'.repeat(40),
      )
      const provider = text(made, 'OpenIDConnectProviderArn')
      const shown = await json('iam', 'get-open-id-connect-provider', '--open-id-connect-provider-arn', provider)
      deepEqual(at(shown, 'ClientIDList'), [audience])
      const role = text(
        await json(
          'iam',
          'create-role',
          '--role-name',
          'web',
          '--assume-role-policy-document',
          trust({ Federated: provider }, 'sts:AssumeRoleWithWebIdentity'),
        ),
        'Role',
        'Arn',
      )
      await aws(
        'iam',
        'put-role-policy',
        '--role-name',
        'web',
        '--policy-name',
        'listing',
        '--policy-document',
        allow('s3:ListBucket'),
      )
      const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
      const assume = (token: string): string[] => [
        'sts',
        'assume-role-with-web-identity',
        '--role-arn',
        role,
        '--role-session-name',
        'web',
        '--web-identity-token',
        token,
        '--output',
        'json',
      ]
      const answer: unknown = JSON.parse(await awsAs(nobody, ...assume(await issuer.token())))
      equal(text(answer, 'SubjectFromWebIdentityToken'), 'ann')
      await awsAs(environment(at(answer, 'Credentials')), 's3', 'ls', `s3://${bucket}`)
      await refused('InvalidIdentityToken', nobody, ...assume(await issuer.token({ aud: 'another' })))
    })

    it('says what is not there, and pages through what is', async () => {
      await refused('NotImplemented', {}, 'iam', 'list-virtual-mfa-devices')
      for (let number = 1; number <= 5; number++)
        await aws('iam', 'create-user', '--user-name', `many-${number}`, '--path', '/many/')
      const listed = await json('iam', 'list-users', '--path-prefix', '/many/', '--page-size', '2')
      const users = at(listed, 'Users')
      ok(Array.isArray(users))
      equal(users.length, 5)
    })
  })
}
