// Security rule 4 and the rest of what a browser form must not do. Nothing is stored then.

import { equal, match, ok, rejects } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readPostForm } from '../../../src/s3/post-object/form.js'
import { exampleKey } from '../../auth/requests.js'
import {
  boundary,
  formMs,
  formOf,
  multipart,
  partsOf,
  policyFor,
  send,
  signatureConditions,
  signedFields,
} from './forms.js'

const anyKey = ['starts-with', '$key', ''] as const
const simple = formOf({ key: 'cat.jpg' }, [anyKey])

describe('a form nobody may send (security rule 4)', () => {
  const refused = (payload: Uint8Array, expected: object, options = {}): Promise<void> =>
    rejects(send(payload, options), expected)
  const withFields = (fields: Record<string, string>): Buffer => multipart(partsOf({ key: 'cat.jpg', ...fields }))
  const denied = (message: string | RegExp): object => ({ code: 'AccessDenied', message })

  it('takes a form without policy and signature as nobody’s, whom the bucket may let in', async () => {
    const { stored } = await send(withFields({}))
    equal(stored.call.caller.principal.kind, 'anonymous')
  })
  it('refuses a form without a policy that carries any part of a signature', async () => {
    const names = ['X-Amz-Credential', 'X-Amz-Signature', 'x-amz-security-token', 'AWSAccessKeyId', 'signature']
    for (const name of names) await refused(withFields({ [name]: 'x' }), { code: 'AccessDenied' })
  })
  it('refuses a form field no condition covers', () =>
    refused(
      formOf({ key: 'cat.jpg', 'x-amz-meta-note': '1' }, [anyKey]),
      denied('Invalid according to Policy: Extra input fields: x-amz-meta-note'),
    ))
  it('refuses a redirect no condition covers', () =>
    refused(
      formOf({ key: 'cat.jpg', success_action_redirect: 'https://evil.example' }, [anyKey]),
      denied(/Extra input fields/),
    ))
  it('refuses a form whose policy does not speak of its bucket', () => {
    const policy = { expiration: '2015-12-30T12:00:00Z', conditions: [anyKey, ...signatureConditions] }
    return refused(withFields(signedFields(policy)), denied(/Extra input fields: bucket/))
  })
  it('refuses a policy for another bucket, whatever the form says its bucket is', () => {
    const policy = {
      expiration: '2015-12-30T12:00:00Z',
      conditions: [{ bucket: 'other' }, anyKey, ...signatureConditions],
    }
    return refused(
      withFields({ bucket: 'other', ...signedFields(policy) }),
      denied(/Policy Condition failed: {"bucket":"other"}/),
    )
  })
  it('refuses a key beside the policy, the one it has after its file name was put in', async () => {
    await refused(
      formOf({ key: 'dog.jpg' }, [['starts-with', '$key', 'cat']]),
      denied(/\["starts-with","\$key","cat"\]/),
    )
    await refused(
      formOf({ key: '${filename}' }, [['starts-with', '$key', '${filename}']]),
      denied(/Policy Condition failed/),
    )
    await refused(formOf({ key: 'user/${filename}' }, [{ key: 'user/dog.jpg' }]), denied(/Policy Condition failed/))
  })
  it('refuses a field the policy wants and the form lacks', () =>
    refused(
      formOf({ key: 'cat.jpg' }, [anyKey, ['starts-with', '$x-amz-meta-note', 'bar']]),
      denied(/Policy Condition failed/),
    ))
  it('refuses a list of content types of which one is not allowed', async () => {
    const conditions = [anyKey, ['starts-with', '$Content-Type', 'image/']]
    await send(formOf({ key: 'a', 'Content-Type': 'image/jpeg, image/png' }, conditions))
    await refused(
      formOf({ key: 'a', 'Content-Type': 'image/jpeg,text/html' }, conditions),
      denied(/Policy Condition failed/),
    )
  })
  it('refuses a field given twice, so that what is checked is what is used', () => {
    const parts = partsOf({ key: 'cat.jpg', ...signedFields(policyFor(anyKey)) })
    return refused(multipart([{ name: 'Key', content: 'dog.jpg' }, ...parts]), { code: 'InvalidArgument' })
  })
  it('refuses an expired policy', () =>
    refused(simple, denied('Invalid according to Policy: Policy expired.'), { nowMs: Date.UTC(2015, 11, 30, 12) }))
  it('refuses a field that would smuggle a header', () =>
    refused(
      formOf({ key: 'a', 'Content-Type': 'text/html\r\nX-Evil: 1' }, [anyKey, ['starts-with', '$content-type', '']]),
      {
        code: 'InvalidArgument',
      },
    ))
  it('refuses what the server does not do rather than ignoring it', () =>
    refused(formOf({ key: 'a', 'x-amz-storage-class': 'GLACIER' }, [anyKey, { 'x-amz-storage-class': 'GLACIER' }]), {
      code: 'NotImplemented',
    }))
  it('refuses fields it does not understand: another object, a checksum that is nowhere', async () => {
    for (const name of ['x-amz-copy-source', 'X-Amz-Trailer', 'x-amz-checksum-crc99', 'x-amz-if-match-size']) {
      const form = formOf({ key: 'a', [name]: 'photos/dog.jpg' }, [anyKey, ['starts-with', `$${name}`, '']])
      await refused(form, { code: 'NotImplemented', members: { ArgumentName: name.toLowerCase() } })
    }
    const ignored = formOf({ key: 'a', 'x-ignore-x-amz-copy-source': 'photos/dog.jpg' }, [anyKey])
    equal((await send(ignored)).answer.status, 204)
  })
  it('refuses metadata whose name can be no header', () =>
    refused(formOf({ key: 'a', 'x-amz-meta-a b': '1' }, [anyKey, { 'x-amz-meta-a b': '1' }]), {
      code: 'InvalidArgument',
    }))
  it('refuses a key, a field and a file name that are no UTF-8', async () => {
    const broken = Buffer.from([0x61, 0xff])
    const signed = partsOf(signedFields(policyFor(anyKey, ['starts-with', '$x-amz-meta-note', ''])))
    const note = { name: 'x-amz-meta-note', content: 'x' }
    const invalid = { code: 'InvalidArgument', status: 400 }
    await refused(multipart([{ name: 'key', content: broken }, note, ...signed]), invalid)
    await refused(multipart([{ name: 'key', content: broken, fileName: 'key' }, note, ...signed]), invalid)
    await refused(multipart([{ name: 'key', content: 'a' }, { ...note, content: broken }, ...signed]), invalid)
    const form = multipart([{ name: 'key', content: '${filename}' }, note, ...signed])
    form[form.indexOf('cat.jpg')] = 0xff
    await refused(form, invalid)
  })
  it('refuses an empty key and one that is too long', async () => {
    await refused(formOf({ key: '' }, [anyKey]), { code: 'InvalidArgument' })
    await refused(formOf({ key: '${filename}' }, [anyKey], { fileName: '' }), { code: 'InvalidArgument' })
    await refused(formOf({ key: 'ü'.repeat(513) }, [anyKey]), { code: 'KeyTooLongError' })
    await refused(multipart(partsOf(signedFields(policyFor(anyKey)))), {
      code: 'InvalidArgument',
      message: /must contain a field named 'key'/,
    })
  })

  describe('by its signature', () => {
    const policy = policyFor(anyKey)
    const changed = (changes: Record<string, string>): Buffer => withFields(signedFields(policy, changes))
    const credential = (text: string): Buffer => changed({ 'X-Amz-Credential': text })

    it('refuses a changed policy', () => {
      const other = Buffer.from(JSON.stringify(policyFor())).toString('base64')
      return refused(changed({ policy: other }), { code: 'SignatureDoesNotMatch' })
    })
    it('refuses a changed signature, and shows what was signed', () =>
      refused(changed({ 'X-Amz-Signature': '0'.repeat(64) }), {
        code: 'SignatureDoesNotMatch',
        members: {
          AWSAccessKeyId: exampleKey.accessKeyId,
          StringToSign: Buffer.from(JSON.stringify(policy)).toString('base64'),
          SignatureProvided: '0'.repeat(64),
        },
      }))
    it('refuses another day, region, service or key', async () => {
      const id = exampleKey.accessKeyId
      await refused(credential(`${id}/20151228/us-east-1/s3/aws4_request`), {
        code: 'AuthorizationQueryParametersError',
      })
      await refused(credential(`${id}/20151229/eu-west-1/s3/aws4_request`), { members: { Region: 'us-east-1' } })
      await refused(credential(`${id}/20151229/us-east-1/ec2/aws4_request`), {
        code: 'AuthorizationQueryParametersError',
      })
      await refused(credential('AKIANOBODY/20151229/us-east-1/s3/aws4_request'), { code: 'InvalidAccessKeyId' })
      await refused(credential('nonsense'), { code: 'AuthorizationQueryParametersError' })
    })
    it('refuses a date to come and one of more than seven days ago', async () => {
      await refused(simple, denied('Request is not valid yet'), { nowMs: formMs - 16 * 60_000 })
      await refused(simple, denied('Request has expired'), { nowMs: formMs + 7 * 24 * 3600_000 })
      await refused(changed({ 'X-Amz-Date': 'today' }), { code: 'AuthorizationQueryParametersError' })
    })
    it('refuses a session token for a key that has none', () =>
      refused(changed({ 'x-amz-security-token': 'token' }), { code: 'InvalidToken' }))
    for (const name of ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature']) {
      it(`refuses a form without ${name}`, () => {
        const { [name]: _gone, ...fields } = signedFields(policy)
        return refused(withFields(fields), { code: 'InvalidArgument', message: new RegExp(name) })
      })
    }
    it('refuses Signature Version 2 plainly, unless the server was told to take it', async () => {
      const text = Buffer.from(JSON.stringify({ ...policy, conditions: [{ bucket: 'photos' }, anyKey] })).toString(
        'base64',
      )
      const signature = createHmac('sha1', exampleKey.secretAccessKey).update(text).digest('base64')
      const form = withFields({ policy: text, AWSAccessKeyId: exampleKey.accessKeyId, signature })
      await refused(form, { code: 'InvalidRequest', message: /Please use AWS4-HMAC-SHA256/ })
      equal((await send(form, { acceptsVersion2: true })).answer.status, 204)
      const forged = withFields({
        policy: text,
        AWSAccessKeyId: exampleKey.accessKeyId,
        signature: `A${signature.slice(1)}`,
      })
      await refused(forged, { code: 'SignatureDoesNotMatch' }, { acceptsVersion2: true })
    })
  })

  describe('by its policy document', () => {
    const document = (policy: unknown): Buffer => withFields(signedFields(policy))
    const cases: Record<string, unknown> = {
      'no base64': '!!!',
      'no JSON': Buffer.from('{').toString('base64'),
      'no object': [],
      'no expiration': { conditions: [] },
      'EXPIRATION in capitals': { EXPIRATION: '2015-12-30T12:00:00Z', conditions: [] },
      'no conditions': { expiration: '2015-12-30T12:00:00Z' },
      'a date of another kind': { expiration: 'Wed Dec 30 2015', conditions: [] },
      'an expiration that is no text': { expiration: 1, conditions: [] },
      'conditions that are no list': { expiration: '2015-12-30T12:00:00Z', conditions: {} },
      'an empty condition': policyFor({}),
      'two conditions in one': policyFor({ acl: 'private', key: 'a' }),
      'an unknown operator': policyFor(['ends-with', '$key', 'a']),
      'a field without "$"': policyFor(['eq', 'key', 'a']),
      'a condition that is too short': policyFor(['eq', '$key']),
      'a value that is no text': policyFor({ key: 1 }),
      'a length range of one number': policyFor(['content-length-range', 1]),
      'a length range below zero': policyFor(['content-length-range', -1, 0]),
      'a length range of words': policyFor(['content-length-range', 'a', 'b']),
      'null as a condition': policyFor(null),
    }
    for (const [name, policy] of Object.entries(cases)) {
      it(`refuses ${name}`, () => refused(document(policy), { code: 'InvalidPolicyDocument', status: 400 }))
    }
    it("reads AWS's own escapes", async () => {
      const text = JSON.stringify(policyFor(['eq', '$key', '@cat.jpg'])).replace('@', '\\$')
      const fields = signedFields(Buffer.from(text).toString('base64'))
      equal((await send(multipart(partsOf({ key: '$cat.jpg', ...fields })))).stored.input.Key, '$cat.jpg')
    })
  })

  describe('by its size', () => {
    const sized = (min: number, max: number, content: string): Buffer =>
      formOf({ key: 'a' }, [anyKey, ['content-length-range', min, max]], { content })
    it('takes what is just within content-length-range', async () => {
      equal((await send(sized(3, 3, 'abc'))).stored.content.length, 3)
    })
    it('refuses more while it streams', async () => {
      await refused(sized(0, 2, 'abc'), { code: 'EntityTooLarge' })
      await refused(sized(0, 10_000, 'x'.repeat(100_000)), { code: 'EntityTooLarge' }, { runSizeBytes: 1000 })
    })
    it('refuses less', () => refused(sized(4, 9, 'abc'), { code: 'EntityTooSmall' }))
    it('takes several ranges for what they have in common', () =>
      refused(formOf({ key: 'a' }, [anyKey, ['content-length-range', 0, 9], ['content-length-range', '0', '2']]), {
        code: 'EntityTooLarge',
      }))
  })

  describe('by its framing', () => {
    it('refuses fields of more than 20 KB in all', async () => {
      const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-ignore-${index}`, 'x'.repeat(1000)]))
      await refused(withFields(many), { code: 'MaxPostPreDataLengthExceededError' })
      await refused(withFields({ 'x-ignore-': 'x'.repeat(2_000_000) }), { code: 'MaxPostPreDataLengthExceededError' })
      const empty = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`x${index}`, '']))
      await refused(withFields(empty), { code: 'MaxPostPreDataLengthExceededError' })
    })
    it('refuses fields that are too large while they arrive, whatever they are', async () => {
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
      for (const fileName of [undefined, 'key']) {
        for (const name of ['key', 'x-ignore-', 'file']) {
          if (name === 'file' && fileName !== undefined) continue
          let takenSizeBytes = 0
          // A field that never ends.
          async function* source(): AsyncGenerator<Uint8Array> {
            const start = multipart([{ name, content: '', ...(fileName !== undefined && { fileName }) }], '')
            yield start.subarray(0, -2)
            for (;;) {
              takenSizeBytes += 1000
              yield Buffer.alloc(1000, 'x')
            }
          }
          await rejects(readPostForm(headers, source()), { code: 'MaxPostPreDataLengthExceededError' })
          ok(takenSizeBytes < 200_000, `${takenSizeBytes} bytes of ${name} were taken`)
        }
      }
    })
    it('refuses a field with a file name that is too large', () =>
      refused(multipart([{ name: 'key', content: 'x'.repeat(100_000), fileName: 'key' }, ...partsOf({})]), {
        code: 'MaxPostPreDataLengthExceededError',
      }))
    it('refuses a form without a file', () =>
      refused(multipart(partsOf({ key: 'a' }).slice(0, 1)), { code: 'IncorrectNumberOfFilesInPostRequest' }))
    it('refuses another content type', async () => {
      await refused(
        simple,
        { code: 'RequestIsNotMultiPartContent' },
        { contentType: 'application/x-www-form-urlencoded' },
      )
      await refused(simple, { code: 'MalformedPOSTRequest' }, { contentType: 'multipart/form-data' })
    })
    it('refuses a form that breaks off, wherever', async () => {
      const fileEnd = simple.lastIndexOf(`\r\n--${boundary}--`)
      for (let end = 0; end <= fileEnd; end += 13) {
        await refused(
          simple.subarray(0, end),
          (error: { code?: string }) =>
            match(error.code ?? '', /^(MalformedPOSTRequest|IncorrectNumberOfFilesInPostRequest|AccessDenied)$/) ===
            undefined,
        )
      }
    })
  })
})
