// Browser forms: what is stored, and what is answered.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { readPostForm } from '../../../src/s3/post-object/form.js'
import { exampleKey } from '../../auth/requests.js'
import { inRunsOf, whole } from '../body/payloads.js'
import {
  boundary,
  formOf,
  multipart,
  partsOf,
  policyFor,
  send,
  signatureConditions,
  signedFields,
  type Part,
} from './forms.js'

const anyKey = ['starts-with', '$key', ''] as const
const simple = formOf({ key: 'cat.jpg' }, [anyKey])

describe("AWS's example of a signed form", () => {
  const policy =
    'eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9'
  const fields = {
    key: 'user/user1/cat.jpg',
    ...signedFields(policy, {
      'X-Amz-Signature': '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
    }),
  }
  it('is signed as AWS signs it', async () => {
    // The signature holds; it is the policy that is for another bucket.
    await rejects(send(multipart(partsOf(fields))), {
      code: 'AccessDenied',
      message: 'Invalid according to Policy: Policy Condition failed: {"bucket":"sigv4examplebucket"}',
    })
  })
})

describe('a browser form', () => {
  it('is stored under its key and answered 204', async () => {
    const { answer, stored } = await send(simple)
    equal(answer.status, 204)
    equal(answer.body, undefined)
    equal(answer.headers.get('ETag'), '"828ef3fdfa96f00ad9f27c383fc9ac7f"')
    equal(answer.headers.get('Location'), 'http://localhost:9000/photos/cat.jpg')
    equal(stored.input.Bucket, 'photos')
    equal(stored.input.Key, 'cat.jpg')
    equal(stored.content.toString(), 'bar')
    equal(stored.call.caller.accessKeyId, exampleKey.accessKeyId)
    equal(stored.call.claims.size, undefined)
    deepEqual(stored.call.claims.trailers(), {})
  })

  for (const runSizeBytes of [1, 2, 7, 61, 100, 1000]) {
    it(`is the same in runs of ${runSizeBytes} bytes`, async () => {
      const content = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) & 0xff))
      const form = formOf(
        { key: 'cat.jpg', 'x-amz-meta-note': 'Grüße' },
        [anyKey, ['eq', '$x-amz-meta-note', 'Grüße']],
        { content },
      )
      const { stored } = await send(form, { runSizeBytes })
      deepEqual(stored.content, content)
    })
  }

  it('brings headers, metadata, tags and checksums as fields', async () => {
    const fields = {
      key: 'cat.jpg',
      'Content-Type': 'image/png',
      'cache-control': 'no-cache',
      'X-Amz-Meta-Tag': 'one',
      tagging: '<Tagging><TagSet><Tag><Key>a b</Key><Value>c&amp;d</Value></Tag></TagSet></Tagging>',
      'x-amz-checksum-crc32': 'dv+MqQ==',
      acl: 'private',
    }
    const conditions = Object.entries(fields).map(([name, value]) => ['eq', `$${name}`, value])
    const { stored } = await send(formOf(fields, conditions))
    const { input, call } = stored
    equal(input.ContentType, 'image/png')
    equal(input.CacheControl, 'no-cache')
    equal(input.ACL, 'private')
    equal(input.Tagging, 'a%20b=c%26d')
    deepEqual(input.Metadata, { tag: 'one' })
    deepEqual(call.claims.checksums, { CRC32: 'dv+MqQ==' })
  })

  it('may ask for a checksum to be computed', async () => {
    const form = formOf({ key: 'a', 'x-amz-checksum-algorithm': 'SHA256' }, [
      anyKey,
      { 'x-amz-checksum-algorithm': 'SHA256' },
    ])
    equal((await send(form)).stored.call.claims.algorithm, 'SHA256')
  })

  it('puts the file name where the key says so', async () => {
    for (const [fileName, key] of [
      ['cat.jpg', 'user/cat.jpg'],
      ['C:\\\\photos\\\\cat.jpg', 'user/cat.jpg'],
      ['/home/me/cat.jpg', 'user/cat.jpg'],
      ['größe$&.jpg', 'user/größe$&.jpg'],
    ] as const) {
      const form = formOf({ key: 'user/${filename}' }, [['starts-with', '$key', 'user/']], { fileName })
      equal((await send(form)).stored.input.Key, key)
    }
  })

  it('takes fields that carry a file name, as some clients send them', async () => {
    const fields = { key: 'cat.jpg', ...signedFields(policyFor(anyKey)) }
    const parts = partsOf(fields).map(({ name, content, fileName = name }): Part => ({ name, content, fileName }))
    const { stored } = await send(multipart(parts))
    equal(stored.input.Key, 'cat.jpg')
    equal(stored.content.toString(), 'bar')
  })

  it('takes a file without a file name, every byte of it', async () => {
    const parts = (content: string | Uint8Array): Part[] => [
      ...partsOf({ key: 'a', ...signedFields(policyFor(anyKey)) }).slice(0, -1),
      { name: 'file', content },
    ]
    equal((await send(multipart(parts('Grüße ⛰')))).stored.content.toString(), 'Grüße ⛰')
    await rejects(send(multipart(parts(Buffer.from([0xff, 0xfe])))), { code: 'InvalidArgument' })
  })

  it('takes fields and a file that state their charset, as .NET sends them', async () => {
    const parts = partsOf({ key: 'é', ...signedFields(policyFor(anyKey)) }).map(({ name, content }): Part => ({
      name,
      content: name === 'file' ? 'Ã©' : content,
      type: 'text/plain; charset=utf-8',
    }))
    const { stored } = await send(multipart(parts))
    equal(stored.input.Key, 'é')
    equal(stored.content.toString(), 'Ã©')
  })

  it('takes a file without a file name of up to 20 KB', async () => {
    const parts = (content: string): Part[] => [
      ...partsOf({ key: 'a', ...signedFields(policyFor(anyKey)) }).slice(0, -1),
      { name: 'file', content },
    ]
    equal((await send(multipart(parts('x'.repeat(20_480))))).stored.content.length, 20_480)
    await rejects(send(multipart(parts('x'.repeat(20_481)))), { code: 'EntityTooLarge' })
  })

  it('takes an empty file', async () => {
    equal((await send(formOf({ key: 'a' }, [anyKey], { content: '' }))).stored.content.length, 0)
  })

  it('does not mind the case of field names, conditions and operators', async () => {
    const policy = {
      expiration: '2015-12-30T12:00:00Z',
      conditions: [
        { bUcKeT: 'photos' },
        ['StArTs-WiTh', '$KeY', 'cat'],
        { 'CoNtEnT-TyPe': 'image/png' },
        ...signatureConditions,
      ],
    }
    const fields = { kEy: 'cat.jpg', 'CONTENT-type': 'image/png', ...signedFields(policy) }
    equal((await send(multipart(partsOf(fields)))).stored.input.ContentType, 'image/png')
  })

  it('ignores what follows the file, and x-ignore- fields', async () => {
    const parts = partsOf({ key: 'a', 'x-ignore-me': '1', ...signedFields(policyFor(anyKey)) })
    const { stored } = await send(
      multipart([...parts, { name: 'key', content: 'b' }, { name: 'submit', content: 'Go' }]),
    )
    equal(stored.input.Key, 'a')
  })
})

describe('the answer to a form', () => {
  const answerTo = async (fields: Record<string, string>) => {
    const conditions = Object.entries(fields).map(([name, value]) => ['eq', `$${name}`, value])
    return (await send(formOf(fields, conditions))).answer
  }
  for (const [asked, status] of [
    ['200', 200],
    ['201', 201],
    ['204', 204],
    ['404', 204],
    ['', 204],
  ] as const) {
    it(`is ${status} for success_action_status ${asked}`, async () => {
      equal((await answerTo({ key: 'a', success_action_status: asked })).status, status)
    })
  }
  it('is a document for 201', async () => {
    const { body, headers } = await answerTo({ key: 'a b/<&>.txt', success_action_status: '201' })
    equal(headers.get('Content-Type'), 'application/xml')
    equal(
      body instanceof Uint8Array ? Buffer.from(body).toString() : body,
      '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>http://localhost:9000/photos/a%20b/%3C%26%3E.txt</Location>' +
        '<Bucket>photos</Bucket><Key>a b/&#60;&#38;&#62;.txt</Key><ETag>&#34;828ef3fdfa96f00ad9f27c383fc9ac7f&#34;</ETag></PostResponse>',
    )
  })
  it('is a page of the site for success_action_redirect', async () => {
    const { status, headers } = await answerTo({
      key: 'a b',
      success_action_redirect: 'https://example.com/done?x=1#top',
    })
    equal(status, 303)
    equal(
      headers.get('Location'),
      'https://example.com/done?x=1&bucket=photos&key=a%20b&etag=%22828ef3fdfa96f00ad9f27c383fc9ac7f%22#top',
    )
  })
  it('is as if there were no redirect when it is no URL of the web', async () => {
    for (const url of ['javascript:alert(1)', '/done', 'nonsense', 'data:text/html,x', '']) {
      equal((await answerTo({ key: 'a', success_action_redirect: url })).status, 204)
    }
  })
})

describe('a form whose upload is disturbed', () => {
  const bytes = formOf({ key: 'a' }, [anyKey], { content: Buffer.alloc(4_000_000, 'x') })
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }

  it('fails as its source fails', async () => {
    const left = new Error('the client left')
    async function* leaving(sizeBytes: number): AsyncGenerator<Uint8Array> {
      yield* inRunsOf(bytes.subarray(0, sizeBytes), 65_536)
      throw left
    }
    await rejects(readPostForm(headers, leaving(100)), left)
    const form = await readPostForm(headers, leaving(1_000_000))
    await rejects(whole(form.file), left)
    form.close()
  })

  it('is read no faster than its file, and let go of when nobody wants the rest', async () => {
    let takenSizeBytes = 0
    let isLetGo = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for await (const chunk of inRunsOf(bytes, 16_384)) {
          takenSizeBytes += chunk.length
          yield chunk
        }
      } finally {
        isLetGo = true
      }
    }
    const form = await readPostForm(headers, source())
    for await (const _ of form.file) break
    await new Promise((resolve) => setImmediate(resolve))
    ok(takenSizeBytes < 500_000, `${takenSizeBytes} bytes were taken`)
    form.close()
    await new Promise((resolve) => setImmediate(resolve))
    equal(isLetGo, true)
  })

  it('is malformed when the header of a part is', () =>
    rejects(readPostForm(headers, inRunsOf(Buffer.from(`--${boundary}\r\n: x\r\n\r\n${'y'.repeat(100_000)}`), 7)), {
      code: 'MalformedPOSTRequest',
    }))
})
