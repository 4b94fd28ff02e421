// A policy's JSON, read strictly: what is unknown or makes no sense is refused when it is put, never ignored when it is asked. Pure.

import { documentOf } from './document.js'
import { isKnownAction } from './known-actions.js'
import { type Policy, PolicyFault, type PolicyKind, type Statement, type Statements } from './policy.js'
import { policySizes } from './policy-size.js'
import { type ReadStatement, statementOf, type StatementRules } from './statement.js'

/** What a policy's text is read with. */
export interface PolicyOptions {
  /** How its statements are named to whoever may be told: "identity policy ReadOnly of user ann", "bucket policy of photos". */
  readonly name: string
  /** The bucket whose policy it is: required for that kind. */
  readonly bucket?: string
}

const elements: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])

/** Versions of the language. The later one has variables; the earlier one is meant when none is stated. */
const versions: readonly unknown[] = ['2008-10-17', '2012-10-17']

/** Reads and compiles a policy.
 *  @param text JSON
 *  @throws PolicyFault with a sentence for whoever put it
 *  Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language" */
export function parsePolicy(text: string, kind: PolicyKind, options: PolicyOptions): Policy {
  if (kind === 'bucket' && Buffer.byteLength(text) > policySizes.bucketBytesMax) {
    throw new PolicyFault(`Policy exceeds the maximum allowed document size of ${policySizes.bucketBytesMax} bytes.`)
  }
  const document = documentOf(text)
  for (const name of Object.keys(document)) {
    if (!elements.has(name)) throw new PolicyFault(`Syntax errors in policy: unknown element ${name}.`)
  }
  const version = document['Version']
  if (version !== undefined && !versions.includes(version)) {
    throw new PolicyFault('The policy must contain a valid version string: 2012-10-17 or 2008-10-17.')
  }
  requireId(document['Id'], kind)

  const keys = new Set<string>()
  const { name, bucket } = options
  const rules = { policy: name, kind, bucket, hasVariables: version === '2012-10-17', keys }
  const read = statementsOf(document['Statement'], rules)
  requireUniqueSids(read)
  const statements = read.map(({ statement }) => statement)
  return {
    kind,
    name,
    statements,
    about: aboutOf(statements),
    keys,
    isPublic: read.some(({ isPublic }) => isPublic),
  }
}

/** Remembers the answers for the actions there are, of which a server is asked a dozen all the time. */
function aboutOf(statements: readonly Statement[]): Policy['about'] {
  const answers = new Map<string, Statements>()
  return (action) => {
    let answer = answers.get(action)
    if (answer === undefined) {
      const about = statements.filter(({ isAbout }) => isAbout(action))
      answer = {
        allows: about.filter(({ effect }) => effect === 'Allow'),
        denies: about.filter(({ effect }) => effect === 'Deny'),
      }
      if (isKnownAction(action)) answers.set(action, answer)
    }
    return answer
  }
}

/** "The id_block is allowed in resource-based policies, but not in identity-based policies." */
function requireId(id: unknown, kind: PolicyKind): void {
  if (id === undefined) return
  if (kind !== 'bucket' && kind !== 'trust') throw new PolicyFault('Syntax errors in policy: Id is not allowed here.')
  if (typeof id !== 'string') throw new PolicyFault('Syntax errors in policy: Id is a string.')
}

function statementsOf(value: unknown, rules: Omit<StatementRules, 'index'>): ReadStatement[] {
  if (value === undefined) throw new PolicyFault('Missing required field Statement')
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw new PolicyFault('Syntax errors in policy: there is no statement.')
  return list.map((statement, index) => statementOf(statement, { ...rules, index }))
}

/** "Sid … value must be unique within a JSON policy." */
function requireUniqueSids(read: readonly ReadStatement[]): void {
  const seen = new Set<string>()
  for (const { statement } of read) {
    const { sid } = statement.name
    if (sid === undefined) continue
    if (seen.has(sid)) throw new PolicyFault(`Statement IDs (SID) in a single policy must be unique: ${sid}`)
    seen.add(sid)
  }
}
