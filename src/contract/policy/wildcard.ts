// Texts with "*" and "?" in them, matched in time linear in the text whatever the pattern: no regular expression, no backtracking. Pure.

/** "*": any characters, none among them. */
export const many: unique symbol = Symbol('*')

/** "?": any one UTF-16 unit. */
export const one: unique symbol = Symbol('?')

/** A pattern in pieces: literal text, whose own "*" and "?" mean themselves, and wildcards. */
export type Piece = string | typeof many | typeof one

/** A pattern, ready to be asked. */
export interface Wildcard {
  /** What stands between the stars: the first at the beginning, the last at the end, the others anywhere in order. */
  readonly segments: readonly Segment[]
  /** Units that anything it matches has at least. */
  readonly sizeMin: number
}

interface Segment {
  readonly text: string
  /** Which units of `text` stand for any; undefined when none does. */
  readonly isAny?: readonly boolean[]
  /** Where it may end within a longer text, for segments too long to be tried at every place. */
  readonly masks?: Masks
}

/** For each unit of a segment the places it may stand at, as bits. */
interface Masks {
  readonly of: ReadonlyMap<string, Uint32Array>
  /** Places where any unit may stand. */
  readonly any: Uint32Array
}

/** Segments up to this long are tried at every place, which costs a text's length times this at most. */
const plainSizeMax = 32

/** @param pieces of which adjacent texts need not be joined */
export function wildcardOf(pieces: readonly Piece[]): Wildcard {
  const segments: Segment[] = []
  let text = ''
  let isAny: boolean[] | undefined
  for (const piece of pieces) {
    if (piece === many) {
      segments.push(segmentOf(text, isAny))
      text = ''
      isAny = undefined
    } else if (piece === one) {
      isAny ??= Array.from<boolean>({ length: text.length }).fill(false)
      isAny.push(true)
      text += '?'
    } else {
      isAny?.push(...Array.from<boolean>({ length: piece.length }).fill(false))
      text += piece
    }
  }
  segments.push(segmentOf(text, isAny))
  return {
    segments: segments.length > 2 ? segments.map(searched) : segments,
    sizeMin: segments.reduce((size, segment) => size + segment.text.length, 0),
  }
}

const segmentOf = (text: string, isAny: readonly boolean[] | undefined): Segment =>
  isAny === undefined ? { text } : { text, isAny }

/** Only what may stand anywhere is searched for. */
const searched = (segment: Segment, index: number, { length }: readonly Segment[]): Segment =>
  index === 0 || index === length - 1 || segment.text.length <= plainSizeMax
    ? segment
    : { ...segment, masks: masksOf(segment.text, segment.isAny) }

/** Whether all of `text` is what the pattern says. */
export function matchesWildcard({ segments, sizeMin }: Wildcard, text: string): boolean {
  const first = segments[0]
  const last = segments[segments.length - 1]
  if (first === undefined || last === undefined || text.length < sizeMin || !fits(first, text, 0)) return false
  if (segments.length === 1) return text.length === sizeMin
  const end = text.length - last.text.length
  let at = first.text.length
  for (let index = 1; index < segments.length - 1; index += 1) {
    const segment = segments[index]
    if (segment === undefined) return false
    // The leftmost place leaves most to those that follow, so no other has to be tried.
    at = placeOf(segment, text, at, end)
    if (at < 0) return false
    at += segment.text.length
  }
  return at <= end && fits(last, text, end)
}

function fits({ text, isAny }: Segment, whole: string, at: number): boolean {
  if (isAny === undefined) return whole.startsWith(text, at)
  if (at + text.length > whole.length) return false
  for (let index = 0; index < text.length; index += 1) {
    if (isAny[index] !== true && text.charCodeAt(index) !== whole.charCodeAt(at + index)) return false
  }
  return true
}

/** The first place from `from` on where the segment fits and ends at `end` at the latest; -1 when there is none. */
function placeOf(segment: Segment, whole: string, from: number, end: number): number {
  if (segment.masks !== undefined) return placeByMasks(segment.masks, segment.text.length, whole, from, end)
  if (segment.isAny === undefined) {
    const at = whole.indexOf(segment.text, from)
    return at >= 0 && at + segment.text.length <= end ? at : -1
  }
  for (let at = from; at + segment.text.length <= end; at += 1) if (fits(segment, whole, at)) return at
  return -1
}

function masksOf(text: string, isAny: readonly boolean[] | undefined): Masks {
  const words = Math.ceil(text.length / 32)
  const any = new Uint32Array(words)
  const of = new Map<string, Uint32Array>()
  for (let at = 0; at < text.length; at += 1) if (isAny?.[at] === true) set(any, at)
  for (let at = 0; at < text.length; at += 1) {
    if (isAny?.[at] === true) continue
    const unit = text.charAt(at)
    let mask = of.get(unit)
    if (mask === undefined) of.set(unit, (mask = any.slice()))
    set(mask, at)
  }
  return { of, any }
}

const set = (bits: Uint32Array, at: number): void => {
  bits[at >>> 5] = (bits[at >>> 5] ?? 0) | (1 << (at & 31))
}

/** Bit `n` of `state` says that the segment's first n + 1 units end at the unit just read: 32 of them in a step. (Baeza-Yates and Gonnet, "A new
 *  approach to text searching", 1992.) */
function placeByMasks({ of, any }: Masks, size: number, whole: string, from: number, end: number): number {
  const state = new Uint32Array(any.length)
  const goal = 1 << ((size - 1) & 31)
  for (let at = from; at < end; at += 1) {
    const mask = of.get(whole.charAt(at)) ?? any
    let carried = 1
    for (let word = 0; word < state.length; word += 1) {
      const bits = state[word] ?? 0
      state[word] = ((bits << 1) | carried) & (mask[word] ?? 0)
      carried = bits >>> 31
    }
    if (((state[state.length - 1] ?? 0) & goal) !== 0) return at + 1 - size
  }
  return -1
}

/** Whether something that begins with `start` matches. */
export function reachesBeyond({ segments }: Wildcard, start: string): boolean {
  const pieces: Piece[] = []
  for (const [index, { text, isAny }] of segments.entries()) {
    if (index > 0) pieces.push(many)
    for (let at = 0; at < text.length; at += 1) pieces.push(isAny?.[at] === true ? one : text.charAt(at))
  }
  // Places in the pattern that may be reached after each unit of `start`; what is left can always be completed.
  let places = beyondStars(pieces, new Set([0]))
  for (let at = 0; at < start.length; at += 1) {
    const unit = start.charAt(at)
    const next = new Set<number>()
    for (const place of places) {
      const piece = pieces[place]
      if (piece === many) next.add(place)
      else if (piece === one || piece === unit) next.add(place + 1)
    }
    places = beyondStars(pieces, next)
  }
  return places.size > 0
}

function beyondStars(pieces: readonly Piece[], places: Set<number>): Set<number> {
  for (const place of places) if (pieces[place] === many) places.add(place + 1)
  return places
}
