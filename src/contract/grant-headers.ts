// The headers that grant: `x-amz-grant-read: id="…", uri="…", emailAddress="…"`. Pure.
// Source: AWS API reference, PutBucketAcl, "Grantee (Who)".

import type { Permission } from './access-list.js'
import type { AskedGrant } from './acl.js'
import { S3Error } from './errors.js'
import { groupOf } from './list-groups.js'

/** The headers, by their names in the SDK. */
export interface GrantHeaders {
  readonly GrantFullControl?: string | undefined
  readonly GrantRead?: string | undefined
  readonly GrantReadACP?: string | undefined
  readonly GrantWrite?: string | undefined
  readonly GrantWriteACP?: string | undefined
}

const headers: readonly (readonly [member: keyof GrantHeaders, header: string, permission: Permission])[] = [
  ['GrantRead', 'x-amz-grant-read', 'READ'],
  ['GrantWrite', 'x-amz-grant-write', 'WRITE'],
  ['GrantReadACP', 'x-amz-grant-read-acp', 'READ_ACP'],
  ['GrantWriteACP', 'x-amz-grant-write-acp', 'WRITE_ACP'],
  ['GrantFullControl', 'x-amz-grant-full-control', 'FULL_CONTROL'],
]

/** "type=value", the value quoted or not. */
const grantee = /^\s*(id|uri|emailAddress)\s*=\s*(?:"([^"]*)"|([^",\s]+))\s*$/i

/** All that the headers grant; undefined: there are none.
 *  @throws InvalidArgument for what is no list of grantees, and a group nobody knows */
export function askedInHeaders(input: GrantHeaders): readonly AskedGrant[] | undefined {
  const grants: AskedGrant[] = []
  let isAsked = false
  for (const [member, header, permission] of headers) {
    const value = input[member]
    if (value === undefined) continue
    isAsked = true
    for (const text of value.split(',')) grants.push(grantOf(text, header, value, permission))
  }
  return isAsked ? grants : undefined
}

function grantOf(text: string, header: string, value: string, permission: Permission): AskedGrant {
  const [, type, quoted, bare] = grantee.exec(text) ?? []
  const who = quoted ?? bare
  if (type === undefined || who === undefined || who === '') {
    throw new S3Error('InvalidArgument', {
      message: 'Argument format not recognized',
      members: { ArgumentName: header, ArgumentValue: value },
    })
  }
  if (type.toLowerCase() === 'id') return { id: who, permission }
  if (type.toLowerCase() === 'uri') return { group: groupOf(who), permission }
  return { email: who, permission }
}
