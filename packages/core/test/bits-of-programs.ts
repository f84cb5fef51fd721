/**
 * A process that prints a hash of the results of many programs for each mode, as V8 compiles them with the flags of the process, and
 * packed if the first argument is `packed`. The programs are one of each kind of kernel, with sizes that fill tiles and sizes that do
 * not, and random ones from the seed that is the second argument.
 */
import { createHash } from "node:crypto"
import fc from "fast-check"
import { packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import * as Programs from "../src/language/Program.ts"
import * as Key from "../src/tensor/Key.ts"
import * as Tensor from "../src/tensor/Tensor.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import * as Autodiff from "../src/transform/Autodiff.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import type { Shape } from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"
import { modes } from "./engine-modes.ts"
import { bits, whole } from "./one-by-one.ts"

type T = Tensor.Tensor

interface Case {
  readonly program: Programs.Program
  readonly inputs: ReadonlyArray<NDArray>
}

const made = (shapes: ReadonlyArray<Shape>, f: (...inputs: ReadonlyArray<T>) => ReadonlyArray<T>): Case => {
  const inputs = shapes.map((shape, i) => Tensor.read(Tensor.mul(Key.normal(Key.fold(Key.make(3), i), shape), 2)))
  return { program: Programs.trace((...given) => f(...(given as ReadonlyArray<T>)), inputs), inputs }
}

/** The result of a function of two arrays, and the gradients of the sum of its squares. */
const withGradients = (a: Shape, b: Shape, f: (a: T, b: T) => T): Case =>
  made([a, b], (x, y) => {
    const [left, right] = Autodiff.grad((at: readonly [T, T]) => Tensor.sum(Tensor.square(f(...at))))([x as T, y as T])
    return [f(x as T, y as T), left as T, right as T]
  })

const product = (m: number, k: number, n: number): Case =>
  withGradients([m, k], [k, n], (a, b) => Tensor.maximum(Tensor.matmul(a, b), 0))

const convolution = (x: Shape, kernel: Shape, groups: number, stride: number): Case =>
  withGradients(x, kernel, (a, b) => Tensor.conv(a, b, { pad: "same", groups, stride }))

const { cos, erf, exp, expm1, log, log1p, sigmoid, sin, tanh } = Tensor
const functions: ReadonlyArray<(x: T) => T> = [cos, erf, exp, expm1, log, log1p, sigmoid, sin, tanh]

const indices = Tensor.make([5, 0, 5, 31, 7, 2, 2], "i32")

const kernels = (): ReadonlyArray<Case> => [
  ...[
    [37, 70, 90],
    [128, 300, 64],
    [1, 512, 10],
    [5, 1100, 130],
    [130, 33, 47],
    [16, 16, 16],
  ].map(([m = 1, k = 1, n = 1]) => product(m, k, n)),
  withGradients([3, 19, 24], [3, 24, 21], Tensor.matmul),
  convolution([3, 9, 10, 3], [3, 3, 3, 16], 1, 1),
  convolution([4, 8, 8, 8], [3, 3, 8, 20], 1, 2),
  convolution([3, 9, 9, 1], [5, 5, 1, 6], 1, 1),
  convolution([2, 8, 9, 12], [3, 3, 1, 12], 12, 1),
  withGradients([3, 12, 12, 16], [3, 6, 6, 16], (a, b) => Tensor.mul(Tensor.maxPool(a, { window: 2 }), b)),
  withGradients([3, 12, 12, 5], [3, 6, 6, 5], (a, b) => Tensor.mul(Tensor.avgPool(a, { window: 2 }), b)),
  ...functions.map((f) => made([[1003]], (x) => [f(x as T)])),
  made([[1003], [1003]], (x = Tensor.zeros([]), y = Tensor.zeros([])) => [
    Tensor.pow(Tensor.abs(x), y),
    Tensor.rem(x, y),
    Tensor.where(Tensor.less(x, y), Tensor.div(x, y), Tensor.minimum(Tensor.sqrt(x), y)),
    Tensor.cast(Tensor.mul(x, 100), "i32"),
    Tensor.lessEqual(x, y),
  ]),
  ...[0, 1].map((axis) =>
    made([[61, 90]], (x = Tensor.zeros([])) => [
      Tensor.sum(x, { axes: axis }),
      Tensor.max(x, { axes: axis }),
      Tensor.logSumExp(x, { axes: axis }),
      Tensor.variance(x, { axes: axis }),
      Tensor.argMax(x, axis),
    ]),
  ),
  made([[32, 24]], (x = Tensor.zeros([])) => [
    Tensor.take(x, indices),
    Tensor.scatterAdd(indices, Tensor.take(x, indices), 40),
    Tensor.sort(x),
    Tensor.transpose(x),
  ]),
  made([], () => [Key.normal(Key.make(9), [2000])]),
  // Packed and unpacked code use the same constants in these, and there are more than registers.
  made([[90, 31]], (x) => {
    const noisy = (at: T): T => {
      const y = Tensor.transpose(Tensor.erf(at))
      const noise = Tensor.mul(y, Key.uniform(Key.make(3), [31, 90]))
      return Tensor.sub(noise, Tensor.max(noise, { axes: 0 }))
    }
    return [Autodiff.grad((at: T) => Tensor.sum(Tensor.square(noisy(at))))(x as T)]
  }),
]

const size = (max: number) => fc.integer({ min: 1, max })

/** Kernels of random sizes. */
const randomKernels: fc.Arbitrary<Case> = fc.oneof(
  fc.tuple(size(70), size(70), size(70)).map(([m, k, n]) => product(m, k, n)),
  fc
    .record({
      images: size(4),
      side: fc.integer({ min: 3, max: 9 }),
      channels: size(9),
      filters: size(20),
      stride: fc.constantFrom(1, 2),
    })
    .map(({ channels, filters, images, side, stride }) =>
      convolution([images, side, side, channels], [3, 3, channels, filters], 1, stride),
    ),
  fc.record({ rows: size(40), columns: size(40), axis: fc.nat(1) }).map(({ axis, columns, rows }) =>
    made([[rows, columns], [rows, columns], [columns]], (x = Tensor.zeros([]), y = Tensor.zeros([]), row = Tensor.zeros([])) => {
      const z = Tensor.add(Tensor.mul(x, y), row)
      return [
        z,
        Tensor.tanh(z),
        Tensor.less(z, y),
        Tensor.sum(z, { axes: axis }),
        Tensor.max(z, { axes: axis }),
        Tensor.add(x, 1),
      ]
    }),
  ),
)

const [, , compilation, seed] = process.argv
if (compilation === "packed" && !packsLanes()) throw new Error("this host packs no lanes")
const random = [
  ...fc.sample(programWithInputs({ maxSteps: 10, special: true }), { numRuns: caseCount(60), seed: Number(seed) }),
  ...fc.sample(randomKernels, { numRuns: caseCount(25), seed: Number(seed) }),
]
for (const mode of modes) {
  const hash = createHash("sha256")
  for (const { inputs, program } of [...kernels(), ...random])
    for (const output of whole(mode, program, inputs)) hash.update(Float64Array.from(bits(output)))
  console.log(`${mode.numerics} ${mode.lanes} ${hash.digest("hex")}`)
}
