// `npm start`: installs and builds as needed, then serves in this very process. Arguments go to `cairn serve`. CommonJS for the reason that
// bin/cairn.cjs gives.

process.env.UV_THREADPOOL_SIZE ??= '16'

async function start() {
  const { prepare } = await import('./prepare.mjs')
  await prepare()
  process.argv.splice(1, 1, require.resolve('../bin/cairn.cjs'))
  process.argv.splice(2, 0, 'serve')
  await import('../dist/src/main.js')
}

start().catch((error) => {
  console.error(error.message)
  process.exitCode = 2
})
