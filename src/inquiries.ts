// Questions that go to another process over a channel, until they are answered or their time is up.

/** How long an answer may take: nobody who asks waits for a process that hangs. */
const answerMsMax = 2_000

/** Questions from 0 up that may be open at a time. Beyond it they are answered with nothing. */
const openMax = 1_000

/** Questions under way to one other process. */
export class Inquiries<Answer> {
  readonly #open = new Map<number, (answer: Answer | undefined) => void>()
  #last = 0

  /** Asks; undefined when there was no answer in time.
   *  @param send is given the question's number, which must come back with the answer */
  ask(send: (number: number) => void): Promise<Answer | undefined> {
    if (this.#open.size >= openMax) return Promise.resolve(undefined)
    const number = (this.#last += 1)
    return new Promise((resolve) => {
      const late = setTimeout(() => this.answer(number, undefined), answerMsMax)
      this.#open.set(number, (answer) => {
        clearTimeout(late)
        resolve(answer)
      })
      send(number)
    })
  }

  /** An answer has come. Those nobody waits for any more are dropped. */
  answer(number: number, answer: Answer | undefined): void {
    const resolve = this.#open.get(number)
    this.#open.delete(number)
    resolve?.(answer)
  }

  /** Nobody will answer what is open. */
  abandon(): void {
    for (const number of this.#open.keys()) this.answer(number, undefined)
  }
}
