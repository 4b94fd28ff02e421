// Reads an XML 1.0 document into a tree of elements. Strict: whatever is not well-formed, and every DOCTYPE, is MalformedXML.
// One pass with bounded depth and count. fast-xml-parser was measured and not taken: it accepts two roots and "<!x>", decodes references
// inside CDATA, and blocks for 110 ms on the largest CompleteMultipartUpload (10,000 parts, 1.5 MB), which takes 12 here.

import { S3Error } from '../../contract/errors.js'

/** An element with its namespace prefix taken off: S3 knows one namespace and accepts none. */
export interface XmlElement {
  readonly name: string
  /** All character data directly inside, decoded and joined; comments and children leave no trace. */
  text: string
  readonly children: XmlElement[]
  /** By local name; undefined when there are none. Declarations of namespaces are among them. */
  readonly attributes: ReadonlyMap<string, string> | undefined
}

/** Deepest nesting of elements; the model's deepest request has 8. */
const depthMax = 32

/** Most elements of a document: 10,000 parts with ten checksums each are 130,001. */
const elementsMax = 200_000

/** Reads a document in UTF-8, with or without a byte order mark.
 *  @throws MalformedXML */
export function readXml(bytes: Uint8Array): XmlElement {
  const text = textOf(bytes)
  const start = afterDeclaration(text)
  return readDocument(text, start)
}

/** A refusal with S3's sentence, or with a more telling one. */
export const malformedXml = (message?: string, cause?: unknown): S3Error =>
  new S3Error('MalformedXML', {
    ...(message === undefined ? {} : { message }),
    ...(cause === undefined ? {} : { cause }),
  })

const utf8 = new TextDecoder('utf-8', { fatal: true })

// oxlint-disable-next-line no-control-regex -- XML 1.0, 2.2: the characters that no document may contain
const illegalCharacter = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

function textOf(bytes: Uint8Array): string {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw malformedXml(undefined, cause)
  }
  if (illegalCharacter.test(text)) throw malformedXml()
  // XML 1.0, 2.11: "translating both the two-character sequence #xD #xA and any #xD that is not followed by #xA to a single #xA".
  return text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
}

const declaration =
  /^<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.\d+"|'1\.\d+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([\w.-]+)"|'([\w.-]+)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/

function afterDeclaration(text: string): number {
  if (!/^<\?xml[ \t\n?]/.test(text)) return 0
  const match = declaration.exec(text)
  if (match === null) throw malformedXml()
  const encoding = (match[1] ?? match[2] ?? 'utf-8').toLowerCase()
  if (encoding !== 'utf-8' && encoding !== 'utf8' && encoding !== 'us-ascii' && encoding !== 'ascii')
    throw malformedXml()
  return match[0].length
}

// Names are those of XML 1.0, 2.3, without its holes beyond ASCII.
const startTag = /<([A-Za-z_:\u00c0-\uffff][\w.:\-\u00b7-\uffff]*)/y
const attribute = /[ \t\n]+([A-Za-z_:\u00c0-\uffff][\w.:\-\u00b7-\uffff]*)[ \t\n]*=[ \t\n]*(?:"([^<"]*)"|'([^<']*)')/y
const startTagEnd = /[ \t\n]*(\/?)>/y
const endTagEnd = /[ \t\n]*>/y
const onlySpace = /^[ \t\n]*$/

function readDocument(xml: string, start: number): XmlElement {
  let root: XmlElement | undefined
  const open: { readonly element: XmlElement; readonly qualifiedName: string }[] = []
  let elements = 0
  let at = start
  for (;;) {
    const markup = xml.indexOf('<', at)
    const text = markup < 0 ? xml.slice(at) : xml.slice(at, markup)
    const parent = open.at(-1)?.element
    if (text !== '') {
      if (parent !== undefined) parent.text += decoded(text)
      else if (!onlySpace.test(text)) throw malformedXml()
    }
    if (markup < 0) break

    const next = xml.charCodeAt(markup + 1)
    if (next === slash) {
      at = afterEndTag(xml, markup, open.pop()?.qualifiedName)
    } else if (next === exclamation) {
      if (xml.startsWith('<![CDATA[', markup) && parent !== undefined) {
        const end = indexOf(xml, ']]>', markup + 9)
        parent.text += xml.slice(markup + 9, end)
        at = end + 3
      } else at = afterComment(xml, markup)
    } else if (next === question) {
      // The declaration stands at the very start or nowhere.
      if (/^<\?xml[\s?]/i.test(xml.slice(markup, markup + 6))) throw malformedXml()
      at = indexOf(xml, '?>', markup) + 2
    } else {
      if (parent === undefined && root !== undefined) throw malformedXml()
      if (++elements > elementsMax || open.length >= depthMax) throw malformedXml()
      const tag = readStartTag(xml, markup)
      const element = { name: tag.name, text: '', children: [], attributes: tag.attributes }
      if (parent === undefined) root = element
      else parent.children.push(element)
      if (!tag.isEmpty) open.push({ element, qualifiedName: tag.qualifiedName })
      at = tag.end
    }
  }
  if (root === undefined || open.length > 0) throw malformedXml()
  return root
}

const slash = '/'.charCodeAt(0)
const exclamation = '!'.charCodeAt(0)
const question = '?'.charCodeAt(0)
const greaterThan = '>'.charCodeAt(0)

interface StartTag {
  readonly name: string
  readonly qualifiedName: string
  readonly attributes: Map<string, string> | undefined
  /** "<a/>" */
  readonly isEmpty: boolean
  readonly end: number
}

const plainName = /^[A-Za-z]\w*$/

function readStartTag(xml: string, markup: number): StartTag {
  // Nearly all tags are a bare name.
  const greater = xml.indexOf('>', markup)
  const bare = greater - markup <= plainNameMax ? xml.slice(markup + 1, greater) : ''
  if (plainName.test(bare))
    return { name: bare, qualifiedName: bare, attributes: undefined, isEmpty: false, end: greater + 1 }

  startTag.lastIndex = markup
  const qualifiedName = startTag.exec(xml)?.[1]
  if (qualifiedName === undefined) throw malformedXml()
  const { attributes, end } = readAttributes(xml, startTag.lastIndex)
  startTagEnd.lastIndex = end
  const match = startTagEnd.exec(xml)
  if (match === null) throw malformedXml()
  return {
    name: localName(qualifiedName),
    qualifiedName,
    attributes,
    isEmpty: match[1] !== '',
    end: startTagEnd.lastIndex,
  }
}

const plainNameMax = 64

function afterEndTag(xml: string, markup: number, qualifiedName: string | undefined): number {
  if (qualifiedName === undefined || !xml.startsWith(qualifiedName, markup + 2)) throw malformedXml()
  const end = markup + 2 + qualifiedName.length
  if (xml.charCodeAt(end) === greaterThan) return end + 1
  endTagEnd.lastIndex = end
  if (!endTagEnd.test(xml)) throw malformedXml()
  return endTagEnd.lastIndex
}

/** The end of a comment; anything else that begins with "<!", DOCTYPE first of all, is refused. */
function afterComment(xml: string, markup: number): number {
  if (!xml.startsWith('<!--', markup)) throw malformedXml()
  const dashes = indexOf(xml, '--', markup + 4)
  // XML 1.0, 2.5: "For compatibility, the string "--" (double-hyphen) MUST NOT occur within comments."
  if (xml[dashes + 2] !== '>') throw malformedXml()
  return dashes + 3
}

function readAttributes(xml: string, start: number): { attributes: Map<string, string> | undefined; end: number } {
  let attributes: Map<string, string> | undefined
  let end = start
  for (;;) {
    attribute.lastIndex = end
    const match = attribute.exec(xml)
    if (match === null) return { attributes, end }
    end = attribute.lastIndex
    const [, qualifiedName = '', double, single = ''] = match
    attributes ??= new Map()
    // "xmlns:x" keeps its prefix, lest it be taken for an attribute "x" of ours.
    const name = qualifiedName.startsWith('xmlns:') ? qualifiedName : localName(qualifiedName)
    if (attributes.has(name)) throw malformedXml()
    // XML 1.0, 3.3.3: white space in an attribute is read as spaces.
    attributes.set(name, decoded((double ?? single).replaceAll(/[\t\n]/g, ' ')))
  }
}

function indexOf(xml: string, what: string, from: number): number {
  const found = xml.indexOf(what, from)
  if (found < 0) throw malformedXml()
  return found
}

function localName(qualifiedName: string): string {
  const colon = qualifiedName.indexOf(':')
  if (colon < 0) return qualifiedName
  const name = qualifiedName.slice(colon + 1)
  if (colon === 0 || name === '' || name.includes(':')) throw malformedXml()
  return name
}

const predefined: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

/** Character data with its references replaced: the five predefined entities and numeric ones; there are no others without a DTD. */
function decoded(text: string): string {
  // XML 1.0, 2.4: "]]>" must not stand in character data.
  if (text.includes(']]>')) throw malformedXml()
  let ampersand = text.indexOf('&')
  if (ampersand < 0) return text
  let result = ''
  let at = 0
  while (ampersand >= 0) {
    const semicolon = text.indexOf(';', ampersand)
    // The longest reference is "&#1114111;": a distant semicolon belongs to something else.
    if (semicolon < 0 || semicolon - ampersand > 12) throw malformedXml()
    const name = text.slice(ampersand + 1, semicolon)
    result += text.slice(at, ampersand) + (name.startsWith('#') ? numbered(name) : named(name))
    at = semicolon + 1
    ampersand = text.indexOf('&', at)
  }
  return result + text.slice(at)
}

function named(name: string): string {
  const character = predefined.get(name)
  if (character === undefined) throw malformedXml()
  return character
}

function numbered(reference: string): string {
  const isHex = reference[1] === 'x'
  if (!(isHex ? /^#x[\da-fA-F]+$/ : /^#\d+$/).test(reference)) throw malformedXml()
  const code = Number.parseInt(reference.slice(isHex ? 2 : 1), isHex ? 16 : 10)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw malformedXml()
  const character = String.fromCodePoint(code)
  if (illegalCharacter.test(character)) throw malformedXml()
  return character
}
