// IAM's lists from their first page to their last, and what commands look up in them.

import type { IAM, Policy } from '@aws-sdk/client-iam'
import { CommandError } from './connection.js'

/** A page of any of IAM's lists. */
interface Page {
  readonly IsTruncated?: boolean | undefined
  readonly Marker?: string | undefined
}

/** Everything on all pages.
 *  @param ask asks for the page after a marker
 *  @param entries of a page */
export async function allPages<One extends Page, Entry>(
  ask: (after: { Marker?: string }) => Promise<One>,
  entries: (page: One) => readonly Entry[] | undefined,
): Promise<Entry[]> {
  const found: Entry[] = []
  let page = await ask({})
  found.push(...(entries(page) ?? []))
  while (page.IsTruncated === true && page.Marker !== undefined) {
    page = await ask({ Marker: page.Marker })
    found.push(...(entries(page) ?? []))
  }
  return found
}

/** Every managed policy there is for the account: its own, and those every account has. */
export const allPolicies = (iam: IAM, scope: 'All' | 'AWS' | 'Local' = 'All'): Promise<Policy[]> =>
  allPages(
    (after) => iam.listPolicies({ Scope: scope, ...after }),
    ({ Policies }) => Policies,
  )

/** Words of `--role`: the ready policy each stands for. */
export const readyRoles = {
  admin: 'arn:aws:iam::aws:policy/AdministratorAccess',
  auditor: 'arn:aws:iam::aws:policy/cairn/Auditor',
  system: 'arn:aws:iam::aws:policy/cairn/System',
  user: 'arn:aws:iam::aws:policy/cairn/UserHome',
} as const

/** The ARN of a managed policy by its name, an ARN as it is.
 *  @throws CommandError when there is none by that name */
export async function policyArnOf(iam: IAM, nameOrArn: string): Promise<string> {
  if (nameOrArn.startsWith('arn:')) return nameOrArn
  const found = (await allPolicies(iam)).find(({ PolicyName }) => PolicyName === nameOrArn)
  if (found?.Arn !== undefined) return found.Arn
  throw new CommandError(
    `There is no managed policy ${JSON.stringify(nameOrArn)}: \`cairn admin policy list\` tells all.`,
  )
}
