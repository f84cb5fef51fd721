/**
 * Byte-pair encoding: the most frequent pair of neighbouring tokens becomes a token of its own, again and again (Sennrich, Haddow
 * and Birch, Neural machine translation of rare words with subword units, 2016), starting from bytes, so that no text is unknown
 * (Radford et al., Language models are unsupervised multitask learners, 2019).
 */
import * as Bytes from "./bytes.ts"
import { heap } from "./Heap.ts"
import { pieces } from "./pieces.ts"

/** Two neighbouring tokens that become one. */
export type Merge = readonly [left: number, right: number]

/** The token of byte 0; token 0 is the padding. */
export const firstByte = 1

/** The token of the first merge. */
export const firstMerge = firstByte + 256

/** The most tokens: a pair of them fits into a double, and a merge with a position too. */
export const mostTokens = 2 ** 20

const pairOf = (left: number, right: number): number => left * mostTokens + right

/** The pieces of all texts and how often each occurs, in the order of their first use. */
const counted = (texts: Iterable<string>): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const text of texts) for (const piece of pieces(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
  return counts
}

/** Pieces as tokens in linked lists, one after the other in memory. -1: there is no token, or no neighbour. */
interface Chain {
  readonly token: Int32Array
  readonly next: Int32Array
  readonly before: Int32Array
}

const chainOf = (pieces: ReadonlyArray<Uint8Array>): Chain => {
  const size = pieces.reduce((sum, { length }) => sum + length, 0)
  const chain = { token: new Int32Array(size), next: new Int32Array(size), before: new Int32Array(size) }
  let at = 0
  for (const piece of pieces) {
    const start = at
    for (const byte of piece) {
      chain.token[at] = firstByte + byte
      chain.before[at] = at === start ? -1 : at - 1
      chain.next[at] = at === start + piece.length - 1 ? -1 : at + 1
      at++
    }
  }
  return chain
}

/** The token after a position; -1 if there is none. */
const after = ({ next, token }: Chain, at: number): number => {
  const following = next[at] ?? -1
  return following < 0 ? -1 : (token[following] ?? -1)
}

/** Makes one token of the token at a position and the one after it. */
const join = ({ before, next, token }: Chain, at: number, merged: number): void => {
  const second = next[at] ?? -1
  const third = next[second] ?? -1
  token[at] = merged
  token[second] = -1
  next[at] = third
  if (third >= 0) before[third] = at
}

/**
 * Learns the merges of texts, until there are `tokens` tokens besides the padding (256 of them bytes), or no pair occurs twice.
 * Of pairs that are equally frequent the one of the smallest tokens is merged first, so the result depends on the texts alone.
 *
 * Every pair knows where it occurs, so a merge costs a time in proportion to its occurrences, and not to the texts.
 *
 * `learn(["aba aba"], 258) // => [[98, 99], [257, 98]]`
 */
export const learn = (texts: Iterable<string>, tokens: number): ReadonlyArray<Merge> => {
  const counts = counted(texts)
  const all = Array.from(counts.keys(), Bytes.encode)
  const chain = chainOf(all)
  const { before, next, token } = chain
  const weight = new Float64Array(token.length)
  let start = 0
  for (const [i, count] of [...counts.values()].entries()) {
    const length = all[i]?.length ?? 0
    weight.fill(count, start, start + length)
    start += length
  }
  const frequency = new Map<number, number>()
  const places = new Map<number, Array<number>>()
  const add = (pair: number, at: number): void => {
    frequency.set(pair, (frequency.get(pair) ?? 0) + (weight[at] ?? 0))
    const list = places.get(pair)
    if (list === undefined) places.set(pair, [at])
    else list.push(at)
  }
  const remove = (pair: number, at: number): void => {
    frequency.set(pair, (frequency.get(pair) ?? 0) - (weight[at] ?? 0))
  }
  for (let at = 0; at < token.length; at++) {
    const right = after(chain, at)
    if (right >= 0) add(pairOf(token[at] ?? 0, right), at)
  }
  // All occurrences of a pair arise when the later of its tokens does. From then on its frequency only falls, so an entry of the
  // heap is never too low: a pair whose frequency has fallen is put back.
  const known = new Map<number, number>()
  const order = heap((a, b) => (known.get(b) ?? 0) - (known.get(a) ?? 0) || a - b)
  const push = (pair: number): void => {
    known.set(pair, frequency.get(pair) ?? 0)
    order.push(pair)
  }
  for (const pair of frequency.keys()) push(pair)
  const merges: Array<Merge> = []
  while (firstMerge + merges.length <= Math.min(tokens, mostTokens - 1)) {
    const pair = order.pop()
    if (pair === undefined) break
    const now = frequency.get(pair) ?? 0
    if (now < 2) continue
    if (now < (known.get(pair) ?? 0)) {
      push(pair)
      continue
    }
    const [left, right] = [Math.floor(pair / mostTokens), pair % mostTokens]
    const merged = firstMerge + merges.length
    merges.push([left, right])
    const made = new Set<number>()
    for (const at of places.get(pair) ?? []) {
      if (token[at] !== left || after(chain, at) !== right) continue
      const previous = before[at] ?? -1
      if (previous >= 0) remove(pairOf(token[previous] ?? 0, left), previous)
      const third = after(chain, next[at] ?? 0)
      if (third >= 0) remove(pairOf(right, third), next[at] ?? 0)
      join(chain, at, merged)
      if (previous >= 0) {
        const pairBefore = pairOf(token[previous] ?? 0, merged)
        add(pairBefore, previous)
        made.add(pairBefore)
      }
      if (third >= 0) {
        const pairAfter = pairOf(merged, third)
        add(pairAfter, at)
        made.add(pairAfter)
      }
    }
    frequency.delete(pair)
    places.delete(pair)
    known.delete(pair)
    for (const each of made) push(each)
  }
  return merges
}

/** The tokens of one piece: the earliest merge first, and of equal ones the leftmost. */
const merge = (piece: string, rank: ReadonlyMap<number, number>): ReadonlyArray<number> => {
  const chain = chainOf([Bytes.encode(piece)])
  const { before, token } = chain
  const waiting = heap()
  const consider = (at: number): void => {
    if (at < 0) return
    const found = rank.get(pairOf(token[at] ?? -1, after(chain, at)))
    if (found !== undefined) waiting.push(found * 2 ** 32 + at)
  }
  for (let at = 0; at < token.length; at++) consider(at)
  for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
    const [found, at] = [Math.floor(entry / 2 ** 32), entry % 2 ** 32]
    if (rank.get(pairOf(token[at] ?? -1, after(chain, at))) !== found) continue
    join(chain, at, firstMerge + found)
    consider(before[at] ?? -1)
    consider(at)
  }
  const tokens: Array<number> = []
  for (let at = 0; at >= 0 && at < token.length; at = chain.next[at] ?? -1) tokens.push(token[at] ?? 0)
  return tokens
}

/** Pieces whose tokens are remembered. */
const remembered = 2 ** 14

/**
 * Encodes texts with merges. Frequent pieces are encoded once.
 *
 * `encoder([[98, 99], [257, 98]])("aba b") // => [258, 33, 99]`
 */
export const encoder = (merges: ReadonlyArray<Merge>): ((text: string) => ReadonlyArray<number>) => {
  const rank = new Map(merges.map(([left, right], i) => [pairOf(left, right), i]))
  const seen = new Map<string, ReadonlyArray<number>>()
  const tokensOf = (piece: string): ReadonlyArray<number> => {
    const found = seen.get(piece)
    if (found !== undefined) return found
    const tokens = merge(piece, rank)
    if (seen.size >= remembered) seen.clear()
    seen.set(piece, tokens)
    return tokens
  }
  return (text) => {
    const tokens: Array<number> = []
    for (const piece of pieces(text)) for (const token of tokensOf(piece)) tokens.push(token)
    return tokens
  }
}

/** The bytes of tokens; padding and other numbers have none. `bytesOf([[98, 99]], [257, 98, 0]) // => [97, 98, 97]` */
export const bytesOf = (merges: ReadonlyArray<Merge>, tokens: Iterable<number>): ReadonlyArray<number> => {
  const bytes: Array<number> = []
  for (const token of tokens) {
    const stack = [token]
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const pair = merges[top - firstMerge]
      if (pair !== undefined) stack.push(pair[1], pair[0])
      else if (top >= firstByte && top < firstMerge) bytes.push(top - firstByte)
    }
  }
  return bytes
}
