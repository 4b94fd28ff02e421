// OpenID Connect providers: issuers whose web identities roles of the account may trust.

import { oidcProviderArn } from '../contract/arns.js'
import { IamError } from '../contract/iam-errors.js'
import { iamLengths } from '../contract/iam-limits.js'
import type { IamCall, IamOperation } from '../contract/iam-operation.js'
import type { Clock } from '../contract/operation.js'
import {
  createOidcProvider,
  deleteOidcProvider,
  oidcProvider,
  oidcProviders,
  updateOidcProvider,
} from '../store/catalog/identity/oidc-providers.js'
import type { Store } from '../store/store.js'
import { invalid, requireArn, requireTagKeys, requireTags } from './check-input.js'
import { pageOfWhole } from './page.js'
import { toTags } from './shapes.js'

/** Which issuers may be trusted. */
export interface ProviderSettings {
  /** Whether an issuer may do without TLS; it is called on this machine alone. */
  readonly oidcAllowPrivate: boolean
}

/** "The URL must begin with https:// and should correspond to the iss claim … The URL should not contain a port number"; a query is not allowed either.
 *  @returns it without "https://"
 *  @throws ValidationError */
function requireUrl(value: string | undefined, { oidcAllowPrivate }: ProviderSettings): string {
  if (value === undefined || value.length === 0 || value.length > iamLengths.Url) {
    throw invalid('Url', value, `Member must have length between 1 and ${iamLengths.Url}`)
  }
  const isUrl = /^https?:\/\/[a-z\d](?:[a-z\d.-]*[a-z\d])?(?::\d{1,5})?(?:\/[\w.~%!$&'()*+,;=:@/-]*)?$/i.test(value)
  if (!isUrl || (!oidcAllowPrivate && !/^https:/i.test(value))) {
    throw new IamError('ValidationError', 'Invalid Open ID Connect Provider URL')
  }
  return value.slice(value.indexOf('://') + '://'.length).replace(/\/$/, '')
}

/** @throws ValidationError */
function requireClientId(value: string | undefined): string {
  const isClientId = value !== undefined && value.length > 0 && value.length <= iamLengths.ClientId
  if (isClientId && !/\p{C}/u.test(value)) return value
  throw invalid('ClientID', value, `Member must have length between 1 and ${iamLengths.ClientId}`)
}

/** Kept and told, never looked at: certificates are verified against the authorities that are known. IAM asks for nothing but the length.
 *  @throws ValidationError */
function requireThumbprints(values: readonly string[] | undefined): readonly string[] {
  for (const value of values ?? []) {
    if (!/^\w{40}$/.test(value)) throw invalid('ThumbprintList', value, 'Member must have length equal to 40')
  }
  return values ?? []
}

/** The provider an ARN of the caller's account names.
 *  @throws ValidationError, NoSuchEntity */
function placeOf(arn: string | undefined, { principal }: IamCall): { accountId: string; url: string } {
  const text = requireArn('OpenIDConnectProviderArn', arn)
  const prefix = oidcProviderArn(principal.account.number, '')
  if (!text.startsWith(prefix)) throw new IamError('NoSuchEntity', `OpenIDConnect Provider not found for arn ${text}`)
  return { accountId: principal.account.id, url: text.slice(prefix.length) }
}

/** Lets roles of the account trust an issuer.
 *  @throws ValidationError, EntityAlreadyExists, LimitExceeded */
export const createOpenIDConnectProvider =
  (store: Store, clock: Clock, settings: ProviderSettings): IamOperation<'CreateOpenIDConnectProvider'> =>
  async (input, { principal }) => {
    const url = requireUrl(input.Url, settings)
    const tags = requireTags(input.Tags)
    await store.catalog.commit(createOidcProvider, {
      accountId: principal.account.id,
      url,
      clientIds: [...new Set((input.ClientIDList ?? []).map(requireClientId))],
      thumbprints: requireThumbprints(input.ThumbprintList),
      tags,
      createdMs: clock.now(),
    })
    return {
      OpenIDConnectProviderArn: oidcProviderArn(principal.account.number, url),
      ...(tags.length > 0 && { Tags: toTags(tags) }),
    }
  }

/** Tells of a provider.
 *  @throws ValidationError, NoSuchEntity */
export const getOpenIDConnectProvider =
  (store: Store): IamOperation<'GetOpenIDConnectProvider'> =>
  async (input, call) => {
    const provider = await store.catalog.read(oidcProvider, placeOf(input.OpenIDConnectProviderArn, call))
    return {
      Url: provider.url,
      ClientIDList: [...provider.clientIds],
      ThumbprintList: [...provider.thumbprints],
      CreateDate: new Date(provider.createdMs),
      ...(provider.tags.length > 0 && { Tags: toTags(provider.tags) }),
    }
  }

/** Tells the account's providers. */
export const listOpenIDConnectProviders =
  (store: Store): IamOperation<'ListOpenIDConnectProviders'> =>
  async (_input, { principal }) => {
    const providers = await store.catalog.read(oidcProviders, principal.account.id)
    return {
      OpenIDConnectProviderList: providers.map(({ url }) => ({ Arn: oidcProviderArn(principal.account.number, url) })),
    }
  }

/** Removes a provider; roles that trust it cannot be assumed by its identities any more.
 *  @throws ValidationError, NoSuchEntity for an ARN of another account */
export const deleteOpenIDConnectProvider =
  (store: Store): IamOperation<'DeleteOpenIDConnectProvider'> =>
  async (input, call) => {
    await store.catalog.commit(deleteOidcProvider, placeOf(input.OpenIDConnectProviderArn, call))
    return {}
  }

/** Adds an audience; one that is there stays.
 *  @throws ValidationError, NoSuchEntity, LimitExceeded */
export const addClientIDToOpenIDConnectProvider =
  (store: Store): IamOperation<'AddClientIDToOpenIDConnectProvider'> =>
  async (input, call) => {
    const place = placeOf(input.OpenIDConnectProviderArn, call)
    await store.catalog.commit(updateOidcProvider, { ...place, addClientIds: [requireClientId(input.ClientID)] })
    return {}
  }

/** Removes an audience; "does not fail … if you try to remove a client ID that does not exist".
 *  @throws ValidationError, NoSuchEntity */
export const removeClientIDFromOpenIDConnectProvider =
  (store: Store): IamOperation<'RemoveClientIDFromOpenIDConnectProvider'> =>
  async (input, call) => {
    const place = placeOf(input.OpenIDConnectProviderArn, call)
    await store.catalog.commit(updateOidcProvider, { ...place, removeClientIds: [requireClientId(input.ClientID)] })
    return {}
  }

/** Replaces the thumbprints.
 *  @throws ValidationError, NoSuchEntity, LimitExceeded */
export const updateOpenIDConnectProviderThumbprint =
  (store: Store): IamOperation<'UpdateOpenIDConnectProviderThumbprint'> =>
  async (input, call) => {
    const place = placeOf(input.OpenIDConnectProviderArn, call)
    const thumbprints = requireThumbprints(input.ThumbprintList)
    await store.catalog.commit(updateOidcProvider, { ...place, thumbprints })
    return {}
  }

/** Sets tags of a provider.
 *  @throws ValidationError, InvalidInput, NoSuchEntity, LimitExceeded */
export const tagOpenIDConnectProvider =
  (store: Store): IamOperation<'TagOpenIDConnectProvider'> =>
  async (input, call) => {
    const place = placeOf(input.OpenIDConnectProviderArn, call)
    await store.catalog.commit(updateOidcProvider, { ...place, setTags: requireTags(input.Tags) })
    return {}
  }

/** Removes tags of a provider.
 *  @throws ValidationError, InvalidInput, NoSuchEntity */
export const untagOpenIDConnectProvider =
  (store: Store): IamOperation<'UntagOpenIDConnectProvider'> =>
  async (input, call) => {
    const place = placeOf(input.OpenIDConnectProviderArn, call)
    await store.catalog.commit(updateOidcProvider, { ...place, unsetTags: requireTagKeys(input.TagKeys) })
    return {}
  }

/** Tells the tags of a provider.
 *  @throws ValidationError, NoSuchEntity */
export const listOpenIDConnectProviderTags =
  (store: Store): IamOperation<'ListOpenIDConnectProviderTags'> =>
  async (input, call) => {
    const { tags } = await store.catalog.read(oidcProvider, placeOf(input.OpenIDConnectProviderArn, call))
    const { entries, page } = pageOfWhole(tags, input, ([key]) => key)
    return { Tags: toTags(entries), ...page }
  }
