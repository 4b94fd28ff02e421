// `cairn admin policy …`: managed policies, and who has them, by way of IAM.

import type { IAM } from '@aws-sdk/client-iam'
import { type Command, Option } from 'commander'
import { action, type Session } from './admin.js'
import { timeText } from './amounts.js'
import { CommandError } from './connection.js'
import { documentFile } from './document-file.js'
import { allPages, allPolicies, policyArnOf } from './iam-lists.js'
import { table } from './table.js'

/** Adds the commands. */
export function addPolicyCommands(admin: Command): void {
  const policy = admin.command('policy').description('what may be done: documents as on AWS')
  policy
    .command('create')
    .description('make a policy of a JSON document, or give one a new text')
    .argument('<NAME>')
    .argument('<FILE>', 'JSON; - for standard input')
    .option('--replace', 'the policy exists: from now on this is its text')
    .addHelpText('after', '\nExample:\n  cairn admin policy create read-photos read-photos.json')
    .action(action(create))
  policy
    .command('list')
    .description('tell all policies, the ready ones among them')
    .addOption(new Option('--scope <SCOPE>', "own: your account's; ready: every account's").choices(['own', 'ready']))
    .action(action(list))
  policy
    .command('show')
    .description("tell a policy's document")
    .argument('<POLICY>', 'name or ARN')
    .action(action(show))
  attachable(policy.command('attach').description('give a policy to a user, a group or a role'))
    .addHelpText('after', '\nExample:\n  cairn admin policy attach read-photos --user ann')
    .action(action(attach))
  attachable(policy.command('detach').description('take a policy from a user, a group or a role')).action(
    action(detach),
  )
  policy
    .command('delete')
    .description('delete a policy nobody has')
    .argument('<POLICY>', 'name or ARN')
    .option('--force', 'take it from all who have it')
    .action(action(remove))
}

const attachable = (command: Command): Command =>
  command.argument('<POLICY>', 'name or ARN').option('--user <NAME>').option('--group <NAME>').option('--role <NAME>')

interface Holder {
  readonly user?: string
  readonly group?: string
  readonly role?: string
}

async function create(session: Session, name: string, file: string, { replace }: { replace?: true }): Promise<void> {
  const PolicyDocument = documentFile(file)
  const iam = await session.client.iam()
  if (replace !== true) {
    const { Policy } = await iam.createPolicy({ PolicyName: name, PolicyDocument })
    session.tell({ name, arn: Policy?.Arn }, () => `Policy ${Policy?.Arn} was made.\n`)
    return
  }
  const PolicyArn = await policyArnOf(iam, name)
  // IAM keeps five versions of a policy: the oldest that is not in use makes room.
  const versions = await versionsOf(iam, PolicyArn)
  const oldest = versions.findLast(({ IsDefaultVersion }) => IsDefaultVersion !== true)
  if (versions.length >= 5 && oldest !== undefined)
    await iam.deletePolicyVersion({ PolicyArn, VersionId: oldest.VersionId })
  const { PolicyVersion } = await iam.createPolicyVersion({ PolicyArn, PolicyDocument, SetAsDefault: true })
  session.tell(
    { name, arn: PolicyArn, version: PolicyVersion?.VersionId },
    () => `Policy ${PolicyArn} has a new text.\n`,
  )
}

/** The newest first. */
const versionsOf = (iam: IAM, PolicyArn: string) =>
  allPages(
    (after) => iam.listPolicyVersions({ PolicyArn, ...after }),
    ({ Versions }) => Versions,
  )

async function list(session: Session, { scope }: { scope?: 'own' | 'ready' }): Promise<void> {
  const iam = await session.client.iam()
  const found = await allPolicies(iam, scope === undefined ? 'All' : scope === 'own' ? 'Local' : 'AWS')
  const policies = found.map((policy) => ({
    name: policy.PolicyName,
    arn: policy.Arn,
    attachments: policy.AttachmentCount ?? 0,
    updated: policy.UpdateDate?.getTime(),
    description: policy.Description,
  }))
  session.tellAll(policies, () =>
    table(
      [
        { head: 'NAME', cell: ({ name }) => name },
        { head: 'ATTACHED', cell: ({ attachments }) => attachments },
        { head: 'UPDATED (UTC)', cell: ({ updated }) => timeText(updated) },
        { head: 'ARN', cell: ({ arn }) => arn },
      ],
      policies,
    ),
  )
}

async function show(session: Session, nameOrArn: string): Promise<void> {
  const iam = await session.client.iam()
  const PolicyArn = await policyArnOf(iam, nameOrArn)
  const { Policy } = await iam.getPolicy({ PolicyArn })
  const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId: Policy?.DefaultVersionId })
  // IAM: "The policy document returned … is URL-encoded compliant with RFC 3986."
  const text = decodeURIComponent(PolicyVersion?.Document ?? '')
  const document: unknown = JSON.parse(text)
  session.tell(
    { name: Policy?.PolicyName, arn: PolicyArn, version: PolicyVersion?.VersionId, document },
    () => `${JSON.stringify(document, undefined, 2)}\n`,
  )
}

async function attach(session: Session, nameOrArn: string, holder: Holder): Promise<void> {
  const { kind, name } = requireOne(holder)
  const iam = await session.client.iam()
  const PolicyArn = await policyArnOf(iam, nameOrArn)
  if (kind === 'user') await iam.attachUserPolicy({ UserName: name, PolicyArn })
  else if (kind === 'group') await iam.attachGroupPolicy({ GroupName: name, PolicyArn })
  else await iam.attachRolePolicy({ RoleName: name, PolicyArn })
  session.tell({ arn: PolicyArn, attachedTo: { [kind]: name } }, () => `The ${kind} ${name} has ${PolicyArn} now.\n`)
}

async function detach(session: Session, nameOrArn: string, holder: Holder): Promise<void> {
  const { kind, name } = requireOne(holder)
  const iam = await session.client.iam()
  const PolicyArn = await policyArnOf(iam, nameOrArn)
  if (kind === 'user') await iam.detachUserPolicy({ UserName: name, PolicyArn })
  else if (kind === 'group') await iam.detachGroupPolicy({ GroupName: name, PolicyArn })
  else await iam.detachRolePolicy({ RoleName: name, PolicyArn })
  session.tell(
    { arn: PolicyArn, detachedFrom: { [kind]: name } },
    () => `The ${kind} ${name} does not have ${PolicyArn} any more.\n`,
  )
}

/** @throws CommandError unless exactly one holder is named */
function requireOne({ user, group, role }: Holder): { kind: 'user' | 'group' | 'role'; name: string } {
  const given = (
    [
      ['user', user],
      ['group', group],
      ['role', role],
    ] as const
  ).filter(([, name]) => name !== undefined)
  const [first] = given
  if (given.length === 1 && first?.[1] !== undefined) return { kind: first[0], name: first[1] }
  throw new CommandError('Name who it is about, with one of --user, --group and --role.')
}

async function remove(session: Session, nameOrArn: string, { force }: { force?: true }): Promise<void> {
  const iam = await session.client.iam()
  const PolicyArn = await policyArnOf(iam, nameOrArn)
  if (force === true) {
    const ask = (after: { Marker?: string }) => iam.listEntitiesForPolicy({ PolicyArn, ...after })
    for (const { UserName } of await allPages(ask, (page) => page.PolicyUsers)) {
      await iam.detachUserPolicy({ UserName, PolicyArn })
    }
    for (const { GroupName } of await allPages(ask, (page) => page.PolicyGroups)) {
      await iam.detachGroupPolicy({ GroupName, PolicyArn })
    }
    for (const { RoleName } of await allPages(ask, (page) => page.PolicyRoles)) {
      await iam.detachRolePolicy({ RoleName, PolicyArn })
    }
  }
  // IAM: "Before you can delete a managed policy, you must … delete all versions of the policy" but the default one.
  for (const { VersionId, IsDefaultVersion } of await versionsOf(iam, PolicyArn)) {
    if (IsDefaultVersion !== true) await iam.deletePolicyVersion({ PolicyArn, VersionId })
  }
  await iam.deletePolicy({ PolicyArn })
  session.tell({ arn: PolicyArn, isDeleted: true }, () => `Policy ${PolicyArn} was deleted.\n`)
}
