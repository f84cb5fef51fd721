/**
 * Builds core as it is packed, and the contenders as JavaScript, so that Node need not strip their types at each start: with libraries
 * imported from where they are installed, and bundled with them.
 */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { isAbsolute, join } from "node:path"
import { rolldown } from "rolldown"
import { bundle } from "../scripts/bundle.ts"
import { eventLoop, inNode, tables } from "./contenders.ts"

const root = join(import.meta.dirname, "..")
const core = join(root, "packages/core")

const sourceOf = (name: string): string => join(import.meta.dirname, `contenders/${name}.ts`)

const buildContenders = async (): Promise<void> => {
  const dir = join(import.meta.dirname, "dist")
  rmSync(dir, { recursive: true, force: true })
  const build = await rolldown({
    input: Object.fromEntries([...inNode, tables, eventLoop].map((name) => [name, sourceOf(name)])),
    // Libraries are imported from where they are installed.
    external: (id) => !id.startsWith(".") && !isAbsolute(id),
    platform: "node",
  })
  await build.write({ dir, chunkFileNames: "[name].js" })
  await build.close()
}

/** Each contender and its libraries as one file, as programs are deployed that have to start fast. */
const bundleContenders = async (): Promise<void> => {
  for (const name of inNode) {
    const build = await rolldown({ input: sourceOf(name), platform: "node", logLevel: "silent" })
    const file = join(import.meta.dirname, "dist", `${name}.bundled.js`)
    await build.write({ file, codeSplitting: false, minify: true })
    await build.close()
  }
}

export const build = async (): Promise<void> => {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", core], {
    stdio: ["ignore", 2, 2],
  })
  if (status !== 0) throw new Error("core cannot be built")
  await bundle(core)
  await buildContenders()
  await bundleContenders()
}
