// The file of the master key: random on the first start, readable by its owner only, durable before anything is sealed under it. It lies apart
// from the catalog and is in no backup of it: who has only one of the two can read no secret.

import { chmod, readFile, stat } from 'node:fs/promises'
import { type Disk, hasCode } from './blobs/disk.js'
import type { Catalog } from './catalog/catalog.js'
import { sealedState, setMasterKeyCheck } from './catalog/identity/master-key-check.js'
import { MasterKey, SealBroken } from './sealer.js'
import { writeDurable } from './write-durable.js'

/** What the file holds. */
interface MasterKeyFile {
  readonly format: 1
  /** 32 bytes, base64. */
  readonly masterKey: string
}

/** What is sealed in the catalog to tell one master key from another. */
const checkText = 'Cairn'
const checkPurpose = 'master key check'

/** Opens the master key of a catalog, making one when there is nothing yet that another one opens. The file has mode 0600.
 *  @param path of the file; its directory must exist
 *  @param isReadOnly nothing may be written: without a file the key is one for this run
 *  @throws Error with a sentence for the operator when secrets in the catalog are sealed under a key that is not in the file */
export async function openMasterKey(
  path: string,
  catalog: Pick<Catalog, 'read' | 'commit'>,
  disk: Disk,
  isReadOnly = false,
): Promise<MasterKey> {
  const { check, hasSecrets } = await catalog.read(sealedState, undefined)
  const found = await readMasterKey(path)
  if (found === undefined && hasSecrets) throw new Error(lost(path))
  const key = found ?? MasterKey.random()
  if (check !== undefined && opens(key, check)) return key
  if (hasSecrets) throw new Error(wrong(path))
  if (isReadOnly) return key
  if (found === undefined) await writeMasterKey(path, key, disk)
  await catalog.commit(setMasterKeyCheck, { sealed: sealedCheck(key), forgetsSecrets: false })
  return key
}

const advice =
  'Put the right file back; it is in no backup of the store. When it is lost for good, `cairn renew-master-key` makes a new one and removes those access keys'

const lost = (path: string): string =>
  `The master key file ${path} is missing, and the secrets of access keys in the catalog are sealed under it. ${advice}.`

const wrong = (path: string): string =>
  `The master key in ${path} is not the one that the secrets of access keys in the catalog are sealed under. ${advice}.`

/** Makes a new master key in place of one that is lost. The access keys that were sealed under the old one are removed; root's key, which is not
 *  in the catalog, stays.
 *  @returns how many were removed
 *  @throws Error when the key in the file opens them: nothing is lost then */
export async function renewMasterKey(
  path: string,
  catalog: Pick<Catalog, 'read' | 'commit'>,
  disk: Disk,
): Promise<number> {
  const { check } = await catalog.read(sealedState, undefined)
  const found = await readMasterKey(path).catch(() => undefined)
  if (found !== undefined && check !== undefined && opens(found, check)) {
    throw new Error(`The master key in ${path} is the right one: nothing was changed.`)
  }
  const key = MasterKey.random()
  // The key first: killed in between, this can be done again.
  await writeMasterKey(path, key, disk)
  return catalog.commit(setMasterKeyCheck, { sealed: sealedCheck(key), forgetsSecrets: true })
}

const sealedCheck = (key: MasterKey): Uint8Array => key.sealer().seal(Buffer.from(checkText), checkPurpose)

function opens(key: MasterKey, check: Uint8Array): boolean {
  try {
    return Buffer.from(key.sealer().open(check, checkPurpose)).toString() === checkText
  } catch (error) {
    if (error instanceof SealBroken) return false
    throw error
  }
}

async function readMasterKey(path: string): Promise<MasterKey | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, ['ENOENT'])) return undefined
    throw new Error(`The master key file ${path} cannot be read.`, { cause: error })
  }
  const key = masterKeyOf(text)
  // Never replaced by a new one: what was sealed under it could not be opened any more.
  if (key === undefined) throw new Error(`The master key file ${path} is damaged: put back the copy you have of it.`)
  await closeToOthers(path)
  return key
}

/** Takes a file of the owner's from everybody else. One that a secret store has mounted is not ours to change. */
async function closeToOthers(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o077) === 0) return
  try {
    await chmod(path, 0o600)
  } catch (error) {
    if (!hasCode(error, ['EROFS', 'EPERM', 'EACCES'])) throw error
  }
}

function masterKeyOf(text: string): MasterKey | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (!('format' in value) || value.format !== 1) return undefined
  if (!('masterKey' in value) || typeof value.masterKey !== 'string') return undefined
  return /^[A-Za-z0-9+/]{43}=$/.test(value.masterKey) ? MasterKey.of(value.masterKey) : undefined
}

async function writeMasterKey(path: string, key: MasterKey, disk: Disk): Promise<void> {
  const file: MasterKeyFile = { format: 1, masterKey: key.reveal() }
  try {
    await writeDurable(disk, path, `${JSON.stringify(file, undefined, 2)}\n`)
  } catch (cause) {
    throw new Error(`The master key file ${path} cannot be written.`, { cause })
  }
}
