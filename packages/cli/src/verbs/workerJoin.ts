/** `adjoint worker --join`: computes shards for a run in another process. */
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { type Choice, usedBy } from "../model/Engines.ts"
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
    const used = yield* usedBy(options)
    const at = Address.print(address)
    if (!options.json) yield* message((style) => `${style("faint", "computes for")} ${at}`)
    yield* join({ address, token: yield* Address.token, ...used })
    if (options.json) return yield* emit({ event: "worked", joined: at })
    yield* message(() => `the run at ${at} has ended`)
  })
