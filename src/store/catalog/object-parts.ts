// A version and a page of its parts: what GetObjectAttributes asks for.

import { completedParts, type CompletedPart } from './completed-parts.js'
import { findObject, type OpenVersion, type VersionName } from './open-version.js'
import { query, type Steps } from './steps.js'

/** A version and some of its parts. Structured-clonable. */
export interface ObjectParts {
  readonly version: OpenVersion
  /** Undefined when it was not uploaded in parts. */
  readonly parts: { readonly count: number; readonly parts: readonly CompletedPart[] } | undefined
}

/** Finds a version and its parts with numbers above `after`, at most `count`.
 *  @throws as `findObject` */
export const objectParts = query(
  'objectParts',
  function* ({
    after,
    count,
    ...name
  }: VersionName & { readonly after: number; readonly count: number }): Steps<ObjectParts> {
    const version = yield* findObject(name)
    return { version, parts: yield* completedParts(version.bodyId, { first: after + 1, count }) }
  },
)
