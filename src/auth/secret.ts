// A secret that does not print: what logs, errors, JSON and the inspector show of it is a placeholder.

import { inspect } from 'node:util'

const placeholder = '[secret]'

/** A text that only `reveal` gives away. Security rule 8: "secrets have a type that cannot be printed". */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. */
  reveal(): string {
    return this.#text
  }

  toString(): string {
    return placeholder
  }

  toJSON(): string {
    return placeholder
  }

  [inspect.custom](): string {
    return placeholder
  }
}
