// The chunked uploads AWS publishes with its documentation of Signature Version 4: the signatures are AWS's own.

import { deepEqual, equal } from 'node:assert/strict'
import { authenticate, exampleTimestamp, requestOf } from '../../auth/requests.js'
import { inRunsOf, opened, whole } from './payloads.js'

const plain = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

describe('chunks signed by AWS (its published examples)', () => {
  const content = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a')]
  const framed = (signatures: readonly string[], end: string): Buffer =>
    Buffer.concat([
      Buffer.from(`10000;chunk-signature=${signatures[0]}\r\n`),
      content[0] ?? Buffer.alloc(0),
      Buffer.from(`\r\n400;chunk-signature=${signatures[1]}\r\n`),
      content[1] ?? Buffer.alloc(0),
      Buffer.from(`\r\n0;chunk-signature=${signatures[2]}\r\n${end}`),
    ])
  const authorization = (signedHeaders: string, signature: string): string =>
    `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`

  it('accepts "Transferring Payload in Multiple Chunks"', async () => {
    const bytes = framed(
      [
        'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
        '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
        'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
      ],
      '\r\n',
    )
    equal(bytes.length, 66_824)
    const request = requestOf('PUT', '/examplebucket/chunkObject.txt', {
      host: 's3.amazonaws.com',
      'content-encoding': 'aws-chunked',
      'content-length': '66824',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-date': exampleTimestamp,
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      authorization: authorization(
        'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
        '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      ),
    })
    const { body } = opened(inRunsOf(bytes, 1000), plain(request.headers), authenticate(request).payload)
    deepEqual(await whole(body), Buffer.concat(content))
  })

  it('accepts "Transferring Payload in Multiple Chunks Including Trailing Headers"', async () => {
    const bytes = framed(
      [
        'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
        '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
        '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      ],
      'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
        'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
    )
    const request = requestOf('PUT', '/examplebucket/chunkObject.txt', {
      host: 's3.amazonaws.com',
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'x-amz-date': exampleTimestamp,
      'x-amz-decoded-content-length': '66560',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
      authorization: authorization(
        'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
        '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
      ),
    })
    const { body, claims } = opened(inRunsOf(bytes, 70_000), plain(request.headers), authenticate(request).payload)
    deepEqual(await whole(body), Buffer.concat(content))
    deepEqual(claims.trailers(), { CRC32C: 'sOO8/Q==' })
  })
})
