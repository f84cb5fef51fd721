/**
 * A self-test of an engine on the current machine: a few programs, one for each kind of kernel, must give the same bits on any
 * number of threads and agree with Reference, and the known training run must end with its recorded bits.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { Engine } from "../engines/Engine.ts"
import * as Wasm from "../engines/Wasm.ts"
import { type Program, trace } from "../language/Program.ts"
import * as Reference from "../reference/Reference.ts"
import * as Key from "../tensor/Key.ts"
import * as T from "../tensor/Tensor.ts"
import { equals, type NDArray } from "../types/NDArray.ts"
import type { Shape } from "../types/Shape.ts"
import { allClose } from "./allClose.ts"
import { knownHash, knownRun } from "./knownRun.ts"

/** The result of one check; `detail` describes a failure. */
export interface CheckResult {
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

/** The tolerance of f32 against doubles, for sums of at most 90 numbers of about 1. */
const tolerance = { rtol: 1e-5, atol: 1e-4 }

/** A case to run: its program, its inputs, and the result of Reference. */
interface Prepared {
  readonly name: string
  readonly program: Program
  readonly inputs: ReadonlyArray<NDArray>
  readonly exact: NDArray
}

const prepared = ({ f, name, shapes }: Case): Prepared => {
  const inputs = shapes.map((shape, i) => T.read(Key.normal(Key.fold(Key.make(1), i), shape)))
  const program = trace((...given) => [f(...given)], inputs)
  return { name, program, inputs, exact: (Reference.run(program, inputs) as readonly [NDArray])[0] }
}

/** The result of a case on a number of threads, or the text of an error. */
type Result = { readonly threads: number; readonly result: NDArray } | { readonly error: string }

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Runs all cases on a number of threads. */
const resultsOn = (threads: number, lanes: Wasm.Lanes, all: ReadonlyArray<Prepared>): Effect.Effect<ReadonlyArray<Result>> =>
  Effect.gen(function* () {
    const engine = yield* Engine.current
    return yield* Effect.forEach(all, ({ inputs, program }) =>
      Effect.scoped(Effect.flatMap(engine.prepare({ program, resident: 0 }), ({ run }) => Effect.flatten(run([inputs])))).pipe(
        Effect.map(([outputs]) => ({ threads: engine.threads, result: outputs?.[0] as NDArray })),
        Effect.catchCause((cause) => Effect.succeed({ error: textOf(Cause.squash(cause)) })),
      ),
    )
  }).pipe(
    Effect.provide(Wasm.allShared(threads, lanes)),
    Effect.catchCause((cause) => Effect.succeed(all.map(() => ({ error: textOf(Cause.squash(cause)) })))),
  )

/** Checks that the results of a case are correct, and the same on any number of threads. */
const judge = ({ exact, name }: Prepared, results: ReadonlyArray<Result>): CheckResult => {
  const failed = results.find((result) => "error" in result)
  if (failed !== undefined) return { name, passed: false, detail: failed.error }
  const computed = results.filter((result) => "result" in result)
  const first = computed[0]?.result ?? exact
  const { close, report } = allClose(first, exact, tolerance)
  if (!close) return { name, passed: false, detail: `differs from Reference: ${report}` }
  const other = computed.find(({ result }) => !equals(result, first))
  return other === undefined ? { name, passed: true } : { name, passed: false, detail: `other bits on ${other.threads} threads` }
}

const numbered = (threads: number): string => `${threads} ${threads === 1 ? "thread" : "threads"}`

/** The run with known bits, on a number of threads. */
const known = (threads: number, lanes: Wasm.Lanes): Effect.Effect<CheckResult> =>
  knownRun.pipe(
    Effect.provide(Wasm.layer({ lanes, threads })),
    Effect.match({
      onSuccess: (hash) =>
        hash === knownHash ? { passed: true } : { passed: false, detail: `got ${hash}, wanted ${knownHash}` },
      onFailure: ({ message }) => ({ passed: false, detail: message }),
    }),
    Effect.map((answer) => ({ name: `a training run on ${numbered(threads)} ends with the known bits`, ...answer })),
  )

/** Runs all checks, on every number of threads from 1 to this one. */
export const selfTest = (threads: number, lanes: Wasm.Lanes): Effect.Effect<ReadonlyArray<CheckResult>> =>
  Effect.gen(function* () {
    const all = yield* Effect.sync(() => cases.map(prepared))
    const counts = Array.from({ length: threads }, (_, i) => i + 1)
    const results = yield* Effect.forEach(counts, (count) => resultsOn(count, lanes, all))
    const programs = all.map((one, i) =>
      judge(
        one,
        results.map((of) => of[i] as Result),
      ),
    )
    const runs = yield* Effect.forEach([...new Set([1, threads])], (count) => known(count, lanes))
    return [...programs, ...runs]
  })
