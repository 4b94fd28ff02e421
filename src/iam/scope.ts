// Which requests are IAM's and STS's, and for which service and region they say they are signed. They share S3's endpoint: nothing but the scope of a
// signature tells them apart, and the action where nobody signed.

import type { Address, HttpRequest } from '../contract/request.js'
import type { QueryService } from './wire/model.js'

/** What a request says it is signed for. */
export interface StatedScope {
  readonly service: QueryService
  readonly region: string
}

const headerScope = /[=/]\d{8}\/([^/,\s]*)\/(iam|sts)\/aws4_request(?:[,\s]|$)/
const queryScope =
  /(?:^|&)X-Amz-Credential=[^&]*(?:%2F|\/)\d{8}(?:%2F|\/)([^&/%]*)(?:%2F|\/)(iam|sts)(?:%2F|\/)aws4_request(?:&|$)/i
const queryAction = /(?:^|&)Action=/
const queryVersion = /(?:^|&)Version=(?:2010-05-08|2011-06-15)(?:&|$)/

/** Whether a request is in the query protocol: a form sent to the service itself, or a GET with an Action, and no signature for S3.
 *  Source: AWS IAM and STS API references, "Making query requests": both methods. */
export function isQueryRequest({ method, headers, query }: HttpRequest, { bucket }: Address): boolean {
  if (bucket !== undefined) return false
  if (method === 'POST') {
    if (headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded') !== true) return false
  } else if (method !== 'GET' || !queryAction.test(query)) return false
  const { authorization } = headers
  if (authorization !== undefined) return headerScope.test(authorization)
  if (query.includes('X-Amz-')) return queryScope.test(query)
  return method === 'POST' || queryVersion.test(query)
}

/** What a request says it is signed for, in header or query; undefined when nobody signed. */
export function statedScope({ headers, query }: HttpRequest): StatedScope | undefined {
  const { authorization } = headers
  const found = authorization === undefined ? queryScope.exec(query) : headerScope.exec(authorization)
  const [, region, service] = found ?? []
  if (region === undefined || service === undefined) return undefined
  return { service: service.toLowerCase() === 'iam' ? 'iam' : 'sts', region }
}
