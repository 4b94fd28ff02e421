// The setting for old upload pages, whose forms are signed with Signature Version 2.

import { equal, match } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { credentials, freshServer, type FreshServer } from './fresh-server.js'

const { accessKeyId, secretAccessKey } = credentials
const hmac = (text: string) => createHmac('sha1', secretAccessKey).update(text).digest('base64')

/** Posts a form as a page of 2010 would. */
function post({ endpoint, bucket }: FreshServer): Promise<Response> {
  const expiration = new Date(Date.now() + 60_000).toISOString()
  const policy = btoa(JSON.stringify({ expiration, conditions: [{ bucket }, ['starts-with', '$key', '']] }))
  const form = new FormData()
  const fields = { key: 'note.txt', AWSAccessKeyId: accessKeyId, policy, signature: hmac(policy) }
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob(['hello']), 'note.txt')
  return fetch(new URL(bucket, endpoint), { method: 'POST', body: form })
}

describe('acceptSignatureV2Forms', () => {
  it('is off when nothing is said: such a form is refused', async () => {
    const answer = await post(await freshServer())
    equal(answer.status, 400)
    match(await answer.text(), /AWS4-HMAC-SHA256/)
  })

  it('lets such a form in when it is on, and no such request', async () => {
    const fresh = await freshServer({ settings: { acceptSignatureV2Forms: true } })
    equal((await post(fresh)).status, 204)
    const date = new Date().toUTCString()
    const signature = hmac(`GET\n\n\n${date}\n/${fresh.bucket}`)
    const headers = { Date: date, Authorization: `AWS ${accessKeyId}:${signature}` }
    equal((await fetch(new URL(fresh.bucket, fresh.endpoint), { headers })).status, 400)
  })
})
