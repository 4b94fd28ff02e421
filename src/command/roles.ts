// `cairn admin role …`: what others may become for a while, by way of IAM.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { duration, timeText } from './amounts.js'
import { documentFile } from './document-file.js'
import { allPages, policyArnOf } from './iam-lists.js'
import { pairs, table } from './table.js'

/** Adds the commands. */
export function addRoleCommands(admin: Command): void {
  const role = admin.command('role').description('what users, other accounts or web identities may become for a while')
  role
    .command('create')
    .description('make a role that whom its trust policy names may assume')
    .argument('<NAME>')
    .argument('<TRUST-FILE>', 'trust policy, JSON; - for standard input')
    .option('--policy <POLICY...>', 'managed policies it gets, by name or ARN')
    .option('--session-max <DURATION>', 'longest session, 1h to 12h (default 1h)', duration)
    .option('--description <TEXT>')
    .addHelpText(
      'after',
      '\nExample:\n  cairn admin role create deploy trust.json --policy AmazonS3FullAccess --session-max 4h',
    )
    .action(action(create))
  role.command('list').description('tell all roles').action(action(list))
  role.command('show').description('tell a role with its trust policy').argument('<NAME>').action(action(show))
  role
    .command('delete')
    .description('delete a role; its sessions end at once')
    .argument('<NAME>')
    .option('--force', 'though it has policies')
    .action(action(remove))
}

interface CreateOptions {
  readonly policy?: readonly string[]
  readonly sessionMax?: number
  readonly description?: string
}

async function create(session: Session, RoleName: string, file: string, options: CreateOptions): Promise<void> {
  const AssumeRolePolicyDocument = documentFile(file)
  const iam = await session.client.iam()
  const policies = await Promise.all((options.policy ?? []).map((name) => policyArnOf(iam, name)))
  const { Role } = await iam.createRole({
    RoleName,
    AssumeRolePolicyDocument,
    ...(options.sessionMax !== undefined && { MaxSessionDuration: options.sessionMax / 1000 }),
    ...(options.description !== undefined && { Description: options.description }),
  })
  for (const PolicyArn of policies) await iam.attachRolePolicy({ RoleName, PolicyArn })
  session.tell({ name: RoleName, arn: Role?.Arn, policies }, () => `Role ${Role?.Arn} was made.\n`)
}

async function list(session: Session): Promise<void> {
  const iam = await session.client.iam()
  const roles = (
    await allPages(
      (after) => iam.listRoles(after),
      ({ Roles }) => Roles,
    )
  ).map((role) => ({
    name: role.RoleName,
    arn: role.Arn,
    sessionSecondsMax: role.MaxSessionDuration,
    created: role.CreateDate?.getTime(),
  }))
  session.tellAll(roles, () =>
    table(
      [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'ARN', cell: ({ arn }) => arn },
        { head: 'CREATED (UTC)', cell: ({ created }) => timeText(created) },
      ],
      roles,
    ),
  )
}

async function show(session: Session, RoleName: string): Promise<void> {
  const iam = await session.client.iam()
  const { Role } = await iam.getRole({ RoleName })
  const attached = await allPages(
    (after) => iam.listAttachedRolePolicies({ RoleName, ...after }),
    (page) => page.AttachedPolicies,
  )
  const trust: unknown = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '{}'))
  const told = {
    name: RoleName,
    arn: Role?.Arn,
    created: Role?.CreateDate?.getTime(),
    sessionSecondsMax: Role?.MaxSessionDuration,
    description: Role?.Description,
    policies: attached.map(({ PolicyArn }) => PolicyArn),
    trust,
  }
  session.tell(
    told,
    () =>
      pairs([
        ['Role', told.arn],
        ['Created', timeText(told.created)],
        ['Longest session', `${told.sessionSecondsMax} s`],
        ['Description', told.description],
        ['Policies', told.policies.join(', ') || undefined],
      ]) + `Trust policy\n${JSON.stringify(trust, undefined, 2)}\n`,
  )
}

async function remove(session: Session, RoleName: string, { force }: { force?: true }): Promise<void> {
  const iam = await session.client.iam()
  if (force === true) {
    const attached = await allPages(
      (after) => iam.listAttachedRolePolicies({ RoleName, ...after }),
      (page) => page.AttachedPolicies,
    )
    for (const { PolicyArn } of attached) await iam.detachRolePolicy({ RoleName, PolicyArn })
    const inline = await allPages(
      (after) => iam.listRolePolicies({ RoleName, ...after }),
      (page) => page.PolicyNames,
    )
    for (const PolicyName of inline) await iam.deleteRolePolicy({ RoleName, PolicyName })
  }
  await iam.deleteRole({ RoleName })
  session.tell({ name: RoleName, isDeleted: true }, () => `Role ${RoleName} was deleted.\n`)
}
