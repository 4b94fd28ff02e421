// One request after the other mostly asks the same question: about the same host, the same credential.

/** A pure function of one text that remembers its last answer. What it answers must not be changed. */
export function rememberingLast<Answer>(answer: (text: string) => Answer): (text: string) => Answer {
  let last: { readonly text: string; readonly answer: Answer } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, answer: answer(text) }
    return last.answer
  }
}
