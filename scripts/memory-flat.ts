/**
 * Tests that memory is freed: compiles, runs and drops many programs, some equal and some different, some on one thread and
 * some on two; then does many steps of one training. Prints the resident memory of the process meanwhile. The flag fixes the
 * size of V8's young generation, which would otherwise grow once and hide a leak.
 *
 *     node --max-semi-space-size=4 scripts/memory-flat.ts                             10,000 cycles and 100,000 steps
 *     node --max-semi-space-size=4 scripts/memory-flat.ts --cycles 500 --steps 10000
 *     node --max-semi-space-size=4 scripts/memory-flat.ts --json                      for programs: bytes at 10 %, 50 % and 100 %
 */
import { parseArgs } from "node:util"
import * as Toys from "@adjoint/core/data/Toys"
import * as Compile from "@adjoint/core/engines/Compile"
import type { Engine } from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Layers from "@adjoint/core/learning/Layers"
import * as LearningRate from "@adjoint/core/learning/LearningRate"
import * as Loss from "@adjoint/core/learning/Loss"
import * as Net from "@adjoint/core/learning/Net"
import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Train from "@adjoint/core/training/Train"
import { Effect, Stream } from "effect"

const { values } = parseArgs({
  options: {
    cycles: { type: "string", default: "10000" },
    steps: { type: "string", default: "100000" },
    json: { type: "boolean", default: false },
  },
})

type T = Tensor.Tensor

/** Resident bytes by percentage of progress. */
type Marks = { readonly [part in "10" | "50" | "100"]: number }

/** Records the resident memory at these percentages of progress. */
const marking = (total: number) => {
  const marks = { "10": 0, "50": 0, "100": 0 }
  return {
    marks: (): Marks => marks,
    done: (count: number): void => {
      for (const part of ["10", "50", "100"] as const)
        if (marks[part] === 0 && count >= (total * Number(part)) / 100) marks[part] = process.memoryUsage.rss()
    },
  }
}

const small = Tensor.read(Tensor.ones([64, 16]))
const large = Tensor.read(Tensor.ones([384, 384]))

/** Programs in turn: one that is always the same, one that is always new, one for two threads, one with only another array. */
const programs: ReadonlyArray<(cycle: number) => readonly [f: (x: T) => T, x: T]> = [
  () => [(x) => Tensor.sum(Tensor.tanh(x)), small],
  (cycle) => [(x) => Tensor.sum(Tensor.mul(x, cycle)), small],
  () => [(x) => Tensor.matmul(x, Tensor.transpose(x)), large],
  (cycle) => [(x) => Tensor.add(x, Tensor.make(Array.from({ length: 16 }, (_, i) => i + cycle))), small],
]

/** Compiles, runs and drops `count` programs. */
const cycle = (total: number): Effect.Effect<Marks, unknown, Engine> =>
  Effect.gen(function* () {
    const { done, marks } = marking(total)
    for (let i = 0; i < total; i++) {
      const [f, x] = (programs[i % programs.length] as (typeof programs)[number])(i)
      yield* Effect.scoped(Effect.flatMap(Compile.compile(f, x), (compiled) => compiled(x)))
      if (i % 16 === 0) yield* Effect.yieldNow
      done(i + 1)
    }
    return marks()
  })

const batch = 16
const rows = 16_000

/** Trains for a number of steps. */
const train = (total: number): Effect.Effect<Marks, unknown, Engine> =>
  Effect.suspend(() => {
    const { done, marks } = marking(total)
    const config = {
      net: Net.sequential([Layers.dense({ units: 16, activation: "tanh" }), Layers.dropout(0.1), Layers.dense({ units: 2 })]),
      loss: Loss.categoricalCrossEntropy(),
      optimizer: Optimizer.adam(LearningRate.constant(1e-3)),
      data: Toys.moons(Key.make(1), { count: rows }),
      seed: 1,
      epochs: Math.ceil((total * batch) / rows),
      batch,
    }
    return Train.run(config).pipe(
      Stream.runForEach((event) => Effect.sync(() => event._tag === "Stepped" && done(event.step))),
      Effect.map(marks),
    )
  })

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

const measured = Effect.gen(function* () {
  const cycles = yield* cycle(Number(values.cycles))
  const steps = yield* train(Number(values.steps))
  return { cycles, steps }
})

const found = await Effect.runPromise(measured.pipe(Effect.provide(Wasm.layer({ threads: 2 }))))
if (values.json) console.log(JSON.stringify(found))
else
  for (const [what, marks] of Object.entries(found))
    console.log(
      `${values[what as keyof typeof found]} ${what}: ${Object.entries(marks)
        .map(([part, bytes]) => `${megabytes(bytes)} at ${part} %`)
        .join(", ")}`,
    )
