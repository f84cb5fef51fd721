/** `adjoint worker --join`: computes shards for a run in another process. */
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { askedThreads, type Choice, choosingLanes } from "../model/Engines.ts"
import { UsageError } from "../report/Failure.ts"
import * as Address from "../shards/Address.ts"
import { join } from "../shards/Joining.ts"
import { message } from "../terminal/Write.ts"

export interface Options extends Pick<Choice, "lanes" | "threads"> {
  readonly join: string | undefined
  readonly store: string | undefined
  readonly json: boolean
}

/** Joins a run and computes until it ends. Fails where there is no run, and where it ends otherwise. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    if (options.join === undefined || options.store !== undefined)
      return yield* new UsageError({
        message: "a worker runs trials of a database, or computes shards for a run",
        hint: "either --store FILE or --join HOST:PORT",
      })
    const address = yield* Address.parse("--join", options.join)
    const threads = yield* askedThreads(options)
    const lanes = yield* choosingLanes(() => Wasm.lanesInUse(options.lanes))
    const at = Address.print(address)
    if (!options.json) yield* message((style) => `${style("faint", "computes for")} ${at}`)
    yield* join({
      address,
      token: yield* Address.token,
      threads: Wasm.threadCount(threads),
      lanes,
      isAsked: options.lanes !== undefined,
    })
    if (options.json) return yield* emit({ event: "worked", joined: at })
    yield* message(() => `the run at ${at} has ended`)
  })
