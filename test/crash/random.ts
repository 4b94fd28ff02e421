// Numbers that look random and can be had again: a run that found a fault is repeated with its seed.

/** A stream of numbers, the same for the same seed. */
export interface Random {
  /** At least 0, below 1. */
  next(): number
  /** An integer from 0 to `below` - 1. */
  integer(below: number): number
  /** One of `items`. */
  of<Item>(items: readonly Item[]): Item
}

/** Mulberry32: small, good enough to choose what happens next. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const integer = (below: number): number => Math.floor(next() * below)
  return {
    next,
    integer,
    of: (items) => {
      const item = items[integer(items.length)]
      if (item === undefined) throw new Error('nothing to choose from')
      return item
    },
  }
}
