// `cairn admin …`: all its commands.

import type { Command } from 'commander'
import { addAccountCommands } from './command/accounts.js'
import { withConnection } from './command/admin.js'
import { addGroupCommands } from './command/groups.js'
import { addKeyCommands } from './command/keys.js'
import { addExplainCommand } from './command/explain.js'
import { addLimitCommands } from './command/limits.js'
import { addPolicyCommands } from './command/policies.js'
import { addPresignCommands } from './command/presign.js'
import { addQuotaCommands } from './command/quotas.js'
import { addRoleCommands } from './command/roles.js'
import { addUsageCommand } from './command/usage.js'
import { addUserCommands } from './command/users.js'

/** Adds the commands to a program. */
export function addAdminCommands(program: Command): void {
  const admin = withConnection(
    program
      .command('admin')
      .description('users, keys, policies, quotas, presigned URLs, and why requests are denied: of a running server'),
  )
  addAccountCommands(admin)
  addUserCommands(admin)
  addKeyCommands(admin)
  addGroupCommands(admin)
  addPolicyCommands(admin)
  addRoleCommands(admin)
  addQuotaCommands(admin)
  addLimitCommands(admin)
  addUsageCommand(admin)
  addPresignCommands(admin)
  addExplainCommand(admin)
  admin.addHelpText(
    'after',
    `
Each command has its own help: cairn admin user create --help

Examples:
  cairn admin --data /srv/cairn user create ann --role user --key
  cairn admin --endpoint https://s3.example.org policy list
  cairn admin key rotate AKIAEXAMPLE000000000 --grace 24h`,
  )
}
