// Where S3 departs from its model: one test for each entry of quirks.ts, and for what no model says.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { XMLParser } from 'fast-xml-parser'
import type { Input, Output, OperationName } from '../../../src/contract/operation.js'
import { decodeInput } from '../../../src/s3/wire/decode.js'
import { encodeOutput, type Answer } from '../../../src/s3/wire/encode.js'
import { modelOf } from '../../../src/s3/wire/model.js'

const textOf = ({ body }: Answer): string => (body instanceof Uint8Array ? Buffer.from(body).toString() : '')

/** None of these outputs depends on the input. */
const encoded = <N extends OperationName>(name: N, output: Output<N>): Answer =>
  encodeOutput(name, output, {} as Input<N>)

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

const address = { bucket: 'b', key: 'k', parameters: new Map<string, string>() }

describe('quirks of answers', () => {
  it('answers 204 to PutBucketPolicy', () => equal(encoded('PutBucketPolicy', {}).status, 204))

  it('answers 206 where Content-Range is set, to HEAD too', () => {
    equal(encoded('GetObject', { ContentRange: 'bytes 0-0/2' }).status, 206)
    equal(encoded('HeadObject', { ContentRange: 'bytes 0-0/2' }).status, 206)
    equal(encoded('GetObject', {}).status, 200)
  })

  for (const constraint of ['us-east-1', undefined] as const) {
    it(`answers an empty root to GetBucketLocation in ${constraint}`, () => {
      // The model's type knows us-east-1 as an absent value only.
      const output = { LocationConstraint: constraint } as Output<'GetBucketLocation'>
      equal(
        textOf(encoded('GetBucketLocation', output)),
        `${declaration}<LocationConstraint ${xmlns}></LocationConstraint>`,
      )
    })
  }

  it('answers GetBucketLocation with the value in the root', () =>
    equal(
      textOf(encoded('GetBucketLocation', { LocationConstraint: 'eu-west-1' })),
      `${declaration}<LocationConstraint ${xmlns}>eu-west-1</LocationConstraint>`,
    ))

  it('gives Expires back as it came, a date or not', () => {
    equal(encoded('GetObject', { ExpiresString: '0' }).headers.get('Expires'), '0')
    const both = { ExpiresString: 'never', Expires: new Date(0) }
    equal(encoded('HeadObject', both).headers.get('Expires'), 'never')
    equal(encoded('GetObject', { Expires: new Date(0) }).headers.get('Expires'), 'Thu, 01 Jan 1970 00:00:00 GMT')
  })

  it('quotes ETags in headers and in XML, quoted or not to begin with', () => {
    equal(encoded('PutObject', { ETag: 'e' }).headers.get('ETag'), '"e"')
    equal(encoded('PutObject', { ETag: '"e"' }).headers.get('ETag'), '"e"')
    equal(
      textOf(encoded('CopyObject', { CopyObjectResult: { ETag: 'e', LastModified: new Date(1_795_255_200_123) } })),
      `${declaration}<CopyObjectResult ${xmlns}><ETag>&quot;e&quot;</ETag><LastModified>2026-11-21T10:00:00.000Z</LastModified></CopyObjectResult>`,
    )
  })

  it('does not quote the ETag of GetObjectAttributes', () =>
    equal(
      textOf(encoded('GetObjectAttributes', { ETag: '"e"' })),
      `${declaration}<GetObjectAttributesResponse ${xmlns}><ETag>e</ETag></GetObjectAttributesResponse>`,
    ))

  it("names elements as S3 does, not as the model's shapes", () => {
    const versions = textOf(
      encoded('ListObjectVersions', {
        Versions: [{ Key: 'a' }, { Key: 'b' }],
        DeleteMarkers: [{ Key: 'c' }],
        CommonPrefixes: [{ Prefix: 'p/' }],
      }),
    )
    equal(
      versions,
      `${declaration}<ListVersionsResult ${xmlns}><Version><Key>a</Key></Version><Version><Key>b</Key></Version><DeleteMarker><Key>c</Key></DeleteMarker><CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListVersionsResult>`,
    )
    const deleted = textOf(
      encoded('DeleteObjects', { Deleted: [{ Key: 'a' }], Errors: [{ Key: 'b', Code: 'AccessDenied' }] }),
    )
    equal(
      deleted,
      `${declaration}<DeleteResult ${xmlns}><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>`,
    )
    equal(
      textOf(encoded('ListBuckets', { Buckets: [{ Name: 'b' }] })),
      `${declaration}<ListAllMyBucketsResult ${xmlns}><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>`,
    )
  })

  it('says the type of a grantee in an attribute', () =>
    equal(
      textOf(
        encoded('GetBucketAcl', {
          Grants: [{ Grantee: { Type: 'CanonicalUser', ID: 'i' }, Permission: 'FULL_CONTROL' }],
        }),
      ),
      `${declaration}<AccessControlPolicy ${xmlns}><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>i</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`,
    ))

  it('answers a policy as JSON', () => {
    const answer = encoded('GetBucketPolicy', { Policy: '{}' })
    deepEqual([answer.headers.get('Content-Type'), textOf(answer)], ['application/json', '{}'])
  })

  it('has neither body nor Content-Type where the model has none', () => {
    for (const answer of [
      encoded('DeleteObject', {}),
      encoded('PutObject', {}),
      encoded('HeadBucket', {}),
      encoded('CreateBucket', {}),
    ]) {
      equal(answer.body, undefined)
      deepEqual(Object.fromEntries(answer.headers), {})
    }
  })

  it('writes metadata beyond ASCII as RFC 2047 words, as S3 was measured to', () => {
    const { headers } = encoded('HeadObject', {
      Metadata: {
        plain: 'a "b"',
        mostly: 'ÄMÄZÕÑ S3',
        hardly: '\0\u0001\u0002\u0003\u0004',
        done: '=?UTF-8?Q?=C3=84?=',
      },
    })
    deepEqual(Object.fromEntries(headers), {
      'x-amz-meta-plain': 'a "b"',
      'x-amz-meta-mostly': '=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=',
      'x-amz-meta-hardly': '=?UTF-8?B?AAECAwQ=?=',
      'x-amz-meta-done': '=?UTF-8?Q?=C3=84?=',
    })
  })

  it('never lets a value break out of its header', () => {
    const { headers } = encoded('GetObject', {
      ContentType: 'a\r\nSet-Cookie: x',
      CacheControl: '€',
      ContentDisposition: 'inline; filename="ä"',
    })
    deepEqual(Object.fromEntries(headers), {
      'Content-Type': '=?UTF-8?Q?a=0D=0ASet-Cookie:_x?=',
      'Cache-Control': '=?UTF-8?B?4oKs?=',
      'Content-Disposition': 'inline; filename="ä"',
    })
  })

  it('escapes keys so that other XML parsers read them back', () => {
    const keys = ['a&b', '<x>', ' lead and trail ', '"\'', 'a]]>b', '\r', 'a\r\nb\tc', 'ä😀', '&amp;', '&#x41;']
    const xml = textOf(encoded('ListObjectsV2', { Contents: keys.map((Key) => ({ Key })) }))
    const parser = new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true })
    const read = parser.parse(xml) as { ListBucketResult: { Contents: { Key: string }[] } }
    deepEqual(
      read.ListBucketResult.Contents.map(({ Key }) => Key),
      keys,
    )
  })

  it('writes control characters as references, like S3', () =>
    equal(
      textOf(encoded('ListObjectsV2', { Prefix: '\0\u0001\u001f\ufffe' })),
      `${declaration}<ListBucketResult ${xmlns}><Prefix>&#x0;&#x1;&#x1F;&#xFFFE;</Prefix></ListBucketResult>`,
    ))

  it('hands streams over as they are, and refuses what is none', () => {
    const bytes = Uint8Array.of(1, 2)
    equal(encoded('GetObject', { Body: bytes }).body, bytes)
    throws(() => encoded('GetObject', { Body: 'text' } as never), TypeError)
  })
})

describe('quirks of requests', () => {
  it('keeps the text of Expires beside the date it may be', () => {
    deepEqual(decodeInput('PutObject', address, { expires: '-1' }, undefined), {
      Bucket: 'b',
      Key: 'k',
      ExpiresString: '-1',
    })
    const text = 'Thu, 01 Jan 1970 00:00:00 GMT'
    deepEqual(decodeInput('CopyObject', address, { expires: text, 'x-amz-copy-source': 's' }, undefined), {
      Bucket: 'b',
      Key: 'k',
      CopySource: 's',
      Expires: new Date(0),
      ExpiresString: text,
    })
  })

  const encodings: readonly (readonly [sent: string, kept: string | undefined])[] = [
    ['aws-chunked', undefined],
    ['AWS-Chunked', undefined],
    ['aws-chunked,gzip', 'gzip'],
    ['gzip, aws-chunked', 'gzip'],
    ['gzip, br', 'gzip, br'],
    ['gzip', 'gzip'],
    ['aws-chunked-like', 'aws-chunked-like'],
  ]
  for (const [sent, kept] of encodings) {
    it(`keeps ${kept} of Content-Encoding: ${sent}`, () =>
      equal(decodeInput('PutObject', address, { 'content-encoding': sent }, undefined).ContentEncoding, kept))
  }

  it('knows which payloads S3 wants protected', () => {
    equal(modelOf('DeleteObjects').requiresChecksum, true)
    equal(modelOf('PutObjectLockConfiguration').requiresChecksum, true)
    equal(modelOf('PutBucketVersioning').requiresChecksum, false)
    equal(modelOf('PutObject').requiresChecksum, false)
  })
})

describe('the model', () => {
  it('says how a payload is read', () => {
    deepEqual(
      (
        [
          'PutObject',
          'UploadPart',
          'PutObjectAnnotation',
          'DeleteObjects',
          'SelectObjectContent',
          'PutBucketPolicy',
          'GetObject',
        ] as const
      ).map((name) => modelOf(name).payload),
      ['stream', 'stream', 'stream', 'xml', 'xml', 'text', 'none'],
    )
    deepEqual([modelOf('GetObject').hasStreamingOutput, modelOf('HeadObject').hasStreamingOutput], [true, false])
  })
})
