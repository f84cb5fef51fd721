/**
 * The program of an engine's worker as text (`Wasm.worker`), for built packages and for pages that are bundled from the sources. It
 * is one file that imports nothing, so no bundler has to find a second one, and a page starts it from a `blob:` URL.
 */
import { join } from "node:path"
import { type Plugin, rolldown } from "rolldown"

const worker = join(import.meta.dirname, "../packages/core/src/backend/worker")

/** The text of the program. */
const workerText = async (): Promise<string> => {
  const build = await rolldown({
    input: join(worker, "main.ts"),
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
  })
  const { output } = await build.generate({ format: "iife", minify: true, comments: false })
  await build.close()
  return output[0].code
}

/** The module that replaces `workerProgram.ts`. */
export const workerProgramModule = async (): Promise<string> =>
  `export const workerProgram = ${JSON.stringify({ text: await workerText() })}\n`

/** Replaces that module in a bundle. */
export const workerProgramPlugin: Plugin = {
  name: "worker-program",
  load: {
    filter: { id: /backend[\\/]worker[\\/]workerProgram\.ts$/ },
    handler: async () => ({ code: await workerProgramModule(), moduleType: "js" }),
  },
}
