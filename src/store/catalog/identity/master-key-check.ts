// What the catalog knows of the master key: not the key, but which one it is.

import { raiseAccessNumber } from '../access-number.js'
import { one, query, run, statement, transaction } from '../steps.js'

/** What was sealed under the master key. */
export interface SealedState {
  /** The known text, sealed; undefined while there has been no master key. */
  readonly check: Uint8Array | undefined
  /** Whether there are secrets that only that key opens. */
  readonly hasSecrets: boolean
}

type None = Record<string, never>
const check = statement<None, { sealed: Uint8Array }>('SELECT sealed FROM master_key')
const anySecret = statement<None, { id: string }>('SELECT id FROM access_key LIMIT 1')
const set = statement<{ sealed: Uint8Array }>(`
  INSERT INTO master_key (one, sealed) VALUES (1, :sealed) ON CONFLICT (one) DO UPDATE SET sealed = excluded.sealed`)
const dropSecrets = statement<None>('DELETE FROM access_key')

/** What stands sealed in the catalog. */
export const sealedState = query('sealedState', function* () {
  const state: SealedState = {
    check: (yield* one(check, {}))?.sealed,
    hasSecrets: (yield* one(anySecret, {})) !== undefined,
  }
  return state
})

/** Notes which master key holds, from now on. `forgetsSecrets`: the access keys that were sealed under another one, which nobody can open any more,
 *  are removed; without it there must be none.
 *  @returns how many were */
export const setMasterKeyCheck = transaction(
  'setMasterKeyCheck',
  function* ({ sealed, forgetsSecrets }: { readonly sealed: Uint8Array; readonly forgetsSecrets: boolean }) {
    const forgotten = forgetsSecrets ? yield* run(dropSecrets, {}) : 0
    if ((yield* one(anySecret, {})) !== undefined) {
      throw new Error('The master key may not change while secrets are sealed under it')
    }
    yield* run(set, { sealed })
    yield* raiseAccessNumber()
    return forgotten
  },
)
