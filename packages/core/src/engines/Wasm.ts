/** The WebAssembly engine as a service: its threads are a pool of workers that ends with its scope. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { EngineError, type Footprint, type Job, keepsState } from "../backend/Executable.ts"
import { readOnAtMost } from "../backend/eager/preparedPrograms.ts"
import { lanesSetting, lanesVariable, offeredLanes, usualLanes } from "../backend/wasm/assembler/hostLanes.ts"
import { fusesMultiplyAdd, offered } from "../backend/wasm/assembler/hostNumerics.ts"
import type { Lanes } from "../backend/wasm/assembler/lanes.ts"
import type { Numerics } from "../backend/wasm/assembler/numerics.ts"
import { cachedCompile, planJob } from "../backend/wasm/compile.ts"
import { runOnce } from "../backend/wasm/prepare.ts"
import { type EngineLanes, preparer } from "../backend/wasm/preparer.ts"
import { makePool, type Pool, processors } from "../backend/wasm/threads/pool.ts"
import type { Priority } from "../backend/worker/priority.ts"
import { type Pieces, piecesOf, toEnd } from "../types/Pieces.ts"
import { Engine } from "./Engine.ts"
import { inProcess } from "./inProcess.ts"
import { readTensors } from "./readTensors.ts"
import { doing } from "./turns.ts"
import { workerEngine } from "./workerEngine.ts"

const failure =
  (doing: string) =>
  (cause: unknown): EngineError =>
    cause instanceof EngineError ? cause : new EngineError({ engine: "wasm", doing, cause })

export type { Lanes } from "../backend/wasm/assembler/lanes.ts"
export type { Numerics } from "../backend/wasm/assembler/numerics.ts"

export interface WasmOptions {
  /**
   * The number of threads; the number of processors unless given, in a page at most eight. If it is given, reading outside
   * programs uses no more from then on.
   */
  readonly threads?: number
  /**
   * `portable` (the default) gives the same bits on every host. `fast` rounds a product and the sum together if the host has
   * fused multiply-add; the engine's `numerics` is the one in use.
   */
  readonly numerics?: Numerics
  /**
   * How wide vectors are, in bits, where the environment variable `ADJOINT_LANES` does not say either: 256 in Node 24, else 128.
   * 256 asks Node's V8 to pack 128-bit operations in pairs, about twice as fast, and is 128 where that has no effect; the
   * engine's `lanes` are those in use. Results have the same bits: a program begins in 128, and goes over after half a second of
   * running, or at its first run if 256 is given, if one run in both has the same bits.
   */
  readonly lanes?: Lanes
}

export type { Priority } from "../backend/worker/priority.ts"

export interface WorkerOptions extends WasmOptions {
  /**
   * `low` (the default) leaves a processor to the other threads of the process as soon as they need it, such as the one that answers
   * requests; a process that is alone on its machine computes as fast. `normal` competes with them. Only Linux has a priority for
   * each thread: elsewhere, and where it may not be changed, it is `normal`.
   */
  readonly priority?: Priority
}

/** Fails for other lanes than there are. */
const checkLanes = (what: string, lanes: unknown): void => {
  if (lanes === 128 || lanes === 256) return
  throw new EngineError({ engine: "wasm", doing: "choose its lanes", cause: `${what} is ${String(lanes)}; it wants 128 or 256` })
}

/** The most threads of an engine: more are a mistake. */
export const mostThreads = 256

/** Refuses options that mean nothing, which types do not see in JavaScript or in a number that is computed. */
const checkOptions = ({ numerics, priority, threads }: WorkerOptions): void => {
  const refuse = (name: string, got: unknown, wanted: string): never => {
    throw new EngineError({
      engine: "wasm",
      doing: `choose its ${name}`,
      cause: `the option ${name} is ${got}; it wants ${wanted}`,
    })
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= mostThreads))
    refuse("threads", String(threads), `a whole number from 1 to ${mostThreads}`)
  if (numerics !== undefined && numerics !== "portable" && numerics !== "fast")
    refuse("numerics", JSON.stringify(numerics), '"portable" or "fast"')
  if (priority !== undefined && priority !== "low" && priority !== "normal")
    refuse("priority", JSON.stringify(priority), '"low" or "normal"')
}

/** The requested lanes. Throws `EngineError` for others than 128 and 256. */
const lanesOf = ({ lanes }: WasmOptions): EngineLanes => {
  const setting = lanesSetting()
  if (lanes !== undefined) checkLanes("the option lanes", lanes)
  else if (setting !== undefined) checkLanes(lanesVariable, /^\d+$/u.test(setting) ? Number(setting) : JSON.stringify(setting))
  return { lanes: lanes ?? usualLanes(), isAsked: lanes !== undefined || setting !== undefined }
}

/** The engine on the threads of a pool, or on one. */
const engine = (pool: Pool | undefined, wanted: Numerics, lanes: EngineLanes): Engine["Service"] => {
  const numerics = offered(wanted)
  const prepare = preparer(numerics, lanes)
  const readCompile = cachedCompile()
  return Engine.of({
    name: "wasm",
    numerics,
    // Found out when it is asked for, since that takes milliseconds.
    get lanes() {
      return offeredLanes(lanes.lanes)
    },
    threads: pool?.threads ?? 1,
    plan: (job) => Effect.suspend(() => doing(planning(job), failure("plan a program"))),
    prepare: (job) =>
      Effect.acquireRelease(
        Effect.andThen(
          waitForWorkers(pool),
          Effect.suspend(() => doing(piecesOf(prepare, job, pool), failure("prepare a program"))),
        ),
        ({ release }) => Effect.sync(release),
        { interruptible: true },
      ).pipe(Effect.map((prepared) => inProcess(prepared, keepsState(job)))),
    read: (targets) =>
      readTensors(targets, (job) =>
        Effect.andThen(
          waitForWorkers(pool),
          Effect.suspend(() => doing(piecesOf(runOnce, job, pool, readCompile), failure("read tensors"))),
        ),
      ),
  })
}

const scoped = (make: () => Pool | undefined): Effect.Effect<Pool | undefined, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => open(make())),
    (made) => Effect.promise(async () => made?.close()),
  )

/**
 * The engine that compiles programs to WebAssembly. Its scope ends its threads. Throws `EngineError` for options that it does not
 * have, such as lanes other than 128 and 256.
 */
export const layer = (options: WasmOptions = {}): Layer.Layer<Engine> => {
  checkOptions(options)
  const { numerics = "portable", threads = processors() } = options
  const lanes = lanesOf(options)
  return Layer.effect(
    Engine,
    Effect.map(
      scoped(() => {
        if (options.threads !== undefined) readOnAtMost(options.threads)
        return makePool(threads)
      }),
      (pool) => engine(pool, numerics, lanes),
    ),
  )
}

/**
 * The same engine in a worker, so that the calling thread stays free: a server answers and a page is drawn while it computes. It has
 * the bits of `layer`, and takes the same options, and `priority`. Its threads belong to the worker. Fails with `EngineError` where the host refuses
 * a worker, and for options that `layer` refuses. If the worker ends before its scope, every call fails with `EngineError`.
 */
export const worker = (options: WorkerOptions = {}): Layer.Layer<Engine, EngineError> =>
  Layer.effect(
    Engine,
    Effect.flatMap(
      Effect.try({
        try: () => {
          checkOptions(options)
          if (options.threads !== undefined) readOnAtMost(options.threads)
          return lanesOf(options)
        },
        catch: failure("choose its options"),
      }),
      (lanes) =>
        workerEngine({
          threads: options.threads ?? processors(),
          numerics: options.numerics ?? "portable",
          priority: options.priority ?? "low",
          ...lanes,
        }),
    ),
  )

/**
 * @internal The engine with every kernel, however small, shared by threads that have all started: slower than `layer`, for tests that
 * compare several threads with one.
 */
export const allShared = (threads: number, lanes: Lanes = usualLanes()): Layer.Layer<Engine> =>
  Layer.effect(
    Engine,
    Effect.gen(function* () {
      const pool = yield* scoped(() => makePool(threads, 0))
      if (pool !== undefined) yield* Effect.promise(pool.complete)
      return engine(pool, "portable", { lanes, isAsked: true })
    }),
  )

/**
 * The number of threads that `layer` uses for this option: one if memory cannot be shared with workers.
 * `threadCount(1) // => 1`
 */
export const threadCount = (threads = processors()): number => makePool(threads)?.threads ?? 1

/** Whether this host has `fast` numerics; without them the engine uses `portable`. `typeof hasFastNumerics() // => "boolean"` */
export const hasFastNumerics = (): boolean => fusesMultiplyAdd()

/**
 * The lanes that `layer` uses for this option: 128 if the host packs none. Throws `EngineError` for lanes other than 128 and 256.
 * `lanesInUse(128) // => 128`
 */
export const lanesInUse = (lanes?: Lanes): Lanes => offeredLanes(lanesOf(lanes === undefined ? {} : { lanes }).lanes)

/**
 * Plans a program without compiling it, for one thread. Throws `EngineError` when it does not fit into one memory.
 *
 * ```ts
 * const program = Program.trace((x) => [Tensor.exp(Tensor.neg(x as Tensor.Tensor))], [{ dtype: "f32", shape: [4] }])
 * footprint({ program, resident: 0 }).kernels // => 1
 * ```
 */
export const footprint = (job: Job): Footprint => toEnd(planning(job))

function* planning(job: Job): Pieces<Footprint> {
  const { memory, plan } = yield* piecesOf(planJob, job, { threads: 1, minSharedWork: 0 })
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
