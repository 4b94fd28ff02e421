// An issuer of web identities behind TLS, as every real one is: its certificate must be one the machine trusts.

import { equal, rejects } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateOpenIDConnectProviderCommand, IAMClient } from '@aws-sdk/client-iam'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandOutput,
  STSClient,
} from '@aws-sdk/client-sts'
import { makeRole, trust } from '../iam/world.js'
import { audience, openIssuer } from '../identity/issuer.js'
import { credentials, scratchDirectory } from '../server-process.js'
import { afterEachTest } from '../store/temporary-directory.js'
import { twoWorkers } from './clients.js'

describe('A server of two workers, and an issuer with TLS', function () {
  this.timeout(60_000)
  const later = afterEachTest()

  /** Certificate and key for 127.0.0.1. */
  async function certificate(): Promise<{ path: string; cert: string; key: string }> {
    const scratch = await scratchDirectory('issuer')
    later(() => scratch.remove())
    const [path, keyPath] = [join(scratch.path, 'cert.pem'), join(scratch.path, 'key.pem')]
    const made = spawnSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=issuer -addext
      subjectAltName=IP:127.0.0.1 -keyout ${keyPath} -out ${path}`.split(/\s+/),
    )
    equal(made.status, 0, String(made.stderr))
    return { path, cert: readFileSync(path, 'utf8'), key: readFileSync(keyPath, 'utf8') }
  }

  /** What comes of a token of this issuer, at a server that trusts the certificate at `trusted`. */
  async function assume(
    tls: { cert: string; key: string },
    trusted: string,
  ): Promise<AssumeRoleWithWebIdentityCommandOutput> {
    const issuer = await openIssuer(Date.now, tls)
    later(() => issuer.close())
    const { server } = await twoWorkers(later, {
      args: ['--oidc-allow-private'],
      env: { NODE_EXTRA_CA_CERTS: trusted },
    })
    const settings = { endpoint: server.endpoint, region: 'us-east-1', maxAttempts: 1 }
    const iam = new IAMClient({ ...settings, credentials })
    const sts = new STSClient(settings)
    later(() => {
      iam.destroy()
      sts.destroy()
    })
    const provider = await iam.send(
      new CreateOpenIDConnectProviderCommand({ Url: issuer.url, ClientIDList: [audience] }),
    )
    const RoleArn = await makeRole(iam, 'web', [
      trust({ Federated: provider.OpenIDConnectProviderArn }, 'sts:AssumeRoleWithWebIdentity'),
    ])
    return sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn,
        RoleSessionName: 'browser',
        WebIdentityToken: await issuer.token(),
      }),
    )
  }

  it('take its word when the certificate is trusted', async () => {
    const { path, cert, key } = await certificate()
    equal((await assume({ cert, key }, path)).SubjectFromWebIdentityToken, 'ann')
  })

  it('do not take it when another one is', async () => {
    const [{ cert, key }, { path: other }] = [await certificate(), await certificate()]
    await rejects(assume({ cert, key }, other), { name: 'IDPCommunicationErrorException' })
  })
})
