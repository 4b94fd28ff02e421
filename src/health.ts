// GET /-/health/live and /-/health/ready, for whoever watches over the process: without a signature, and without a word about the data.
// No bucket can be called "-", so nothing of S3 is hidden behind these paths.

import Router from '@koa/router'
import type { Middleware } from 'koa'

const prefix = '/-/health'

/** Answers 200 or 503 under `/-/health`, and leaves everything else to who comes next.
 *  @param isReady whether requests can be served
 *  @param isOurs whether a path under this Host header is the server's own; under a bucket's host name it is a key */
export function health(isReady: () => Promise<boolean>, isOurs: (host: string | undefined) => boolean): Middleware {
  const router = new Router({ prefix })
  router.get('/live', (context) => {
    context.body = { status: 'live' }
  })
  router.get('/ready', async (context) => {
    const ready = await isReady()
    context.status = ready ? 200 : 503
    context.body = { status: ready ? 'ready' : 'not ready' }
  })
  const routes = router.routes()
  return (context, next) => {
    const { req } = context
    if (req.url?.startsWith(prefix) !== true || !isOurs(req.headers.host)) return next()
    context.set('Cache-Control', 'no-store')
    // The router's context is Koa's with members of its own, which it adds itself.
    return routes(context as Parameters<typeof routes>[0], next)
  }
}
