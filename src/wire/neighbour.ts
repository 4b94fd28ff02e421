// Another application on S3's own endpoint: it is shown a request's head, and answers the request when it is its own.

import type { Address, HttpRequest } from '../contract/request.js'
import type { Answer } from './answer.js'

/** A request as an application gets it that reads payloads whole. */
export interface WholeRequest {
  readonly request: HttpRequest
  readonly requestId: string
  /** Reads the payload, once. It throws S3Error: when it is larger, does not come completely, or is not what its headers say. */
  readonly readBody: (sizeBytesMax: number) => Promise<Uint8Array>
  /** Says that it is known who sent it: its connection is not given up for the sake of others from then on. */
  readonly recognize: () => void
}

/** An application beside S3. */
export interface Neighbour {
  /** Whether a request is this application's. Asked of every request: it must cost next to nothing for those of S3. */
  readonly isFor: (request: HttpRequest, address: Address) => boolean
  /** Answers a request, refusals included. */
  readonly answer: (whole: WholeRequest) => Promise<Answer>
}
