/** The page of `browser-threads.test.ts`: the engine's threads, without and with failures. */

import { Key, type NDArray, Tensor } from "@adjoint/core"
import { EngineError } from "@adjoint/core/backend/Executable"
import { f32, i32 } from "@adjoint/core/backend/wasm/assembler/Value"
import { type Compile, compileJob } from "@adjoint/core/backend/wasm/compile"
import { prepare } from "@adjoint/core/backend/wasm/prepare"
import { idleFlags } from "@adjoint/core/backend/wasm/threads/controlBlock"
import { makePool, type Pool } from "@adjoint/core/backend/wasm/threads/pool"
import { webWorkers } from "@adjoint/core/backend/wasm/threads/webWorkers"
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { trace } from "@adjoint/core/language/Program"
import { Effect } from "effect"
import { together, trapping } from "../packages/core/test/part-for-each-thread.ts"

type T = Tensor.Tensor

const shape = [64, 64]
const program = trace(
  (x, y) => [Tensor.matmul(x as T, y as T)],
  [
    { dtype: "f32", shape },
    { dtype: "f32", shape },
  ],
)
const job = { program, resident: 0 }
const inputs = ["x", "y"].map((name): NDArray.NDArray => Tensor.read(Key.normal(Key.fold(Key.make(1), name), shape)))
const [one] = prepare(job).run(inputs)

/** A pool that shares every kernel, and waits a number of milliseconds for a lost worker. */
const open = async (threads: number, limit?: number): Promise<Pool> => {
  const pool = makePool(threads, 0, webWorkers(limit))
  if ((await pool?.ready()) !== true || pool === undefined) throw new Error("the page has no workers")
  return pool
}

/** Each thread writes its number at the index of that number. */
const numbers = together((code, thread, { locations, outputs }) => {
  const address = locations[outputs[0]?.slot ?? 0]?.address ?? 0
  code.f32.store(i32.add(i32.mul(thread, 4), address), f32.convert_i32_s(thread))
})

const failureOf = (f: () => unknown): string => {
  try {
    f()
    return "nothing was thrown"
  } catch (error) {
    return error instanceof EngineError ? error.message : `not an EngineError: ${error}`
  }
}

/** A worker of this page, and its shared memory. */
interface Watched {
  readonly worker: { readonly postMessage: (message: unknown) => void }
  readonly words: Int32Array
  readonly thread: number
}

interface Starter {
  Worker: new (url: string) => { postMessage(message: unknown): void; terminate(): void }
}

/** Records the workers that the page starts from now on. */
const watching = (): ReadonlyArray<Watched> => {
  const started: Array<Watched> = []
  const page = globalThis as unknown as Starter
  page.Worker = class extends page.Worker {
    override postMessage(message: unknown): void {
      const { control, thread } = (message ?? {}) as { readonly control?: Int32Array; readonly thread?: number }
      if (control !== undefined && thread !== undefined) started.push({ worker: this, words: control, thread })
      super.postMessage(message)
    }
  }
  return started
}

/** Milliseconds until a worker that was ended while it spins has ended: until then it may still do a run. */
const lastLook = 200

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A living worker spins when it is woken, and reports when it sleeps again. */
const lives = async ({ thread, words, worker }: Watched): Promise<boolean> => {
  Atomics.store(words, idleFlags + thread, 7)
  worker.postMessage(null)
  for (let i = 0; i < 30 && Atomics.load(words, idleFlags + thread) === 7; i++) await rest(10)
  return Atomics.load(words, idleFlags + thread) !== 7
}

const livingIn = async (workers: ReadonlyArray<Watched>): Promise<number> =>
  (await Promise.all(workers.map(lives))).filter((isAlive) => isAlive).length

/** The threads of the default engine, and the number of workers while it is open and after it is closed. */
const engine = async () => {
  const started = watching()
  const opened = Effect.gen(function* () {
    const { threads } = yield* Engine.Engine
    return { threads, living: yield* Effect.promise(() => livingIn(started)) }
  })
  const { living, threads } = await Effect.runPromise(opened.pipe(Effect.provide(Wasm.layer())))
  await rest(lastLook)
  return { threads, living, livingAfter: await livingIn(started) }
}

/** The numbers that the threads of a pool wrote, and whether a product on three threads equals that on one. */
const shared = async () => {
  const pool = await open(3)
  const [written] = prepare(job, pool, "portable", numbers).run(inputs)
  const code = compileJob(job, { threads: pool.threads, minSharedWork: pool.minSharedWork, numerics: "portable", lanes: 128 })
  const [product] = prepare(job, pool).run(inputs)
  await pool.close()
  return {
    written: [...(written?.data.slice(0, 3) ?? [])],
    threads: code.threads,
    same: one !== undefined && product !== undefined && one.data.every((x, i) => x === product.data[i]),
    left: pool.workers().length,
  }
}

/** The failure of a run whose thread traps, and whether the pool still works. */
const trapped = async (which: number) => {
  const pool = await open(3)
  const ready = prepare(job, pool)
  const broken = prepare(job, pool, "portable", trapping(which))
  const failure = failureOf(() => broken.run(inputs))
  // The workers have ended, and others start only when the page is idle.
  const [alone] = ready.run(inputs)
  const arrived = await pool.ready()
  const [product] = ready.run(inputs)
  await pool.close()
  return { failure, arrived, same: [alone, product].every((made) => made?.data.every((x, i) => x === one?.data[i])) }
}

/** A thread that never completes its part, as one that the browser has ended. */
const stuck = (which: number): Compile =>
  together((code, thread) => code.if(i32.eq(thread, which), () => code.loop((again) => code.br(again))))

/** The failure of a run whose worker does not answer, its time, and whether a run without one of the workers has the same bits. */
const ended = async () => {
  const pool = await open(3, 500)
  const ready = prepare(job, pool)
  ready.run(inputs)
  pool.workers()[1]?.terminate()
  await rest(lastLook)
  const [product] = ready.run(inputs)
  const same = product?.data.every((x, i) => x === one?.data[i]) === true
  await pool.close()
  const other = await open(3, 500)
  const broken = prepare(job, other, "portable", stuck(1))
  const start = performance.now()
  const failure = failureOf(() => broken.run(inputs))
  const waited = performance.now() - start
  await other.close()
  return { failure, waited, same }
}

const inOrder = async <A>(tasks: ReadonlyArray<() => Promise<A>>): Promise<ReadonlyArray<A>> => {
  const done: Array<A> = []
  for (const task of tasks) done.push(await task())
  return done
}

/** All of these, if there are threads; otherwise only the engine. */
export const run = async () => {
  const opened = await engine()
  if (opened.threads === 1) return { opened }
  return {
    opened,
    shared: await shared(),
    trapped: await inOrder([0, 1, 2].map((which) => () => trapped(which))),
    ended: await ended(),
  }
}

/** The report of the page. */
export type Report = Awaited<ReturnType<typeof run>>
