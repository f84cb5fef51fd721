/**
 * `prepack` and `postpack` of every package. Inside the workspace a package's manifest points at its sources; what is packed
 * must point at what is built. The published entries stand in `publishConfig`, the place pnpm reads them from; npm does not,
 * so `prepare` puts them in force before either of them packs, and `restore` takes them back.
 *
 * The manifest as written waits in `package.json.source` meanwhile. An interrupted pack leaves it there, and the next
 * `prepare` begins by restoring it.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundle } from "./bundle.ts"

type Manifest = Readonly<Record<string, unknown>> & { readonly publishConfig?: Readonly<Record<string, unknown>> }

/** A manifest as it is published: the entries of `publishConfig` in force, and `access` left for the registry. */
export const publishedManifest = ({ publishConfig: { access, ...entries } = {}, ...manifest }: Manifest): Manifest => ({
  ...manifest,
  ...entries,
  ...(access === undefined ? {} : { publishConfig: { access } }),
})

const root = join(import.meta.dirname, "..")

const restore = (folder: string): void => {
  const source = join(folder, "package.json.source")
  if (existsSync(source)) renameSync(source, join(folder, "package.json"))
  rmSync(join(folder, "LICENSE"), { force: true })
}

const build = async (folder: string): Promise<void> => {
  // A file that no longer has a source must not be packed, so nothing is kept of an earlier build.
  rmSync(join(folder, "dist"), { recursive: true, force: true })
  rmSync(join(folder, "tsconfig.tsbuildinfo"), { force: true })
  const { status } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", folder], {
    stdio: ["ignore", 2, 2],
  })
  if (status !== 0) throw new Error(`tsc -b ${folder} failed`)
  await bundle(folder)
}

const prepare = async (folder: string): Promise<void> => {
  restore(folder)
  await build(folder)
  const manifest = join(folder, "package.json")
  const published: Manifest = publishedManifest(JSON.parse(readFileSync(manifest, "utf8")))
  copyFileSync(manifest, `${manifest}.source`)
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`)
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"))
}

if (import.meta.main) {
  const [verb] = process.argv.slice(2)
  const folder = process.cwd()
  if (verb === "prepare") await prepare(folder)
  else if (verb === "restore") restore(folder)
  else throw new Error("usage, in a package's folder: node ../../scripts/pack.ts prepare | restore")
}
