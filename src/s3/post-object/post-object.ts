// POST Object: a browser uploads a file by a form. Signature and rights stand in the form's fields, and are settled before its file is read.
// Source: AWS API reference, "POST Object"; "Browser-Based Uploads Using POST".

import type { FormFields } from '../../auth/authenticate-form.js'
import type { Authorizer } from '../../auth/authorize.js'
import type { Authenticated } from '../../auth/caller.js'
import { S3Error } from '../../contract/errors.js'
import type { Clock, Operation } from '../../contract/operation.js'
import { type Address, bodySizeBytesMax, type HttpRequest } from '../../contract/request.js'
import { tooLarge } from '../body/plain-body.js'
import { requireHonoured } from '../not-yet.js'
import type { Answer } from '../../wire/answer.js'
import { readPostForm } from './form.js'
import { keyOf, putObjectInput } from './input.js'
import { policyOf, requirePolicy, type SizeRange } from './policy.js'
import { successAnswer } from './success-answer.js'

/** One form and everything needed to store it. */
export interface PostObject {
  readonly request: HttpRequest
  /** The request's payload as it comes off the socket. */
  readonly source: AsyncIterable<Uint8Array>
  /** Called before the first byte is asked for: sends `100 Continue`. */
  readonly beforeFirstRead: () => void
  /** The bucket that is addressed. */
  readonly bucket: string
  /** Its URL without a slash at the end: "http://127.0.0.1:9000/photos". */
  readonly bucketUrl: string
  readonly requestId: string
  readonly clock: Clock
  readonly authenticateForm: (fields: FormFields) => Authenticated | Promise<Authenticated>
  readonly authorizer: Authorizer
  readonly putObject: Operation<'PutObject'>
}

/** Whether a request is a browser form, which is authenticated by its fields and by nothing else. */
export function isPostForm(request: HttpRequest, address: Address): boolean {
  if (request.method !== 'POST' || address.bucket === undefined || address.key !== undefined) return false
  return /^multipart\/form-data\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')
}

/** Stores the file of a form under the key it names.
 *  @throws what reading the form, its signature, its policy and PutObject throw; EntityTooLarge and EntityTooSmall when the file is not within
 *  `content-length-range`. Nothing is stored then */
export async function postObject(post: PostObject): Promise<Answer> {
  const { request, bucket } = post
  post.beforeFirstRead()
  const form = await readPostForm(request.headers, post.source)
  try {
    const authenticated = await post.authenticateForm(form.fields)
    const { caller, signature } = authenticated
    const key = keyOf(form.fields, form.fileName)
    // Nobody's form has no policy, and nothing that it would have to cover; everybody else's has one, which is what he signed.
    const policy = signature === undefined ? undefined : policyOf(form.fields.get('policy') ?? '')
    if (policy !== undefined) {
      requirePolicy(policy, new Map([...form.fields, ['bucket', bucket], ['key', key]]), post.clock.now())
    }
    const { input, claims } = putObjectInput(form.fields, bucket, key)
    requireHonoured(input, request.isSecure)
    const { requestId } = post
    const { remoteAddress, isSecure, tlsVersion } = request
    // What would be headers of a PutObject are fields here; of the browser's own headers only these are told of.
    const headers = {
      ...Object.fromEntries(form.fields),
      'x-amz-acl': input.ACL,
      'x-amz-tagging': input.Tagging,
      'user-agent': request.headers['user-agent'],
      referer: request.headers['referer'],
    }
    const facts = { headers, parameters: new Map<string, string>(), remoteAddress, isSecure, tlsVersion }
    const asking = { requestId, authenticated, facts }
    const { decidedOn, mayDelete } = post.authorizer.authorize(asking, 'PutObject', { bucket, key }, input)

    const body = within(form.file, policy?.size)
    const call = { caller, body, claims, asksFirst: false, requestId, decidedOn, mayDelete }
    const output = await post.putObject(input, call)
    return successAnswer(form.fields, input, output, post.bucketUrl)
  } finally {
    form.close()
  }
}

/** AWS, `content-length-range`: "The minimum and maximum allowable size for the uploaded content", enforced while it streams. */
async function* within(
  file: AsyncIterable<Uint8Array>,
  allowed: SizeRange | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { min, max } = allowed ?? { min: 0, max: bodySizeBytesMax }
  const sizeBytesMax = Math.min(max, bodySizeBytesMax)
  let size = 0
  for await (const chunk of file) {
    size += chunk.length
    if (size > sizeBytesMax) throw tooLarge(size, sizeBytesMax)
    yield chunk
  }
  if (size < min) {
    throw new S3Error('EntityTooSmall', { members: { ProposedSize: String(size), MinSizeAllowed: String(min) } })
  }
}
