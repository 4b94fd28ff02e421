import { deepEqual, equal, throws } from 'node:assert/strict'
import { readXml, type XmlElement } from '../../../src/s3/wire/xml-read.js'

const read = (xml: string): XmlElement => readXml(Buffer.from(xml))
const malformed = { name: 'MalformedXML', status: 400 }

describe('readXml', () => {
  it('reads elements, text and attributes; a namespace or prefix makes no difference', () => {
    const { name, children, attributes } = read('<x:a xmlns:x="u" x:id="1"><b>t</b><b/><x:c>d</x:c></x:a>')
    equal(name, 'a')
    deepEqual(
      children.map((child) => [child.name, child.text]),
      [
        ['b', 't'],
        ['b', ''],
        ['c', 'd'],
      ],
    )
    deepEqual(
      [...(attributes ?? [])],
      [
        ['xmlns:x', 'u'],
        ['id', '1'],
      ],
    )
  })

  const texts: readonly (readonly [xml: string, text: string])[] = [
    ['<a>&lt;&gt;&amp;&quot;&apos;</a>', '<>&"\''],
    ['<a>&amp;lt;</a>', '&lt;'],
    ['<a>&#65;&#x42;&#x1F600;&#xD;&#10;</a>', 'AB😀\r\n'],
    ['<a>x<![CDATA[<b>&amp;]]]]><![CDATA[>]]>y</a>', 'x<b>&amp;]]>y'],
    ['<a>x<!-- <b> & -->y<?pi <c> ?>z</a>', 'xyz'],
    ['<a> \t x\r\ny\rz\n </a>', ' \t x\ny\nz\n '],
    ['<a>]]</a>', ']]'],
    ['\ufeff<?xml version="1.0" encoding="utf-8"?>\n<!-- c --><a>ä</a><!-- d -->\n', 'ä'],
    ["<?xml version='1.0' encoding='US-ASCII' standalone='yes' ?><a>x</a>", 'x'],
    ['<?xml version="1.1"?><a>x</a >', 'x'],
    ['<a\n b = "1>2"\tc=\'"\' >x</a\n>', 'x'],
  ]
  for (const [xml, text] of texts) it(`reads ${JSON.stringify(xml)}`, () => equal(read(xml).text, text))

  const refused: readonly string[] = [
    '',
    ' ',
    'text',
    '<',
    '<a',
    '<a>',
    '<a><b></a></b>',
    '<a></A>',
    '<a></a></a>',
    '<a/><b/>',
    '<a/>text',
    'text<a/>',
    '<a>&</a>',
    '<a>& </a>',
    '<a>&unknown;</a>',
    '<a>&toString;</a>',
    '<a>&#0;</a>',
    '<a>&#1;</a>',
    '<a>&#xD800;</a>',
    '<a>&#xFFFE;</a>',
    '<a>&#x110000;</a>',
    '<a>&#99999999999999;</a>',
    '<a>&#x;</a>',
    '<a>&#-1;</a>',
    '<a>\0</a>',
    '<a>\u0001</a>',
    '<a>\uffff</a>',
    '<a>]]></a>',
    '<a b=1/>',
    '<a b/>',
    '<a b="1" b="2"/>',
    '<a b="1"c="2"/>',
    '<a b="<"/>',
    '<a b="1/>',
    '<1a/>',
    '<a:/>',
    '<:a/>',
    '<a:b:c/>',
    '< a/>',
    '<a><!-- -- --></a>',
    '<a><!-- </a>',
    '<a><![CDATA[ </a>',
    '<![CDATA[x]]><a/>',
    '<a><!ELEMENT b></a>',
    '<a><?pi </a>',
    ' <?xml version="1.0"?><a/>',
    '<a><?xml version="1.0"?></a>',
    '<?xml version="2.0"?><a/>',
    '<?xml encoding="UTF-8"?><a/>',
    '<?xml version="1.0" encoding="UTF-16"?><a/>',
    '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
  ]
  for (const xml of refused) it(`refuses ${JSON.stringify(xml)}`, () => throws(() => read(xml), malformed))

  it('refuses a billion laughs at once', () => {
    const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('')
    throws(() => read(`<!DOCTYPE a [<!ENTITY l0 "lol">${laughs}]><a>&l9;</a>`), malformed)
  })

  it('refuses what is not UTF-8', () => {
    for (const bytes of [
      [0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e],
      [0xff, 0xfe, 0x3c, 0x00, 0x61, 0x00],
      [0xc0, 0x80],
    ]) {
      throws(() => readXml(Uint8Array.from(bytes)), malformed)
    }
    throws(() => readXml(Buffer.from('<a>\ud800</a>', 'utf16le')), malformed)
  })

  it('takes a depth of 32 and refuses 33', () => {
    equal(read('<a>'.repeat(32) + '</a>'.repeat(32)).name, 'a')
    throws(() => read('<a>'.repeat(33) + '</a>'.repeat(33)), malformed)
  })

  it('refuses more than 200,000 elements', () => {
    equal(read(`<a>${'<b/>'.repeat(199_999)}</a>`).children.length, 199_999)
    throws(() => read(`<a>${'<b/>'.repeat(200_000)}</a>`), malformed)
  })

  it('needs time in proportion to the document, whatever stands in it', () => {
    const size = 300_000
    const hostile = [
      `<a>${'&'.repeat(size)}`,
      `<a>${'<'.repeat(size)}`,
      `<a${' '.repeat(size)}`,
      `<a b="${'x'.repeat(size)}`,
      `<a>${'<!--'.repeat(size / 4)}`,
      `<a>${'<![CDATA['.repeat(size / 9)}`,
      `<a>${']'.repeat(size)}</a`,
      `<?xml version="1.0"${' '.repeat(size)}`,
      `<a>${'&#x'.repeat(size / 3)}`,
      `<${'a'.repeat(size)}`,
    ]
    const start = performance.now()
    for (const xml of hostile) throws(() => read(xml), malformed)
    equal(performance.now() - start < 2_000, true)
  })

  it('gives elements named like members of Object no meaning', () => {
    const { children } = read('<a><__proto__>1</__proto__><constructor>2</constructor></a>')
    deepEqual(
      children.map(({ name, text }) => [name, text]),
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    )
  })
})
