// `cairn admin group …`: users that share policies, by way of IAM.

import type { Command } from 'commander'
import { action, type Session } from './admin.js'
import { timeText } from './amounts.js'
import { allPages, policyArnOf } from './iam-lists.js'
import { pairs, table } from './table.js'

/** Adds the commands. */
export function addGroupCommands(admin: Command): void {
  const group = admin.command('group').description('users that share policies')
  group
    .command('create')
    .description('make a group')
    .argument('<NAME>')
    .option('--policy <POLICY...>', 'managed policies it gets, by name or ARN')
    .addHelpText('after', '\nExample:\n  cairn admin group create readers --policy AmazonS3ReadOnlyAccess')
    .action(action(create))
  group.command('list').description('tell all groups').action(action(list))
  group.command('show').description('tell members and policies').argument('<NAME>').action(action(show))
  group.command('add').description('let users join').argument('<NAME>').argument('<USER...>').action(action(add))
  group.command('remove').description('let users leave').argument('<NAME>').argument('<USER...>').action(action(leave))
  group
    .command('delete')
    .description('delete a group; its users stay')
    .argument('<NAME>')
    .option('--force', 'though it has members or policies')
    .action(action(remove))
}

async function create(session: Session, GroupName: string, options: { policy?: readonly string[] }): Promise<void> {
  const iam = await session.client.iam()
  const policies = await Promise.all((options.policy ?? []).map((name) => policyArnOf(iam, name)))
  const { Group } = await iam.createGroup({ GroupName })
  for (const PolicyArn of policies) await iam.attachGroupPolicy({ GroupName, PolicyArn })
  session.tell({ name: GroupName, arn: Group?.Arn, policies }, () => `Group ${GroupName} was made.\n`)
}

async function list(session: Session): Promise<void> {
  const iam = await session.client.iam()
  const groups = (
    await allPages(
      (after) => iam.listGroups(after),
      ({ Groups }) => Groups,
    )
  ).map((group) => ({
    name: group.GroupName,
    arn: group.Arn,
    created: group.CreateDate?.getTime(),
  }))
  session.tellAll(groups, () =>
    table(
      [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'ARN', cell: ({ arn }) => arn },
        { head: 'CREATED (UTC)', cell: ({ created }) => timeText(created) },
      ],
      groups,
    ),
  )
}

async function partsOf(session: Session, GroupName: string) {
  const iam = await session.client.iam()
  return {
    iam,
    members: await allPages(
      (after) => iam.getGroup({ GroupName, ...after }),
      ({ Users }) => Users,
    ),
    attached: await allPages(
      (after) => iam.listAttachedGroupPolicies({ GroupName, ...after }),
      (page) => page.AttachedPolicies,
    ),
    inline: await allPages(
      (after) => iam.listGroupPolicies({ GroupName, ...after }),
      (page) => page.PolicyNames,
    ),
  }
}

async function show(session: Session, name: string): Promise<void> {
  const { members, attached, inline } = await partsOf(session, name)
  const told = {
    name,
    members: members.map(({ UserName }) => UserName),
    policies: attached.map(({ PolicyArn }) => PolicyArn),
    inlinePolicies: inline,
  }
  session.tell(told, () =>
    pairs([
      ['Group', name],
      ['Members', told.members.join(', ') || undefined],
      ['Policies', told.policies.join(', ') || undefined],
      ['Inline policies', told.inlinePolicies.join(', ') || undefined],
    ]),
  )
}

async function add(session: Session, GroupName: string, users: readonly string[]): Promise<void> {
  const iam = await session.client.iam()
  for (const UserName of users) await iam.addUserToGroup({ GroupName, UserName })
  session.tell({ name: GroupName, added: users }, () => `Joined ${GroupName}: ${users.join(', ')}.\n`)
}

async function leave(session: Session, GroupName: string, users: readonly string[]): Promise<void> {
  const iam = await session.client.iam()
  for (const UserName of users) await iam.removeUserFromGroup({ GroupName, UserName })
  session.tell({ name: GroupName, removed: users }, () => `Left ${GroupName}: ${users.join(', ')}.\n`)
}

async function remove(session: Session, GroupName: string, { force }: { force?: true }): Promise<void> {
  const iam = await session.client.iam()
  if (force === true) {
    const { members, attached, inline } = await partsOf(session, GroupName)
    for (const { UserName } of members) await iam.removeUserFromGroup({ GroupName, UserName })
    for (const { PolicyArn } of attached) await iam.detachGroupPolicy({ GroupName, PolicyArn })
    for (const PolicyName of inline) await iam.deleteGroupPolicy({ GroupName, PolicyName })
  }
  await iam.deleteGroup({ GroupName })
  session.tell({ name: GroupName, isDeleted: true }, () => `Group ${GroupName} was deleted.\n`)
}
