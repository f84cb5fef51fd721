/** The page of `browser-worker.test.ts`: the known run in a worker, and how free the page's thread is meanwhile. */
import { Engine, Wasm } from "@adjoint/core"
import { knownRun } from "@adjoint/core/testing/knownRun"
import { Effect } from "effect"

/** Runs an effect and counts the turns of the event loop meanwhile. */
const counted = async <A>(run: () => Promise<A>) => {
  let turns = 0
  const turning = setInterval(() => turns++, 4)
  try {
    return { result: await run(), turns }
  } finally {
    clearInterval(turning)
  }
}

/** The hash of the known run on an engine in a worker of the page, or the failure. */
export const run = async () => {
  const trained = Effect.gen(function* () {
    const { threads } = yield* Engine.Engine
    return { threads, hash: yield* knownRun }
  })
  const { result, turns } = await counted(() =>
    Effect.runPromise(
      trained.pipe(
        Effect.provide(Wasm.worker()),
        Effect.catchTag("EngineError", ({ message }) => Effect.succeed({ failure: message })),
      ),
    ),
  )
  return { ...result, turns }
}
