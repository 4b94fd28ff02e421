// Security rule 1, "default deny", for every action of IAM and STS that the SDKs know, generated from their models: none can be forgotten.

import { equal, ok, rejects } from 'node:assert/strict'
import * as Iam from '@aws-sdk/client-iam'
import * as Sts from '@aws-sdk/client-sts'
import { type ActionModel, serviceModels } from '../../src/iam/wire/model.js'
import { iamOperations } from '../../src/iam-operations.js'
import { stsOperations } from '../../src/identity/sts-operations.js'
import { type FreshServer, freshServer } from '../fresh-server.js'
import { iamOf, sdkCredentials, stsOf } from './clients.js'
import { allow, makeRole, makeUser, policy, trust } from './world.js'
import { sampler } from './wire/random-values.js'

const actions: readonly ActionModel[] = [...serviceModels.iam.actions.values(), ...serviceModels.sts.actions.values()]

/** What everybody who has signed may do. Source: STS API reference of each, "No permissions are required". */
const free: ReadonlySet<string> = new Set(['GetCallerIdentity', 'GetSessionToken'])

/** What a role's trust policy decides. */
const ofRoles: ReadonlySet<string> = new Set(['AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'])

const letters = Array.from('abcdefghijklmnopqrstuvwxyz0123456789')

describe('every action of IAM and STS', () => {
  let server: FreshServer

  beforeEach(async () => {
    server = await freshServer({ hasBucket: false })
  })

  const send = (credentials: Parameters<typeof iamOf>[1]) => {
    const [iam, sts] = [iamOf(server, credentials), stsOf(server, credentials)]
    return ({ service, name, input }: ActionModel): Promise<unknown> => {
      const sdk: Readonly<Record<string, unknown>> = service === 'iam' ? Iam : Sts
      // The class of the name; what it is given is made from its own schema, which no static type can follow.
      const Command = sdk[`${name}Command`] as new (given: object) => Iam.GetUserCommand
      const client = service === 'iam' ? iam : (sts as unknown as Iam.IAMClient)
      return client.send(new Command(sampler(7, letters)(input)))
    }
  }

  it('is refused to a user without rights, but for what asks for none', async () => {
    const nobody = await makeUser(iamOf(server), 'nobody')
    const ask = send(nobody.credentials)
    let count = 0
    for (const model of actions) {
      if (free.has(model.name) || ofRoles.has(model.name)) continue
      await rejects(ask(model), { name: 'AccessDenied' }, model.name)
      count += 1
    }
    equal(count, 186)
    const RoleArn = await makeRole(iamOf(server), 'nobodys', [trust('*', 'sts:TagSession')])
    await rejects(
      stsOf(server, nobody.credentials).send(new Sts.AssumeRoleCommand({ RoleArn, RoleSessionName: 'x1' })),
      { name: 'AccessDenied' },
    )
  })

  it("is refused to a federated user whom his policy allows everything, and to a user's session on IAM", async () => {
    const user = await makeUser(iamOf(server), 'almighty', allow('*'))
    const sts = stsOf(server, user.credentials)
    const given = await sts.send(new Sts.GetFederationTokenCommand({ Name: 'guest', Policy: policy(allow('*')) }))
    const own = await sts.send(new Sts.GetSessionTokenCommand({}))
    const [guest, session] = [send(sdkCredentials(given.Credentials)), send(sdkCredentials(own.Credentials))]
    for (const model of actions) {
      if (model.name === 'GetCallerIdentity' || model.name.startsWith('AssumeRoleWith')) continue
      await rejects(guest(model), { name: 'AccessDenied' }, model.name)
      if (model.name !== 'AssumeRole') await rejects(session(model), { name: 'AccessDenied' }, model.name)
    }
  })

  it('is refused to whoever has not signed, but for what brings a proof of its own', async () => {
    for (const { service, name } of actions) {
      const answer = await fetch(server.endpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `Action=${name}&Version=${serviceModels[service].version}`,
      })
      const text = await answer.text()
      const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1]
      // What it needs is missing, then.
      const expected = name.startsWith('AssumeRoleWith') ? 'ValidationError' : 'MissingAuthenticationToken'
      equal(code, expected, `${name}: ${text}`)
    }
  })

  it('is answered or NotImplemented for whoever may do everything, and never breaks the server', async () => {
    const { store } = server.server
    const done = new Set([
      ...Object.keys(iamOperations(store, { now: () => Date.now() })),
      ...Object.keys(stsOperations(store, { now: () => Date.now() }, { oidcAllowPrivate: false })),
    ])
    const admin = await makeUser(iamOf(server), 'admin', allow('*'))
    const ask = send(admin.credentials)
    for (const model of actions) {
      const error: unknown = await ask(model).catch((thrown: unknown) => thrown)
      const name = error instanceof Error ? error.name : undefined
      const isMissing = error instanceof Error && error.message === `${model.name} is not implemented.`
      equal(isMissing, !done.has(model.name), `${model.name}: ${String(error)}`)
      ok(name !== 'InternalFailure', `${model.name}: ${String(error)}`)
    }
    equal(server.problems.length, 0, JSON.stringify(server.problems))
  })
})
