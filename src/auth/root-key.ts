// The root key: random on first start, kept in the data directory for its owner's eyes only. There is no default key.

import { randomBytes, randomInt } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { passPoint } from '../store/fault-points.js'
import { Secret } from './secret.js'

/** The root account and the key it signs with. */
export interface RootKey {
  readonly accessKeyId: string
  readonly secret: Secret
  /** Canonical user id of the root account, 64 lower-case hex digits; it stays when the key changes. */
  readonly accountId: string
  /** S3's `Owner.DisplayName`. */
  readonly displayName: string
  /** Whether this call made the key: the only moment its secret may be shown. */
  readonly isNew: boolean
}

/** A key set by configuration (`CAIRN_ROOT_ACCESS_KEY`, `CAIRN_ROOT_SECRET_KEY`): both or none. */
export interface RootKeySettings {
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
}

/** What `root-key.json` holds. The key is missing while it has only ever come from settings. */
interface RootKeyFile {
  readonly format: 1
  readonly accountId: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

const fileName = 'root-key.json'
const ownerOnly = 0o600

/** Characters of an access key id. AWS: "Minimum length of 16", word characters; three is what MinIO's users bring along. */
const accessKeyIdLengthMin = 3
const accessKeyIdLengthMax = 128
const secretLengthMin = 8
const secretLengthMax = 256

/** Opens the root key of a data directory, making directory, account and key when they are missing. The file has mode 0600 and is durable
 *  before this answers.
 *  @throws Error with a sentence for the operator: half a pair set, a key too short, a file that cannot be read or understood */
export async function openRootKey(dataDirectory: string, fromSettings: RootKeySettings = {}): Promise<RootKey> {
  const set = requireWholePair(fromSettings)
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const path = join(dataDirectory, fileName)
  const stored = await readRootKeyFile(path)
  const accountId = stored?.accountId ?? randomBytes(32).toString('hex')

  if (set !== undefined) {
    if (stored === undefined) await writeRootKeyFile(dataDirectory, path, { format: 1, accountId })
    return rootKey(accountId, set, false)
  }
  if (stored?.accessKeyId !== undefined && stored.secretAccessKey !== undefined) {
    return rootKey(accountId, { accessKeyId: stored.accessKeyId, secretAccessKey: stored.secretAccessKey }, false)
  }
  const made = randomPair()
  await writeRootKeyFile(dataDirectory, path, { format: 1, accountId, ...made })
  return rootKey(accountId, made, true)
}

interface Pair {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

function rootKey(accountId: string, pair: Pair, isNew: boolean): RootKey {
  return {
    accessKeyId: pair.accessKeyId,
    secret: new Secret(pair.secretAccessKey),
    accountId,
    displayName: 'root',
    isNew,
  }
}

function requireWholePair({ accessKeyId, secretAccessKey }: RootKeySettings): Pair | undefined {
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const [given, missing] = accessKeyId === undefined ? ['secret key', 'access key'] : ['access key', 'secret key']
    throw new Error(`The root ${given} is set but the root ${missing} is not: set both, or neither for a random pair.`)
  }
  requireLength('access key', accessKeyId, accessKeyIdLengthMin, accessKeyIdLengthMax)
  requireLength('secret key', secretAccessKey, secretLengthMin, secretLengthMax)
  // A "/" would end the id inside a credential scope, "," and "=" inside an Authorization header, ":" inside a form's credential.
  if (!/^[A-Za-z0-9_.@+-]+$/.test(accessKeyId)) {
    throw new Error('The root access key may hold letters, digits and _ . @ + - only.')
  }
  return { accessKeyId, secretAccessKey }
}

function requireLength(what: string, value: string, min: number, max: number): void {
  if (value.length < min || value.length > max) {
    throw new Error(`The root ${what} has ${value.length} characters; ${min} to ${max} are allowed.`)
  }
}

async function readRootKeyFile(path: string): Promise<RootKeyFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(`The root key file ${path} cannot be read.`, { cause: error })
  }
  const file = rootKeyFileOf(text)
  // Never replaced by a new one: that would change the account every object belongs to.
  if (file === undefined) throw new Error(`The root key file ${path} is damaged: restore it from a backup.`)
  await chmod(path, ownerOnly)
  return file
}

function rootKeyFileOf(text: string): RootKeyFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (!('format' in value) || value.format !== 1) return undefined
  if (!('accountId' in value) || typeof value.accountId !== 'string') return undefined
  const { accountId } = value
  if (!/^[0-9a-f]{64}$/.test(accountId)) return undefined
  const accessKeyId = 'accessKeyId' in value ? value.accessKeyId : undefined
  const secretAccessKey = 'secretAccessKey' in value ? value.secretAccessKey : undefined
  if (accessKeyId === undefined && secretAccessKey === undefined) return { format: 1, accountId }
  if (typeof accessKeyId !== 'string' || accessKeyId === '') return undefined
  if (typeof secretAccessKey !== 'string' || secretAccessKey === '') return undefined
  return { format: 1, accountId, accessKeyId, secretAccessKey }
}

/** Durable before named: a temporary file is synced, renamed over the old one, and the directory synced. */
async function writeRootKeyFile(directory: string, path: string, content: RootKeyFile): Promise<void> {
  const draftPath = `${path}.draft`
  const draft = await open(draftPath, 'w', ownerOnly)
  try {
    await draft.chmod(ownerOnly)
    await draft.writeFile(`${JSON.stringify(content, undefined, 2)}\n`)
    await draft.sync()
  } finally {
    await draft.close()
  }
  passPoint('root key drafted')
  await rename(draftPath, path)
  passPoint('root key renamed')
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
    passPoint('root key durable')
  } finally {
    await folder.close()
  }
}

const upperCaseAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const lettersAndDigits = `${upperCaseAndDigits}abcdefghijklmnopqrstuvwxyz`

/** 20 and 40 characters as on AWS, but without "/" and "+", which need escaping in URLs and shells: 238 bits of secret. */
function randomPair(): Pair {
  return { accessKeyId: randomText(20, upperCaseAndDigits), secretAccessKey: randomText(40, lettersAndDigits) }
}

function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}
