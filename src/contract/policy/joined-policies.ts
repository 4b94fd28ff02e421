// Several policies as one, for who is asked again and again: which of their statements are about an action is found once. Pure.

import { isKnownAction } from './known-actions.js'
import type { Policy, Statements } from './policy.js'

/** Policies of one kind, all of which have a say, as one that says the same. Each statement keeps the name of the policy it stands in. */
export function joinedPolicies(policies: readonly Policy[]): readonly Policy[] {
  const [first, ...others] = policies
  if (first === undefined || others.length === 0) return policies
  const answers = new Map<string, Statements>()
  return [
    {
      kind: first.kind,
      name: policies.map(({ name }) => name).join(', '),
      statements: policies.flatMap(({ statements }) => statements),
      about(action) {
        let answer = answers.get(action)
        if (answer === undefined) {
          const parts = policies.map((policy) => policy.about(action))
          answer = { allows: parts.flatMap(({ allows }) => allows), denies: parts.flatMap(({ denies }) => denies) }
          if (isKnownAction(action)) answers.set(action, answer)
        }
        return answer
      },
      keys: new Set(policies.flatMap(({ keys }) => [...keys])),
      isPublic: policies.some(({ isPublic }) => isPublic),
    },
  ]
}
