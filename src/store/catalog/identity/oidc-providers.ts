// Issuers of web identities that roles of an account may trust.

import { iamQuotas } from '../../../contract/iam-limits.js'
import { IamError } from '../../../contract/iam-errors.js'
import { raiseAccessNumber } from '../access-number.js'
import { all, one, query, run, statement, transaction, type Steps } from '../steps.js'
import { alreadyExists, overQuota } from './refusals.js'
import { jsonOfTags, retagged, type Tag, tagsOf } from './tags.js'

/** A provider, by its account and its issuer without "https://". */
export type ProviderPlace = { readonly accountId: string; readonly url: string }

/** A provider. Structured-clonable. */
export interface OidcProvider extends ProviderPlace {
  /** Audiences. */
  readonly clientIds: readonly string[]
  /** SHA-1 of certificates, 40 hex digits each. */
  readonly thumbprints: readonly string[]
  readonly tags: readonly Tag[]
  /** Ms since 1970. */
  readonly createdMs: number
}

type Row = ProviderPlace & {
  readonly clientIds: string
  readonly thumbprints: string
  readonly tags: string | null
  readonly createdMs: number
}

const columns = 'account_id AS "accountId", url, client_ids AS "clientIds", thumbprints, tags, created AS "createdMs"'
const find = statement<ProviderPlace, Row>(
  `SELECT ${columns} FROM oidc_provider WHERE account_id = :accountId AND url = :url`,
)
const list = statement<{ accountId: string }, Row>(
  `SELECT ${columns} FROM oidc_provider WHERE account_id = :accountId ORDER BY url`,
)
const insertRow = statement<Row>(`
  INSERT INTO oidc_provider (account_id, url, created, client_ids, thumbprints, tags)
  VALUES (:accountId, :url, :createdMs, :clientIds, :thumbprints, :tags)`)
const update = statement<Omit<Row, 'createdMs'>>(`
  UPDATE oidc_provider SET client_ids = :clientIds, thumbprints = :thumbprints, tags = :tags WHERE account_id = :accountId AND url = :url`)
const remove = statement<ProviderPlace>('DELETE FROM oidc_provider WHERE account_id = :accountId AND url = :url')

const providerOf = ({ clientIds, thumbprints, tags, ...row }: Row): OidcProvider => ({
  ...row,
  // Both written by `rowOf`.
  clientIds: JSON.parse(clientIds) as string[],
  thumbprints: JSON.parse(thumbprints) as string[],
  tags: tagsOf(tags),
})

const rowOf = ({ clientIds, thumbprints, tags, ...provider }: OidcProvider): Row => ({
  ...provider,
  clientIds: JSON.stringify(clientIds),
  thumbprints: JSON.stringify(thumbprints),
  tags: jsonOfTags(tags),
})

function* requireProvider({ accountId, url }: ProviderPlace): Steps<OidcProvider> {
  const row = yield* one(find, { accountId, url })
  if (row === undefined) {
    throw new IamError('NoSuchEntity', `OpenIDConnect Provider not found for the URL https://${url}.`)
  }
  return providerOf(row)
}

/** A provider.
 *  @throws NoSuchEntity */
export const oidcProvider = query('oidcProvider', requireProvider)

/** The providers of an account, by URL. */
export const oidcProviders = query('oidcProviders', function* (accountId: string) {
  return (yield* all(list, { accountId })).map(providerOf)
})

/** Makes a provider.
 *  @throws EntityAlreadyExists, LimitExceeded */
export const createOidcProvider = transaction('createOidcProvider', function* (made: OidcProvider) {
  const { accountId, url } = made
  if ((yield* one(find, { accountId, url })) !== undefined) throw alreadyExists(`Provider with url https://${url}`)
  if ((yield* all(list, { accountId })).length >= iamQuotas.OidcProviders) {
    throw overQuota('OpenIdConnectProvidersPerAccount', iamQuotas.OidcProviders)
  }
  requireWithin(made)
  yield* run(insertRow, rowOf(made))
  yield* raiseAccessNumber()
})

/** Changes what is given of a provider.
 *  @throws NoSuchEntity, LimitExceeded */
export const updateOidcProvider = transaction(
  'updateOidcProvider',
  function* (
    args: ProviderPlace & {
      readonly addClientIds?: readonly string[]
      readonly removeClientIds?: readonly string[]
      readonly thumbprints?: readonly string[]
      readonly setTags?: readonly Tag[]
      readonly unsetTags?: readonly string[]
    },
  ) {
    const found = yield* requireProvider(args)
    const { addClientIds = [], removeClientIds = [], thumbprints = found.thumbprints } = args
    const clientIds = [...new Set([...found.clientIds, ...addClientIds])].filter((id) => !removeClientIds.includes(id))
    const tags = retagged(found.tags, args.setTags ?? [], args.unsetTags ?? [])
    const changed = { ...found, clientIds, thumbprints, tags }
    requireWithin(changed)
    const { createdMs: _created, ...row } = rowOf(changed)
    yield* run(update, row)
    yield* raiseAccessNumber()
  },
)

/** Removes a provider; one that is not there stays so, as on IAM.
 *  Source: IAM API reference, DeleteOpenIDConnectProvider: "This operation is idempotent; it does not fail or return an error if you call the operation
 *  for a provider that does not exist." */
export const deleteOidcProvider = transaction('deleteOidcProvider', function* ({ accountId, url }: ProviderPlace) {
  yield* run(remove, { accountId, url })
  yield* raiseAccessNumber()
})

function requireWithin({ clientIds, thumbprints }: OidcProvider): void {
  if (clientIds.length > iamQuotas.ClientIdsPerOidcProvider) {
    throw overQuota('ClientIdsPerOpenIdConnectProvider', iamQuotas.ClientIdsPerOidcProvider)
  }
  if (thumbprints.length > iamQuotas.ThumbprintsPerOidcProvider) {
    throw overQuota('ThumbprintsPerOpenIdConnectProvider', iamQuotas.ThumbprintsPerOidcProvider)
  }
}
