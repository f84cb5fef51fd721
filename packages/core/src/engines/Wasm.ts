/** The WebAssembly engine as a service: its threads are a pool of workers that ends with its scope. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EngineError } from "../machines/Executable.ts"
import { read } from "../machines/eager/Eager.ts"
import { offered } from "../machines/wasm/assembler/hostNumerics.ts"
import type { Numerics } from "../machines/wasm/assembler/numerics.ts"
import { cachedCompile } from "../machines/wasm/compile.ts"
import { prepare } from "../machines/wasm/prepare.ts"
import { makePool, type Pool } from "../machines/wasm/threads/pool.ts"
import { Engine } from "./Engine.ts"

const failure =
  (doing: string) =>
  (cause: unknown): EngineError =>
    cause instanceof EngineError ? cause : new EngineError({ engine: "wasm", doing, cause })

export type { Numerics } from "../machines/wasm/assembler/numerics.ts"

export interface WasmOptions {
  /** How many threads to use; as many as the host has processors unless given, in a page at most eight. */
  readonly threads?: number
  /**
   * `portable` unless given: bits that every host agrees on. `fast` rounds a product and the sum it is added to once, where
   * the host can; the engine's `numerics` says whether it does.
   */
  readonly numerics?: Numerics
}

/** The engine that writes WebAssembly. Its threads end with its scope. */
export const layer = ({ numerics: wanted = "portable", threads = processors() }: WasmOptions = {}): Layer.Layer<Engine> =>
  Layer.effect(
    Engine,
    Effect.gen(function* () {
      const pool = yield* Effect.acquireRelease(
        Effect.suspend(() => open(makePool(threads))),
        (made) => Effect.promise(async () => made?.close()),
      )
      const numerics = offered(wanted)
      const compile = cachedCompile()
      return Engine.of({
        name: "wasm",
        numerics,
        threads: pool?.threads ?? 1,
        prepare: (job) =>
          Effect.acquireRelease(
            Effect.andThen(
              arrival(pool),
              Effect.try({ try: () => prepare(job, pool, numerics, compile), catch: failure("prepare a program") }),
            ),
            ({ release }) => Effect.sync(release),
          ),
        read,
      })
    }),
  )

/** Waits for the workers of a pool, where they have to be waited for, and says whether there are any. */
const arrival = (pool: Pool | undefined): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const ready = pool?.ready()
    return ready === undefined ? Effect.succeed(pool !== undefined) : Effect.promise(() => ready)
  })

/** A pool whose workers are there, or none. */
const open = (pool: Pool | undefined): Effect.Effect<Pool | undefined> =>
  Effect.map(arrival(pool), (isThere) => (isThere ? pool : undefined))

/** A page's processors are the whole machine's, and each worker of it costs some megabytes: more than these are not taken unasked. */
const mostInPage = 8

const processors = (): number =>
  globalThis.process?.getBuiltinModule?.("node:os").availableParallelism() ??
  Math.min(mostInPage, globalThis.navigator?.hardwareConcurrency ?? 1)
