// The one list of what Cairn can do: what is missing here answers NotImplemented (501), and so does what only judges.

import { getBucketAcl, putBucketAcl } from './buckets/bucket-acl.js'
import {
  deleteBucketOwnershipControls,
  getBucketOwnershipControls,
  putBucketOwnershipControls,
} from './buckets/bucket-ownership-controls.js'
import { deleteBucketCors, getBucketCors, putBucketCors } from './buckets/bucket-cors.js'
import { deleteBucketPolicy, getBucketPolicy, getBucketPolicyStatus, putBucketPolicy } from './buckets/bucket-policy.js'
import { deleteBucketTagging, getBucketTagging, putBucketTagging } from './buckets/bucket-tagging.js'
import { getBucketVersioning, putBucketVersioning } from './buckets/bucket-versioning.js'
import { createBucket, type NewBucketAccess } from './buckets/create-bucket.js'
import { deleteBucket } from './buckets/delete-bucket.js'
import { headBucket } from './buckets/head-bucket.js'
import { listBuckets } from './buckets/list-buckets.js'
import { deletePublicAccessBlock, getPublicAccessBlock, putPublicAccessBlock } from './buckets/public-access-block.js'
import { getBucketRequestPayment, putBucketRequestPayment } from './buckets/request-payment.js'
import { unsetConfigurations } from './buckets/unset-configurations.js'
import type { Clock, Operations } from './contract/operation.js'
import { judgingOperations } from './lifecycle/bucket-lifecycle.js'
import { abortMultipartUpload } from './multipart/abort-multipart-upload.js'
import { completeMultipartUpload } from './multipart/complete-multipart-upload.js'
import { createMultipartUpload } from './multipart/create-multipart-upload.js'
import { listMultipartUploads } from './multipart/list-multipart-uploads.js'
import { listParts } from './multipart/list-parts.js'
import { uploadPartCopy } from './multipart/upload-part-copy.js'
import { uploadPart } from './multipart/upload-part.js'
import { copyObject } from './objects/copy-object.js'
import { deleteObject } from './objects/delete-object.js'
import { deleteObjects } from './objects/delete-objects.js'
import { getObjectAttributes } from './objects/get-object-attributes.js'
import { getObject } from './objects/get-object.js'
import { headObject } from './objects/head-object.js'
import { listObjectVersions } from './objects/list-object-versions.js'
import { listObjects } from './objects/list-objects.js'
import { listObjectsV2 } from './objects/list-objects-v2.js'
import { getObjectAcl, putObjectAcl } from './objects/object-acl.js'
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './objects/object-tagging.js'
import { putObject } from './objects/put-object.js'
import { renameObject } from './objects/rename-object.js'
import type { Store } from './store/store.js'

/** S3's operations, each with the function that performs it.
 *  @param region the server's own */
export const operations = (store: Store, clock: Clock, region: string, newBuckets: NewBucketAccess) =>
  ({
    ...unsetConfigurations(store),
    ...judgingOperations(store),
    AbortMultipartUpload: abortMultipartUpload(store),
    CompleteMultipartUpload: completeMultipartUpload(store, clock),
    CopyObject: copyObject(store, clock),
    CreateBucket: createBucket(store, clock, region, newBuckets),
    CreateMultipartUpload: createMultipartUpload(store, clock),
    DeleteBucket: deleteBucket(store, clock),
    DeleteBucketCors: deleteBucketCors(store, clock),
    DeleteBucketOwnershipControls: deleteBucketOwnershipControls(store, clock),
    DeleteBucketPolicy: deleteBucketPolicy(store, clock),
    DeleteBucketTagging: deleteBucketTagging(store, clock),
    DeleteObject: deleteObject(store, clock),
    DeleteObjects: deleteObjects(store, clock),
    DeleteObjectTagging: deleteObjectTagging(store, clock),
    DeletePublicAccessBlock: deletePublicAccessBlock(store, clock),
    GetBucketAcl: getBucketAcl(store),
    GetBucketCors: getBucketCors(store),
    GetBucketOwnershipControls: getBucketOwnershipControls(store),
    GetBucketPolicy: getBucketPolicy(store),
    GetBucketPolicyStatus: getBucketPolicyStatus(store),
    GetBucketRequestPayment: getBucketRequestPayment(store),
    GetBucketTagging: getBucketTagging(store),
    GetBucketVersioning: getBucketVersioning(store),
    GetObject: getObject(store),
    GetObjectAcl: getObjectAcl(store),
    GetObjectAttributes: getObjectAttributes(store),
    GetObjectTagging: getObjectTagging(store),
    GetPublicAccessBlock: getPublicAccessBlock(store),
    HeadBucket: headBucket(store),
    HeadObject: headObject(store),
    ListBuckets: listBuckets(store),
    ListMultipartUploads: listMultipartUploads(store),
    ListObjects: listObjects(store),
    ListObjectsV2: listObjectsV2(store),
    ListObjectVersions: listObjectVersions(store),
    ListParts: listParts(store),
    PutBucketAcl: putBucketAcl(store, clock),
    PutBucketCors: putBucketCors(store, clock),
    PutBucketOwnershipControls: putBucketOwnershipControls(store, clock),
    PutBucketPolicy: putBucketPolicy(store, clock),
    PutBucketRequestPayment: putBucketRequestPayment(store, clock),
    PutBucketTagging: putBucketTagging(store, clock),
    PutBucketVersioning: putBucketVersioning(store, clock),
    PutObject: putObject(store, clock),
    PutObjectAcl: putObjectAcl(store, clock),
    PutObjectTagging: putObjectTagging(store, clock),
    PutPublicAccessBlock: putPublicAccessBlock(store, clock),
    RenameObject: renameObject(store, clock),
    UploadPart: uploadPart(store, clock),
    UploadPartCopy: uploadPartCopy(store, clock),
  }) satisfies Operations
