// Managed policies that every account has, under AWS's names where AWS has them. They are no rows: they change with the program alone.

/** A managed policy of every account. */
export interface ManagedPolicy {
  readonly arn: string
  /** "ANPA…" */
  readonly id: string
  readonly name: string
  readonly path: string
  readonly description: string
  /** JSON. */
  readonly document: string
  /** Ms since 1970. */
  readonly createdMs: number
}

type PolicyStatement = Readonly<Record<string, unknown>>

const createdMs = Date.UTC(2026, 0, 1)

function managed(
  path: string,
  name: string,
  idEnd: string,
  description: string,
  statements: readonly PolicyStatement[],
): ManagedPolicy {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const id = `ANPACAIRN${idEnd.padStart(12, 'X')}`
  return { arn: `arn:aws:iam::aws:policy${path}${name}`, id, name, path, description, document, createdMs }
}

const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*'): PolicyStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
})

/** Each by its ARN, in the order of their names. */
export const managedPolicies: ReadonlyMap<string, ManagedPolicy> = new Map(
  [
    managed('/', 'AdministratorAccess', 'ADMIN', 'Everything in the account.', [allow('*')]),
    managed('/', 'AmazonS3FullAccess', 'S3FULL', 'Everything with buckets and objects.', [allow('s3:*')]),
    managed('/', 'AmazonS3ReadOnlyAccess', 'S3READ', 'Reading and listing buckets and objects.', [
      allow(['s3:Get*', 's3:List*']),
    ]),
    managed(
      '/cairn/',
      'Auditor',
      'AUDITOR',
      'Reading usage, limits and why requests were decided as they were; no object and no secret.',
      [allow(['cairn:Get*', 'cairn:List*', 'cairn:Explain'])],
    ),
    managed('/', 'IAMFullAccess', 'IAMFULL', 'Everything with users, groups, roles, keys and policies.', [
      allow('iam:*'),
    ]),
    managed('/', 'IAMReadOnlyAccess', 'IAMREAD', 'Reading users, groups, roles and policies.', [
      allow(['iam:Get*', 'iam:List*']),
    ]),
    managed(
      '/cairn/',
      'System',
      'SYSTEM',
      'For programs that look after the server: its administration, and reading everything.',
      [allow(['cairn:*', 's3:Get*', 's3:List*', 'iam:Get*', 'iam:List*'])],
    ),
    managed(
      '/cairn/',
      'UserHome',
      'USERHOME',
      "A user's own files: what begins with the user's name and a slash, in any bucket of the account.",
      [
        allow(['s3:ListAllMyBuckets', 's3:GetBucketLocation'], 'arn:aws:s3:::*'),
        {
          ...allow(['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'], 'arn:aws:s3:::*'),
          Condition: { StringLike: { 's3:prefix': ['${aws:username}/*'] } },
        },
        allow(
          [
            's3:GetObject',
            's3:GetObjectAttributes',
            's3:GetObjectVersion',
            's3:GetObjectVersionAttributes',
            's3:GetObjectTagging',
            's3:GetObjectVersionTagging',
            's3:PutObject',
            's3:PutObjectTagging',
            's3:PutObjectVersionTagging',
            's3:DeleteObject',
            's3:DeleteObjectVersion',
            's3:DeleteObjectTagging',
            's3:DeleteObjectVersionTagging',
            's3:AbortMultipartUpload',
            's3:ListMultipartUploadParts',
            's3:RestoreObject',
          ],
          'arn:aws:s3:::*/${aws:username}/*',
        ),
      ],
    ),
  ].map((policy) => [policy.arn, policy]),
)

/** The text of a managed policy that every account has, or nothing. */
export const managedPolicyDocument = (arn: string): string | undefined => managedPolicies.get(arn)?.document
