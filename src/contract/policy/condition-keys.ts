// The condition keys there are. Whoever misspells one is told when the policy is put. Pure.

import { PolicyFault, type PolicyKind } from './policy.js'

const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Keys by service, without its name and in lower case; those ending in "/" are followed by the key of a tag.
 *  Those that a request to this server never has (of networks, organizations, access points) are known all the same: a condition on them is about a
 *  missing key, as it is on AWS for a request that comes another way. */
const known: Readonly<Record<string, ReadonlySet<string>>> = {
  // IAM User Guide, "AWS global condition context keys"
  aws: names(`
    assumedroot calledvia calledviafirst calledvialast chatbotsourcearn currenttime ec2instancesourceprivateipv4 ec2instancesourcevpc epochtime
    federatedprovider ismcpserviceaction multifactorauthage multifactorauthpresent principalaccount principalarn principalisawsservice principalorgid
    principalorgpaths principalservicename principalservicenameslist principaltag/ principaltype referer requestedregion requesttag/ resourceaccount
    resourceorgid resourceorgpaths resourcetag/ securetransport signinsessionarn sourceaccount sourcearn sourceidentity sourceip sourceorgid
    sourceorgpaths sourceowner sourcevpc sourcevpcarn sourcevpce tagkeys tokenissuetime useragent userid username viaawsmcpservice viaawsservice
    vpceaccount vpceorgid vpceorgpaths vpcsourceip`),
  // Service Authorization Reference, "Condition keys for Amazon S3"
  s3: names(`
    accessgrantscope accessgrantsinstancearn accessgrantslocationscope accesspointnetworkorigin accesspointtag/ annotation-prefix authtype buckettag/
    dataaccesspointaccount dataaccesspointarn delimiter deliverysourcearn destinationregion existingjoboperation existingjobpriority existingobjecttag/
    if-match if-none-match inventoryaccessibleoptionalfields isreplicationpauserequest jobsuspendedcause locationconstraint logtype
    max-annotation-results max-keys object-lock-event-hold object-lock-event-hold-duration-days object-lock-legal-hold object-lock-mode
    object-lock-remaining-retention-days object-lock-retain-until-date objectcreationoperation prefix requestjoboperation requestjobpriority
    requestobjecttag/ requestobjecttagkeys resourceaccount resourcearnbeingauthorized signatureage signatureversion tlsversion versionid x-amz-acl
    x-amz-bucket-namespace x-amz-content-sha256 x-amz-copy-source x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write
    x-amz-grant-write-acp x-amz-metadata-directive x-amz-object-annotation-directive x-amz-object-if-match x-amz-object-ownership
    x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-customer-algorithm x-amz-storage-class
    x-amz-website-redirect-location`),
  // Service Authorization Reference, "Condition keys for AWS Identity and Access Management"
  iam: names(`
    accountpropertynamespaces associatedresourcearn awsservicename delegationduration delegationrequestowner fido-certification
    fido-fips-140-2-certification fido-fips-140-3-certification notificationchannel organizationspolicyid passedtoservice permissionsboundary policyarn
    registersecuritykey resourcetag/ roletemplatearn servicespecificcredentialagedays servicespecificcredentialservicename templatearn`),
  // Service Authorization Reference, "Condition keys for AWS Security Token Service"
  sts: names(`
    awsservicename durationseconds externalid identitytokenaudience requestcontext/ requestcontextproviders roleauthorizedbyidp rolesessionname
    signingalgorithm sourceidentity taskpolicyarn transitivetagkeys`),
}

/** Characters of a key: more than the longest issuer and claim. */
const keySizeMax = 512

/** "ec2:Region", "token.actions.githubusercontent.com:sub": what has the shape of a key at all. */
const keyShape = /^[\w.:/-]+:[\w+=,.@/: -]+$/

/** A condition key as contexts know it. "Key names are case-insensitive."
 *  @param name "s3:ExistingObjectTag/Team"
 *  @throws PolicyFault for a key nobody knows. In a bucket's or role's policy it must be one of AWS, S3, IAM, STS or of an issuer's claims; policies of users
 *  and roles may name those of other services */
export function keyOf(name: string, kind: PolicyKind): string {
  const key = name.toLowerCase()
  if (!isKey(key, kind)) throw new PolicyFault(`Policy has an invalid condition key - ${name}`)
  return key
}

/** @throws PolicyFault */
export function keyOfVariable(name: string, kind: PolicyKind): string {
  const key = name.toLowerCase()
  if (!isKey(key, kind)) throw new PolicyFault(`Policy has an invalid policy variable - ${name}`)
  return key
}

function isKey(key: string, kind: PolicyKind): boolean {
  if (key.length > keySizeMax) return false
  const colon = key.indexOf(':')
  const service = key.slice(0, colon)
  if (colon > 0 && Object.hasOwn(known, service)) return isKnown(known[service], key.slice(colon + 1))
  if (!keyShape.test(key)) return false
  const isOfService = kind !== 'bucket' && kind !== 'trust'
  // A claim stands behind the issuer it is of, which is a host: "localhost:8443/realm:sub".
  return isOfService || service === 'saml' || /[./:]/.test(key.slice(0, key.lastIndexOf(':')))
}

function isKnown(of: ReadonlySet<string> | undefined, name: string): boolean {
  if (of === undefined) return false
  const slash = name.indexOf('/')
  return slash < 0 ? of.has(name) : slash < name.length - 1 && of.has(name.slice(0, slash + 1))
}
