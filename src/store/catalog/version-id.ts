// A version's id as clients see it: opaque text made of the version's position, so that neither has to be looked up for the other.

import { crc32 } from 'node:zlib'
import { S3Error } from '../../contract/errors.js'

/** Hex digits of a position (below 2^53) and of the CRC32 of these digits, by which other text is told from ids. */
const positionDigits = 14
const checkDigits = 8

const shape = /^[0-9a-f]{22}$/

/** Which version of a key is meant: the latest, the one called "null", or that at a position. */
export type VersionName = 'latest' | 'null' | number

/** The VersionId of the version at a position. */
export function versionIdOf(position: number): string {
  const digits = position.toString(16).padStart(positionDigits, '0')
  return digits + crc32(digits).toString(16).padStart(checkDigits, '0')
}

/** The position that a VersionId was made of; undefined when the text is none of ours. */
export function positionOf(versionId: string): number | undefined {
  if (!shape.test(versionId)) return undefined
  const position = Number.parseInt(versionId.slice(0, positionDigits), 16)
  return versionIdOf(position) === versionId ? position : undefined
}

/** The version that a request's `versionId` names.
 *  @throws InvalidArgument when it is no version's id */
export function versionNamed(versionId: string | undefined): VersionName {
  if (versionId === undefined) return 'latest'
  if (versionId === 'null') return 'null'
  const position = positionOf(versionId)
  if (position !== undefined) return position
  throw new S3Error('InvalidArgument', {
    message: versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified',
    members: { ArgumentName: 'versionId', ArgumentValue: versionId },
  })
}
