/**
 * Keys for random numbers. The same key always gives the same numbers, on every machine and with any number of threads: each
 * number is a pure function of the key and its index (Threefry-2x32, counter-based). Never use a key twice: fold a name or a
 * number into it, or split it. Keys are bit for bit those of JAX (`jax_threefry_partitionable`, its default since 0.5).
 */
import { type Tensor, write } from "../language/Expr.ts"
import * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import { make as makeTensor, range, zeros } from "./create.ts"
import {
  add,
  broadcastTo,
  cast,
  clamp,
  less,
  log,
  log1p,
  maximum,
  mul,
  neg,
  shiftRight,
  sqrt,
  sub,
  where,
  xor,
} from "./elementwise.ts"
import { element } from "./part.ts"
import { argMax } from "./reduce.ts"
import { argsort } from "./select.ts"
import { reshape, stack } from "./structure.ts"

/** Two 32-bit words (i32[2]) that identify a stream of random numbers. */
export type Key = Tensor

/** The key of a seed, a non-negative integer. `Tensor.print(Key.make(42)) // => "[0, 42]"` */
export const make = (seed: number): Key => {
  if (!Number.isSafeInteger(seed) || seed < 0)
    refuse("Key.make", [], `a whole number that is not negative, not ${seed}`, "a seed like 17")
  return NDArray.make("i32", [2], Int32Array.of(Math.floor(seed / 2 ** 32), seed))
}

/** FNV-1a (Fowler, Noll and Vo, 1991) of the name's UTF-8 bytes: the same number for the same name. */
const hash = (name: string): number => {
  let h = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193)
  return h
}

/** The pairs of counters (0, i) for i in `low`. */
const counters = (low: Tensor): Tensor => stack([zeros(low.shape, "i32"), low], -1)

const randomWords = (key: Key, low: Tensor): Tensor => write("threefry", {}, [key, counters(low)])

/** A number of 32 bits, signed or not, as a scalar. */
const word = (n: number): Tensor =>
  Number.isInteger(n) && n >= -(2 ** 31) && n < 2 ** 32
    ? makeTensor(n | 0, "i32")
    : refuse("Key.fold", [], `a name, or a whole number of 32 bits, not ${n}`, "fold a name, or fold twice")

const wordOf = (x: Tensor): Tensor =>
  x.dtype === "i32" && x.shape.length === 0
    ? x
    : refuse("Key.fold", [x], "a name, a whole number or an i32 scalar", 'Tensor.cast(x, "i32"), or Key.split for several keys')

/**
 * A new key from a key and its purpose: a name, or a number such as the step (an integer or an i32 scalar). Keys folded with
 * different values are independent. Throws `ShapeError`.
 */
export const fold = (key: Key, what: string | number | Tensor): Key =>
  randomWords(key, typeof what === "string" ? word(hash(what)) : typeof what === "number" ? word(what) : wordOf(what))

/** `n` independent keys from one. */
export const split = (key: Key, n = 2): ReadonlyArray<Key> => {
  const keys = randomWords(key, range(n))
  return Array.from({ length: n }, (_, i) => element(keys, 0, i))
}

/** 32 random bits (i32) for each element of a shape. */
export const bits = (key: Key, shape: Shape.Shape): Tensor => {
  const pairs = randomWords(key, range(Shape.size(shape)))
  return reshape(xor(element(pairs, 1, 0), element(pairs, 1, 1)), shape)
}

/** Uniform random numbers in [low, high), with a resolution of 2⁻²³ of the range. */
export const uniform = (
  key: Key,
  shape: Shape.Shape,
  { high = 1, low = 0 }: { readonly low?: number; readonly high?: number } = {},
): Tensor => {
  const unit = mul(cast(shiftRight(bits(key, shape), 9), "f32"), 2 ** -23)
  return low === 0 && high === 1 ? unit : maximum(add(mul(unit, high - low), low), low)
}

const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164, 0.246640727,
  1.50140941,
]
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047, 1.00167406,
  2.83297682,
]

/** A polynomial by Horner's rule, the highest power first. */
const polynomial = (x: Tensor, [first = 0, second = 0, ...rest]: ReadonlyArray<number>): Tensor =>
  rest.reduce<Tensor>((sum, c) => add(mul(sum, x), c), add(mul(x, first), second))

/** The inverse of erf on (-1, 1), to f32 (Giles, "Approximating the erfinv function", 2012). */
const erfInverse = (x: Tensor): Tensor => {
  const w = neg(log1p(neg(mul(x, x))))
  const near = polynomial(sub(w, 2.5), central)
  const far = polynomial(sub(sqrt(maximum(w, 0)), 3), tail)
  return mul(where(less(w, 5), near, far), x)
}

/** Numbers of the standard normal distribution. */
export const normal = (key: Key, shape: Shape.Shape): Tensor => {
  // The least f32 above -1, as the open end of the interval.
  const low = -1 + 2 ** -24
  return mul(erfInverse(uniform(key, shape, { low, high: 1 })), Math.SQRT2)
}

/** Φ(2) - Φ(-2), the probability that a normal number is within two standard deviations: erf(2 / √2). */
const withinTwo = 0.9544997361036416

/** Numbers of the standard normal distribution, truncated to [-2, 2]; their variance is 0.7737. */
export const truncatedNormal = (key: Key, shape: Shape.Shape): Tensor =>
  clamp(mul(erfInverse(uniform(key, shape, { low: -withinTwo, high: withinTwo })), Math.SQRT2), -2, 2)

/** true with the given probability, or with those of a tensor that broadcasts to the shape. */
export const bernoulli = (key: Key, probability: number | Tensor, shape: Shape.Shape): Tensor =>
  less(uniform(key, shape), typeof probability === "number" ? probability : broadcastTo(probability, shape))

/**
 * A random class (i32) for each row of logits [..., classes], with the probabilities of softmax: the index of the maximum of
 * logits plus Gumbel noise (Gumbel, 1954).
 *
 * `Tensor.toArray(Key.categorical(Key.make(1), Tensor.make([[0, 50], [50, 0]]))) // => [1, 0]`
 */
export const categorical = (key: Key, logits: Tensor): Tensor => {
  // The smallest normal float instead of 0, whose logarithm is infinite.
  const noise = neg(log(neg(log(uniform(key, logits.shape, { low: 2 ** -126 })))))
  return argMax(add(logits, noise))
}

/** The integers from 0 to n - 1 (i32) in random order: the order that sorts n random words of 32 bits. */
export const permutation = (key: Key, n: number): Tensor => argsort(bits(key, [n]))
