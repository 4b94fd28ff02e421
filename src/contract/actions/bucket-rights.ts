// What operations on buckets, and on the service itself, need. Pure.

import type { OperationName } from '../operation.js'
import { onBucket, type Right, right, type RightsOf } from './right.js'

/** Members that ask for an access control list. */
const listMembers = ['ACL', 'GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWrite', 'GrantWriteACP'] as const

/** Whether an access control list is asked for, be it the one there is anyway. */
export const asksForList = (input: { readonly [Member in (typeof listMembers)[number]]?: unknown }): boolean =>
  listMembers.some((member) => input[member] !== undefined)

/** Source: S3 API reference, CreateBucket, "Permissions": s3:PutBucketAcl with an ACL, s3:PutBucketOwnershipControls with x-amz-object-ownership,
 *  s3:PutBucketObjectLockConfiguration and s3:PutBucketVersioning with object lock, s3:TagResource with tags. */
const createBucket: RightsOf<'CreateBucket'> = ({ bucket }, input) => {
  const rights: Right[] = [right('s3:CreateBucket', { bucket })]
  if (asksForList(input)) rights.push(right('s3:PutBucketAcl', { bucket }))
  if (input.ObjectOwnership !== undefined) rights.push(right('s3:PutBucketOwnershipControls', { bucket }))
  if (input.ObjectLockEnabledForBucket === true) {
    rights.push(right('s3:PutBucketObjectLockConfiguration', { bucket }), right('s3:PutBucketVersioning', { bucket }))
  }
  if ((input.CreateBucketConfiguration?.Tags?.length ?? 0) > 0) rights.push(right('s3:TagResource', { bucket }))
  return rights
}

/** Of the service: no bucket is named. Policies name "arn:aws:s3:::*" or "*" for it. */
const onService = (action: string) => (): readonly Right[] => [right(action, {})]

/** Operations whose target is a bucket or the service. */
export const bucketRights = {
  CreateBucket: createBucket,
  CreateBucketMetadataConfiguration: onBucket('s3:CreateBucketMetadataTableConfiguration'),
  CreateBucketMetadataTableConfiguration: onBucket('s3:CreateBucketMetadataTableConfiguration'),
  CreateSession: onBucket('s3express:CreateSession'),
  DeleteBucket: onBucket('s3:DeleteBucket'),
  DeleteBucketAnalyticsConfiguration: onBucket('s3:PutAnalyticsConfiguration'),
  DeleteBucketCors: onBucket('s3:PutBucketCORS'),
  DeleteBucketEncryption: onBucket('s3:PutEncryptionConfiguration'),
  DeleteBucketIntelligentTieringConfiguration: onBucket('s3:PutIntelligentTieringConfiguration'),
  DeleteBucketInventoryConfiguration: onBucket('s3:PutInventoryConfiguration'),
  DeleteBucketLifecycle: onBucket('s3:PutLifecycleConfiguration'),
  DeleteBucketMetadataConfiguration: onBucket('s3:DeleteBucketMetadataTableConfiguration'),
  DeleteBucketMetadataTableConfiguration: onBucket('s3:DeleteBucketMetadataTableConfiguration'),
  DeleteBucketMetricsConfiguration: onBucket('s3:PutMetricsConfiguration'),
  DeleteBucketOwnershipControls: onBucket('s3:PutBucketOwnershipControls'),
  DeleteBucketPolicy: onBucket('s3:DeleteBucketPolicy'),
  DeleteBucketReplication: onBucket('s3:PutReplicationConfiguration'),
  DeleteBucketTagging: onBucket('s3:PutBucketTagging'),
  DeleteBucketWebsite: onBucket('s3:DeleteBucketWebsite'),
  DeletePublicAccessBlock: onBucket('s3:PutBucketPublicAccessBlock'),
  GetBucketAbac: onBucket('s3:GetBucketAbac'),
  GetBucketAccelerateConfiguration: onBucket('s3:GetAccelerateConfiguration'),
  GetBucketAcl: onBucket('s3:GetBucketAcl'),
  GetBucketAnalyticsConfiguration: onBucket('s3:GetAnalyticsConfiguration'),
  GetBucketCors: onBucket('s3:GetBucketCORS'),
  GetBucketEncryption: onBucket('s3:GetEncryptionConfiguration'),
  GetBucketIntelligentTieringConfiguration: onBucket('s3:GetIntelligentTieringConfiguration'),
  GetBucketInventoryConfiguration: onBucket('s3:GetInventoryConfiguration'),
  GetBucketLifecycleConfiguration: onBucket('s3:GetLifecycleConfiguration'),
  GetBucketLocation: onBucket('s3:GetBucketLocation'),
  GetBucketLogging: onBucket('s3:GetBucketLogging'),
  GetBucketMetadataConfiguration: onBucket('s3:GetBucketMetadataTableConfiguration'),
  GetBucketMetadataTableConfiguration: onBucket('s3:GetBucketMetadataTableConfiguration'),
  GetBucketMetricsConfiguration: onBucket('s3:GetMetricsConfiguration'),
  GetBucketNotificationConfiguration: onBucket('s3:GetBucketNotification'),
  GetBucketOwnershipControls: onBucket('s3:GetBucketOwnershipControls'),
  GetBucketPolicy: onBucket('s3:GetBucketPolicy'),
  GetBucketPolicyStatus: onBucket('s3:GetBucketPolicyStatus'),
  GetBucketReplication: onBucket('s3:GetReplicationConfiguration'),
  GetBucketRequestPayment: onBucket('s3:GetBucketRequestPayment'),
  GetBucketTagging: onBucket('s3:GetBucketTagging'),
  GetBucketVersioning: onBucket('s3:GetBucketVersioning'),
  GetBucketWebsite: onBucket('s3:GetBucketWebsite'),
  GetObjectLockConfiguration: onBucket('s3:GetBucketObjectLockConfiguration'),
  GetPublicAccessBlock: onBucket('s3:GetBucketPublicAccessBlock'),
  HeadBucket: onBucket('s3:ListBucket'),
  ListBucketAnalyticsConfigurations: onBucket('s3:GetAnalyticsConfiguration'),
  ListBucketIntelligentTieringConfigurations: onBucket('s3:GetIntelligentTieringConfiguration'),
  ListBucketInventoryConfigurations: onBucket('s3:GetInventoryConfiguration'),
  ListBucketMetricsConfigurations: onBucket('s3:GetMetricsConfiguration'),
  ListBuckets: onService('s3:ListAllMyBuckets'),
  ListDirectoryBuckets: onService('s3express:ListAllMyDirectoryBuckets'),
  ListMultipartUploads: onBucket('s3:ListBucketMultipartUploads'),
  ListObjects: onBucket('s3:ListBucket'),
  ListObjectsV2: onBucket('s3:ListBucket'),
  ListObjectVersions: onBucket('s3:ListBucketVersions'),
  PutBucketAbac: onBucket('s3:PutBucketAbac'),
  PutBucketAccelerateConfiguration: onBucket('s3:PutAccelerateConfiguration'),
  PutBucketAcl: onBucket('s3:PutBucketAcl'),
  PutBucketAnalyticsConfiguration: onBucket('s3:PutAnalyticsConfiguration'),
  PutBucketCors: onBucket('s3:PutBucketCORS'),
  PutBucketEncryption: onBucket('s3:PutEncryptionConfiguration'),
  PutBucketIntelligentTieringConfiguration: onBucket('s3:PutIntelligentTieringConfiguration'),
  PutBucketInventoryConfiguration: onBucket('s3:PutInventoryConfiguration'),
  PutBucketLifecycleConfiguration: onBucket('s3:PutLifecycleConfiguration'),
  PutBucketLogging: onBucket('s3:PutBucketLogging'),
  PutBucketMetricsConfiguration: onBucket('s3:PutMetricsConfiguration'),
  PutBucketNotificationConfiguration: onBucket('s3:PutBucketNotification'),
  PutBucketOwnershipControls: onBucket('s3:PutBucketOwnershipControls'),
  PutBucketPolicy: onBucket('s3:PutBucketPolicy'),
  PutBucketReplication: onBucket('s3:PutReplicationConfiguration'),
  PutBucketRequestPayment: onBucket('s3:PutBucketRequestPayment'),
  PutBucketTagging: onBucket('s3:PutBucketTagging'),
  PutBucketVersioning: onBucket('s3:PutBucketVersioning'),
  PutBucketWebsite: onBucket('s3:PutBucketWebsite'),
  PutObjectLockConfiguration: onBucket('s3:PutBucketObjectLockConfiguration'),
  PutPublicAccessBlock: onBucket('s3:PutBucketPublicAccessBlock'),
  UpdateBucketMetadataAnnotationTableConfiguration: onBucket('s3:UpdateBucketMetadataAnnotationTableConfiguration'),
  UpdateBucketMetadataInventoryTableConfiguration: onBucket('s3:UpdateBucketMetadataInventoryTableConfiguration'),
  UpdateBucketMetadataJournalTableConfiguration: onBucket('s3:UpdateBucketMetadataJournalTableConfiguration'),
  WriteGetObjectResponse: onService('s3-object-lambda:WriteGetObjectResponse'),
} satisfies { readonly [Name in OperationName]?: RightsOf<Name> }
