// `npm run soak`: installs and builds as needed, then loads a server for as long as asked and looks whether anything grows.

import { join } from 'node:path'
import { prepare } from './prepare.mjs'
import { root, run } from './project.mjs'

await prepare()
process.exitCode = await run(
  process.execPath,
  [join(root, 'dist', 'bench', 'soak', 'main.js'), ...process.argv.slice(2)],
  {
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  },
)
