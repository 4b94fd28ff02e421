// What stands between knowing who asks and doing what is asked: the caller's limits, and those that the signer put on the request.

import { S3Error } from '../../contract/errors.js'
import type { Clock } from '../../contract/operation.js'
import type { PresignUse } from '../../contract/presign-use.js'
import type { HttpRequest } from '../../contract/request.js'
import type { Catalog } from '../../store/catalog/catalog.js'
import { consumePresignUse, isPresignedRevoked } from '../../store/catalog/presigned.js'
import type { Authenticated } from '../caller.js'
import type { CallerLimits, Counted } from './caller-limits.js'
import { presignedLimits, type PresignedLimits } from './presigned-limits.js'

/** What an entry is made of. */
export interface EntrySettings {
  readonly catalog: Catalog
  readonly clock: Clock
  readonly callers: CallerLimits
}

/** A request that was let in. */
export interface Visit {
  /** undefined: nobody signed. */
  readonly counted: Counted | undefined
  /** What its signer allows. */
  readonly limits: PresignedLimits | undefined
}

/** Lets requests in whose sender is known. */
export class Entry {
  readonly #settings: EntrySettings

  constructor(settings: EntrySettings) {
    this.#settings = settings
  }

  /** Lets a request in, or refuses it.
   *  @param request as it came
   *  @param parameters of its query, decoded
   *  @returns a promise only where the catalog has to be asked: for a key that was not seen lately, and for an id that may be revoked
   *  @throws SlowDown, AccessDenied, InvalidArgument (by the promise, where there is one) */
  enter(
    request: HttpRequest,
    parameters: ReadonlyMap<string, string>,
    { caller, by }: Pick<Authenticated, 'caller'> & { readonly by: string },
  ): Visit | Promise<Visit> {
    const { callers, clock } = this.#settings
    const limits = presignedLimits(request, parameters, { caller, by }, clock)
    const counted = caller.accessKeyId === '' ? undefined : callers.enter(caller)
    if (counted instanceof Promise || limits?.id !== undefined) {
      return this.#enter(counted, limits, { accountId: caller.accountId, id: limits?.id })
    }
    return { counted, limits }
  }

  /** Notes that a request was made which may be made once. PutObject does so itself, together with the object.
   *  @throws AccessDenied when it was made before */
  async use(use: PresignUse): Promise<void> {
    await this.#settings.catalog.commit(consumePresignUse, use)
  }

  async #enter(
    counted: Counted | Promise<Counted> | undefined,
    limits: PresignedLimits | undefined,
    { accountId, id }: { readonly accountId: string; readonly id: string | undefined },
  ): Promise<Visit> {
    const visit = { counted: await counted, limits }
    if (id !== undefined && (await this.#settings.catalog.read(isPresignedRevoked, { accountId, id }))) {
      throw new S3Error('AccessDenied', { message: 'This request was revoked.' })
    }
    return visit
  }
}
