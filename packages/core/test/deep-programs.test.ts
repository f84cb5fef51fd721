/** Deep programs: planning takes time in proportion to their length, and nothing recurses along it. */
import process from "node:process"
import { describe, expect, it } from "vitest"
import { planJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { Autodiff, Program, Tensor } from "../src/index.ts"

type T = Tensor.Tensor

/** A step of gradient descent through so many layers `x ← relu(x · w)`, with weights of their own. */
const step = (layers: number) => {
  const weights = Array.from({ length: layers }, () => ({ dtype: "f32", shape: [4, 4] }) as const)
  const program = Program.trace(
    (x, ...given) => {
      const cost = (all: ReadonlyArray<T>): T => {
        let y = x as T
        for (const w of all) y = Tensor.maximum(Tensor.matmul(y, w), 0)
        return Tensor.sum(y)
      }
      const grads = Autodiff.grad(cost)(given)
      return given.map((w, i) => Tensor.sub(w, Tensor.mul(grads[i] as T, 0.5)))
    },
    [{ dtype: "f32", shape: [3, 4] }, ...weights],
  )
  // The state comes first.
  const inputs = [...program.inputs.slice(1), ...program.inputs.slice(0, 1)]
  const equations = program.equations.map((equation) => ({
    ...equation,
    inputs: equation.inputs.map((value) => (value === 0 ? layers : value <= layers ? value - 1 : value)),
  }))
  return { program: { ...program, inputs, equations }, resident: layers }
}

/** The least seconds of processor time that `f` takes in three runs: other load does not count. */
const seconds = (f: () => unknown): number => {
  const runs = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    f()
    const { system, user } = process.cpuUsage(before)
    return (system + user) / 1e6
  })
  return Math.min(...runs)
}

/** A busy machine takes longer than the usual bound. */
const patience = 120_000

describe("a deep program", () => {
  it("is planned in time proportional to its length", { timeout: patience }, async ({ annotate }) => {
    const [short, long] = [step(200), step(1600)]
    const plan = (job: typeof short) => planJob(job, { threads: 1, minSharedWork: 0 })
    plan(short)
    const ratio = seconds(() => plan(long)) / seconds(() => plan(short))
    await annotate(`8 times the layers take ${ratio.toFixed(1)} times the processor time`)
    // A quadratic pass takes up to 64 times.
    expect(ratio).toBeLessThan(20)
  })

  it("of 1,600 layers learns: each gradient is known", { timeout: patience }, () => {
    const layers = 1600
    const { load, release, run, state } = prepare(step(layers))
    const weights = Tensor.read(Tensor.full([4, 4], 0.25))
    load(Array.from({ length: layers }, () => weights))
    run([Tensor.read(Tensor.full([3, 4], 1))])
    // Weights of 1 / 4 keep the mean, so each layer is given ones and its outputs weigh 1: a gradient is the number of rows.
    const moved = state()
    expect(moved).toHaveLength(layers)
    for (const { data } of moved) expect(data).toEqual(new Float32Array(16).fill(0.25 - 0.5 * 3))
    release()
  })
})
