// The check of the floors must be able to fail: each kind of forbidden import is found, with its file and line.

import { equal, match } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectRoot } from '../project-root.js'

const forbidden: readonly [what: string, file: string, line: string, found: RegExp][] = [
  [
    'a room that imports a room',
    'objects/put.ts',
    `import { list } from '../buckets/list.js'`,
    /objects imports buckets/,
  ],
  ['s3 that imports the store', 's3/app.ts', `import { open } from '../store/open.js'`, /s3 imports store/],
  ['s3 that imports a room', 's3/app.ts', `export { put } from '../objects/put.js'`, /s3 imports objects/],
  ['a type that goes up', 'store/store.ts', `import type { Put } from '../objects/put.js'`, /store imports objects/],
  ['an import written as a call', 'store/store.ts', `await import('../s3/app.js')`, /store imports s3/],
  ['a worker of another floor', 'auth/key.ts', `new URL('../s3/thread.js', import.meta.url)`, /auth imports s3/],
  ['somebody who imports main', 'objects/put.ts', `import { main } from '../main.js'`, /composes the server/],
  ['HTTP in a room', 'objects/put.ts', `import Koa from 'koa'`, /objects imports koa; only s3, admin may/],
  ['files in the pure floor', 'contract/names.ts', `import { open } from 'node:fs'`, /contract imports node:fs/],
  ['a folder without a floor', 'misc/any.ts', `export const any = 1`, /stands on no floor/],
]

describe('npm run check:layers', () => {
  for (const [what, file, line, found] of forbidden) {
    it(`refuses ${what}`, async () => {
      const { status, output } = await checked({ [file]: `// A file.\n\n${line}\n` })
      equal(status, 1, output)
      match(output, found)
      match(output, new RegExp(`src/${file}:${what.includes('folder') ? 1 : 3}: `))
    })
  }

  it('accepts imports that point down, and files that compose the server', async () => {
    const { status, output } = await checked({
      'contract/names.ts': `import type { Bucket } from '@aws-sdk/client-s3'\nimport { hash } from 'node:crypto'\n`,
      'store/store.ts': `import { open } from 'node:fs/promises'\nimport {\n  names,\n} from '../contract/names.js'\n`,
      'objects/put.ts': `import { store } from '../store/store.js'\nimport { other } from './get.js'\n`,
      'server.ts': `import { put } from './objects/put.js'\nimport { app } from './s3/app.js'\n`,
    })
    equal(status, 0, output)
  })

  it('finds nothing in this project', () => {
    const { status, stderr } = spawnSync(process.execPath, [script, projectRoot], { encoding: 'utf8' })
    equal(status, 0, stderr)
  })
})

const script = join(projectRoot, 'scripts', 'check-layers.mjs')

async function checked(files: Readonly<Record<string, string>>): Promise<{ status: number | null; output: string }> {
  const project = await mkdtemp(join(tmpdir(), 'cairn-layers-'))
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(project, 'src', file)), { recursive: true })
      await writeFile(join(project, 'src', file), text)
    }
    const { status, stderr } = spawnSync(process.execPath, [script, project], { encoding: 'utf8' })
    return { status, output: stderr }
  } finally {
    await rm(project, { recursive: true })
  }
}
