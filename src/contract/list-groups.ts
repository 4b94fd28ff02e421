// S3's predefined groups by the URIs they have in lists. Pure. Source: AWS user guide, "Access control list (ACL) overview".

import type { GroupName } from './access-list.js'
import { S3Error } from './errors.js'

const groups: ReadonlyMap<string, GroupName> = new Map([
  ['http://acs.amazonaws.com/groups/global/AllUsers', 'AllUsers'],
  ['http://acs.amazonaws.com/groups/global/AuthenticatedUsers', 'AuthenticatedUsers'],
  ['http://acs.amazonaws.com/groups/s3/LogDelivery', 'LogDelivery'],
])

const uris: ReadonlyMap<GroupName, string> = new Map([...groups].map(([uri, name]) => [name, uri]))

/** The group of that URI.
 *  @throws InvalidArgument */
export function groupOf(uri: string): GroupName {
  const group = groups.get(uri)
  if (group !== undefined) return group
  throw new S3Error('InvalidArgument', {
    message: 'Invalid group uri',
    members: { ArgumentName: 'uri', ArgumentValue: uri },
  })
}

/** The URI of a group. */
export const uriOf = (group: GroupName): string => uris.get(group) ?? ''
