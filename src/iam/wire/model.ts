// AWS's own models of IAM and STS, read once from the SDK's exported schemas: which actions exist, what goes in and what comes out.

import * as Iam from '@aws-sdk/client-iam'
import * as Sts from '@aws-sdk/client-sts'
import { NormalizedSchema } from '@smithy/core/schema'
import type { StaticOperationSchema } from '@smithy/types'

/** The services that speak the query protocol here, by the name that stands in a signature's scope. */
export type QueryService = 'iam' | 'sts'

/** What a service's requests and answers are marked with. */
export interface ServiceModel {
  /** `Version` of every request. Source: AWS IAM and STS API references, "Making query requests". */
  readonly version: string
  /** XML namespace of every answer. */
  readonly namespace: string
  /** By `Action`. */
  readonly actions: ReadonlyMap<string, ActionModel>
}

/** One action. */
export interface ActionModel {
  readonly service: QueryService
  readonly name: string
  /** Structure of the input, or the unit schema. */
  readonly input: NormalizedSchema
  /** Structure of the output, or the unit schema. */
  readonly output: NormalizedSchema
}

const operationKind = 9

function isOperationSchema(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === operationKind
}

function actionsOf(service: QueryService, sdk: object): ReadonlyMap<string, ActionModel> {
  const actions = new Map<string, ActionModel>()
  for (const schema of Object.values(sdk).filter(isOperationSchema)) {
    const [, , name, , input, output] = schema
    actions.set(name, { service, name, input: NormalizedSchema.of(input), output: NormalizedSchema.of(output) })
  }
  return actions
}

/** Both services. */
export const serviceModels: Readonly<Record<QueryService, ServiceModel>> = {
  iam: {
    version: '2010-05-08',
    namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    actions: actionsOf('iam', Iam),
  },
  sts: {
    version: '2011-06-15',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    actions: actionsOf('sts', Sts),
  },
}
