/** The first promise, on this host; `pnpm same-bits` holds Node 22 and Chromium to it too. */
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import { planJob } from "../src/backend/wasm/compile.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { program } from "../src/engines/Compile.ts"
import { Dataset, Engine, Tensor, Train, Wasm } from "../src/index.ts"
import { tensors } from "../src/language/TensorTree.ts"
import { config, hashOf, knownFastHash, knownHash, knownRun } from "../src/testing/knownRun.ts"
import { initial, trainStep } from "../src/training/trainStep.ts"

const lanes = [128, 256] as const

describe.each(lanes)("in lanes of %i bits", (lanes) => {
  it.each([1, 2, 3, 8])("a training run ends with the recorded bits on %i threads", async (threads) => {
    expect(await Effect.runPromise(knownRun.pipe(Effect.provide(Wasm.layer({ lanes, threads }))))).toBe(knownHash)
  })

  it.each([1, 2, 3])(
    "in fast numerics it ends with bits of their own on %i threads, where the host has them",
    async (threads) => {
      const hash = await Effect.runPromise(knownRun.pipe(Effect.provide(Wasm.layer({ lanes, threads, numerics: "fast" }))))
      expect(hash).toBe(offered("fast") === "fast" ? knownFastHash : knownHash)
    },
  )
})

it("whose steps the engine shares out", () => {
  const known = config()
  const state = initial(known)
  const { inputs, targets } = Dataset.take(
    known.data,
    Array.from({ length: known.batch }, (_, i) => i),
  )
  const step = trainStep(known)
  const both = (from: typeof state, x: Tensor.Tensor, y: Tensor.Tensor) => {
    const made = step(from, { x, y })
    return [made.state, made.output]
  }
  const traced = program(both, state, inputs, targets)
  const pool = makePool(2)
  expect(
    planJob({ program: traced.program, resident: tensors(state).length }, { threads: 2, minSharedWork: pool?.minSharedWork ?? 0 })
      .threads,
  ).toBe(2)
})

it("and whose bits are not those of Reference, which computes in doubles", async () => {
  const { batch, data, ...others } = config()
  const first = Array.from({ length: batch }, (_, i) => i)
  const one = Train.finished({ ...others, batch, data: Dataset.take(data, first), epochs: 1 })
  const hash = Effect.flatMap(one, ({ params }) => Effect.promise(() => hashOf(params)))
  const [reference, wasm] = await Promise.all(
    [Engine.layerReference, Wasm.layer({ threads: 1 })].map((layer) => Effect.runPromise(Effect.provide(hash, layer))),
  )
  expect(reference).not.toBe(wasm)
})

it("the hash of weights is SHA-256 of their bytes", async () => {
  expect(await hashOf({ w: Tensor.make([1]) })).toBe("e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c")
})
