// IAM and STS over HTTP, on S3's endpoint: a request in the query protocol walks down from its form to an operation, and its answer or its refusal up
// again. The order is the contract: who asks comes before what is asked.

import { hash } from 'node:crypto'
import { authenticator } from '../auth/authenticate.js'
import type { AuthorizerParts } from '../auth/asking.js'
import type { IamAuthorizer, QueryOperationName } from '../auth/authorize-iam.js'
import type { Authenticated } from '../auth/caller.js'
import type { KeyRing } from '../auth/keys.js'
import type { Entry, Visit } from '../auth/limits/entry.js'
import type { Guard } from '../auth/limits/guard.js'
import { S3Error } from '../contract/errors.js'
import { IamError } from '../contract/iam-errors.js'
import type { IamOperations } from '../contract/iam-operation.js'
import type { HttpRequest } from '../contract/request.js'
import type { StsCall, StsOperations } from '../contract/sts-operation.js'
import type { Answer } from '../wire/answer.js'
import type { Neighbour, WholeRequest } from '../wire/neighbour.js'
import { askingOf, callOf } from './asker.js'
import { refusalOf } from './refusal.js'
import { isQueryRequest, statedScope } from './scope.js'
import { decodeInput } from './wire/decode.js'
import { encodeError, encodeOutput } from './wire/encode.js'
import { type ActionModel, type QueryService, serviceModels } from './wire/model.js'
import { type ParameterNode, parametersOf } from './wire/parameters.js'

/** Longest form. SimulateCustomPolicy with policies of the greatest size stays below, as does AssumeRoleWithWebIdentity. */
const formSizeBytesMax = 256 * 1024

/** For what clients sign that have no region, or do not look at it: IAM "is a global service with a single endpoint". aws-cli and the SDKs sign for
 *  us-east-1 wherever they are; boto3 with an empty region signs for that. */
const globalRegions = ['us-east-1', '']

/** What the application of IAM and STS is made of. */
export interface IamAppSettings {
  readonly operations: IamOperations
  readonly stsOperations: StsOperations
  readonly keys: KeyRing
  readonly guard: Guard
  readonly entry: Entry
  readonly authorize: IamAuthorizer
  /** What authorization is made of. Signatures are taken for its region, and for those of `globalRegions`. */
  readonly parts: AuthorizerParts
}

/** Actions for which nobody need have signed: their input is its own proof. */
const unsignedActions: ReadonlySet<string> = new Set(['AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'])

/** IAM and STS beside S3. */
export function iamApp(settings: IamAppSettings): Neighbour {
  const authenticate = authenticatorByScope(settings)
  return { isFor: isQueryRequest, answer }

  async function answer(whole: WholeRequest): Promise<Answer> {
    const { request, requestId } = whole
    // Until the action is known, refusals are marked as the service's it says it is signed for.
    const progress: Progress = { service: statedScope(request)?.service ?? 'sts', receivedSizeBytes: 0 }
    let answered: Answer
    try {
      answered = await answerOf(whole, progress)
    } catch (error) {
      const refusal = refusalOf(
        error,
        settings.parts.log,
        requestId,
        progress.action ?? `${request.method} ${request.path}`,
      )
      answered = encodeError(progress.service, refusal, requestId)
    }
    const { body } = answered
    progress.visit?.counted?.leave(progress.receivedSizeBytes, body instanceof Uint8Array ? body.length : 0)
    return answered
  }

  async function answerOf(
    { request, requestId, readBody, recognize }: WholeRequest,
    progress: Progress,
  ): Promise<Answer> {
    const body = await readBody(formSizeBytesMax)
    progress.receivedSizeBytes = body.length
    const authenticated = authenticate(request, body)
    if (authenticated !== undefined) recognize()
    if (authenticated !== undefined) progress.visit = await visitOf(request, authenticated)
    const parameters = parametersOf(formOf(request, body))
    const model = modelOf(parameters, authenticated === undefined ? undefined : progress.service)
    progress.service = model.service
    progress.action = model.name
    const input = decodeInput(model, parameters)
    const asking = askingOf(authenticated, request, requestId)
    // Every action of both SDKs' models is an operation of theirs.
    if (authenticated !== undefined) settings.authorize(asking, model.name as QueryOperationName, input)
    return encodeOutput(model, await perform(model, input, callOf(asking, settings.parts)), requestId)
  }

  /** Counts a request against its caller's limits.
   *  @throws SlowDown with Retry-After; InvalidArgument for limits of presigned requests, which are S3's */
  async function visitOf(request: HttpRequest, authenticated: Authenticated): Promise<Visit> {
    const parameters = new Map(new URLSearchParams(request.query))
    const visit = await settings.entry.enter(request, parameters, authenticated)
    if (visit.limits === undefined) return visit
    throw new S3Error('InvalidArgument', { message: 'Limits of presigned requests say nothing of this one.' })
  }

  /** Runs one operation. The model's own schema has made the input, and reads the output. */
  function perform({ service, name }: ActionModel, input: object, call: StsCall): Promise<object> {
    const operations: OperationsByName = service === 'iam' ? settings.operations : settings.stsOperations
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) throw new IamError('NotImplemented', `${name} is not implemented.`)
    // Each operation takes the input of its name, which the schema of that name has made. IAM's take less of a call than STS's.
    return operation(input as never, call as never)
  }
}

type OperationsByName = Readonly<Record<string, ((input: never, call: never) => Promise<object>) | undefined>>

/** A request as far as it is known when something goes wrong. */
interface Progress {
  service: QueryService
  action?: string
  visit?: Visit
  /** Of its payload. */
  receivedSizeBytes: number
}

/** Says who signed a request, for whichever of both services and regions it is signed. */
function authenticatorByScope({
  keys,
  guard,
  parts: { region, clock },
}: IamAppSettings): (request: HttpRequest, body: Uint8Array) => Authenticated | undefined {
  const made = new Map<string, ReturnType<typeof authenticator>>()
  for (const service of ['iam', 'sts'] as const) {
    for (const one of [region, ...globalRegions]) {
      made.set(`${one}/${service}`, guard.around(authenticator({ keys, region: one, clock, service })))
    }
  }
  return (request, body) => {
    const scope = statedScope(request)
    if (scope === undefined) {
      guard.countAnonymous(request)
      return undefined
    }
    // One of another region is refused by the server's own, in its words.
    const authenticate = made.get(`${scope.region}/${scope.service}`) ?? made.get(`${region}/${scope.service}`)
    if (authenticate === undefined) throw new Error(`no authenticator for ${scope.service}`)
    const digest = hash('sha256', body, 'hex')
    const authenticated = authenticate(request, digest)
    const { payload } = authenticated
    // Whatever x-amz-content-sha256 says: what is signed is what was read.
    if (payload.kind !== 'digest' || payload.sha256 !== digest) {
      throw new IamError('SignatureDoesNotMatch', 'The signature does not cover the payload.')
    }
    return authenticated
  }
}

/** The parameters of a request as one form: those of the query, but for the signature's, and those of the payload. */
function formOf({ query }: HttpRequest, body: Uint8Array): string {
  const own = query.split('&').filter((piece) => piece !== '' && !piece.startsWith('X-Amz-'))
  // What is not UTF-8 becomes U+FFFD here, and percent-encoding leaves no need for it.
  const text = Buffer.from(body).toString('utf8')
  return text === '' ? own.join('&') : [...own, text].join('&')
}

/** @param service the signature's; undefined when nobody signed
 *  @throws MissingAction, InvalidAction, MissingAuthenticationToken */
function modelOf(parameters: ParameterNode, service: QueryService | undefined): ActionModel {
  const action = parameters.children.get('Action')?.value
  const version = parameters.children.get('Version')?.value
  if (!action) throw new IamError('MissingAction', 'Request is missing an Action.')
  if (service === undefined && !unsignedActions.has(action)) {
    throw new IamError('MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  const { actions, version: expected } = serviceModels[service ?? 'sts']
  const model = actions.get(action)
  if (model !== undefined && version === expected) return model
  const stated = version ?? 'NO_VERSION_SPECIFIED'
  throw new IamError('InvalidAction', `Could not find operation ${action} for version ${stated}`)
}
