// Which condition keys a request gives, and their values: asked for one by one, so that a request whose policies have no conditions pays nothing. Pure.

import type { Principal, Question } from './access.js'

/** What is known of a request, verified. Security rule 6: "Condition keys come from verified context". */
export interface RequestFacts {
  readonly principal: Principal
  /** By lower-case name; those of a presigned URL's query and of a form's fields among them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Decoded query parameters. */
  readonly parameters: ReadonlyMap<string, string>
  /** The address that counts: the socket's peer, or what a trusted proxy said. */
  readonly remoteAddress: string
  readonly isSecure: boolean
  /** "1.2", "1.3"; undefined without TLS. */
  readonly tlsVersion?: string | undefined
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** How it was signed; undefined for nobody's request. */
  readonly signature?:
    | {
        readonly version: 'AWS4-HMAC-SHA256' | 'AWS'
        /** Milliseconds since the time the signature states. */
        readonly ageMs: number
        readonly by: 'header' | 'query' | 'form'
      }
    | undefined
  /** Whose temporary credentials: when they were issued, milliseconds since 1970. */
  readonly sessionIssuedMs?: number | undefined
  /** Twelve digits: the account that owns the bucket. */
  readonly ownerNumber?: string | undefined
  /** Tags the request wants to set: of `x-amz-tagging`, the form's field, or the document of PutObjectTagging. Read from the headers where left out. */
  readonly requestTags?: (() => readonly (readonly [key: string, value: string])[]) | undefined
  /** Tags of the object (version) that is asked about. Policies that ask have "s3:existingobjecttag/…" among their `keys`. */
  readonly existingTags?: (() => readonly (readonly [key: string, value: string])[]) | undefined
  /** Further keys, by lower-case name: those of IAM and STS ("sts:externalid", "iam:policyarn", "aws:requesttag/team"). */
  readonly more?: ReadonlyMap<string, readonly string[]> | undefined
}

/** The `context` of a question.
 *  Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for Amazon S3" */
export function contextOf(facts: RequestFacts): Question['context'] {
  return (key) => (key === 'aws:sourceip' ? [facts.remoteAddress] : undefined)
}
