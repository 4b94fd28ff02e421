// Who a policy names by ARN, named by unique id instead: a name can be given to somebody else, an id cannot. Pure.

/** Strings, and what opens, closes and names objects, of a text that is known to be JSON. */
const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g

/** Puts ids in place of principals in a policy's text, which stays as it is otherwise. Conditions on `aws:PrincipalArn` are about names and keep them.
 *  "When you save the policy, AWS transforms the ARN to the principal's unique ID. … if you delete the user … the policy no longer applies, even if you
 *  recreate the user" (IAM User Guide, "AWS JSON policy elements: Principal"): here it is done when the name becomes free.
 *  @param text of a bucket's or role's policy that was read without a fault
 *  @param idOf the unique id for an ARN; undefined where it stays
 *  @returns undefined when nothing is to be changed */
export function pinnedPrincipals(text: string, idOf: (arn: string) => string | undefined): string | undefined {
  /** Of each object that is open the member that is being read; undefined for an array. */
  const open: ({ member: string } | undefined)[] = []
  let pinned = ''
  let from = 0
  for (const { 0: found, 1: colon, index } of text.matchAll(token)) {
    if (found === '{') open.push({ member: '' })
    else if (found === '[') open.push(undefined)
    else if (found === '}' || found === ']') open.pop()
    else if (colon === undefined) {
      const id = isPrincipal(open) ? idOf(textOf(found)) : undefined
      if (id === undefined) continue
      pinned += text.slice(from, index) + JSON.stringify(id)
      from = index + found.length
    } else {
      const object = open.at(-1)
      if (object !== undefined) object.member = textOf(found.slice(0, -colon.length))
    }
  }
  return from === 0 ? undefined : pinned + text.slice(from)
}

const textOf = (json: string): string => String(JSON.parse(json))

function isPrincipal(open: readonly ({ readonly member: string } | undefined)[]): boolean {
  const [statement, element, type, ...more] = open.filter((one) => one !== undefined)
  if (more.length > 0 || statement?.member !== 'Statement' || type?.member !== 'AWS') return false
  return element?.member === 'Principal' || element?.member === 'NotPrincipal'
}
