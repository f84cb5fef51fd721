/** The workers of a run, as its arguments ask for them: threads of this process, and processes that join it. */
import * as Engine from "@adjoint/core/engines/Engine"
import * as Shards from "@adjoint/core/training/Shards"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import { type Choice, mostThreads, threadOf } from "../model/Engines.ts"
import { UsageError } from "../report/Failure.ts"
import * as Address from "../shards/Address.ts"
import * as Format from "../terminal/Format.ts"
import { World } from "../terminal/World.ts"
import { message } from "../terminal/Write.ts"

/** What the arguments say about workers. */
export interface AskedWorkers extends Choice {
  /** Threads of this process of which each computes shards. */
  readonly workers: number | undefined
  /** The address at which workers in other processes join. */
  readonly listen: string | undefined
}

/** Fails with `UsageError` for workers that would have nothing to compute, or could not. */
export const checkWorkers = (
  { engine, listen, workers }: AskedWorkers,
  built: { readonly shards?: Shards.Sharding },
): Effect.Effect<void, UsageError, World> =>
  Effect.gen(function* () {
    if (workers === undefined && listen === undefined) return
    const { count: shards = 1 } = built.shards ?? {}
    const flag = listen === undefined ? "--workers" : "--listen"
    const least = listen === undefined ? 1 : 0
    if (workers !== undefined && (workers < least || workers > mostThreads))
      return yield* new UsageError({
        message: `--workers ${workers} makes no sense`,
        hint: `from ${least} to ${mostThreads}`,
      })
    if (shards === 1)
      return yield* new UsageError({
        message: `${flag} needs batches that are cut into shards`,
        hint: "`shards: 8` under `train` in the model file, or --set train.shards=8",
      })
    if (workers !== undefined && workers > shards)
      return yield* new UsageError({
        message: `--workers ${workers} is more than the ${shards} shards of a batch`,
        hint: "a shard is computed by one worker: at most as many as there are shards",
      })
    if (engine !== "wasm")
      return yield* new UsageError({
        message: `workers compute with the wasm engine, not with ${engine}`,
        hint: `leave out ${flag}, or ask for --engine wasm`,
      })
    if (listen === undefined) return
    yield* Address.guarded("--listen", yield* Address.parse("--listen", listen), yield* Address.token)
  })

/** Threads of this process. */
const threads = (count: number, asked: AskedWorkers): Shards.Workers => Shards.workers(count, () => threadOf(asked))

/** The workers that the arguments ask for; they end with the scope. With `--listen` one thread of this process unless given. */
export const workersOf = (asked: AskedWorkers) =>
  Effect.gen(function* () {
    const { listen, workers } = asked
    if (listen === undefined) return workers === undefined ? undefined : threads(workers, asked)
    const { listen: start } = yield* Effect.promise(() => import("../shards/Listening.ts"))
    const { numerics } = yield* Engine.Engine
    const world = yield* World
    const report = (text: string) =>
      Effect.provideService(
        message((style) => style("faint", printable(text.slice(0, 500)))),
        World,
        world,
      )
    const {
      address,
      moved,
      workers: others,
    } = yield* start({
      address: yield* Address.parse("--listen", listen),
      token: yield* Address.token,
      numerics: numerics === "fast" ? "fast" : "portable",
      report,
    })
    yield* message((style) => `${style("faint", "workers join:")} adjoint worker --join ${Address.print(address)}`)
    yield* Effect.addFinalizer(() => {
      const { received, sent } = moved()
      return message((style) => `${style("faint", "workers:")} ${Format.bytes(sent)} sent, ${Format.bytes(received)} received`)
    })
    const own = workers ?? 1
    if (own === 0) return others
    const here = threads(own, asked)
    const reported: Shards.Workers = {
      serve: (serve) =>
        Effect.tapError(here.serve(serve), (error) =>
          report(`the threads of this process compute no shards: ${error.message}; waiting for workers`),
        ),
    }
    return Shards.both(reported, others)
  })
