// What a browser gets when its form is stored: nothing, a document, or a page of the site's own.
// Source: AWS, "POST Object", success_action_status and success_action_redirect.

import type { Input, Output } from '../../contract/operation.js'
import type { Answer } from '../../wire/answer.js'
import { encodeOutput } from '../wire/encode.js'

/** The answer to a form that was stored.
 *  @param bucketUrl URL of the bucket without a slash at its end */
export function successAnswer(
  fields: ReadonlyMap<string, string>,
  input: Input<'PutObject'>,
  output: Output<'PutObject'>,
  bucketUrl: string,
): Answer {
  const bucket = input.Bucket ?? ''
  const key = input.Key ?? ''
  const etag = output.ETag ?? ''
  const { headers } = encodeOutput('PutObject', output, input)
  const withMore = (...more: [string, string][]): Answer['headers'] => new Map([...headers, ...more])

  const page = redirectOf(fields.get('success_action_redirect') ?? fields.get('redirect'))
  if (page !== undefined) {
    const result = `bucket=${encodeURIComponent(bucket)}&key=${encodeURIComponent(key)}&etag=${encodeURIComponent(etag)}`
    page.search += page.search === '' ? result : `&${result}`
    return { status: 303, headers: withMore(['Location', page.href]), body: undefined }
  }

  const location = `${bucketUrl}/${key.split('/').map(encodeURIComponent).join('/')}`
  switch (fields.get('success_action_status')) {
    case '200':
      return { status: 200, headers: withMore(['Location', location]), body: undefined }
    case '201': {
      const document =
        '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>' +
        `<Location>${escaped(location)}</Location><Bucket>${escaped(bucket)}</Bucket>` +
        `<Key>${escaped(key)}</Key><ETag>${escaped(etag)}</ETag></PostResponse>`
      return {
        status: 201,
        headers: withMore(['Location', location], ['Content-Type', 'application/xml']),
        body: Buffer.from(document, 'utf8'),
      }
    }
    // AWS: "If the value is not set or if it is set to one of the values other than 200, 201, or 204, Amazon S3 returns an empty document with
    // a 204 status code."
    default:
      return { status: 204, headers: withMore(['Location', location]), body: undefined }
  }
}

/** AWS: "If Amazon S3 cannot interpret the URL, it acts as if the field is not present." */
function redirectOf(text: string | undefined): URL | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
}

/** Text of an XML element; what XML cannot hold at all becomes the replacement character. */
function escaped(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[&<>"\r\n\t\0-\x1f\ufffe\uffff]/g, (character) => {
    const code = character.charCodeAt(0)
    if (character === '\r' || character === '\n' || character === '\t' || (code > 0x1f && code < 0xff))
      return `&#${code};`
    return '\ufffd'
  })
}
