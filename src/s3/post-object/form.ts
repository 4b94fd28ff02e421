// A multipart/form-data payload, taken apart as it comes in: the fields before the file are gathered, the file is a stream, the rest is ignored.

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

/** Everything before the file as it comes in: the fields, and beside them the boundary and header of each of their parts. It is all that somebody
 *  nobody knows yet can have held, and sent before the answer. */
const headSizeBytesMax = 128 * 1024

/** A file that is given without a file name is a text, and kept in memory. Browsers, curl and SDKs give one. */
const namelessFileSizeBytesMax = fieldsSizeBytesMax

/** Runs shorter than this are put together, so that a client that sends single bytes cannot fill the memory with their bookkeeping. */
const runSizeBytesMin = 4 * 1024

/** Reads a form up to its file.
 *  @param headers of the request
 *  @throws RequestIsNotMultiPartContent, MalformedPOSTRequest, MaxPostPreDataLengthExceededError, InvalidArgument (a field given twice, or no
 *  UTF-8), EntityTooLarge (a file without a name), IncorrectNumberOfFilesInPostRequest (no file), and whatever the source throws */
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

  const count = (sizeBytes: number): void => {
    fieldsSizeBytes += sizeBytes
    if (fieldsSizeBytes > fieldsSizeBytesMax) throw new S3Error('MaxPostPreDataLengthExceededError')
  }
  const addField = (name: string, value: string): void => {
    if (!name.startsWith('x-ignore-')) requireUtf8(name, value)
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
  let hasFile = false
  const found = new Promise<{ fileName: string; bytes: AsyncIterable<Uint8Array> }>((resolve, reject) => {
    const attempt = (action: () => void): void => {
      try {
        action()
      } catch (error) {
        reject(error)
      }
    }
    parser.on('field', (name: string | undefined, value, { valueTruncated }) =>
      attempt(() => {
        if (hasFile || name === undefined) return
        if (name.toLowerCase() !== 'file') {
          if (valueTruncated) throw new S3Error('MaxPostPreDataLengthExceededError')
          count(Buffer.byteLength(name) + Buffer.byteLength(value))
          addField(name.toLowerCase(), value)
          return
        }
        if (valueTruncated) throw namelessFileTooLarge()
        requireUtf8('file', value, 'A file that is not UTF-8 text needs a file name.')
        hasFile = true
        resolve({ fileName: '', bytes: only(Buffer.from(value, 'utf8')) })
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
        const added = fieldTextOf(name, stream, count).then((text) => addField(name.toLowerCase(), text))
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

  const beforeRun = (fedSizeBytes: number): void => {
    if (!hasFile && fedSizeBytes > headSizeBytesMax) throw new S3Error('MaxPostPreDataLengthExceededError')
  }
  void feed(inRuns(source), parser, beforeRun).catch((error: unknown) => {
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
      defCharset: 'utf8',
      limits: {
        // A value of exactly the limit counts as truncated.
        fieldSize: fieldsSizeBytesMax + 1,
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
 *  @param beforeRun called with how many bytes were written already
 *  @throws what the source and `beforeRun` throw */
async function feed(
  source: AsyncIterable<Uint8Array>,
  parser: Writable,
  beforeRun: (fedSizeBytes: number) => void,
): Promise<void> {
  let fedSizeBytes = 0
  const closed = once(parser, 'close').catch(() => undefined)
  for await (const chunk of source) {
    if (parser.destroyed) return
    beforeRun(fedSizeBytes)
    fedSizeBytes += chunk.length
    if (!parser.write(chunk)) await Promise.race([once(parser, 'drain').catch(() => undefined), closed])
  }
  if (!parser.destroyed) parser.end()
}

/** The same bytes, short runs of them put together. */
async function* inRuns(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let short = Buffer.alloc(runSizeBytesMin)
  let used = 0
  for await (const chunk of source) {
    if (used + chunk.length <= short.length) {
      short.set(chunk, used)
      used += chunk.length
      continue
    }
    if (used > 0) {
      yield short.subarray(0, used)
      // The parser may still hold what it was given.
      short = Buffer.alloc(runSizeBytesMin)
      used = 0
    }
    if (chunk.length >= runSizeBytesMin) {
      yield chunk
    } else {
      short.set(chunk)
      used = chunk.length
    }
  }
  if (used > 0) yield short.subarray(0, used)
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

async function fieldTextOf(name: string, stream: Readable, count: (sizeBytes: number) => void): Promise<string> {
  const chunks: Uint8Array[] = []
  count(Buffer.byteLength(name))
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    // A stream without an encoding answers buffers.
    count(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Refuses what a decoder has replaced. It cannot be told from U+FFFD itself, which nobody needs: better no object than one of a wrong name.
 *  @throws InvalidArgument */
function requireUtf8(name: string, value: string, message = 'A form field must be UTF-8 text.'): void {
  if (!name.includes('\ufffd') && !value.includes('\ufffd')) return
  throw new S3Error('InvalidArgument', { message, members: { ArgumentName: name, ArgumentValue: '' } })
}

function namelessFileTooLarge(): S3Error {
  return new S3Error('EntityTooLarge', {
    message: `A file of more than ${namelessFileSizeBytesMax} bytes needs a file name.`,
    members: { MaxSizeAllowed: String(namelessFileSizeBytesMax) },
  })
}
