/**
 * `prepack` and `postpack` of every package. Inside the workspace a package's manifest leads to its sources; the packed one must
 * lead to the built files. The published entries are in `publishConfig`, where pnpm reads them. npm does not read them, so
 * `prepare` copies them into the manifest before packing, and `restore` restores the original.
 *
 * Meanwhile the original manifest is in `package.json.source`. An interrupted pack leaves it there, and the next `prepare`
 * restores it first.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bundle } from "./bundle.ts"

type Manifest = Readonly<Record<string, unknown>> & { readonly publishConfig?: Readonly<Record<string, unknown>> }

/** The published manifest: with the entries of `publishConfig`, which keeps only `access` for the registry. */
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
  // Files of an earlier build are deleted, so that no file without a source is packed.
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
