/** Threads that lose their cores at any moment: they sleep where the system may interrupt them, and the bits stay the same. */
import fc from "fast-check"
import { describe, expect, it, onTestFinished } from "vitest"
import type { Code } from "../src/backend/wasm/assembler/Code.ts"
import { atomic, i32, i64 } from "../src/backend/wasm/assembler/Value.ts"
import { type Compile, compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { failedOffset } from "../src/backend/wasm/threads/claims.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import { workspace } from "../src/backend/wasm/writeModule.ts"
import { fuse } from "../src/compiler/Fuse.ts"
import { Autodiff, Key, type NDArray, Program as Programs, Tensor } from "../src/index.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"

type T = Tensor.Tensor

/**
 * Code whose threads sleep for up to a millisecond at about every eighth of the moments at which the system may interrupt them.
 * The numbers of moments are counted in a word that nobody else uses.
 */
const interrupted =
  (seed: number): Compile =>
  (job, options) => {
    const { failed } = compileJob(job, options)
    const [counter, never] = [i32.const(failed - failedOffset + 16), i32.const(failed - failedOffset + 20)]
    const interrupt = (code: Code): void =>
      code.scope(() => {
        const drawn = code.let(i32.mul(i32.add(atomic.add(counter, 1), seed), 0x9e3779b1 | 0))
        code.if(i32.eqz(i32.shr_u(drawn, 29)), () => {
          const nanoseconds = i64.extend_i32_u(i32.and(drawn, 2 ** 20 - 1))
          code.drop(atomic.wait(never, 0, nanoseconds))
        })
      })
    return compileJob(job, { ...options, interrupt })
  }

const poolOf = async (threads: number) => {
  const pool = makePool(threads, 0)
  if (pool === undefined) throw new Error("this host has no threads")
  onTestFinished(() => pool.close())
  await pool.complete()
  return pool
}

describe("threads that are interrupted at any moment", () => {
  it.each([2, 3, 8])("give the bits of one thread, %i of them, in memory that others have used just before", async (threads) => {
    const pool = await poolOf(threads)
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 10, special: true }), fc.nat(), ({ inputs, program }, seed) => {
        const one = prepare({ program, resident: 0 }).run(inputs)
        const ready = prepare({ program, resident: 0 }, pool, "portable", interrupted(seed))
        for (let i = 0; i < 2; i++) expectSame(ready.run(inputs), one)
        // The next program has its memory, which threads that come late still look at.
        ready.release()
      }),
      { numRuns: caseCount(25) },
    )
  })

  it("give the bits of one thread in loops over sequences, which any thread may compute", async () => {
    const normal = (name: string, shape: ReadonlyArray<number>): NDArray.NDArray =>
      Tensor.read(Key.normal(Key.fold(Key.make(6), name), shape))
    const inputs = [normal("h", [24, 24]), normal("x", [5, 24, 24])]
    const program = Programs.trace((h, x) => {
      // The body packs the columns of the transpose, in scratch memory.
      const round = (h: T, x: T): T => Tensor.tanh(Tensor.add(Tensor.matmul(h, Tensor.transpose(h)), x))
      const { carry, kept } = Tensor.scan((h: T, x: T) => ({ carry: round(h, x), kept: h }), h as T, Tensor.mul(x as T, 2))
      return [Tensor.sum(carry, { axes: 0 }), Tensor.mul(kept, 2)]
    }, inputs)
    const one = prepare({ program, resident: 0 }).run(inputs)
    const pool = await poolOf(3)
    for (let seed = 0; seed < 6; seed++) {
      const ready = prepare({ program, resident: 0 }, pool, "portable", interrupted(seed))
      for (let i = 0; i < 5; i++) expectSame(ready.run(inputs), one)
      ready.release()
    }
  })

  it("give the bits of one thread in products of which each thread keeps the packed columns", async () => {
    const normal = (name: string, shape: ReadonlyArray<number>): NDArray.NDArray =>
      Tensor.read(Key.normal(Key.fold(Key.make(5), name), shape))
    const [x, y] = [normal("x", [190, 530]), normal("y", [530, 180])]
    const turned = normal("z", [530, 190])
    const program = Programs.trace(
      (x, y, z) => [Tensor.tanh(Tensor.matmul(x as T, y as T)), Tensor.matmul(Tensor.transpose(z as T), y as T)],
      [x, y, turned],
    )
    const inputs = [x, y, turned]
    const one = prepare({ program, resident: 0 }).run(inputs)
    const pool = await poolOf(3)
    for (let seed = 0; seed < 6; seed++) {
      const ready = prepare({ program, resident: 0 }, pool, "portable", interrupted(seed))
      for (let i = 0; i < 3; i++) expectSame(ready.run(inputs), one)
      ready.release()
    }
  })

  it("keep the state of a training step that of one thread", async () => {
    const normal = (name: string, shape: ReadonlyArray<number>): NDArray.NDArray =>
      Tensor.read(Key.normal(Key.fold(Key.make(3), name), shape))
    const [w, x, y] = [normal("w", [37, 21]), normal("x", [50, 37]), normal("y", [50, 21])]
    const program = Programs.trace(
      (w, x, y) => {
        const loss = (w: T): T => Tensor.mean(Tensor.square(Tensor.sub(Tensor.tanh(Tensor.matmul(x as T, w)), y as T)))
        return [Tensor.sub(w as T, Autodiff.grad(loss)(w as T)), loss(w as T)]
      },
      [w, x, y],
    )
    const job = { program, resident: 1 }
    const pool = await poolOf(3)
    const [one, three] = [prepare(job), prepare(job, pool, "portable", interrupted(1))]
    for (const each of [one, three]) each.load([w])
    for (let i = 0; i < 10; i++) expectSame(three.run([x, y]), one.run([x, y]))
    expectSame(three.state(), one.state())
  })

  it("share words that lie before all that kernels use", () => {
    const program = Programs.trace((x) => [Tensor.exp(x as T)], [{ dtype: "f32", shape: [8] }])
    const { failed, locations } = compileJob(
      { program, resident: 0 },
      { threads: 2, minSharedWork: 0, numerics: "portable", lanes: 128 },
    )
    expect(failed + 64).toBeLessThan(workspace(fuse(program), 2))
    for (const { address } of locations) expect(address).toBeGreaterThanOrEqual(workspace(fuse(program), 2))
  })
})
