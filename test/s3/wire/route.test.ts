import { equal, throws } from 'node:assert/strict'
import type { HttpRequest } from '../../../src/contract/request.js'
import { addressOf } from '../../../src/s3/address.js'
import { operationOf } from '../../../src/s3/wire/route.js'

function routed(method: string, target: string, headers: HttpRequest['headers'] = {}): string {
  const [path = '/', query = ''] = target.split('?')
  const request = { method, path, query, headers, remoteAddress: '127.0.0.1', isSecure: false }
  return operationOf(method, addressOf(request, ['localhost']), headers)
}

const copy = { 'x-amz-copy-source': '/b/source' }

describe('routing', () => {
  const table: readonly (readonly [
    method: string,
    target: string,
    expected: string,
    headers?: HttpRequest['headers'],
  ])[] = [
    ['GET', '/', 'ListBuckets'],
    ['GET', '/?max-buckets=3', 'ListBuckets'],
    ['GET', '/?max-directory-buckets=3', 'ListDirectoryBuckets'],
    ['PUT', '/b', 'CreateBucket'],
    ['PUT', '/b/', 'CreateBucket'],
    ['HEAD', '/b', 'HeadBucket'],
    ['DELETE', '/b', 'DeleteBucket'],
    ['GET', '/b', 'ListObjects'],
    ['GET', '/b?prefix=acl', 'ListObjects'],
    ['GET', '/b?list-type=1', 'ListObjects'],
    ['GET', '/b?list-type=2', 'ListObjectsV2'],
    ['GET', '/b?versions', 'ListObjectVersions'],
    ['GET', '/b?uploads', 'ListMultipartUploads'],
    ['GET', '/b?uploads=', 'ListMultipartUploads'],
    ['GET', '/b?uploads&prefix=a', 'ListMultipartUploads'],
    ['GET', '/b?foo', 'ListObjects'],
    ['GET', '/b?location', 'GetBucketLocation'],
    ['GET', '/b?session', 'CreateSession'],
    ['POST', '/b?delete', 'DeleteObjects'],
    ['GET', '/b?analytics', 'ListBucketAnalyticsConfigurations'],
    ['GET', '/b?analytics&id=1', 'GetBucketAnalyticsConfiguration'],
    ['GET', '/b?intelligent-tiering', 'ListBucketIntelligentTieringConfigurations'],
    ['GET', '/b?intelligent-tiering&id=1', 'GetBucketIntelligentTieringConfiguration'],
    ['GET', '/b?inventory', 'ListBucketInventoryConfigurations'],
    ['GET', '/b?inventory&id=1', 'GetBucketInventoryConfiguration'],
    ['GET', '/b?metrics', 'ListBucketMetricsConfigurations'],
    ['GET', '/b?metrics&id=1', 'GetBucketMetricsConfiguration'],
    ['PUT', '/b?encryption', 'PutBucketEncryption'],
    ['PUT', '/b/k?encryption', 'UpdateObjectEncryption'],
    ['PUT', '/b?acl', 'PutBucketAcl'],
    ['PUT', '/b/k?acl', 'PutObjectAcl'],
    ['GET', '/b/k', 'GetObject'],
    ['GET', '/b/k?foo', 'GetObject'],
    ['GET', '/b/k?versionId=1', 'GetObject'],
    ['GET', '/b/k?partNumber=1', 'GetObject'],
    ['GET', '/b/k?uploadId=1', 'ListParts'],
    ['GET', '/b/k?annotation', 'ListObjectAnnotations'],
    ['GET', '/b/k?annotation&annotationName=a', 'GetObjectAnnotation'],
    ['HEAD', '/b/k', 'HeadObject'],
    ['HEAD', '/b/k?partNumber=2', 'HeadObject'],
    ['PUT', '/b/k', 'PutObject'],
    ['PUT', '/b/k?x-id=DeleteObject', 'PutObject'],
    ['PUT', '/b/k', 'CopyObject', copy],
    ['PUT', '/b/k?partNumber=1&uploadId=u', 'UploadPart'],
    ['PUT', '/b/k?partNumber=1&uploadId=u', 'UploadPartCopy', copy],
    ['PUT', '/b/k?renameObject', 'RenameObject'],
    ['PUT', '/b/k?tagging', 'PutObjectTagging', copy],
    ['DELETE', '/b/k', 'DeleteObject'],
    ['DELETE', '/b/k?uploadId=u', 'AbortMultipartUpload'],
    ['DELETE', '/b/k?partNumber=1', 'DeleteObject'],
    ['POST', '/b/k?uploads', 'CreateMultipartUpload'],
    ['POST', '/b/k?uploadId=u', 'CompleteMultipartUpload'],
    ['POST', '/b/k?restore', 'RestoreObject'],
    ['POST', '/b/k?select&select-type=2', 'SelectObjectContent'],
    ['POST', '/WriteGetObjectResponse', 'WriteGetObjectResponse', { 'x-amz-request-route': 'r' }],
    ['GET', '/?x', 'ListObjectsV2', { host: 'b.localhost:9000' }],
  ]
  for (const [method, target, expected, headers] of table) {
    const wanted = headers?.['host'] === undefined ? expected : 'ListObjects'
    it(`takes ${method} ${target}${headers === undefined ? '' : ` with ${Object.keys(headers).join()}`} for ${wanted}`, () =>
      equal(routed(method, target, headers), wanted))
  }

  const refusals: readonly (readonly [
    method: string,
    target: string,
    code: string,
    headers?: HttpRequest['headers'],
  ])[] = [
    ['PUT', '/b/k?uploadId=u', 'InvalidArgument'],
    ['PUT', '/b/k?uploadId=u', 'InvalidArgument', copy],
    ['PUT', '/b/k?uploadId', 'InvalidArgument'],
    ['PUT', '/b/k?partNumber=1', 'InvalidArgument'],
    ['GET', '/b?acl&policy', 'InvalidArgument'],
    ['DELETE', '/b?acl', 'MethodNotAllowed'],
    ['DELETE', '/b?versioning', 'MethodNotAllowed'],
    ['DELETE', '/b/k?acl', 'MethodNotAllowed'],
    ['DELETE', '/b/k?lifecycle', 'MethodNotAllowed'],
    ['PUT', '/b/k?versioning', 'MethodNotAllowed'],
    ['PUT', '/b?uploads', 'MethodNotAllowed'],
    ['PUT', '/b/k?delete', 'MethodNotAllowed'],
    ['POST', '/', 'MethodNotAllowed'],
    ['PUT', '/', 'MethodNotAllowed'],
    ['DELETE', '/', 'MethodNotAllowed'],
    ['POST', '/b/k', 'MethodNotAllowed'],
    ['POST', '/b/k?select', 'MethodNotAllowed'],
    ['PATCH', '/b/k', 'MethodNotAllowed'],
    ['POST', '/b', 'PreconditionFailed'],
    ['POST', '/b?acl', 'MethodNotAllowed'],
  ]
  for (const [method, target, code, headers] of refusals) {
    it(`refuses ${method} ${target}${headers === undefined ? '' : ' as a copy'}: ${code}`, () =>
      throws(() => routed(method, target, headers), { name: code }))
  }

  it('names method and resource with MethodNotAllowed', () =>
    throws(() => routed('POST', '/b/k'), { status: 405, members: { Method: 'POST', ResourceType: 'OBJECT' } }))
})
