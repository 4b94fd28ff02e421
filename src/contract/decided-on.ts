// What is authorized is what is opened (security rule 5): where a permission rests on an object's owner, list or tags, another version may have come since.

const name = 'DecisionOutdated'

/** Refuses to go on with another version than the one that was decided on: permission is to be asked for anew. Called for every version that is opened.
 *  @param decided `call.decidedOn.object` or `.source`: id of a row, 0: there was none; undefined: any version will do
 *  @param opened id of the row that was found
 *  @throws Error that `isDecisionOutdated` knows, from a transaction too; no caller sees it */
export function requireDecidedOn(decided: number | undefined, opened: number): void {
  if (decided === undefined || decided === opened) return
  const error = new Error('The version was replaced between permission and use')
  error.name = name
  throw error
}

/** Whether an operation has met another version than the one its permission rests on. */
export const isDecisionOutdated = (error: unknown): boolean => error instanceof Error && error.name === name
