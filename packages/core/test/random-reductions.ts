/**
 * Random reductions: arrays of up to four axes and of every dtype, reduced along any of them in every way, what follows from the
 * results, and gradients. A seed gives the same program in every process.
 */
import * as Programs from "../src/language/Program.ts"
import * as Key from "../src/tensor/Key.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import * as Autodiff from "../src/transform/Autodiff.ts"
import { type Draw, drawFrom } from "./random-draws.ts"
import type { RandomProgram } from "./random-kernels.ts"

type T = Tensor.Tensor

const extents = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33, 48, 64, 70, 90, 127, 130, 257, 1000]

/** Larger arrays are not used. */
const most = 150_000

const shapeOf = (draw: Draw): ReadonlyArray<number> => {
  const shape: Array<number> = []
  const rank = 1 + draw.below(4)
  let size = 1
  for (let axis = 0; axis < rank; axis++) {
    const extent = draw.from(extents.filter((n) => size * n <= most))
    shape.push(extent)
    size *= extent
  }
  return shape
}

interface Axes {
  readonly axes: ReadonlyArray<number>
  readonly keepAxes: true
}

const reductions: Readonly<Record<string, (x: T, axes: Axes) => T>> = {
  sum: (x, axes) => Tensor.sum(x, axes),
  max: (x, axes) => Tensor.max(x, axes),
  min: (x, axes) => Tensor.min(x, axes),
  mean: (x, axes) => Tensor.mean(x, axes),
  variance: (x, axes) => Tensor.variance(x, axes),
  logSumExp: (x, axes) => Tensor.logSumExp(x, axes),
  norm: (x, axes) => Tensor.sqrt(Tensor.add(Tensor.sum(Tensor.square(x), axes), 0.1)),
}

const before: Readonly<Record<string, (x: T) => T>> = {
  nothing: (x) => x,
  square: (x) => Tensor.square(x),
  exp: (x) => Tensor.exp(Tensor.minimum(x, 2)),
  tanh: (x) => Tensor.tanh(x),
  gate: (x) => Tensor.mul(Tensor.sigmoid(x), x),
  where: (x) => Tensor.where(Tensor.less(x, 0.2), Tensor.mul(x, 3), Tensor.sub(1, x)),
  turn: (x) => (x.shape.length < 2 ? x : Tensor.transpose(x)),
  many: (x) => Tensor.add(Tensor.erf(x), Tensor.mul(Tensor.sin(x), Tensor.log(Tensor.add(Tensor.abs(x), 1)))),
}

/** The program of a seed. */
export const randomReduction = (seed: number): RandomProgram => {
  const draw = drawFrom(Math.imul(seed, 0xc2b2ae35) ^ 0x27d4eb2f)
  const shape = shapeOf(draw)
  const chosen = [draw.from(Object.keys(before)), draw.from(Object.keys(reductions)), draw.from(Object.keys(reductions))] as const
  const mask = 1 + draw.below(2 ** shape.length - 1)
  const axes = shape.map((_, axis) => axis).filter((axis) => ((mask >> axis) & 1) === 1)
  const [prepared, first, second] = chosen
  const reduced = (given: T): ReadonlyArray<T> => {
    const x = (before[prepared] as (x: T) => T)(given)
    const one = (reductions[first] as (x: T, axes: Axes) => T)(x, { axes, keepAxes: true })
    const back = Tensor.sub(Tensor.mul(x, 0.7), one)
    return [one, back, (reductions[second] as (x: T, axes: Axes) => T)(back, { axes, keepAxes: true })]
  }
  /** Whole numbers: their order counts for nothing, but their kernels are others. */
  const wholes = (given: T): ReadonlyArray<T> => {
    const numbers = Tensor.cast(Tensor.mul(given, 1000), "i32")
    const bytes = Tensor.cast(Tensor.minimum(Tensor.abs(numbers), 255), "u8")
    const large = Tensor.less(0, numbers)
    const axis = axes[0] ?? 0
    return [
      Tensor.sum(numbers, { axes }),
      Tensor.max(numbers, { axes }),
      Tensor.min(numbers, { axes }),
      Tensor.sum(Tensor.cast(bytes, "f32"), { axes }),
      Tensor.max(Tensor.cast(bytes, "i32"), { axes }),
      Tensor.sum(Tensor.where(large, given, Tensor.cast(bytes, "f32")), { axes }),
      Tensor.argMax(given, axis),
      Tensor.mul(Tensor.cast(large, "f32"), given),
    ]
  }
  const inputs = [Tensor.read(Key.normal(Key.fold(Key.make(5), seed % 1000), shape))]
  const program = Programs.trace((x) => {
    const squares = (at: T) => Tensor.sum(Tensor.square(reduced(at)[2] as T))
    return [...reduced(x as T), Autodiff.grad(squares)(x as T) as T, ...(draw.below(2) === 1 ? wholes(x as T) : [])]
  }, inputs)
  return { program, inputs, text: `${shape.join("×")}: ${prepared}, ${first} and ${second} along ${axes.join(", ")}` }
}
