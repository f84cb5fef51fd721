/** Generation: a net of tokens continues sequences, one token after another. */
import type { Tensor } from "../../language/Expr.ts"
import * as Key from "../../tensor/Key.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import * as ShapeTree from "../../types/ShapeTree.ts"
import { softmax } from "../Activation.ts"
import type { Initial } from "../Net.ts"
import { checkOptions } from "../OptionError.ts"
import { clean, mask, type Padded, type PaddedShape, sizesOf, stretched } from "./Padded.ts"
import type { Beginning, Stepwise } from "./Stepwise.ts"

/** How a token i32[batch] is chosen from logits [batch, tokens]. */
export type Choice = (key: Key.Key, logits: Tensor) => Tensor

/** The most likely token, the first of equal ones. `Tensor.toArray(Sequence.greedy(Key.make(1), Tensor.make([[1, 3, 2]]))) // => [1]` */
export const greedy: Choice = (_, logits) => T.argMax(logits)

/** The options of drawing a token. */
export interface DrawOptions {
  /** Divides the logits; below 1 likely tokens become more likely: 1 unless given. */
  readonly temperature?: number
  /** Draws among this many most likely tokens, and those equal to the last of them: all unless given. */
  readonly topK?: number
  /** Draws among the fewest most likely tokens whose probabilities reach this sum, and those equal to the last: 1, which is all, unless given. */
  readonly topP?: number
}

const bounds = {
  temperature: { kind: "number", exclusiveMinimum: 0 },
  topK: { kind: "integer", minimum: 1 },
  topP: { kind: "number", exclusiveMinimum: 0, maximum: 1 },
} as const

/** The sums of the elements before each one along the last axis, in a number of steps that is the logarithm of its size. */
const sumsBefore = (x: Tensor): Tensor => {
  const size = x.shape.at(-1) ?? 0
  const moved = (of: Tensor, by: number): Tensor => {
    const rest = of.shape.slice(0, -1)
    return T.concat([T.zeros([...rest, by]) as Tensor, T.at(of, ...rest.map(() => ":" as const), `0:${size - by}`)], -1)
  }
  let sums = x
  for (let by = 1; by < size; by *= 2) sums = T.add(sums, moved(sums, by))
  return size === 0 ? x : moved(sums, 1)
}

const among = (logits: Tensor, isAmong: Tensor): Tensor => T.where(isAmong, logits, Number.NEGATIVE_INFINITY)

/** The smallest of values [batch, n] that are kept, [batch, 1]. */
const least = (values: Tensor, isKept: Tensor): Tensor =>
  T.min(T.where(isKept, values, Number.POSITIVE_INFINITY), { axes: -1, keepAxes: true })

/**
 * Draws a token with the probabilities of softmax, among the most likely ones (`topK`: Fan et al., Hierarchical neural story
 * generation, 2018; `topP`: Holtzman et al., The curious case of neural text degeneration, 2020). Throws `OptionError`.
 *
 * `Tensor.toArray(Sequence.draw({ topK: 1 })(Key.make(1), Tensor.make([[1, 3, 2]]))) // => [1]`
 */
export const draw = ({ temperature = 1, topK, topP = 1, ...rest }: DrawOptions = {}): Choice => {
  checkOptions("Sequence.draw", bounds, { ...rest, temperature, topK, topP })
  return (key, logits) => {
    let z = T.div(logits, temperature) as Tensor
    if (topK !== undefined && topK < (z.shape.at(-1) ?? 0)) {
      const { values } = T.topK(z, topK)
      z = among(z, T.greaterEqual(z, T.min(values, { axes: -1, keepAxes: true })))
    }
    if (topP < 1) {
      const p = softmax(z)
      const sorted = T.sort(p, { descending: true })
      z = among(z, T.greaterEqual(p, least(sorted, T.less(sumsBefore(sorted), topP))))
    }
    return Key.categorical(key, z)
  }
}

/** Whether no logit [batch, tokens] of a row is NaN, the only value that is not equal to itself. */
const isNumber = (logits: Tensor): Tensor => T.greater(T.min(T.cast(T.equal(logits, logits), "f32"), { axes: -1 }), 0)

/** What generation needs for a net that attends to a memory. */
export type MemoryOf<X> = X extends { readonly memory: Padded }
  ? {
      /** What the net attends to, such as an encoder's output: its keys and values are computed once. */
      readonly memory: Padded
    }
  : unknown

/** The options of generation. */
export interface GenerateOptions {
  /** Tokens i32[batch, time] to continue, at least one for each sequence. */
  readonly prompt: Padded
  /** The number of tokens to add to each. */
  readonly count: number
  /** The key of random choices; that of a token is folded with its position. */
  readonly key: Key.Key
  /** How a token is chosen: `greedy` unless given. */
  readonly choose?: Choice
}

/**
 * Continues sequences of tokens by those that a net predicts, [batch, time + count] with lengths that are `count` longer. The net
 * processes each token once and keeps what it needs of the earlier ones: keys and values of attention, states of recurrent layers.
 * So the cost of a token does not include the earlier ones again, and the program does not grow with the count. The tokens are
 * those of computing the whole sequence for each. A net that attends to a memory gets it as `memory`. Where the logits are NaN, as
 * after a token that the net does not have, the tokens from there on are -1; a sequence with a length below 1 or above the number of
 * time steps is -1 throughout, which makes the mistake visible. Throws `ShapeError`.
 *
 * ```ts
 * const net = Sequence.stack([Sequence.each(Layers.embedding({ tokens: 5, units: 4 })), Sequence.gru({ units: 5 })])
 * const weights = net.init(Key.make(1), { x: [2], length: [] })
 * const prompt = Sequence.pad([[1, 2], [3]], { dtype: "i32" })
 * Sequence.generate(net, weights, { prompt, count: 6, key: Key.make(2) }).x.shape // => [2, 8]
 * ```
 */
export const generate = <P, S, C, X extends Padded = Padded>(
  net: Stepwise<P, S, C, X>,
  { params, state }: Initial<P, S>,
  options: GenerateOptions & MemoryOf<X>,
): Padded => {
  const { choose = greedy, count, key, memory, prompt }: GenerateOptions & { readonly memory?: Padded } = options
  checkOptions("Sequence.generate", { count: { kind: "integer", minimum: 1 } }, options, ["choose", "key", "memory", "prompt"])
  const [batch, given] = sizesOf("Sequence.generate", prompt)
  if (prompt.mask !== undefined) refuse("Sequence.generate", [prompt.mask], "a prompt without holes", "leave these tokens out")
  if (prompt.x.shape.length !== 2 || given === 0)
    refuse("Sequence.generate", [prompt.x], "a prompt of tokens i32[batch, time], at least one for each sequence", "Sequence.pad")
  const time = given + count
  const asked = T.cast(T.concat([clean(prompt), T.zeros([batch, count], "i32") as Tensor], 1), "f32")
  const isGiven = mask({ x: asked, length: prompt.length })
  const rows = { asked: T.transpose(asked), isGiven: T.transpose(isGiven), at: T.range(time) as Tensor }
  const shape: PaddedShape = { x: [time], length: [] }
  const from: Beginning =
    memory === undefined ? { input: shape, batch } : { input: { ...shape, memory: ShapeTree.ofRows(memory) }, batch, memory }
  const start = { net: net.begin(params, state, from), token: T.zeros([batch]) as Tensor }
  const { kept } = T.scan(
    (before: typeof start, row: { readonly asked: Tensor; readonly isGiven: Tensor; readonly at: Tensor }) => {
      const token = T.where(row.isGiven, row.asked, before.token)
      const stepped = net.step(params, state, before.net, T.cast(token, "i32"))
      const chosen = choose(Key.fold(key, row.at), stepped.x)
      if (chosen.shape.length !== 1 || chosen.shape[0] !== batch)
        refuse("Sequence.generate", [chosen], `a choice of i32[${batch}] from logits`, "Tensor.argMax of the last axis")
      const next = T.where(isNumber(stepped.x), T.cast(chosen, "f32"), -1)
      return { carry: { net: stepped.carry, token: next }, kept: token }
    },
    start,
    rows,
  )
  const length = T.add(prompt.length, count) as Tensor
  const x = clean({ x: T.cast(T.transpose(kept as Tensor), "i32"), length })
  const isBegun = T.and(T.greaterEqual(prompt.length, 1), T.lessEqual(prompt.length, given))
  return { x: T.where(stretched(isBegun, 2), x, -1), length }
}
