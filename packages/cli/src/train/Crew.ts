/** The workers of a run, as its arguments ask for them. */
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Shards from "@adjoint/core/training/Shards"
import * as Effect from "effect/Effect"
import type { Choice } from "../model/Engines.ts"
import { UsageError } from "../report/Failure.ts"

/** What the arguments say about workers. */
export interface AskedWorkers extends Choice {
  /** Threads of which each computes shards. */
  readonly workers: number | undefined
}

/** Fails with `UsageError` for workers that would have nothing to compute. */
export const workersOf = (
  { engine, lanes, numerics, workers }: AskedWorkers,
  { shards = 1 }: { readonly shards?: number },
): Effect.Effect<Shards.Workers | undefined, UsageError> =>
  Effect.gen(function* () {
    if (workers === undefined) return undefined
    if (workers < 1 || workers > Wasm.mostThreads)
      return yield* new UsageError({
        message: `--workers ${workers} makes no sense`,
        hint: `from 1 to ${Wasm.mostThreads}`,
      })
    if (shards === 1)
      return yield* new UsageError({
        message: "--workers needs batches that are cut into shards",
        hint: "`shards: 8` under `train` in the model file, or --set train.shards=8",
      })
    if (engine !== "wasm")
      return yield* new UsageError({
        message: `workers compute with the wasm engine, not with ${engine}`,
        hint: "leave out --workers, or ask for --engine wasm",
      })
    return Shards.workers(workers, () =>
      Wasm.worker({
        threads: 1,
        ...(numerics === undefined ? {} : { numerics }),
        ...(lanes === undefined ? {} : { lanes }),
      }),
    )
  })
