// `cairn admin user …`: people and programs of the account that signs, by way of IAM.

import type { IAM, User } from '@aws-sdk/client-iam'
import { type Command, Option } from 'commander'
import { action, type Session } from './admin.js'
import { timeText } from './amounts.js'
import { allPages, policyArnOf, readyRoles } from './iam-lists.js'
import { keyText } from './key-text.js'
import { pairs, table } from './table.js'

/** Adds the commands. */
export function addUserCommands(admin: Command): void {
  const user = admin.command('user').description('people and programs of your account')
  user
    .command('create')
    .description('make a user; without a role, policy or group it may do nothing')
    .argument('<NAME>')
    .option('--path <PATH>', 'begins and ends with "/"', '/')
    .addOption(new Option('--role <ROLE>', 'a ready set of rights').choices(Object.keys(readyRoles)))
    .option('--policy <POLICY...>', 'managed policies it gets, by name or ARN')
    .option('--group <GROUP...>', 'groups it joins')
    .option('--key', 'make an access key too, and show its secret once')
    .addHelpText(
      'after',
      '\nExamples:\n  cairn admin user create ann --role user --key\n  cairn admin user create backup --policy AmazonS3ReadOnlyAccess',
    )
    .action(action(create))
  user.command('list').description('tell all users').action(action(list))
  user.command('show').description('tell a user with keys, groups and policies').argument('<NAME>').action(action(show))
  user
    .command('disable')
    .description('make all its access keys inactive; what was begun with them ends too')
    .argument('<NAME>')
    .action(action((session: Session, name: string) => setStatus(session, name, 'Inactive')))
  user
    .command('enable')
    .description('make all its access keys active')
    .argument('<NAME>')
    .action(action((session: Session, name: string) => setStatus(session, name, 'Active')))
  user
    .command('delete')
    .description('delete a user; what it stored stays')
    .argument('<NAME>')
    .option('--force', 'its keys, memberships and policies too')
    .action(action(remove))
}

interface CreateOptions {
  readonly path: string
  readonly role?: keyof typeof readyRoles
  readonly policy?: readonly string[]
  readonly group?: readonly string[]
  readonly key?: true
}

async function create(session: Session, UserName: string, options: CreateOptions): Promise<void> {
  const iam = await session.client.iam()
  // Looked up first: a wrong name leaves no half-made user.
  const arns = options.role === undefined ? [] : [readyRoles[options.role]]
  const named = await Promise.all((options.policy ?? []).map((name) => policyArnOf(iam, name)))
  for (const GroupName of options.group ?? []) await iam.getGroup({ GroupName })
  const { User: user } = await iam.createUser({ UserName, Path: options.path })
  for (const PolicyArn of [...arns, ...named]) await iam.attachUserPolicy({ UserName, PolicyArn })
  for (const GroupName of options.group ?? []) await iam.addUserToGroup({ UserName, GroupName })
  const key = options.key === true ? (await iam.createAccessKey({ UserName })).AccessKey : undefined
  const policies = [...arns, ...named]
  session.tell(
    {
      ...shown(user),
      policies,
      groups: options.group ?? [],
      ...(key !== undefined && { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey }),
    },
    () =>
      `User ${UserName} was made${policies.length > 0 ? `, with ${policies.join(', ')}` : ''}.\n` +
      (key === undefined ? '' : keyText(key.AccessKeyId ?? '', key.SecretAccessKey ?? '')),
  )
}

const shown = (user: User | undefined) => ({
  name: user?.UserName,
  id: user?.UserId,
  arn: user?.Arn,
  path: user?.Path,
  created: user?.CreateDate?.getTime(),
})

async function list(session: Session): Promise<void> {
  const iam = await session.client.iam()
  const users = (
    await allPages(
      (after) => iam.listUsers(after),
      ({ Users }) => Users,
    )
  ).map(shown)
  session.tellAll(users, () =>
    table(
      [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'PATH', cell: ({ path }) => path },
        { head: 'ID', cell: ({ id }) => id },
        { head: 'CREATED (UTC)', cell: ({ created }) => timeText(created) },
      ],
      users,
    ),
  )
}

async function show(session: Session, UserName: string): Promise<void> {
  const iam = await session.client.iam()
  const { User: user } = await iam.getUser({ UserName })
  const { keys, groups, attached, inline } = await partsOf(iam, UserName)
  const told = {
    ...shown(user),
    boundary: user?.PermissionsBoundary?.PermissionsBoundaryArn,
    groups: groups.map(({ GroupName }) => GroupName),
    policies: attached.map(({ PolicyArn }) => PolicyArn),
    inlinePolicies: inline,
    keys: keys.map((key) => ({ id: key.AccessKeyId, status: key.Status, created: key.CreateDate?.getTime() })),
  }
  session.tell(told, () =>
    pairs([
      ['User', told.name],
      ['ARN', told.arn],
      ['Id', told.id],
      ['Created', timeText(told.created)],
      ['Groups', told.groups.join(', ') || undefined],
      ['Policies', told.policies.join(', ') || undefined],
      ['Inline policies', told.inlinePolicies.join(', ') || undefined],
      ['Boundary', told.boundary],
      ['Keys', told.keys.map(({ id, status }) => `${id} (${status})`).join(', ') || undefined],
    ]),
  )
}

/** What hangs on a user. */
async function partsOf(iam: IAM, UserName: string) {
  return {
    keys: await allPages(
      (after) => iam.listAccessKeys({ UserName, ...after }),
      (page) => page.AccessKeyMetadata,
    ),
    groups: await allPages(
      (after) => iam.listGroupsForUser({ UserName, ...after }),
      (page) => page.Groups,
    ),
    attached: await allPages(
      (after) => iam.listAttachedUserPolicies({ UserName, ...after }),
      (page) => page.AttachedPolicies,
    ),
    inline: await allPages(
      (after) => iam.listUserPolicies({ UserName, ...after }),
      (page) => page.PolicyNames,
    ),
  }
}

async function setStatus(session: Session, UserName: string, Status: 'Active' | 'Inactive'): Promise<void> {
  const iam = await session.client.iam()
  await iam.getUser({ UserName })
  const { keys } = await partsOf(iam, UserName)
  for (const { AccessKeyId } of keys) await iam.updateAccessKey({ UserName, AccessKeyId, Status })
  session.tell(
    { name: UserName, status: Status, keys: keys.map(({ AccessKeyId }) => AccessKeyId) },
    () => `Keys of ${UserName} that are ${Status.toLowerCase()} now: ${keys.length}.\n`,
  )
}

async function remove(session: Session, UserName: string, { force }: { force?: true }): Promise<void> {
  const iam = await session.client.iam()
  if (force === true) {
    await iam.getUser({ UserName })
    const { keys, groups, attached, inline } = await partsOf(iam, UserName)
    for (const { AccessKeyId } of keys) await iam.deleteAccessKey({ UserName, AccessKeyId })
    for (const { GroupName } of groups) await iam.removeUserFromGroup({ UserName, GroupName })
    for (const { PolicyArn } of attached) await iam.detachUserPolicy({ UserName, PolicyArn })
    for (const PolicyName of inline) await iam.deleteUserPolicy({ UserName, PolicyName })
  }
  await iam.deleteUser({ UserName })
  session.tell({ name: UserName, isDeleted: true }, () => `User ${UserName} was deleted.\n`)
}
