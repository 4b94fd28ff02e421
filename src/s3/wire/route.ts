// Which operation a request asks for: from method, resource, query literals, and the parameters and headers an operation cannot do
// without. The SDKs' `x-id` is not needed, and not trusted.

import { S3Error } from '../../contract/errors.js'
import type { OperationName } from '../../contract/operation.js'
import type { Address, HttpRequest } from '../../contract/request.js'
import { membersOf } from '../../wire/members.js'
import { operationModels, type OperationModel } from './model.js'
import { routeQuirks, wholePathOperation } from './quirks.js'
import { invalidArgument } from './scalars.js'

/** One of the operations that share method, resource and sub-resource, and what tells it from the others. */
interface Candidate {
  readonly name: OperationName
  /** Query literals that must have a value, "list-type" = "2". */
  readonly values: readonly (readonly [parameter: string, value: string])[]
  readonly requiredParameters: readonly string[]
  readonly requiredHeaders: readonly string[]
  /** All parameters it understands. */
  readonly parameters: ReadonlySet<string>
}

interface Group {
  /** Those that ask for most come first. */
  readonly candidates: readonly Candidate[]
  /** Parameters that some of the candidates require: whoever does not understand them must not pass over them. */
  readonly selecting: readonly string[]
}

type Resource = OperationModel['resource']

const routedModels = [...operationModels.values()].filter(({ name }) => name !== wholePathOperation)

/** Query parameters that name a sub-resource ("acl"), whatever they belong to. */
const subresources: ReadonlySet<string> = new Set(routedModels.map(subresourceOf).filter((name) => name !== ''))

const groups: ReadonlyMap<string, Group> = compile()

/** The operation a request asks for. `headers` by lower-case name, with `x-amz-…` parameters of a presigned URL among them.
 *  @throws MethodNotAllowed when the resource or sub-resource knows no such method
 *  @throws InvalidArgument when two sub-resources are asked for at once, or a parameter stands without the other it needs
 *  @throws PreconditionFailed for a POST to a bucket without a sub-resource: the browser's form, which does not come this way */
export function operationOf(method: string, address: Address, headers: HttpRequest['headers']): OperationName {
  const resource: Resource = address.key !== undefined ? 'object' : address.bucket !== undefined ? 'bucket' : 'service'
  let subresource = ''
  if (address.parameters.size > 0) {
    for (const parameter of address.parameters.keys()) {
      if (!subresources.has(parameter)) continue
      if (subresource !== '') throw conflicting(subresource, parameter)
      subresource = parameter
    }
  }
  const group = groups.get(keyOf(method, resource, subresource))
  if (method === 'POST' && subresource === '') {
    if (isWholePath(address, headers)) return wholePathOperation
    if (resource === 'bucket') throw noForm()
  }
  if (group === undefined) throw notAllowed(method, resource, subresource)

  for (const candidate of group.candidates) {
    if (!isMet(candidate, address, headers)) continue
    for (const parameter of group.selecting) {
      if (address.parameters.has(parameter) && !candidate.parameters.has(parameter))
        throw incomplete(parameter, address)
    }
    return candidate.name
  }
  throw notAllowed(method, resource, subresource)
}

function isMet(candidate: Candidate, { parameters }: Address, headers: HttpRequest['headers']): boolean {
  for (const [parameter, value] of candidate.values) if (parameters.get(parameter) !== value) return false
  for (const parameter of candidate.requiredParameters) if (!parameters.has(parameter)) return false
  for (const header of candidate.requiredHeaders) if (headers[header] === undefined) return false
  return true
}

function keyOf(method: string, resource: Resource, subresource: string): string {
  return `${method} ${resource} ${subresource}`
}

function subresourceOf({ literals }: OperationModel): string {
  for (const [literal, value] of literals) if (value === '') return literal
  return ''
}

function compile(): ReadonlyMap<string, Group> {
  const sharing = new Map<string, OperationModel[]>()
  for (const model of routedModels) {
    const key = keyOf(model.method, model.resource, subresourceOf(model))
    sharing.set(key, [...(sharing.get(key) ?? []), model])
  }
  return new Map(Array.from(sharing, ([key, models]) => [key, groupOf(models)]))
}

function groupOf(models: readonly OperationModel[]): Group {
  const candidates = models.map((model) => {
    // Alone under its sub-resource an operation is meant even when something is missing; decoding then says what.
    return candidateOf(model, models.length > 1 || subresourceOf(model) === '')
  })
  return {
    candidates: candidates.toSorted((a, b) => demandsOf(b) - demandsOf(a)),
    selecting: [...new Set(candidates.flatMap(({ requiredParameters }) => requiredParameters))],
  }
}

function candidateOf(model: OperationModel, isSelectedByRequired: boolean): Candidate {
  const members = membersOf(model.input)
  const required = isSelectedByRequired ? members.filter(({ isRequired }) => isRequired) : []
  const quirk = routeQuirks[model.name]
  return {
    name: model.name,
    values: [...model.literals].filter(([, value]) => value !== ''),
    requiredParameters: [
      ...required.flatMap(({ traits }) => traits.httpQuery ?? []),
      ...(quirk === undefined ? [] : [quirk]),
    ],
    requiredHeaders: required.flatMap(({ traits }) => traits.httpHeader?.toLowerCase() ?? []),
    parameters: new Set(members.flatMap(({ traits }) => traits.httpQuery ?? [])),
  }
}

function demandsOf({ values, requiredParameters, requiredHeaders }: Candidate): number {
  return values.length + requiredParameters.length + requiredHeaders.length
}

/** "/WriteGetObjectResponse", on a host of its own whose first label is the request's route. */
function isWholePath({ bucket, key }: Address, headers: HttpRequest['headers']): boolean {
  return (key ?? bucket) === wholePathOperation && headers['x-amz-request-route'] !== undefined
}

const noForm = (): S3Error =>
  new S3Error('PreconditionFailed', {
    members: { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
  })

function notAllowed(method: string, resource: Resource, subresource: string): S3Error {
  const members = { Method: method, ResourceType: (subresource === '' ? resource : subresource).toUpperCase() }
  return new S3Error('MethodNotAllowed', { members })
}

const conflicting = (first: string, second: string): S3Error =>
  invalidArgument('ResourceType', first, `Conflicting query string parameters: ${first}, ${second}`)

/** "uploadId" without "partNumber" on a PUT, and the other way round: taken as a PutObject it would overwrite the object. */
const incomplete = (parameter: string, { parameters }: Address): S3Error =>
  invalidArgument(
    parameter,
    parameters.get(parameter) ?? '',
    `The parameter ${parameter} needs further parameters that are missing`,
  )
