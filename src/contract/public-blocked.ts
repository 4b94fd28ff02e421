// The refusal of what would let everybody in, where that is blocked. Who meets it may make the change, and is told which setting is in the way, as on AWS.

import type { PublicAccessBlock } from './bucket-access.js'
import { S3Error } from './errors.js'

const blockedThings = { BlockPublicAcls: 'access control lists (ACLs)', BlockPublicPolicy: 'policies' } as const

/** S3's AccessDenied that names the setting. */
export const publicBlocked = (setting: keyof typeof blockedThings & keyof PublicAccessBlock): S3Error =>
  new S3Error('AccessDenied', {
    message: `Access Denied: public ${blockedThings[setting]} are blocked by the ${setting} setting of the bucket's public access block.`,
  })
