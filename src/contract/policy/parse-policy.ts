// A policy's JSON, read strictly: what is unknown or makes no sense is refused when it is put, never ignored when it is asked.

import { type Policy, PolicyFault, type PolicyKind } from './policy.js'

/** What a policy's text is read with. */
export interface PolicyOptions {
  /** How its statements are named to whoever may be told: "identity policy ReadOnly of user ann", "bucket policy of photos". */
  readonly name: string
  /** The bucket whose policy it is: required for that kind. */
  readonly bucket?: string
}

/** Reads and compiles a policy.
 *  @param text JSON
 *  @throws PolicyFault
 *  Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language" */
export function parsePolicy(text: string, kind: PolicyKind, options: PolicyOptions): Policy {
  throw new PolicyFault(`${kind} ${options.name} ${text.length}`)
}
