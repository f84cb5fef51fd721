/** A run in segments, between which others have their turn, has the bits of a run in one piece. */
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Compile, compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import type { SegmentLimits } from "../src/backend/wasm/segments.ts"
import { makePool, type Pool } from "../src/backend/wasm/threads/pool.ts"
import { Activation, Autodiff, Key, Layers, Loss, Net, Optimizer, Program as Programs, Tensor } from "../src/index.ts"
import type { Program } from "../src/language/Program.ts"
import { refill, tensors } from "../src/language/TensorTree.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { initial, trainStep } from "../src/training/trainStep.ts"
import type { NDArray } from "../src/types/NDArray.ts"
import { caseCount } from "./case-count.ts"
import { anyMode, modes } from "./engine-modes.ts"
import { expectSame } from "./expect-same.ts"
import { whole } from "./one-by-one.ts"

type T = Tensor.Tensor
type Mode = (typeof modes)[0]

/** Compiles so that every run is divided, and every kernel into so many pieces where that is possible. */
const inSegments = (pieces: number): Compile => {
  const limits: SegmentLimits = { milliseconds: 0, bytes: 0, pieces }
  return (job, options) => compileJob(job, { ...options, limits })
}

/** The outputs of a run in pieces, and how many there were. */
const inPiecesOf = (prepared: ReturnType<typeof prepare>, inputs: ReadonlyArray<NDArray>) => {
  const pieces = prepared.pieces?.(inputs)
  if (pieces === undefined) return { outputs: prepared.run(inputs), count: 1 }
  for (let count = 1; ; count++) {
    const { done, value } = pieces.next()
    if (done === true) return { outputs: value, count }
  }
}

const cut = ({ lanes, numerics }: Mode, program: Program, inputs: ReadonlyArray<NDArray>, pieces: number, pool?: Pool) => {
  const prepared = prepare({ program, resident: 0 }, pool, numerics, inSegments(pieces), lanes)
  const made = inPiecesOf(prepared, inputs)
  // The same once more, in one piece.
  expectSame(prepared.run(inputs), made.outputs)
  prepared.release()
  return made
}

const normal = (name: string, shape: ReadonlyArray<number>): NDArray =>
  Tensor.read(Key.normal(Key.fold(Key.make(12), name), shape))

describe("a run in segments", () => {
  const pools = [2, 3].map((threads) => makePool(threads, 0))
  beforeAll(async () => {
    await Promise.all(pools.map((pool) => pool?.complete()))
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool?.close()))
  })

  const holds = (mode: Mode, program: Program, inputs: ReadonlyArray<NDArray>, pieces: number): number => {
    const wanted = whole(mode, program, inputs)
    const { count, outputs } = cut(mode, program, inputs, pieces)
    expectSame(outputs, wanted)
    for (const pool of pools) expectSame(cut(mode, program, inputs, pieces, pool).outputs, wanted)
    return count
  }

  it("has the bits of one piece, whatever the program, on one, two and three threads", () => {
    let most = 0
    fc.assert(
      fc.property(
        anyMode,
        programWithInputs({ maxSteps: 8, special: true }),
        fc.integer({ min: 2, max: 5 }),
        (mode, drawn, pieces) => {
          most = Math.max(most, holds(mode, drawn.program, drawn.inputs, pieces))
        },
      ),
      { numRuns: caseCount(25) },
    )
    expect(most).toBeGreaterThan(5)
  })

  const convolution = (images: number, side: number) => {
    const inputs = [normal("x", [images, side, side, 3]), normal("k", [3, 3, 3, 5])]
    const program = Programs.trace((x, k) => {
      const apply = (at: { readonly x: T; readonly k: T }) => Activation.relu(Tensor.conv(at.x, at.k, { pad: "same" }))
      const at = { x: x as T, k: k as T }
      const back = Autodiff.grad((given: typeof at) => Tensor.sum(Tensor.mul(apply(given), apply(given))))(at)
      return [apply(at), back.x, back.k]
    }, inputs)
    return { program, inputs }
  }
  const product = (m: number, k: number, n: number) => {
    const inputs = [normal("a", [m, k]), normal("b", [k, n])]
    return { inputs, program: Programs.trace((a, b) => [Activation.relu(Tensor.matmul(a as T, b as T))], inputs) }
  }
  const scan = () => {
    const net = Layers.lstm({ units: 8, returnSequences: true }) as Net.Net
    const { params } = net.init(Key.make(1), [7, 3])
    const names = Object.keys(params as object)
    const given = names.map((name) => Tensor.read((params as Record<string, T>)[name] as T))
    const inputs = [normal("x", [6, 7, 3]), ...given]
    const program = Programs.trace((x, ...weights) => {
      const apply = (at: { readonly x: T; readonly w: ReadonlyArray<T> }): T =>
        net.apply(Object.fromEntries(names.map((name, i) => [name, at.w[i] as T])), {}, at.x, { mode: "infer" }).y as T
      const at = { x: x as T, w: weights as ReadonlyArray<T> }
      const back = Autodiff.grad((of: typeof at) => Tensor.sum(Tensor.sin(apply(of))))(at)
      return [apply(at), back.x, ...back.w]
    }, inputs)
    return { program, inputs }
  }
  const guarded = () => {
    const inputs = [normal("x", [4, 5]), normal("w", [5, 5])]
    const cost = ({ w, x }: { readonly x: T; readonly w: T }): T =>
      Tensor.sum(
        Tensor.whileLoop(
          (y: T) => Tensor.greater(Tensor.norm(y), 0.1),
          (y) => Tensor.mul(Tensor.tanh(Tensor.matmul(y, w)), 0.6),
          x,
          { maxSteps: 20 },
        ),
      )
    const program = Programs.trace((x, w) => {
      const { grad, value } = Autodiff.valueAndGrad(cost)({ x: x as T, w: w as T })
      return [value, grad.x, grad.w]
    }, inputs)
    return { program, inputs }
  }
  const cases = {
    "sums of products of one block": () => product(40, 100, 30),
    "sums of several blocks": () => product(20, 1500, 24),
    "sums of blocks of blocks": () => product(3, 70_000, 9),
    "a convolution and its gradients": () => convolution(3, 10),
    "a gradient of more terms than one block of blocks": () => convolution(9, 86),
    "a loop over a sequence": scan,
    "a loop that a condition ends": guarded,
  }
  it.each(Object.entries(cases))("has the bits of one piece: %s", (_, make) => {
    const { inputs, program } = make()
    for (const pieces of [3, 7]) expect(holds(modes[0] as Mode, program, inputs, pieces)).toBeGreaterThan(2)
  })

  it("trains to the bits of one piece, with its state in place", () => {
    const net = Net.sequential([
      Layers.conv2d({ filters: 4, kernel: 3, activation: "relu" }),
      Layers.batchNorm(),
      Layers.flatten,
      Layers.dense({ units: 3 }),
    ])
    const x = normal("images", [8, 6, 6, 2])
    const y = Tensor.read(Tensor.make([0, 1, 2, 0, 1, 2, 0, 1], "i32"))
    const config = { net, loss: Loss.categoricalCrossEntropy(), optimizer: Optimizer.adam(0.01), data: { inputs: x, targets: y } }
    const run = { ...config, seed: 1, epochs: 1, batch: 8 }
    const state = initial(run)
    const step = trainStep(run)
    const given = tensors(state).map((leaf) => Tensor.read(leaf))
    const size = given.length
    const program = Programs.trace(
      (...all) => {
        const at = refill(state, all.slice(0, size) as ReadonlyArray<T>)
        const made = step(at, { x: all[size] as T, y: all[size + 1] as T })
        return [...tensors(made.state), ...tensors(made.output)]
      },
      [...given, x, y],
    )
    const train = (pool: Pool | undefined, compile: Compile, steps: number): ReadonlyArray<NDArray> => {
      const prepared = prepare({ program, resident: size }, pool, "portable", compile)
      prepared.load(given)
      for (let i = 0; i < steps; i++) inPiecesOf(prepared, [x, y])
      const end = prepared.state()
      prepared.release()
      return end
    }
    const wanted = train(undefined, compileJob, 3)
    for (const pool of [undefined, ...pools]) expectSame(train(pool, inSegments(4), 3), wanted)
  })
})
