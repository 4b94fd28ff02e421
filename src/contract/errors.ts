// S3's errors: one table of codes, and the one exception that carries a code to the caller.

/** Codes with their HTTP status and sentence. Source: AWS API reference, "Error responses". */
export const errorTable = {
  AccessControlListNotSupported: [400, 'The bucket does not allow ACLs'],
  AccessDenied: [403, 'Access Denied'],
  AccessForbidden: [
    403,
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
  ],
  AccountProblem: [
    403,
    'There is a problem with your AWS account that prevents the operation from completing successfully.',
  ],
  AllAccessDisabled: [403, 'All access to this object has been disabled'],
  AmbiguousGrantByEmailAddress: [400, 'The e-mail address you provided is associated with more than one account.'],
  AnnotationLimitExceeded: [400, 'The object has reached the maximum number of annotations.'],
  AnnotationNameTooLong: [400, 'The annotation name is too long.'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed.'],
  AuthorizationQueryParametersError: [
    400,
    'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
  ],
  BadDigest: [400, 'The Content-MD5 or checksum value that you specified did not match what the server received.'],
  BadRequest: [400, 'Bad Request'],
  BucketAlreadyExists: [
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  ],
  BucketAlreadyOwnedByYou: [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  BucketHasAccessPointsAttached: [
    400,
    'The bucket you are trying to delete has access points attached. Delete your access points before deleting the bucket.',
  ],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  ConditionalRequestConflict: [
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  ],
  CredentialsNotSupported: [400, 'This request does not support credentials.'],
  EncryptionTypeMismatch: [400, 'The encryption parameters are not applicable to this object.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  ExpiredToken: [400, 'The provided token has expired.'],
  IdempotencyParameterMismatch: [
    400,
    'The request uses the same client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless the requests are identical.',
  ],
  IllegalLocationConstraintException: [
    400,
    'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
  ],
  IllegalVersioningConfigurationException: [400, 'The Versioning element must be specified'],
  IncompleteBody: [400, 'You did not provide the number of bytes specified by the Content-Length HTTP header'],
  IncorrectEndpoint: [400, 'The specified bucket exists in another Region. Direct requests to the correct endpoint.'],
  IncorrectNumberOfFilesInPostRequest: [400, 'POST requires exactly one file upload per request.'],
  InlineDataTooLarge: [400, 'The inline data exceeds the maximum allowed size.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidAccessPoint: [400, 'The specified access point name or account is not valid.'],
  InvalidAnnotationName: [400, 'The annotation name is not valid.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketAclWithBlockPublicAccessError: [
    400,
    'Bucket cannot have public ACLs set with BlockPublicAccess enabled',
  ],
  InvalidBucketAclWithObjectOwnership: [
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  ],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidBucketState: [409, 'The request is not valid with the current state of the bucket.'],
  InvalidChunkSizeError: [403, 'Only the last chunk is allowed to have a size less than 8192 bytes'],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidEncryptionAlgorithmError: [400, 'The Encryption request you specified is not valid. Supported value: AES256.'],
  InvalidHostHeader: [400, 'The host headers provided in the request used the incorrect style addressing.'],
  InvalidHttpMethod: [400, 'The request is made using an unexpected HTTP method.'],
  InvalidLocationConstraint: [400, 'The specified location-constraint is not valid'],
  InvalidObjectName: [400, 'The specified object name is not valid.'],
  InvalidObjectState: [403, "The operation is not valid for the object's storage class"],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartNumber: [416, 'The requested partnumber is not satisfiable'],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order. Parts must be ordered by part number.'],
  InvalidPayer: [403, 'All access to this object has been disabled.'],
  InvalidPolicyDocument: [400, 'Invalid Policy: Invalid JSON.'],
  InvalidPrefix: [400, 'The prefix is not valid.'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRegion: [403, 'The Region that you specified is not valid.'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidSecurity: [403, 'The provided security credentials are not valid.'],
  InvalidStorageClass: [400, 'The storage class you specified is not valid'],
  InvalidTag: [
    400,
    'The tag provided was not a valid tag. This error can occur if the tag did not pass input validation. See the CostAllocation docs for a description of valid tags.',
  ],
  InvalidTargetBucketForLogging: [
    400,
    'The target bucket for logging does not exist, is not owned by you, or does not have the appropriate grants for the log-delivery group.',
  ],
  InvalidToken: [400, 'The provided token is malformed or otherwise invalid.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  InvalidWriteOffset: [400, 'The write offset value that you specified does not match the current object size.'],
  KeyTooLongError: [400, 'Your key is too long'],
  'KMS.DisabledException': [400, 'The request was rejected because the specified KMS key is not enabled.'],
  'KMS.InvalidKeyUsageException': [
    400,
    'The request was rejected because the KeyUsage value of the KMS key is incompatible with the API operation.',
  ],
  'KMS.KMSInvalidStateException': [
    400,
    'The request was rejected because the state of the specified resource is not valid for this request.',
  ],
  'KMS.NotFoundException': [
    400,
    'The request was rejected because the specified entity or resource could not be found.',
  ],
  MalformedACLError: [400, 'The XML you provided was not well-formed or did not validate against our published schema'],
  MalformedPolicy: [400, 'Policy has invalid resource'],
  MalformedPOSTRequest: [400, 'The body of your POST request is not well-formed multipart/form-data.'],
  MalformedTrailerError: [
    400,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  ],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema'],
  MaxMessageLengthExceeded: [400, 'Your request was too big.'],
  MaxPostPreDataLengthExceededError: [400, 'Your POST request fields preceding the upload file were too large.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  MissingRequestBodyError: [400, 'Request Body is empty'],
  MissingSecurityHeader: [400, 'Your request was missing a required header'],
  NoSuchAccessPoint: [404, 'The specified accesspoint does not exist'],
  NoSuchAnnotation: [404, 'The specified annotation does not exist.'],
  NoSuchAsyncRequest: [404, 'The specified request was not found.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchConfiguration: [404, 'The specified configuration does not exist.'],
  NoSuchCORSConfiguration: [404, 'The CORS configuration does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchObjectLockConfiguration: [404, 'The specified object does not have a ObjectLock configuration'],
  NoSuchPublicAccessBlockConfiguration: [404, 'The public access block configuration was not found'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NoSuchWebsiteConfiguration: [404, 'The specified bucket does not have a website configuration'],
  NotAcceptable: [406, 'The requested representation is not acceptable.'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented.'],
  NotModified: [304, 'Not Modified'],
  NotSignedUp: [403, 'Your account is not signed up for the S3 service. You must sign up before you can use S3.'],
  ObjectAlreadyInActiveTierError: [403, "Restoration is not allowed. The object's storage class is already active."],
  ObjectLockConfigurationNotFoundError: [404, 'Object Lock configuration does not exist for this bucket'],
  ObjectNotInActiveTierError: [
    403,
    'The source object of the COPY operation is not in the active tier and is only stored in Amazon Glacier.',
  ],
  OperationAborted: [
    409,
    'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  ],
  OwnershipControlsNotFoundError: [404, 'The bucket ownership controls were not found'],
  PermanentRedirect: [
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
  ],
  PostPolicyInvalidKeyName: [
    403,
    'Invalid according to Policy: Policy Condition failed: the key of the form does not match the policy.',
  ],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  Redirect: [
    307,
    'Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.',
  ],
  ReplicationConfigurationNotFoundError: [404, 'The replication configuration was not found'],
  RequestHeaderSectionTooLarge: [400, 'Your request header section exceeds the maximum allowed size.'],
  RequestIsNotMultiPartContent: [412, 'Bucket POST must be of the enclosure-type multipart/form-data.'],
  RequestTimeout: [
    400,
    'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  ],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  RestoreAlreadyInProgress: [409, 'Object restore is already in progress'],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'The server side encryption configuration was not found'],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  SlowDown: [503, 'Please reduce your request rate.'],
  TagSetTooLarge: [400, 'The tag set exceeds the maximum allowed size.'],
  TemporaryRedirect: [
    307,
    'Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.',
  ],
  TokenCodeInvalidError: [400, 'The serial number and/or token code you provided is not valid.'],
  TokenRefreshRequired: [400, 'The provided token must be refreshed.'],
  TooManyBuckets: [400, 'You have attempted to create more buckets than allowed'],
  TooManyConfigurations: [
    400,
    'You are attempting to create a new configuration but have already reached the limit of 1,000 configurations.',
  ],
  TooManyParts: [400, 'You have attempted to add more parts than the maximum allowed part count.'],
  UnauthorizedAccess: [403, 'You are not authorized to perform this operation'],
  UnexpectedContent: [400, 'This request does not support content'],
  UnresolvableGrantByEmailAddress: [400, 'The e-mail address you provided does not match any account on record.'],
  UnsupportedArgument: [400, 'The request contained an unsupported argument.'],
  UnsupportedMediaType: [415, 'The media type is not supported.'],
  UnsupportedSignature: [
    400,
    'The provided request is signed with an unsupported STS Token version or the signature version is not supported.',
  ],
  UserKeyMustBeSpecified: [
    400,
    'The bucket POST must contain the specified field name. If it is specified, check the order of the fields.',
  ],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
} as const satisfies Record<string, readonly [status: number, message: string]>

/** A key of `errorTable`. */
export type ErrorCode = keyof typeof errorTable

/** What may go along with a code. */
export interface ErrorDetails {
  /** Replaces the table's sentence. */
  readonly message?: string
  /** Further elements of the error's XML, in order ("BucketName", "Key", "StringToSign", …). */
  readonly members?: Readonly<Record<string, string>>
  /** Response headers S3 sends with this error (`x-amz-delete-marker`, `x-amz-version-id`, `ETag` of a 304, …). */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal the caller is told about. */
export class S3Error extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly members: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.message ?? errorTable[code][1], { cause: details.cause })
    this.name = code
    this.code = code
    this.status = errorTable[code][0]
    this.members = details.members ?? {}
    this.headers = details.headers ?? {}
  }
}
