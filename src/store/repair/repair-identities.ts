// Rows of accounts, users and policies that contradict each other. What somebody may do is never guessed: what lost its owner is removed, and a policy that
// somebody has but that is not there is left to the operator, as it may have denied something; until then its owner's requests fail.

import type { Fix } from './repair-step.js'

const gone = (column: string, of: string): string =>
  `(${column} IS NOT NULL AND ${column} NOT IN (SELECT id FROM ${of}))`

const anAccount = "printf('%012d', 100000000000 + abs(random() % 900000000000))"
const withAccounts = ['identity', 'access_key', 'policy', 'oidc_provider']
const accountIds = withAccounts.map((table) => `SELECT account_id FROM ${table}`).join(' UNION ')

/** What has lost its account, its user, group or role, or its policy. */
export const identityFixes: readonly Fix[] = [
  {
    what: 'the account of users, roles, keys or policies has lost its row, and gets one',
    cases: `SELECT account_id AS about FROM (${accountIds}) WHERE account_id NOT IN (SELECT id FROM account)`,
    sql: `INSERT INTO account (id, name, created, number)
      SELECT account_id, account_id, 0, ${anAccount} FROM (${accountIds}) WHERE account_id NOT IN (SELECT id FROM account)`,
  },
  {
    what: 'an access key has lost its user, and is removed',
    cases: `SELECT id AS about FROM access_key WHERE ${gone('user_id', 'identity')}`,
    sql: `DELETE FROM access_key WHERE ${gone('user_id', 'identity')}`,
    isLoss: true,
  },
  {
    what: 'when an access key was used that is not there is forgotten',
    cases: `SELECT key_id AS about FROM access_key_use WHERE ${gone('key_id', 'access_key')}`,
    sql: `DELETE FROM access_key_use WHERE ${gone('key_id', 'access_key')}`,
  },
  {
    what: 'a user is no longer in a group of which one is not there',
    cases: `SELECT group_id || ', ' || user_id AS about FROM group_member
      WHERE ${gone('group_id', 'identity')} OR ${gone('user_id', 'identity')}`,
    sql: `DELETE FROM group_member
      WHERE ${gone('group_id', 'identity')} OR ${gone('user_id', 'identity')}`,
  },
  ...['attachment', 'inline_policy'].map((table): Fix => ({
    what: 'a policy of a user, group or role that is not there is removed',
    cases: `SELECT identity_id AS about FROM ${table} WHERE ${gone('identity_id', 'identity')}`,
    sql: `DELETE FROM ${table} WHERE ${gone('identity_id', 'identity')}`,
  })),
  {
    what: 'a version of a managed policy that is not there is removed',
    cases: `SELECT policy_id AS about FROM policy_version WHERE ${gone('policy_id', 'policy')}`,
    sql: `DELETE FROM policy_version WHERE ${gone('policy_id', 'policy')}`,
  },
  {
    what: 'the number that changes of rights raise was not there, and begins anew',
    cases: "SELECT 'access_state' AS about WHERE NOT EXISTS (SELECT 1 FROM access_state)",
    sql: 'INSERT INTO access_state (one, number) VALUES (1, 1)',
  },
]
