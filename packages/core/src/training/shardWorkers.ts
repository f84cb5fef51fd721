/** Engines that compute the shards of a run. */
import type * as Effect from "effect/Effect"
import type { Engine, EngineError } from "../engines/Engine.ts"

/** Computes shards on an engine until it is interrupted or the engine fails. `computed` is called after each shard. */
export type Serve = (engine: Engine["Service"], computed?: () => void) => Effect.Effect<never, EngineError>

/** Engines that compute shards. */
export interface Workers {
  /** Whether workers get the rows of their shards, and not the data once and then the numbers of rows. */
  readonly getRows?: true
  /** Serves each engine, those that join later too. It fails when all engines have failed and none can join any more. */
  readonly serve: (serve: Serve) => Effect.Effect<never, EngineError>
}

/** One worker, an engine that exists already. */
export const only = (engine: Engine["Service"]): Workers => ({ serve: (serve) => serve(engine) })
