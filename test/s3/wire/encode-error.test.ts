import { deepEqual, equal, match } from 'node:assert/strict'
import * as Sdk from '@aws-sdk/client-s3'
import { errorTable, S3Error } from '../../../src/contract/errors.js'
import { encodeError } from '../../../src/s3/wire/encode-error.js'

const encoded = (error: S3Error): { status: number; headers: Record<string, string>; xml: string } => {
  const { status, headers, body } = encodeError(error, '/b/k&', 'REQUEST', 'HOST')
  return {
    status,
    headers: Object.fromEntries(headers),
    xml: body instanceof Uint8Array ? Buffer.from(body).toString() : '',
  }
}

describe('encodeError', () => {
  it('writes the error with its own members, resource and ids', () => {
    const { status, headers, xml } = encoded(
      new S3Error('NoSuchKey', { members: { Key: 'a<b\r' }, headers: { 'x-amz-delete-marker': 'true' } }),
    )
    equal(status, 404)
    deepEqual(headers, { 'x-amz-delete-marker': 'true', 'Content-Type': 'application/xml' })
    equal(
      xml,
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&lt;b&#xD;</Key><Resource>/b/k&amp;</Resource><RequestId>REQUEST</RequestId><HostId>HOST</HostId></Error>',
    )
  })

  it('has a Message even where S3 itself has none', () =>
    match(encoded(new S3Error('InvalidArgument', { message: '' })).xml, /<Message>Invalid Argument<\/Message>/))

  it('says the resource once', () =>
    equal(encoded(new S3Error('AccessDenied', { members: { Resource: '/x' } })).xml.split('<Resource>').length, 2))

  it('gives a 304 no body', () => {
    const answer = encodeError(new S3Error('NotModified', { headers: { ETag: '"e"' } }), '/', 'R', 'H')
    deepEqual(answer, { status: 304, headers: new Map([['ETag', '"e"']]), body: undefined })
  })
})

describe('the table of errors', () => {
  const codes = Object.keys(errorTable)

  it('has a status and a sentence for each code, in alphabetical order', () => {
    deepEqual(
      codes,
      codes.toSorted((a, b) => a.localeCompare(b, 'en')),
    )
    for (const [status, message] of Object.values(errorTable)) {
      equal(status >= 300 && status < 600, true)
      equal(message.length > 0, true)
    }
  })

  it("has the model's errors with the model's statuses", () => {
    for (const value of Object.values(Sdk)) {
      if (!Array.isArray(value) || value[0] !== -3) continue
      const [, , name, traits] = value
      // The first is the base class; the second is how a client reads a 404 to HEAD, which has no code.
      if (name === 'S3ServiceException' || name === 'NotFound' || typeof traits !== 'object') continue
      const entry = Object.entries(errorTable).find(([code]) => code === name)
      equal(entry?.[1][0], traits['httpError'], name)
    }
  })
})
