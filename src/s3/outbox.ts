// Answers that are ready in the same turn of the event loop leave together, at its end: a receiver that was asleep is woken by the first of them
// and still awake for the rest. Waking it for each of them costs the sender as much as making a small answer.

/** Answers that wait for one another at most: the first waits for the making of so many. */
const waitingMax = 16

let waiting = 0
let turn: Promise<void> | undefined
let end: () => void = () => undefined

/** Settles at the end of this turn of the event loop, for all who asked in it, or earlier once there are many. */
export function turnEnd(): Promise<void> {
  if (turn === undefined) {
    turn = new Promise((resolve) => (end = resolve))
    setImmediate(release, turn)
  }
  const current = turn
  waiting += 1
  if (waiting === waitingMax) release(current)
  return current
}

function release(which: Promise<void>): void {
  // The turn's own end comes after it was full, too.
  if (which !== turn) return
  turn = undefined
  waiting = 0
  end()
}
