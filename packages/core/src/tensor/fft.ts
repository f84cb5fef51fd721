/**
 * Discrete Fourier transforms. Complex numbers are pairs of tensors. A transform of n = n₁ n₂ numbers is transforms of n₁ and of n₂
 * numbers (Cooley and Tukey, An algorithm for the machine calculation of complex Fourier series, 1965); those of few numbers are
 * matrix products, which the engine does fast. So gradients, batches and kernels are those of products.
 */
import type { Tensor } from "../language/Expr.ts"
import { make as makeArray } from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { named, refuse } from "../types/ShapeError.ts"
import { make } from "./create.ts"
import { add, cast, mul, neg, sub } from "./elementwise.ts"
import { matmul } from "./product.ts"
import { read } from "./read.ts"
import { concat, flip, moveAxis, pad, reshape, slice, swapAxes } from "./structure.ts"
import { unitRoot } from "./unitRoots.ts"

/** Complex numbers, as a pair of f32 tensors of one shape. */
export interface Complex {
  readonly re: Tensor
  readonly im: Tensor
}

/** Complex numbers whose imaginary parts may all be 0. */
interface Pair {
  readonly re: Tensor
  readonly im: Tensor | undefined
}

/** 1 turns with the clock, as the transform, and -1 against it, as its inverse. */
type Direction = 1 | -1

/** Transforms of at most so many numbers are one matrix product. */
const direct = 64

/** Numbers whose largest prime factor is larger are transformed by a convolution. */
const largestFactor = 128

const table = (shape: Shape.Shape, n: number, direction: Direction, exponent: (i: number, j: number) => number): Complex => {
  const [, columns = 1] = shape
  const roots = Array.from({ length: Shape.size(shape) }, (_, at) =>
    unitRoot(exponent(Math.floor(at / columns), at % columns), n),
  )
  const part = (of: number, sign: number): Tensor =>
    makeArray(
      "f32",
      shape,
      Float32Array.from(roots, (root) => sign * (root[of] ?? 0)),
    )
  return { re: part(0, 1), im: part(1, -direction) }
}

const times = ({ im, re }: Pair, by: Complex, product: (x: Tensor, y: Tensor) => Tensor): Complex =>
  im === undefined
    ? { re: product(re, by.re), im: product(re, by.im) }
    : {
        re: sub(product(re, by.re), product(im, by.im)),
        im: add(product(re, by.im), product(im, by.re)),
      }

const map = ({ im, re }: Pair, f: (x: Tensor) => Tensor): Pair => ({ re: f(re), im: im && f(im) })

const both = ({ im, re }: Complex, f: (x: Tensor) => Tensor): Complex => ({ re: f(re), im: f(im) })

const lengthOf = (x: Tensor): number => x.shape.at(-1) ?? 0

/** The largest factor of n that is at most `direct`; 1 if there is none. */
const factorOf = (n: number): number => {
  for (let factor = direct; factor > 1; factor--) if (n % factor === 0) return factor
  return 1
}

const largestPrime = (n: number): number => {
  let [rest, largest] = [n, 1]
  for (let p = 2; p * p <= rest; p++) while (rest % p === 0) [rest, largest] = [rest / p, p]
  return Math.max(rest, largest)
}

/** Products of the last axis with a square table, whatever the axes before it. */
const transformed = (x: Pair, by: Complex): Complex =>
  times(x, by, (a, b) => reshape(matmul(reshape(a, [-1, lengthOf(a)]), b), a.shape))

/** The transform of a length with a large prime factor, as a convolution of a length that is a power of 2 (Bluestein, 1970). */
const convolved = (x: Pair, n: number, direction: Direction): Complex => {
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1))
  // Squares are exact: n is below 2^26 where a tensor holds it.
  const chirp = table([n], 2 * n, direction, (k) => (k * k) % (2 * n))
  const padded = (y: Tensor): Tensor => pad(y, [...y.shape.slice(0, -1).map((): [number, number] => [0, 0]), [0, m - n]])
  const around = { re: chirp.re, im: neg(chirp.im) }
  const filter = both(around, (y) =>
    concat([y, makeArray("f32", [m - 2 * n + 1], new Float32Array(m - 2 * n + 1)), flip(slice(y, [1], [n]), [0])], 0),
  )
  const spectrum = both(dft(filter, 1), read)
  const product = times(dft(map(times(x, chirp, mul), padded), 1), spectrum, mul)
  const back = both(dft(product, -1), (y) =>
    mul(
      slice(
        y,
        y.shape.map(() => 0),
        [...y.shape.slice(0, -1), n],
      ),
      1 / m,
    ),
  )
  return times(back, chirp, mul)
}

/** The transform along the last axis, not divided by its length. */
const dft = (x: Pair, direction: Direction): Complex => {
  const n = lengthOf(x.re)
  if (n <= direct)
    return transformed(
      x,
      table([n, n], n, direction, (i, j) => (i * j) % n),
    )
  if (largestPrime(n) > largestFactor) return convolved(x, n, direction)
  const first = factorOf(n)
  if (first === 1)
    return transformed(
      x,
      table([n, n], n, direction, (i, j) => (i * j) % n),
    )
  const second = n / first
  const batch = x.re.shape.slice(0, -1)
  const columns = map(x, (y) => swapAxes(reshape(y, [...batch, first, second]), -1, -2))
  const inner = transformed(
    columns,
    table([first, first], first, direction, (i, j) => (i * j) % first),
  )
  const twisted = times(
    inner,
    table([second, first], n, direction, (i, j) => i * j),
    mul,
  )
  const outer = dft(
    both(twisted, (y) => swapAxes(y, -1, -2)),
    direction,
  )
  return both(outer, (y) => reshape(swapAxes(y, -1, -2), [...batch, n]))
}

const isComplex = (x: Tensor | Complex): x is Complex => "re" in x

const pairOf = (name: string, x: Tensor | Complex): Pair => {
  const given = isComplex(x) ? x : { re: x, im: undefined }
  if (given.im !== undefined && !Shape.equals(given.re.shape, given.im.shape))
    refuse(name, [given.re, given.im], "real and imaginary parts of one shape", "Tensor.zerosLike(re)")
  return map(given, (part) => cast(part, "f32"))
}

/** Transforms along some axes, one after the other. */
const along = (name: string, x: Tensor | Complex, axes: ReadonlyArray<number>, direction: Direction): Complex => {
  const given = pairOf(name, x)
  let result: Pair = given
  for (const axis of axes) {
    const n = given.re.shape.at(axis)
    if (given.re.shape.length === 0 || n === undefined || !(axis >= -given.re.shape.length))
      return refuse(name, [given.re], `an axis of the tensor, not ${axis}`, "axis: -1")
    if (n === 0) return refuse(name, [given.re], "at least one number along the axis", "another axis")
    const moved = dft(
      map(result, (part) => moveAxis(part, axis, -1)),
      direction,
    )
    result = both(moved, (part) => moveAxis(direction === 1 ? part : mul(part, 1 / n), -1, axis))
  }
  return { re: result.re, im: result.im ?? mul(result.re, 0) }
}

/** The axis of a transform; the last one unless given. */
export interface FftOptions {
  readonly axis?: number
}

/**
 * The discrete Fourier transform along an axis, as NumPy's `fft.fft`: Xₖ = Σⱼ xⱼ e^(-2πi jk / n), of real or complex numbers, for any
 * n. Errors grow with the rounding of f32. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.fft(Tensor.make([1, 0, 0, 0])).re) // => "[1, 1, 1, 1]"`
 */
export const fft = named("fft", (x: Tensor | Complex, { axis = -1 }: FftOptions = {}): Complex => along("fft", x, [axis], 1))

/**
 * The inverse of `fft`, divided by n. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.ifft(Tensor.make([4, 0, 0, 0])).re) // => "[1, 1, 1, 1]"`
 */
export const ifft = named("ifft", (x: Tensor | Complex, { axis = -1 }: FftOptions = {}): Complex => along("ifft", x, [axis], -1))

/**
 * `fft` along several axes, the last two unless given, as NumPy's `fft.fft2` and `fftn`. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.fftn(Tensor.make([[1, 0], [0, 0]])).re) // => [[1, 1], [1, 1]]`
 */
export const fftn = named(
  "fftn",
  (x: Tensor | Complex, axes: ReadonlyArray<number> = [-2, -1]): Complex => along("fftn", x, axes, 1),
)

/**
 * The inverse of `fftn`. Throws `ShapeError`.
 *
 * `Tensor.toArray(Tensor.ifftn(Tensor.fftn(Tensor.eye(2))).re) // => [[1, 0], [0, 1]]`
 */
export const ifftn = named(
  "ifftn",
  (x: Tensor | Complex, axes: ReadonlyArray<number> = [-2, -1]): Complex => along("ifftn", x, axes, -1),
)

/**
 * The first n / 2 + 1 numbers of the transform of n real ones; the others are their conjugates. As NumPy's `fft.rfft`. Throws
 * `ShapeError`.
 *
 * `Tensor.rfft(Tensor.ones([8])).re.shape // => [5]`
 */
export const rfft = named("rfft", (x: Tensor, { axis = -1 }: FftOptions = {}): Complex => {
  const whole = along("rfft", x, [axis], 1)
  const half = Math.floor((x.shape.at(axis) ?? 0) / 2) + 1
  const at = axis < 0 ? axis + x.shape.length : axis
  return both(whole, (part) =>
    slice(
      part,
      part.shape.map(() => 0),
      part.shape.map((n, i) => (i === at ? half : n)),
    ),
  )
})

/**
 * The n real numbers of which `rfft` has these; n is twice the numbers that are there, minus 2, unless given. As NumPy's `fft.irfft`.
 * Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.irfft(Tensor.rfft(Tensor.make([1, 2, 3, 4])))) // => "[1, 2, 3, 4]"`
 */
export const irfft = named("irfft", (x: Complex, { axis = -1, n }: FftOptions & { readonly n?: number } = {}): Tensor => {
  const { im, re } = pairOf("irfft", x)
  const half = re.shape.at(axis) ?? 0
  const count = n ?? 2 * (half - 1)
  if (im === undefined || !(Number.isInteger(count) && count > 0 && Math.floor(count / 2) + 1 === half))
    return refuse(
      "irfft",
      [re],
      `n / 2 + 1 numbers of a transform, of n = ${count}`,
      `n: ${Math.max(1, 2 * half - 1)} or n: ${2 * half - 2}`,
    )
  const last = { re: moveAxis(re, axis, -1), im: moveAxis(im, axis, -1) }
  /** The conjugates of the numbers from the second on, the last first. */
  const mirrored = (part: Tensor): Tensor => {
    const start = part.shape.map((_, i) => (i === part.shape.length - 1 ? 1 : 0))
    return flip(slice(part, start, [...part.shape.slice(0, -1), count - half + 1]), [-1])
  }
  const whole = { re: concat([last.re, mirrored(last.re)], -1), im: concat([last.im, neg(mirrored(last.im))], -1) }
  return moveAxis(mul(dft(whole, -1).re, 1 / count), -1, axis)
})

/**
 * The frequencies of the numbers of a transform of length n, in cycles per unit of `spacing`, as NumPy's `fft.fftfreq`. Throws `ShapeError`.
 *
 * `Tensor.print(Tensor.fftfreq(4)) // => "[0, 0.25, -0.5, -0.25]"`
 */
export const fftfreq = (n: number, spacing = 1): Tensor => {
  if (!(Number.isInteger(n) && n > 0)) refuse("fftfreq", [], `a whole number of elements above 0, not ${n}`, "n: 8")
  return make(Array.from({ length: n }, (_, k) => (k < n / 2 ? k : k - n) / (n * spacing)))
}
