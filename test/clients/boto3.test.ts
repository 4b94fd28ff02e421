// boto3 in its current release: what Python programs send since the checksum defaults of 2025.

import { join } from 'node:path'
import { projectRoot } from '../project-root.js'
import { type ClientSuite, awsEnvironment, clientMsMax, openClientSuite } from './client-suite.js'
import { programs, requireFile, run } from './programs.js'

const checks: readonly [behaviour: string, check: string][] = [
  ['puts and gets with the checksums it sends by default', 'put_and_get'],
  ['has every checksum verified, kept and returned', 'every_checksum'],
  ['transfers large files in parts, both ways and on the server', 'transfer_in_parts'],
  ['locks with conditional writes', 'conditional_writes'],
  ['pages through listings and deletes many', 'listings'],
  ['reads and removes versions', 'versions'],
  ['gives away links and forms', 'links_and_forms'],
  ['presigns limits as the documentation says', 'presigned_limits'],
]

describe('boto3', function () {
  this.timeout(clientMsMax)
  let suite: ClientSuite

  before(async function () {
    requireFile(this, programs.python)
    suite = await openClientSuite()
  })
  after(() => suite?.close())

  for (const [behaviour, check] of checks) {
    it(behaviour, async () => {
      const script = join(projectRoot, 'test', 'clients', 'boto3_checks.py')
      const env = { ...awsEnvironment(suite.directory), PYTHONDONTWRITEBYTECODE: '1' }
      await run(programs.python, [script, suite.endpoint, check, suite.bucketName()], { env })
    })
  }
})
