/** Replaces a checkpoint over and over, each with one number everywhere in it, until its parent ends it: `node checkpoint-writer.ts DIRECTORY`. */
import { Checkpoint } from "@adjoint/core"
import { NodeServices } from "@effect/platform-node"
import { Effect } from "effect"
import { checkpointOf } from "./checkpoint-of.ts"

process.on("disconnect", () => process.exit())

const [, , directory = ""] = process.argv

const write = Effect.gen(function* () {
  for (let n = 1; ; n++) {
    yield* Checkpoint.save(directory, checkpointOf(n))
    if (n === 1) process.send?.("written")
  }
})

await Effect.runPromise(write.pipe(Effect.provide(NodeServices.layer)))
