/**
 * What can be asked of an engine where it stands: whether a handful of programs, one for each kind of kernel, give the same
 * bits on any number of threads and what Reference gives, and whether the run that is known ends with its known bits.
 */
import * as Effect from "effect/Effect"
import * as Wasm from "../engines/Wasm.ts"
import { trace } from "../language/Program.ts"
import { prepare } from "../machines/wasm/prepare.ts"
import { makePool } from "../machines/wasm/threads/pool.ts"
import * as Reference from "../meaning/Reference.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import { equals, type NDArray } from "../words/NDArray.ts"
import type { Shape } from "../words/Shape.ts"
import { allClose } from "./allClose.ts"
import { knownHash, knownRun } from "./knownRun.ts"

/** What one of the questions came to; `detail` is what was got where the answer is no. */
export interface Answer {
  readonly name: string
  readonly passed: boolean
  readonly detail?: string
}

interface Case {
  readonly name: string
  readonly f: (...inputs: ReadonlyArray<T.Tensor>) => T.Tensor
  readonly shapes: ReadonlyArray<Shape>
}

const cases: ReadonlyArray<Case> = [
  {
    name: "product of matrices",
    shapes: [
      [37, 70],
      [70, 90],
    ],
    f: (x, y) => T.matmul(x as T.Tensor, y as T.Tensor),
  },
  {
    name: "convolution and pooling",
    shapes: [
      [4, 12, 12, 3],
      [3, 3, 3, 8],
    ],
    f: (x, kernel) => T.maxPool(T.conv(x as T.Tensor, kernel as T.Tensor, { pad: "same" }), { window: 2 }),
  },
  {
    name: "functions of one number",
    shapes: [[5000]],
    f: (x) => [T.exp, T.tanh, T.sin, T.erf, T.sigmoid].map((g) => g(x as T.Tensor)).reduce((sum, y) => T.add(sum, y)),
  },
  {
    name: "sums and maxima",
    shapes: [[60, 90]],
    f: (x) => T.add(T.logSumExp(x as T.Tensor, { axes: 1 }), T.mean(x as T.Tensor)),
  },
  { name: "sorting and gathering", shapes: [[40, 50]], f: (x) => T.take(T.sort(x as T.Tensor), [3, 1, 39, 3]) },
  { name: "random numbers", shapes: [], f: () => T.cast(Key.bits(Key.make(7), [3000]), "f32") },
]

/** Float32 against doubles, over sums of at most 90 numbers of about 1. */
const tolerance = { rtol: 1e-5, atol: 1e-4 }

/** Does one program on each of the pools, without one first. */
const ask = ({ f, name, shapes }: Case, pools: ReadonlyArray<ReturnType<typeof makePool>>): Answer => {
  const inputs = shapes.map((shape, i) => T.read(Key.normal(Key.fold(Key.make(1), i), shape)))
  const program = trace((...given) => [f(...given)], inputs)
  const [exact] = Reference.run(program, inputs) as readonly [NDArray]
  const made = pools.map((pool) => {
    const ready = prepare({ program, resident: 0 }, pool)
    const [result] = ready.run(inputs) as readonly [NDArray]
    ready.release()
    return { threads: pool?.threads ?? 1, result }
  })
  const [first] = made
  const { close, report } = allClose(first?.result ?? exact, exact, tolerance)
  if (!close) return { name, passed: false, detail: `not what Reference gives: ${report}` }
  const other = made.find(({ result }) => !equals(result, first?.result ?? exact))
  return other === undefined ? { name, passed: true } : { name, passed: false, detail: `other bits on ${other.threads} threads` }
}

const numbered = (threads: number): string => `${threads} ${threads === 1 ? "thread" : "threads"}`

/** The run whose bits are known, on so many threads. */
const known = (threads: number): Effect.Effect<Answer> =>
  knownRun.pipe(
    Effect.provide(Wasm.layer({ threads })),
    Effect.match({
      onSuccess: (hash) =>
        hash === knownHash ? { passed: true } : { passed: false, detail: `got ${hash}, wanted ${knownHash}` },
      onFailure: ({ message }) => ({ passed: false, detail: message }),
    }),
    Effect.map((answer) => ({ name: `a training run on ${numbered(threads)} ends with the known bits`, ...answer })),
  )

/** Asks everything, for one thread and every number of threads up to this. */
export const selfTest = (threads: number): Effect.Effect<ReadonlyArray<Answer>> =>
  Effect.gen(function* () {
    const pools = Array.from({ length: threads }, (_, i) => makePool(i + 1, 0))
    yield* Effect.promise(() => Promise.all(pools.map((pool) => pool?.complete())))
    const asked = (one: Case): Answer => {
      try {
        return ask(one, pools)
      } catch (error) {
        return { name: one.name, passed: false, detail: error instanceof Error ? error.message : String(error) }
      }
    }
    const programs = yield* Effect.ensuring(
      Effect.sync(() => cases.map(asked)),
      Effect.promise(() => Promise.all(pools.map((pool) => pool?.close()))),
    )
    const runs = yield* Effect.forEach([...new Set([1, threads])], known)
    return [...programs, ...runs]
  })
