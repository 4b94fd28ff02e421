// The parameters of a query request: names with dots in them, put together again to the tree they are a flat form of.
// Source: Smithy, "AWS query protocol", "Request serialization".

import { IamError } from '../../contract/iam-errors.js'

/** A node of the tree: what stands at its own name, and what stands below it. */
export interface ParameterNode {
  /** Undefined when only longer names are given. */
  value: string | undefined
  readonly children: Map<string, ParameterNode>
}

/** Parameters of a request at most: the largest there is, SimulateCustomPolicy with its policies, actions and context keys, has some thousand. */
const parametersMax = 4096

/** Parts of a name, as `ContextEntries.member.1.ContextKeyValues.member.1` has six. */
const depthMax = 12

/** Reads a form body or a query into a tree. Of each name there may be one.
 *  @param text "Action=GetUser&UserName=a%2Fb", percent-encoded UTF-8; "+" is a space
 *  @throws MalformedQueryString */
export function parametersOf(text: string): ParameterNode {
  const root: ParameterNode = { value: undefined, children: new Map() }
  let count = 0
  for (const piece of text.split('&')) {
    if (piece === '') continue
    count += 1
    if (count > parametersMax) throw malformed(`There are more than ${parametersMax} parameters.`)
    const equals = piece.indexOf('=')
    const name = decoded(equals < 0 ? piece : piece.slice(0, equals))
    const node = nodeAt(root, name)
    if (node.value !== undefined) throw malformed(`The parameter ${name} is given more than once.`)
    node.value = equals < 0 ? '' : decoded(piece.slice(equals + 1))
  }
  return root
}

function nodeAt(root: ParameterNode, name: string): ParameterNode {
  const parts = name.split('.')
  if (parts.length > depthMax) throw malformed('The name of a parameter has too many parts.')
  let node = root
  for (const part of parts) {
    let child = node.children.get(part)
    if (child === undefined) node.children.set(part, (child = { value: undefined, children: new Map() }))
    node = child
  }
  return node
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new IamError('MalformedQueryString', 'The query string is not percent-encoded UTF-8.', cause)
  }
}

const malformed = (message: string): IamError => new IamError('MalformedQueryString', message)
