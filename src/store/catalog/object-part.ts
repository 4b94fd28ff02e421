// A version and one of its parts: what a read with partNumber asks for.

import { completedPart, type CompletedPart } from './completed-parts.js'
import { findObject, type OpenVersion, type VersionName } from './open-version.js'
import { query, type Steps } from './steps.js'

/** A version and a part of it. Structured-clonable. */
export interface ObjectPart {
  readonly version: OpenVersion
  /** How many parts it has; undefined when it was not uploaded in parts. */
  readonly count: number | undefined
  /** Undefined when it has none of that number; a version uploaded whole has no rows of parts. */
  readonly part: CompletedPart | undefined
}

/** Finds a version and a part of it.
 *  @throws as `findObject` */
export const objectPart = query(
  'objectPart',
  function* ({ number, ...name }: VersionName & { readonly number: number }): Steps<ObjectPart> {
    const version = yield* findObject(name)
    const found = yield* completedPart(version.bodyId, number)
    return { version, count: found?.count, part: found?.part }
  },
)
