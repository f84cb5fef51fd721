/** Everything that runs on an engine gives the same on one that answers later. */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Engine } from "../src/index.ts"
import { delayed } from "./delayed-engine.ts"
import { runs } from "./runs-of-an-engine.ts"

it.live(
  "an engine that answers later gives the results of Reference",
  () =>
    Effect.gen(function* () {
      const [here, there] = yield* Effect.all([Effect.provide(runs, Engine.layerReference), Effect.provide(runs, delayed)])
      assert.deepStrictEqual(there, here)
      assert.deepStrictEqual(here.resumed, here.params)
      assert.lengthOf(here.losses, 15)
      assert.strictEqual(here.nonFinite._tag, "NonFinite")
    }),
  60_000,
)
