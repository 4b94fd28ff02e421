// The credential of a request: who signed, and for which day, region and service.

/** "AKID/20261121/us-east-1/s3/aws4_request", taken apart. */
export interface Credential {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly service: string
  readonly terminal: string
  /** "20261121/us-east-1/s3/aws4_request" */
  readonly scope: string
}

/** What is wrong with a credential, as the end of S3's sentence, with the members that go with it. */
export interface CredentialFault {
  readonly text: string
  readonly members?: Readonly<Record<string, string>>
}

/** Takes a credential apart from its right end: an access key id may hold slashes. Undefined when there are fewer than five parts. */
export function credentialOf(text: string): Credential | undefined {
  const beforeTerminal = text.lastIndexOf('/')
  const beforeService = text.lastIndexOf('/', beforeTerminal - 1)
  const beforeRegion = text.lastIndexOf('/', beforeService - 1)
  const beforeDay = text.lastIndexOf('/', beforeRegion - 1)
  if (beforeDay <= 0 || beforeRegion <= 0 || beforeService <= 0) return undefined
  return {
    accessKeyId: text.slice(0, beforeDay),
    day: text.slice(beforeDay + 1, beforeRegion),
    region: text.slice(beforeRegion + 1, beforeService),
    service: text.slice(beforeService + 1, beforeTerminal),
    terminal: text.slice(beforeTerminal + 1),
    scope: text.slice(beforeDay + 1),
  }
}

/** S3's sentence for something that is no credential at all. */
export const malformedCredential: CredentialFault = {
  text: 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
}

/** What is wrong with where and when a credential is for, if anything.
 *  @param day of the request's own time, "20261121"
 *  @param service 's3' when left out
 *  Source: sentences as S3 answers them, measured */
export function credentialFault(
  credential: Credential,
  region: string,
  day: string,
  service = 's3',
): CredentialFault | undefined {
  if (credential.terminal !== 'aws4_request') {
    return { text: `incorrect terminal "${credential.terminal}". This endpoint uses "aws4_request".` }
  }
  if (credential.service !== service) {
    return { text: `incorrect service "${credential.service}". This endpoint belongs to "${service}".` }
  }
  if (credential.region !== region) {
    return {
      text: `the region '${credential.region}' is wrong; expecting '${region}'`,
      members: { Region: region },
    }
  }
  if (credential.day !== day) {
    return {
      text: `Invalid credential date "${credential.day}". This date is not the same as X-Amz-Date: "${day}".`,
    }
  }
  return undefined
}
