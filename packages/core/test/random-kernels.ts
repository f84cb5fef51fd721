/**
 * Random programs of arrays large enough that kernels run their packed loops: a chain of up to seven operations on a matrix, by
 * which kernels of all kinds are fused, and in two of three programs the gradient of the sum of squares of the result. A seed
 * gives the same program in every process.
 */
import * as Programs from "../src/language/Program.ts"
import { softmax } from "../src/learning/activation/probabilities.ts"
import * as Key from "../src/tensor/Key.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import * as Autodiff from "../src/transform/Autodiff.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import { ShapeError } from "../src/types/ShapeError.ts"
import { type Draw, drawFrom } from "./random-draws.ts"

type T = Tensor.Tensor

/** Lengths around multiples of the lanes and of tiles. */
const lengths = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 40, 48, 63, 64, 65, 70, 90, 96, 127, 128, 130]

const key = (i: number): Key.Key => Key.fold(Key.make(77), i)
const weights = (which: number, shape: ReadonlyArray<number>, scale = 0.2): T => Tensor.mul(Key.normal(key(which), shape), scale)
const integers = (n: number, draw: () => number): T => Tensor.make(Array.from({ length: n }, draw), "i32")

/** The first square of rows of a matrix, as an image with a channel for each column. */
const image = (x: T, side: number, channels: number): T =>
  Tensor.reshape(Tensor.slice(x, [0, 0], [side * side, channels]), [1, side, side, channels])

/** A recurrent layer over the rows, or over four blocks of them. */
const recurrent = (x: T, rows: number, columns: number): T => {
  const w = weights(3, [columns, columns])
  const { carry, kept } = Tensor.scan(
    (h: T, row: T) => {
      const sum = Tensor.add(Tensor.matmul(Tensor.reshape(h, [1, columns]), w), Tensor.reshape(row, [1, columns]))
      const next = Tensor.reshape(Tensor.tanh(sum), [columns])
      return { carry: next, kept: next }
    },
    Tensor.zeros([columns]) as T,
    x,
  )
  return rows > 40 ? x : Tensor.add(kept, carry)
}
const gated = (x: T, rows: number, columns: number): T => {
  if (rows % 4 !== 0 || rows < 8) return x
  const w = weights(4, [columns, columns])
  const { kept } = Tensor.scan(
    (h: T, block: T) => {
      const gate = Tensor.sigmoid(Tensor.add(Tensor.matmul(h, w), block))
      return { carry: Tensor.mul(gate, Tensor.tanh(h)) as T, kept: gate as T }
    },
    Tensor.ones([rows / 4, columns]) as T,
    Tensor.reshape(x, [4, rows / 4, columns]),
  )
  return Tensor.reshape(kept, [rows, columns])
}

/** One convolution of the matrix as an image, or two; the result is a matrix again. */
const convolved = (x: T, rows: number, columns: number, draw: Draw): T => {
  if (rows < 3 || columns < 3 || rows * columns > 5000) return x
  const filters = draw.from([1, 3, 4, 8, 12, 16, 20])
  const size = draw.from([1, 3, 5])
  const y: T = Tensor.conv(Tensor.reshape(x, [1, rows, columns, 1]), weights(8, [size, size, 1, filters], 0.3), { pad: "same" })
  const isDeep = draw.below(2) === 1
  const z: T = isDeep
    ? Tensor.conv(Tensor.maximum(y, 0), weights(9, [3, 3, filters, 8]), { pad: "same", stride: draw.from([1, 2]) })
    : y
  const [, height = 0, width = 0, channels = 0] = z.shape
  return Tensor.reshape(z, [height * channels, width])
}
const convolvedByChannel = (x: T, rows: number, columns: number): T => {
  const side = Math.floor(Math.sqrt(rows))
  if (columns % 4 !== 0 || side < 3) return x
  const y = Tensor.conv(image(x, side, columns), Key.normal(key(5), [3, 3, 1, columns]), { pad: "same", groups: columns })
  return Tensor.reshape(y, [side * side, columns])
}
const pooled = (x: T, rows: number, columns: number, draw: Draw): T => {
  const side = Math.floor(Math.sqrt(rows)) & ~1
  if (side < 2) return x
  const pool = draw.from([Tensor.maxPool, Tensor.avgPool])
  return Tensor.reshape(pool(image(x, side, columns), { window: 2 }), [(side / 2) ** 2, columns])
}

/** A function of a matrix of some rows and columns; the result is a matrix again. */
type Operation = (x: T, rows: number, columns: number, draw: Draw) => T

/** A change of this table changes the program of every seed: a program that failed once is a test of its own. */
const operations: Readonly<Record<string, Operation>> = {
  matmul: (x, _, columns, draw) => {
    const width = draw.from(lengths)
    return Tensor.mul(Tensor.matmul(x, Key.normal(key(draw.below(9)), [columns, width])), 0.2)
  },
  gram: (x, rows) => (rows > 300 ? x : Tensor.mul(Tensor.matmul(x, Tensor.transpose(x)), 0.05)),
  tanh: (x) => Tensor.tanh(x),
  sigmoid: (x) => Tensor.sigmoid(x),
  erf: (x) => Tensor.erf(x),
  exp: (x) => Tensor.exp(Tensor.minimum(x, 3)),
  log: (x) => Tensor.log(Tensor.add(Tensor.abs(x), 0.1)),
  relu: (x) => Tensor.maximum(x, 0),
  sin: (x) => Tensor.sin(Tensor.mul(x, 30)),
  cos: (x) => Tensor.cos(x),
  sqrt: (x) => Tensor.sqrt(Tensor.add(Tensor.square(x), 0.01)),
  log1p: (x) => Tensor.log1p(Tensor.abs(x)),
  expm1: (x) => Tensor.expm1(Tensor.minimum(x, 2)),
  rem: (x) => Tensor.rem(x, 0.7),
  pow: (x) => Tensor.pow(Tensor.add(Tensor.abs(x), 0.1), 1.7),
  where: (x) => Tensor.where(Tensor.less(x, 0.1), Tensor.mul(x, 3), Tensor.sub(1, x)),
  floor: (x) => Tensor.add(Tensor.floor(Tensor.mul(x, 5)), x),
  cast: (x) => Tensor.cast(Tensor.cast(Tensor.mul(Tensor.minimum(Tensor.maximum(x, -1000), 1000), 1000), "i32"), "f32"),
  center: (x) => Tensor.sub(x, Tensor.mean(x, { axes: 0 })),
  softmax: (x) => softmax(x),
  sumOfColumns: (x) => Tensor.add(x, Tensor.sum(x, { axes: 0 })),
  maxOfColumns: (x) => Tensor.sub(x, Tensor.max(x, { axes: 0 })),
  sumOfRows: (x, rows) => Tensor.mul(x, Tensor.reshape(Tensor.mul(Tensor.sum(x, { axes: 1 }), 0.01), [rows, 1])),
  maxOfRows: (x, rows) => Tensor.sub(x, Tensor.reshape(Tensor.max(x, { axes: 1 }), [rows, 1])),
  variance: (x) => Tensor.div(x, Tensor.sqrt(Tensor.add(Tensor.variance(x, { axes: 0 }), 0.1))),
  sum: (x) => Tensor.add(x, Tensor.mul(Tensor.sum(x), 1e-3)),
  logSumExp: (x) => Tensor.sub(x, Tensor.logSumExp(x, { axes: 0 })),
  transpose: (x) => Tensor.transpose(x),
  take: (x, rows, _, draw) =>
    Tensor.take(
      x,
      integers(draw.from(lengths), () => draw.below(rows)),
    ),
  takeLargest: (x, rows) => Tensor.take(x, Tensor.minimum(Tensor.argMax(x, 1), rows - 1)),
  scatter: (x, rows, _, draw) => {
    const n = draw.from(lengths)
    const indices = integers(rows, () => draw.below(n))
    return Tensor.scatterAdd(indices, x, n)
  },
  sort: (x) => Tensor.sort(x),
  argsort: (x) => Tensor.add(Tensor.cast(Tensor.argsort(x), "f32"), x),
  normal: (x, rows, columns, draw) => Tensor.add(x, Key.normal(key(draw.below(99)), [rows, columns])),
  uniform: (x, rows, columns, draw) => Tensor.mul(x, Key.uniform(key(draw.below(99)), [rows, columns])),
  dropout: (x, rows, columns, draw) => Tensor.where(Tensor.less(Key.uniform(key(draw.below(99)), [rows, columns]), 0.6), x, 0),
  permute: (x, rows, _, draw) => Tensor.take(x, Key.permutation(key(draw.below(99)), rows)),
  slice: (x, rows, columns, draw) => {
    const [top, left] = [draw.below(rows), draw.below(columns)]
    return Tensor.slice(x, [top, left], [top + 1 + draw.below(rows - top), left + 1 + draw.below(columns - left)])
  },
  concat: (x, _rows, _columns, draw) => Tensor.concat([x, Tensor.mul(x, 2)], draw.below(2)),
  recurrent,
  gated,
  convolved,
  convolvedByChannel,
  pooled,
}

const names = Object.keys(operations)

/** A larger result is not used: the next operation is tried instead. */
const maxSize = 40_000

/** A program, its inputs, and its operations as text. */
export interface RandomProgram {
  readonly program: Programs.Program
  readonly inputs: ReadonlyArray<NDArray>
  readonly text: string
}

/** The program of a seed. */
export const randomKernels = (seed: number): RandomProgram => {
  const start = drawFrom(Math.imul(seed, 0x9e3779b1))
  // It decides nothing; without it, recorded seeds would give other programs.
  start.below(2)
  const steps = 1 + start.below(7)
  const shape = [start.from(lengths), start.from(lengths)]
  const hasGradient = start.below(3) > 0
  const used = new Set<string>()
  const f = (given: T): T => {
    const draw = start.fork()
    let x = given
    for (let step = 0; step < steps; step++) {
      const name = draw.from(names)
      const [rows = 0, columns = 0] = x.shape
      try {
        const next = (operations[name] as Operation)(x, rows, columns, draw)
        const [height = 0, width = 0] = next.shape
        if (next === x || height * width > maxSize) continue
        used.add(`${step + 1} ${name}`)
        x = next
      } catch (error) {
        // The operation takes no matrix of this shape.
        if (!(error instanceof ShapeError)) throw error
      }
    }
    return x
  }
  const inputs = [Tensor.read(Key.normal(key(seed % 1000), shape))]
  const program = Programs.trace((x) => {
    const result = f(x as T)
    return hasGradient ? [result, Autodiff.grad((at: T) => Tensor.sum(Tensor.square(f(at))))(x as T) as T] : [result]
  }, inputs)
  return { program, inputs, text: `${shape.join("×")}: ${[...used].join(", ")}${hasGradient ? ", with gradient" : ""}` }
}
