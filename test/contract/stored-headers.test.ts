// Which headers are kept, and how metadata is read.

import { deepEqual, equal, throws } from 'node:assert/strict'
import { headersJson, headersOfJson } from '../../src/contract/stored-headers.js'

const metadataOf = (value: string) => headersOfJson(headersJson({ Metadata: { k: value } })).Metadata?.['k']

describe('stored headers', () => {
  it('are nothing when nothing was said', () => {
    equal(headersJson({}), null)
    equal(headersJson({ ContentType: '', Metadata: {} }), null)
    deepEqual(headersOfJson(null), {})
  })

  it('come back as they were given', () => {
    const headers = {
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="ä"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      ContentType: 'text/plain',
      ExpiresString: '0',
      Metadata: { a: '1', b: '' },
    }
    deepEqual(headersOfJson(headersJson(headers)), headers)
  })

  it('prefer the text of Expires to its date', () => {
    const Expires = new Date(0)
    deepEqual(headersOfJson(headersJson({ Expires })), { ExpiresString: 'Thu, 01 Jan 1970 00:00:00 GMT' })
    deepEqual(headersOfJson(headersJson({ Expires, ExpiresString: 'soon' })), { ExpiresString: 'soon' })
  })

  it('name metadata in lower case, whatever the name', () => {
    const Metadata = Object.fromEntries([
      ['MiXed', '1'],
      ['__proto__', '2'],
      ['constructor', '3'],
    ])
    deepEqual(Object.entries(headersOfJson(headersJson({ Metadata })).Metadata ?? {}), [
      ['mixed', '1'],
      ['__proto__', '2'],
      ['constructor', '3'],
    ])
  })

  it('hold 2 KB of metadata, names and values, in bytes of UTF-8', () => {
    equal(typeof headersJson({ Metadata: { ab: 'v'.repeat(2046) } }), 'string')
    throws(() => headersJson({ Metadata: { ab: 'v'.repeat(2047) } }), {
      code: 'MetadataTooLarge',
      members: { Size: '2049', MaxSizeAllowed: '2048' },
    })
    throws(() => headersJson({ Metadata: { ab: 'é'.repeat(1024) } }), { code: 'MetadataTooLarge' })
  })

  const words: readonly [sent: string, kept: string][] = [
    ['plain', 'plain'],
    ['=?UTF-8?B?w6TDtsO8?=', 'äöü'],
    ['=?utf-8?b?w6TDtsO8?=', 'äöü'],
    ['=?UTF-8?Q?=C3=A4_b?=', 'ä b'],
    ['=?ISO-8859-1?Q?=E4?=', 'ä'],
    ['a =?UTF-8?B?w6Q=?= b', 'a ä b'],
    ['=?UTF-8?B?w6Q=?= =?UTF-8?B?w7Y=?=', 'äö'],
    ['=?UTF-8?B?/w==?=', '=?UTF-8?B?/w==?='],
    ['=?no-such-charset?B?w6Q=?=', '=?no-such-charset?B?w6Q=?='],
    ['=?UTF-8?X?w6Q=?=', '=?UTF-8?X?w6Q=?='],
    ['=?', '=?'],
  ]
  for (const [sent, kept] of words) it(`reads ${sent} as ${kept}`, () => equal(metadataOf(sent), kept))
})
