// Payloads without framing, and what headers claim about any payload.

import { deepEqual, equal, rejects, throws } from 'node:assert/strict'
import { bodyRules } from '../../../src/s3/body/body-rules.js'
import { bytesOfSize, cutAt, inRunsOf, opened, unsignedMode, whole } from './payloads.js'

const content = bytesOfSize(1000)

describe('a payload without framing', () => {
  it('is passed on as it comes', async () => {
    const { body, claims } = opened(cutAt(content, 3), { 'content-length': '1000' }, unsignedMode)
    deepEqual(await whole(body), content)
    equal(claims.size, 1000)
    deepEqual(claims.trailers(), {})
  })
  it('is asked for only when it is read, and once', async () => {
    let asked = 0
    const { body } = opened(cutAt(content), { 'content-length': '1000' }, unsignedMode, undefined, () => asked++)
    equal(asked, 0)
    await whole(body)
    equal(asked, 1)
    await rejects(whole(body), /once/)
  })
  it('is incomplete when it ends early or goes on', async () => {
    for (const size of ['999', '1001']) {
      await rejects(whole(opened(inRunsOf(content, 100), { 'content-length': size }, unsignedMode).body), {
        code: 'IncompleteBody',
      })
    }
  })
  it('needs a length where an object is uploaded', () => {
    const rules = bodyRules('PutObject')
    throws(() => opened(cutAt(content), { 'transfer-encoding': 'chunked' }, unsignedMode, rules), {
      code: 'MissingContentLength',
      status: 411,
    })
    throws(() => opened(cutAt(content), {}, unsignedMode, bodyRules('UploadPart')), { code: 'MissingContentLength' })
  })
  it('needs none elsewhere', async () => {
    const { body, claims } = opened(
      cutAt(content),
      { 'transfer-encoding': 'chunked' },
      unsignedMode,
      bodyRules('DeleteObjects'),
    )
    equal(claims.size, undefined)
    deepEqual(await whole(body), content)
    equal(opened(cutAt(content), {}, unsignedMode, bodyRules('GetObject')).claims.size, 0)
  })
  it('is refused when it is too large: at once when declared, else while it comes', async () => {
    const rules = { requiresLength: false, hasPayloadChecksums: true, isHeldWhole: false, sizeBytesMax: 999 }
    throws(() => opened(cutAt(content), { 'content-length': '1000' }, unsignedMode, rules), {
      code: 'EntityTooLarge',
      members: { ProposedSize: '1000', MaxSizeAllowed: '999' },
    })
    await rejects(whole(opened(cutAt(content), { 'transfer-encoding': 'chunked' }, unsignedMode, rules).body), {
      code: 'EntityTooLarge',
    })
  })
  it('fails as its source fails', async () => {
    const left = new Error('the client left')
    async function* leaving(): AsyncGenerator<Uint8Array> {
      yield content
      throw left
    }
    await rejects(whole(opened(leaving(), { 'content-length': '2000' }, unsignedMode).body), left)
  })
  it('tells its source when it is not read to the end', async () => {
    let isLetGo = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield content
      } finally {
        isLetGo = true
      }
    }
    for await (const _ of opened(source(), { 'content-length': '9000' }, unsignedMode).body) break
    equal(isLetGo, true)
  })
})

describe('claims in headers', () => {
  const claimsOf = (
    headers: Record<string, string>,
    operation: 'PutObject' | 'CompleteMultipartUpload' = 'PutObject',
  ) => opened(cutAt(content), { 'content-length': '0', ...headers }, unsignedMode, bodyRules(operation)).claims

  it('are the digest that was signed', () => {
    const { claims } = opened(cutAt(content), { 'content-length': '0' }, { kind: 'digest', sha256: 'ab'.repeat(32) })
    equal(claims.sha256, 'ab'.repeat(32))
  })

  const values: Record<string, string> = {
    crc32: 'AAAAAA==',
    crc32c: 'AAAAAA==',
    crc64nvme: 'AAAAAAAAAAA=',
    sha1: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
    sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    md5: '1B2M2Y8AsgTpgAmY7PhCfg==',
    sha512: 'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==',
    xxhash64: '70bbN1HY6Zk=',
    xxhash3: 'LQaABTjTlMI=',
    xxhash128: 'maoG04BgAdGmgGi1qnlsfw==',
  }
  for (const [name, value] of Object.entries(values)) {
    it(`take x-amz-checksum-${name}`, () => {
      deepEqual(claimsOf({ [`x-amz-checksum-${name}`]: value }).checksums, { [name.toUpperCase()]: value })
    })
    it(`refuse an x-amz-checksum-${name} that is none`, () => {
      for (const wrong of ['', 'x', value.slice(1), `${value}A`, value.replace(/.$/, '!'), 'AA==', `${value}-3`]) {
        throws(() => claimsOf({ [`x-amz-checksum-${name}`]: wrong }), {
          code: 'InvalidRequest',
          message: `Value for x-amz-checksum-${name} header is invalid.`,
        })
      }
    })
  }
  it('refuse two checksums', () => {
    const two = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }
    const message = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'
    throws(() => claimsOf(two), { code: 'InvalidRequest', message })
    const trailing = {
      'x-amz-checksum-crc32': 'AAAAAA==',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-decoded-content-length': '0',
    }
    throws(() => opened(cutAt(content), trailing, { kind: 'chunks-unsigned', hasTrailer: true }), { message })
  })
  it('refuse an algorithm nobody knows', () => {
    throws(() => claimsOf({ 'x-amz-checksum-blake3': 'AAAAAA==' }), { code: 'InvalidRequest' })
    throws(() => claimsOf({ 'x-amz-sdk-checksum-algorithm': 'BLAKE3' }), { code: 'InvalidRequest' })
    throws(() => claimsOf({ 'x-amz-trailer': 'x-amz-checksum-blake3' }), { code: 'InvalidRequest' })
    throws(() => claimsOf({ 'x-amz-trailer': 'content-type' }), { code: 'InvalidRequest' })
  })
  it('do not take mode, type and algorithm for values', () => {
    const headers = {
      'x-amz-checksum-mode': 'ENABLED',
      'x-amz-checksum-type': 'COMPOSITE',
      'x-amz-checksum-algorithm': 'CRC32',
    }
    deepEqual(claimsOf(headers).checksums, {})
  })
  it("refuse the SDK's algorithm without a value", () => {
    throws(() => claimsOf({ 'x-amz-sdk-checksum-algorithm': 'CRC32' }), {
      code: 'InvalidRequest',
      message: /no corresponding x-amz-checksum-\* or x-amz-trailer headers were found/,
    })
  })
  it("name the SDK's algorithm when it is the value's, and let the value count when not", () => {
    const crc32 = { 'x-amz-checksum-crc32': 'AAAAAA==' }
    equal(claimsOf({ ...crc32, 'x-amz-sdk-checksum-algorithm': 'crc32' }).algorithm, 'CRC32')
    equal(claimsOf({ ...crc32, 'x-amz-sdk-checksum-algorithm': 'SHA256' }).algorithm, undefined)
  })
  for (const md5 of [
    '',
    'x',
    '1B2M2Y8AsgTpgAmY7PhCfg',
    '1B2M2Y8AsgTpgAmY7PhCfh==',
    'AAAA',
    '1B2M2Y8AsgTpgAmY7PhC_g==',
  ]) {
    it(`refuse Content-MD5 "${md5}"`, () => {
      throws(() => claimsOf({ 'content-md5': md5 }), { code: 'InvalidDigest' })
    })
  }
  it('leave the checksums of a finished upload to CompleteMultipartUpload', () => {
    const claims = claimsOf({ 'x-amz-checksum-crc32': 'AAAAAA==-3' }, 'CompleteMultipartUpload')
    deepEqual(claims.checksums, {})
  })
})
