// A multipart/form-data payload, taken apart as it comes in: the fields before the file are gathered, the file is a stream, the rest is ignored.

import { isUtf8 } from 'node:buffer'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import busboy from 'busboy'
import { S3Error } from '../../contract/errors.js'
import type { HttpRequest } from '../../contract/request.js'

/** A form up to its file. */
export interface PostForm {
  /** Everything before the file, by lower-case name. */
  readonly fields: ReadonlyMap<string, string>
  /** Without folders; empty when the client gave none. */
  readonly fileName: string
  /** The file's bytes; to be iterated once. Throws MalformedPOSTRequest when the form breaks off. */
  readonly file: AsyncIterable<Uint8Array>
  /** Lets go of the form. To be called whatever happened. */
  close(): void
}

/** AWS: "The POST request … fields preceding the upload file" may have 20 KB in all, names included. */
const fieldsSizeBytesMax = 20 * 1024

/** Parts before the file: more than metadata, tags and signature ever need, and a bound on their bookkeeping. */
const partsMax = 1000

/** A file that is given without a file name is a text, and kept in memory. Browsers, curl and SDKs give one. */
const namelessFileSizeBytesMax = 1024 * 1024

/** Reads a form up to its file.
 *  @param headers of the request
 *  @throws RequestIsNotMultiPartContent, MalformedPOSTRequest, MaxPostPreDataLengthExceededError, InvalidArgument (a field given twice),
 *  IncorrectNumberOfFilesInPostRequest (no file), and whatever the source throws */
export async function readPostForm(
  headers: HttpRequest['headers'],
  source: AsyncIterable<Uint8Array>,
): Promise<PostForm> {
  const parser = parserFor(headers)
  const fields = new Map<string, string>()
  let fieldsSizeBytes = 0
  let sourceError: unknown

  const close = (): void => {
    parser.destroy()
  }
  const broken = (cause: unknown): unknown =>
    sourceError ?? (cause instanceof S3Error ? cause : new S3Error('MalformedPOSTRequest', { cause }))

  const addField = (name: string, value: string): void => {
    fieldsSizeBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    if (fieldsSizeBytes > fieldsSizeBytesMax) throw new S3Error('MaxPostPreDataLengthExceededError')
    // What is checked must be what is used.
    if (fields.has(name)) {
      throw new S3Error('InvalidArgument', {
        message: 'A form field may be given only once.',
        members: { ArgumentName: name, ArgumentValue: value },
      })
    }
    fields.set(name, value)
  }

  /** Clients may send plain fields with a file name too (Python's requests does): the field's name decides. */
  const fieldsAsFiles: Promise<void>[] = []
  const found = new Promise<{ fileName: string; bytes: AsyncIterable<Uint8Array> }>((resolve, reject) => {
    const attempt = (action: () => void): void => {
      try {
        action()
      } catch (error) {
        reject(error)
      }
    }
    let hasFile = false
    parser.on('field', (name: string | undefined, value, { valueTruncated }) =>
      attempt(() => {
        if (hasFile || name === undefined) return
        if (valueTruncated) throw new S3Error('MaxPostPreDataLengthExceededError')
        if (name.toLowerCase() !== 'file') {
          addField(name.toLowerCase(), textOf(value))
          return
        }
        hasFile = true
        resolve({ fileName: '', bytes: only(bytesOfNamelessFile(value)) })
      }),
    )
    // busboy's types forget that a part may have neither name nor file name.
    parser.on('file', (name: string | undefined, stream, { filename }: { filename: string | undefined }) => {
      stream.on('error', reject)
      if (hasFile || name === undefined) {
        stream.resume()
      } else if (name.toLowerCase() === 'file') {
        hasFile = true
        resolve({ fileName: filename ?? '', bytes: stream })
      } else {
        const added = fieldTextOf(stream).then((text) => addField(name.toLowerCase(), text))
        added.catch(reject)
        fieldsAsFiles.push(added)
      }
    })
    const tooMany = (): void => reject(new S3Error('MaxPostPreDataLengthExceededError'))
    parser.on('fieldsLimit', tooMany)
    parser.on('filesLimit', tooMany)
    parser.on('partsLimit', tooMany)
    parser.on('error', reject)
    parser.on('close', () => reject(new S3Error('IncorrectNumberOfFilesInPostRequest')))
  })

  void feed(source, parser).catch((error: unknown) => {
    sourceError = error
    parser.destroy(error instanceof Error ? error : new Error('The form breaks off', { cause: error }))
  })
  try {
    const { fileName, bytes } = await found
    await Promise.all(fieldsAsFiles)
    return { fields, fileName, file: unbroken(bytes, broken), close }
  } catch (error) {
    close()
    throw broken(error)
  }
}

function parserFor(headers: HttpRequest['headers']): busboy.Busboy {
  const contentType = headers['content-type'] ?? ''
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(contentType)) throw new S3Error('RequestIsNotMultiPartContent')
  try {
    return busboy({
      headers: { 'content-type': contentType },
      defParamCharset: 'utf8',
      // One character a byte, so that no byte is lost; see `textOf`.
      defCharset: 'latin1',
      limits: {
        fieldSize: namelessFileSizeBytesMax,
        fields: partsMax,
        files: partsMax,
        parts: partsMax,
        headerPairs: 20,
      },
    })
  } catch (cause) {
    throw new S3Error('MalformedPOSTRequest', { cause })
  }
}

/** Writes the payload into the parser, no faster than the file is read. Only the source's own errors come out of it.
 *  @throws what the source throws */
async function feed(source: AsyncIterable<Uint8Array>, parser: Writable): Promise<void> {
  const closed = once(parser, 'close').catch(() => undefined)
  for await (const chunk of source) {
    if (parser.destroyed) return
    if (!parser.write(chunk)) await Promise.race([once(parser, 'drain').catch(() => undefined), closed])
  }
  if (!parser.destroyed) parser.end()
}

async function* unbroken(
  bytes: AsyncIterable<Uint8Array>,
  broken: (cause: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes
  } catch (error) {
    throw broken(error)
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes
}

async function fieldTextOf(stream: Readable): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // A stream without an encoding answers buffers.
    sizeBytes += chunk.length
    if (sizeBytes > fieldsSizeBytesMax) throw new S3Error('MaxPostPreDataLengthExceededError')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The text of a field. busboy decodes a part that states its charset; any other comes as one character a byte and is UTF-8. */
function textOf(value: string): string {
  return bytesOf(value)?.toString('utf8') ?? value
}

function bytesOfNamelessFile(value: string): Uint8Array {
  const bytes = bytesOf(value)
  if (bytes !== undefined) return bytes
  // Bytes, or a text whose charset was stated? Better no object than a wrong one.
  throw new S3Error('InvalidArgument', {
    message: 'A file that is not UTF-8 text needs a file name.',
    members: { ArgumentName: 'file', ArgumentValue: '' },
  })
}

/** The UTF-8 bytes behind a value of busboy's, undefined when they cannot be told. */
function bytesOf(value: string): Buffer | undefined {
  if (/[^\0-\xff]/.test(value)) return Buffer.from(value, 'utf8')
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes : undefined
}
