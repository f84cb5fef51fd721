/** Builds core as it is packed, and the contenders as JavaScript, so that Node need not strip their types at each start. */
import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { isAbsolute, join } from "node:path"
import { rolldown } from "rolldown"
import { bundle } from "../scripts/bundle.ts"
import { eventLoop, inNode } from "./contenders.ts"

const root = join(import.meta.dirname, "..")
const core = join(root, "packages/core")

const buildContenders = async (): Promise<void> => {
  const dir = join(import.meta.dirname, "dist")
  rmSync(dir, { recursive: true, force: true })
  const build = await rolldown({
    input: Object.fromEntries([...inNode, eventLoop].map((name) => [name, join(import.meta.dirname, `contenders/${name}.ts`)])),
    // Libraries are imported from where they are installed.
    external: (id) => !id.startsWith(".") && !isAbsolute(id),
    platform: "node",
  })
  await build.write({ dir, chunkFileNames: "[name].js" })
  await build.close()
}

export const build = async (): Promise<void> => {
  const { status } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", core], {
    stdio: ["ignore", 2, 2],
  })
  if (status !== 0) throw new Error("core cannot be built")
  await bundle(core)
  await buildContenders()
}
