import { deepEqual, equal, throws } from 'node:assert/strict'
import type { Input, OperationName } from '../../../src/contract/operation.js'
import type { HttpRequest } from '../../../src/contract/request.js'
import { addressOf } from '../../../src/s3/address.js'
import { decodeInput } from '../../../src/s3/wire/decode.js'

interface Given {
  readonly target?: string
  readonly headers?: HttpRequest['headers']
  readonly body?: string
}

function decoded<N extends OperationName>(name: N, { target = '/b/k', headers = {}, body }: Given): Input<N> {
  const [path = '/', query = ''] = target.split('?')
  const address = addressOf({ method: 'GET', path, query, headers, remoteAddress: '', isSecure: false }, [])
  return decodeInput(name, address, headers, body === undefined ? undefined : Buffer.from(body))
}

const invalid = (argument: string, value: string, message?: string): object => ({
  name: 'InvalidArgument',
  members: { ArgumentName: argument, ArgumentValue: value },
  ...(message === undefined ? {} : { message }),
})

describe('decodeInput: headers and parameters', () => {
  it('passes over what the operation does not know', () => {
    deepEqual(
      decoded('GetObject', {
        target: '/b/k?foo=1&max-keys=x',
        headers: { cookie: 'a', 'x-amz-acl': 'nonsense', range: 'bytes=0-' },
      }),
      {
        Bucket: 'b',
        Key: 'k',
        Range: 'bytes=0-',
      },
    )
  })

  it('collects user metadata under any name, "__proto__" too', () => {
    const { Metadata } = decoded('PutObject', {
      headers: { 'x-amz-meta-a': '1', 'x-amz-meta-__proto__': '2', 'x-amz-meta-': '3' },
    })
    deepEqual(Object.entries(Metadata ?? {}), [
      ['a', '1'],
      ['__proto__', '2'],
      ['', '3'],
    ])
    equal(Object.getPrototypeOf(Metadata), Object.prototype)
    equal('Metadata' in decoded('PutObject', {}), false)
  })

  const dates: readonly (readonly [text: string, ms: number | undefined])[] = [
    ['Sun, 06 Nov 1994 08:49:37 GMT', 784_111_777_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 784_111_777_000],
    ['Sun Nov  6 08:49:37 1994', 784_111_777_000],
    ['Sun, 6 Nov 1994 08:49:37 GMT', 784_111_777_000],
    ['06 Nov 1994 08:49:37 GMT', 784_111_777_000],
    ['Sun, 06 Nov 1994 09:49:37 +0100', 784_111_777_000],
    ['sun, 06 nov 1994 08:49:37 UTC', 784_111_777_000],
    ['1994-11-06T08:49:37Z', 784_111_777_000],
    ['1994-11-06T08:49:37.000Z', 784_111_777_000],
    ['19941106T084937Z', 784_111_777_000],
    ['1994-11-06T03:49:37-05:00', 784_111_777_000],
    ['yesterday', undefined],
    ['', undefined],
    ['Sun, 31 Feb 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 25:49:37 GMT', undefined],
    ['1994-13-06T08:49:37Z', undefined],
  ]
  for (const [text, ms] of dates) {
    it(`reads If-Modified-Since: ${text} as ${ms ?? 'absent'}`, () =>
      equal(decoded('GetObject', { headers: { 'if-modified-since': text } }).IfModifiedSince?.getTime(), ms))
  }

  it('refuses a malformed date that is no standard condition', () => {
    const headers = { 'x-amz-copy-source': '/b/s', 'x-amz-copy-source-if-modified-since': 'yesterday' }
    throws(() => decoded('CopyObject', { headers }), invalid('x-amz-copy-source-if-modified-since', 'yesterday'))
    throws(
      () => decoded('GetObject', { target: '/b/k?response-expires=yesterday' }),
      invalid('response-expires', 'yesterday'),
    )
  })

  const maxKeys = 'Provided max-keys not an integer or within integer range'
  const partNumber = 'Part number must be an integer between 1 and 10000, inclusive'
  const refused: readonly (readonly [name: OperationName, target: string, refusal: object])[] = [
    ['ListObjectsV2', '/b?list-type=2&max-keys=ten', invalid('max-keys', 'ten', maxKeys)],
    ['ListObjectsV2', '/b?list-type=2&max-keys=1.5', invalid('max-keys', '1.5', maxKeys)],
    ['ListObjectsV2', '/b?list-type=2&max-keys=1e3', invalid('max-keys', '1e3', maxKeys)],
    ['ListObjectsV2', '/b?list-type=2&max-keys=0x10', invalid('max-keys', '0x10', maxKeys)],
    ['ListObjectsV2', '/b?list-type=2&max-keys=2147483648', invalid('max-keys', '2147483648', maxKeys)],
    [
      'ListObjectsV2',
      '/b?list-type=2&max-keys=-1',
      invalid('maxKeys', '-1', 'Argument maxKeys must be an integer between 0 and 2147483647'),
    ],
    ['ListObjectsV2', '/b?fetch-owner=maybe', invalid('fetch-owner', 'maybe')],
    ['UploadPart', '/b/k?uploadId=u&partNumber=0', invalid('partNumber', '0', partNumber)],
    ['UploadPart', '/b/k?uploadId=u&partNumber=10001', invalid('partNumber', '10001', partNumber)],
    ['UploadPart', '/b/k?uploadId=u&partNumber=', invalid('partNumber', '', partNumber)],
    ['GetObject', '/b/k?partNumber=1a', invalid('partNumber', '1a', partNumber)],
    ['GetObject', '/b/k?response-content-type=a%0D%0Ab', invalid('response-content-type', 'a\r\nb')],
    ['GetObject', '/b/k?response-content-disposition=%E2%82%AC', invalid('response-content-disposition', '€')],
    ['GetBucketMetricsConfiguration', '/b?metrics', { name: 'InvalidRequest' }],
  ]
  for (const [name, target, refusal] of refused) {
    it(`refuses ${name} ${target}`, () => throws(() => decoded(name, { target }), refusal))
  }

  it('takes a number without a value for absent', () =>
    equal('MaxKeys' in decoded('ListObjectsV2', { target: '/b?list-type=2&max-keys=' }), false))

  const enumerated: readonly (readonly [header: string, value: string, code: string])[] = [
    ['x-amz-acl', 'everybody', 'InvalidArgument'],
    ['x-amz-storage-class', 'GOLD', 'InvalidStorageClass'],
    ['x-amz-metadata-directive', 'MERGE', 'InvalidArgument'],
    ['x-amz-tagging-directive', 'copy', 'InvalidArgument'],
    ['x-amz-checksum-algorithm', 'CRC16', 'InvalidRequest'],
    ['x-amz-server-side-encryption', 'ROT13', 'InvalidArgument'],
    ['x-amz-server-side-encryption-bucket-key-enabled', 'yes', 'InvalidArgument'],
  ]
  for (const [header, value, code] of enumerated) {
    it(`refuses ${header}: ${value} with ${code}`, () =>
      throws(() => decoded('CopyObject', { headers: { 'x-amz-copy-source': '/b/s', [header]: value } }), {
        name: code,
      }))
  }

  it('takes what clients send by default', () => {
    const headers = {
      'x-amz-acl': 'private',
      'x-amz-storage-class': 'STANDARD',
      'x-amz-sdk-checksum-algorithm': 'CRC64NVME',
    }
    const { ACL, StorageClass, ChecksumAlgorithm } = decoded('PutObject', { headers })
    deepEqual([ACL, StorageClass, ChecksumAlgorithm], ['private', 'STANDARD', 'CRC64NVME'])
  })

  it('names a required header that is missing', () =>
    throws(() => decoded('GetObjectAttributes', {}), {
      name: 'InvalidRequest',
      message: 'Missing required header for this request: x-amz-object-attributes',
    }))

  it('splits lists at commas', () =>
    deepEqual(
      decoded('GetObjectAttributes', { headers: { 'x-amz-object-attributes': 'ETag,ObjectSize , "Checksum",' } })
        .ObjectAttributes,
      ['ETag', 'ObjectSize', 'Checksum'],
    ))
})

describe('decodeInput: payloads', () => {
  const malformed = { name: 'MalformedXML' }
  const parts = '<Part><PartNumber>1</PartNumber><ETag>&quot;e&quot;</ETag></Part>'
  const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

  for (const start of [
    'CompleteMultipartUpload',
    `CompleteMultipartUpload ${xmlns}`,
    'CompleteMultipartUpload xmlns="urn:other"',
  ]) {
    it(`reads <${start}>`, () => {
      const body = `<${start}>\n  ${parts}<Unknown><X/></Unknown>\n</CompleteMultipartUpload>`
      deepEqual(decoded('CompleteMultipartUpload', { target: '/b/k?uploadId=u', body }).MultipartUpload, {
        Parts: [{ PartNumber: 1, ETag: '"e"' }],
      })
    })
  }

  const bodies: readonly (readonly [name: OperationName, target: string, body: string])[] = [
    ['CompleteMultipartUpload', '/b/k?uploadId=u', ''],
    ['CompleteMultipartUpload', '/b/k?uploadId=u', `<CompletedMultipartUpload>${parts}</CompletedMultipartUpload>`],
    ['CompleteMultipartUpload', '/b/k?uploadId=u', `<CompleteMultipartUpload>text${parts}</CompleteMultipartUpload>`],
    [
      'CompleteMultipartUpload',
      '/b/k?uploadId=u',
      '<CompleteMultipartUpload><Part><PartNumber>x</PartNumber></Part></CompleteMultipartUpload>',
    ],
    [
      'CompleteMultipartUpload',
      '/b/k?uploadId=u',
      '<CompleteMultipartUpload><Part><PartNumber>1.5</PartNumber></Part></CompleteMultipartUpload>',
    ],
    [
      'CompleteMultipartUpload',
      '/b/k?uploadId=u',
      '<CompleteMultipartUpload><Part><PartNumber>99999999999999999999</PartNumber></Part></CompleteMultipartUpload>',
    ],
    ['DeleteObjects', '/b?delete', '<Delete></Delete>'],
    ['DeleteObjects', '/b?delete', '<Delete><Object></Object></Delete>'],
    ['DeleteObjects', '/b?delete', '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'],
    ['DeleteObjects', '/b?delete', '<Delete><Object><Key><b/></Key></Object></Delete>'],
    ['DeleteObjects', '/b?delete', '<Delete><Quiet>maybe</Quiet><Object><Key>a</Key></Object></Delete>'],
    ['PutBucketTagging', '/b?tagging', '<Tagging></Tagging>'],
    ['PutBucketTagging', '/b?tagging', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>'],
    ['PutBucketCors', '/b?cors', '<CORSConfiguration/>'],
    [
      'PutBucketCors',
      '/b?cors',
      '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>',
    ],
    ['PutBucketVersioning', '/b?versioning', 'Enabled'],
    ['CreateBucket', '/b', '<CreateBucket/>'],
    ['CreateBucket', '/b', '{}'],
  ]
  for (const [name, target, body] of bodies) {
    it(`answers MalformedXML to ${name} with ${JSON.stringify(body)}`, () =>
      throws(() => decoded(name, { target, body }), malformed))
  }

  it('keeps white space in keys and takes none seriously around numbers, flags and dates', () => {
    const body =
      '<Delete>\n<Quiet> TRUE\n</Quiet><Object><Key> a\n</Key><Size> 3 </Size><LastModifiedTime> 2026-11-21T10:00:00.000Z </LastModifiedTime></Object></Delete>'
    deepEqual(decoded('DeleteObjects', { target: '/b?delete', body }).Delete, {
      Quiet: true,
      Objects: [{ Key: ' a\n', Size: 3, LastModifiedTime: new Date('2026-11-21T10:00:00Z') }],
    })
  })

  it('reads an empty list as one, and repeated members of any order', () => {
    deepEqual(decoded('PutBucketTagging', { target: '/b?tagging', body: '<Tagging><TagSet/></Tagging>' }).Tagging, {
      TagSet: [],
    })
    const body =
      '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedOrigin>x</AllowedOrigin></CORSRule></CORSConfiguration>'
    deepEqual(decoded('PutBucketCors', { target: '/b?cors', body }).CORSConfiguration, {
      CORSRules: [{ AllowedOrigins: ['*', 'x'], AllowedMethods: ['GET'] }],
    })
  })

  it('reads the attribute of a grantee under any prefix', () => {
    const grant = (attribute: string): unknown =>
      decoded('PutBucketAcl', {
        target: '/b?acl',
        body: `<AccessControlPolicy><AccessControlList><Grant><Grantee ${attribute}><ID>i</ID></Grantee></Grant></AccessControlList></AccessControlPolicy>`,
      }).AccessControlPolicy?.Grants
    const expected = [{ Grantee: { Type: 'CanonicalUser', ID: 'i' } }]
    deepEqual(grant('xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"'), expected)
    deepEqual(grant('xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="CanonicalUser"'), expected)
  })

  it('allows CreateBucket and PutBucketAcl without a payload', () => {
    deepEqual(decoded('CreateBucket', { target: '/b', body: '' }), { Bucket: 'b' })
    deepEqual(decoded('CreateBucket', { target: '/b' }), { Bucket: 'b' })
    deepEqual(decoded('PutBucketAcl', { target: '/b?acl', headers: { 'x-amz-acl': 'private' } }), {
      Bucket: 'b',
      ACL: 'private',
    })
  })

  for (const name of [
    'DeleteObjects',
    'PutBucketTagging',
    'PutBucketPolicy',
    'PutObjectRetention',
    'SelectObjectContent',
  ] as const) {
    it(`answers MissingRequestBodyError to ${name} without a payload`, () =>
      throws(() => decoded(name, { body: '' }), { name: 'MissingRequestBodyError', status: 400 }))
  }

  it('reads a policy as it is, and refuses one that is no UTF-8', () => {
    equal(decoded('PutBucketPolicy', { target: '/b?policy', body: ' {"a":"ä"} ' }).Policy, ' {"a":"ä"} ')
    const address = { bucket: 'b', parameters: new Map() }
    throws(() => decodeInput('PutBucketPolicy', address, {}, Uint8Array.of(0xff)), { name: 'InvalidRequest' })
  })
})
