/**
 * The compiler accepts tensor-types.ts and tree-types.ts, and refuses wrong lines in words a person can act on; of trees it names
 * the field that is wrong. One run of the compiler checks all of them.
 */
import { fileURLToPath } from "node:url"
import { beforeAll, describe, expect, test } from "vitest"
import { type TypeErrors, typeErrors } from "./type-errors.ts"

const tensorHead = ['import { Tensor } from "@adjoint/core"', "declare const x: Tensor.Tensor"]

/** Wrong lines, and what the compiler's message says of each. */
const wrongTensors: ReadonlyArray<readonly [code: string, says: string]> = [
  ["Tensor.matmul(Tensor.zeros([784, 128]), Tensor.zeros([64, 784]))", "[784, 128] has 128 columns, but [64, 784] has 64 rows"],
  ["Tensor.add(Tensor.zeros([4, 3]), Tensor.zeros([4]))", "[4, 3] and [4] do not stretch to one shape"],
  ["Tensor.less(Tensor.zeros([2]), Tensor.zeros([5, 3]))", "[2] and [5, 3] do not stretch to one shape"],
  [
    "Tensor.matmul(Tensor.reshape(x, [-1, 784]), Tensor.zeros([10, 2]))",
    "[number, 784] has 784 columns, but [10, 2] has 10 rows",
  ],
  ["Tensor.mul(Tensor.transpose(Tensor.ones([2, 3])), Tensor.ones([2, 3]))", "[3, 2] and [2, 3] do not stretch to one shape"],
]

const treeHead = [
  'import { Compile, type Dataset, Layers, Loop, Loss, Net, type NDArray, Optimizer, Score, Sweep, Tensor, Train } from "@adjoint/core"',
  // Effect as core imports it.
  `import { Effect, Stream } from ${JSON.stringify(fileURLToPath(import.meta.resolve("effect")))}`,
  "declare const array: NDArray.NDArray",
  'const net = Net.graph({ both: { join: "concat", from: ["image", "age"] }, digit: { net: Layers.dense({ units: 10 }) } }, { inputs: ["image", "age"], outputs: ["digit"] })',
  "const common = { optimizer: Optimizer.sgd(0.1), seed: 1, epochs: 1, batch: 2, net, loss: Loss.heads({ digit: Loss.categoricalCrossEntropy() }) }",
  "const data = { inputs: { image: array, age: array }, targets: { digit: array } }",
]

const missing = `Type 'Engine<"no engine: add Effect.provide(Wasm.layer())">' is not assignable to type 'never'`

/** Wrong lines, and what the compiler's message says of each. */
const wrongTrees: ReadonlyArray<readonly [code: string, ...says: ReadonlyArray<string>]> = [
  ["Train.run({ ...common, data: { inputs: { image: array }, targets: { digit: array } } })", "Property 'age' is missing"],
  [
    "Train.run({ ...common, data, loss: Loss.heads({ digits: Loss.categoricalCrossEntropy() }) })",
    "Property 'digits' is missing",
  ],
  [
    'Train.run({ ...common, data, best: { monitor: "val.digit.los", mode: "min" } })',
    '"val.digit.los"',
    '"val.digit.loss"',
    "Did you mean",
  ],
  [
    'Sweep.run({ config: () => ({ ...common, data }), lambdas: [0], monitor: { monitor: "val.digit.los", mode: "min" } })',
    '"val.digit.los"',
    '"val.digit.loss"',
    "Did you mean",
  ],
  [
    'Sweep.run({ config: () => ({ ...common, net: Layers.dense({ units: 2 }), data: { inputs: array, targets: array }, loss: Loss.meanSquaredError, scores: { mae: (p, t) => Tensor.mean(Tensor.abs(Tensor.sub(p, t))) } }), lambdas: [0], monitor: { monitor: "val.mea", mode: "min" } })',
    '"val.mea"',
    '"val.mae"',
    "Did you mean",
  ],
  ["Train.run({ ...common, data, scores: Score.heads({ age: { mae: Score.meanAbsoluteError } }) })", "Property 'age' is missing"],
  ["net.shape({ image: [3] })", "Property 'age' is missing"],
  [
    'Loop.run({ state: { w: array }, data: { x: array }, step: (state, { x }) => ({ state, output: { mse: Tensor.mean(x), code: { kl: Tensor.mean(x) } } }), validation: { data: { y: array }, scores: (_, { y }) => ({ nearest: Tensor.mean(y) }) }, best: { monitor: "val.nearst", mode: "max" }, seed: 1, epochs: 1, batch: 2 })',
    '"val.nearst"',
    '"train.mse"',
    '"train.code.kl"',
    '"val.nearest"',
    "Did you mean",
  ],
  ["Effect.runPromise(Train.finished({ ...common, data }))", missing],
  ["Train.run({ ...common, data }).pipe(Stream.runDrain, Effect.runPromise)", missing],
  ["Effect.runSync(Effect.scoped(Compile.compile(Tensor.neg, array)))", missing],
  ["Optimizer.apply({ w: Tensor.zeros([3]) }, { v: array })", "'v' does not exist"],
  [
    "Compile.step((state: { readonly w: Tensor.Tensor; readonly b: Tensor.Tensor }, _: Tensor.Tensor) => ({ state: { w: state.w }, output: state.b }), { w: array, b: array })",
    "Property 'b' is missing",
  ],
  ["Net.sequential({ net })", "not assignable to type 'Net<Params, Params, Tensor, Tensor>'"],
]

let errors: TypeErrors

beforeAll(async () => {
  errors = await typeErrors(
    ["tensor-types.ts", "tree-types.ts"],
    [
      { head: tensorHead, lines: wrongTensors.map(([code]) => code) },
      { head: treeHead, lines: wrongTrees.map(([code]) => code) },
    ],
  )
}, 60_000)

test("what fits is accepted without casts, what does not is refused", () => {
  expect(errors.accepted).toEqual([])
})

describe("of tensors", () => {
  test.each(wrongTensors.map(([code, says], i) => ({ code, says, i })))("$code", ({ i, says }) => {
    expect(errors.wrong[0]?.[i]).toContain(`Mismatch<"${says}">`)
  })
})

describe("of trees", () => {
  test.each(wrongTrees.map(([code, ...says], i) => ({ code, says, i })))("$code", ({ i, says }) => {
    for (const text of says) expect(errors.wrong[1]?.[i]).toContain(text)
  })
})
