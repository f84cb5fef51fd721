/** The WebAssembly engine as a service: its threads are a pool of workers that ends with its scope. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { EngineError, type Job } from "../backend/Executable.ts"
import { read } from "../backend/eager/Eager.ts"
import { offeredLanes } from "../backend/wasm/assembler/hostLanes.ts"
import { fusesMultiplyAdd, offered } from "../backend/wasm/assembler/hostNumerics.ts"
import type { Numerics } from "../backend/wasm/assembler/numerics.ts"
import { cachedCompile, planJob } from "../backend/wasm/compile.ts"
import { prepare } from "../backend/wasm/prepare.ts"
import { makePool, type Pool, processors } from "../backend/wasm/threads/pool.ts"
import { Engine } from "./Engine.ts"

const failure =
  (doing: string) =>
  (cause: unknown): EngineError =>
    cause instanceof EngineError ? cause : new EngineError({ engine: "wasm", doing, cause })

export type { Numerics } from "../backend/wasm/assembler/numerics.ts"

export interface WasmOptions {
  /** The number of threads; the number of processors unless given, in a page at most eight. */
  readonly threads?: number
  /**
   * `portable` (the default) gives the same bits on every host. `fast` rounds a product and the sum together if the host has
   * fused multiply-add; the engine's `numerics` is the one in use.
   */
  readonly numerics?: Numerics
}

/** The engine on the threads of a pool, or on one. */
const engine = (pool: Pool | undefined, wanted: Numerics): Engine["Service"] => {
  const numerics = offered(wanted)
  const compile = cachedCompile()
  return Engine.of({
    name: "wasm",
    numerics,
    threads: pool?.threads ?? 1,
    prepare: (job) =>
      Effect.acquireRelease(
        Effect.andThen(
          waitForWorkers(pool),
          Effect.try({
            try: () => prepare(job, pool, numerics, compile, offeredLanes(256)),
            catch: failure("prepare a program"),
          }),
        ),
        ({ release }) => Effect.sync(release),
      ),
    read,
  })
}

const scoped = (make: () => Pool | undefined): Effect.Effect<Pool | undefined, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => open(make())),
    (made) => Effect.promise(async () => made?.close()),
  )

/** The engine that compiles programs to WebAssembly. Its scope ends its threads. */
export const layer = ({ numerics = "portable", threads = processors() }: WasmOptions = {}): Layer.Layer<Engine> =>
  Layer.effect(
    Engine,
    Effect.map(
      scoped(() => makePool(threads)),
      (pool) => engine(pool, numerics),
    ),
  )

/**
 * @internal The engine with every kernel, however small, shared by threads that have all started: slower than `layer`, for tests that
 * compare several threads with one.
 */
export const allShared = (threads: number): Layer.Layer<Engine> =>
  Layer.effect(
    Engine,
    Effect.gen(function* () {
      const pool = yield* scoped(() => makePool(threads, 0))
      if (pool !== undefined) yield* Effect.promise(pool.complete)
      return engine(pool, "portable")
    }),
  )

/**
 * The number of threads that `layer` uses for this option: one if memory cannot be shared with workers.
 * `threadCount(1) // => 1`
 */
export const threadCount = (threads = processors()): number => makePool(threads)?.threads ?? 1

/** Whether this host has `fast` numerics; without them the engine uses `portable`. `typeof hasFastNumerics() // => "boolean"` */
export const hasFastNumerics = (): boolean => fusesMultiplyAdd()

/** The kernels and the memory of a program on one thread. */
export interface Footprint {
  /** Passes over memory. */
  readonly kernels: number
  /** All of its memory, in bytes. */
  readonly bytes: number
}

/**
 * Plans a program without compiling it, for one thread. Throws `EngineError` when it does not fit into one memory.
 *
 * ```ts
 * const program = Program.trace((x) => [Tensor.exp(Tensor.neg(x as Tensor.Tensor))], [{ dtype: "f32", shape: [4] }])
 * footprint({ program, resident: 0 }).kernels // => 1
 * ```
 */
export const footprint = (job: Job): Footprint => {
  const { memory, plan } = planJob(job, { threads: 1, minSharedWork: 0 })
  return { kernels: plan.kernels.length, bytes: memory.bytes }
}

/** Waits for the workers of a pool, on hosts that start them only while the calling thread is idle. False if there are none. */
const waitForWorkers = (pool: Pool | undefined): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const ready = pool?.ready()
    return ready === undefined ? Effect.succeed(pool !== undefined) : Effect.promise(() => ready)
  })

/** The pool, or `undefined` if its workers cannot start. */
const open = (pool: Pool | undefined): Effect.Effect<Pool | undefined> =>
  Effect.map(waitForWorkers(pool), (isThere) => (isThere ? pool : undefined))
