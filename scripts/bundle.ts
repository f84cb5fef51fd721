/**
 * Writes the modules of a package for Node, in `dist/node`: a few files instead of one for each module, since Node takes a
 * fifth of a millisecond to find, read and link a file, and core has two hundred. Bundlers and browsers load the modules that
 * tsc writes, and drop unused code. docs/decisions/start-up.md has the figures.
 *
 * Every module keeps a file of its name, for imports by path, which re-exports from the shared files. So each export exists
 * once, however it is imported.
 */
import { globSync, rmSync } from "node:fs"
import { basename, isAbsolute, join, relative, resolve } from "node:path"
import { rolldown } from "rolldown"

interface Layout {
  /** The modules that users can import. */
  readonly entries: string
  /** The shared file of a module that the root loads, by its path; undefined leaves it to the bundler. */
  readonly shared?: (path: string) => string
}

const layouts: { readonly [package_: string]: Layout } = {
  // One file for each floor: floors import only downwards, so there is no cycle of files.
  core: { entries: "**/*.ts", shared: (path) => path.replace(/\/.*/, "") },
  dsl: { entries: "**/*.ts", shared: () => "modelFile" },
  // Users do not import the command, and it loads the code of a verb when the verb runs.
  cli: { entries: "main.ts" },
}

/** Writes `dist/node` of the package in `folder`, from its sources. */
export const bundle = async (folder: string): Promise<void> => {
  const layout = layouts[basename(folder)]
  if (layout === undefined) throw new Error(`${folder}: no layout is known for it`)
  const sources = join(folder, "src")
  const root = join(sources, "index.ts")
  const paths = globSync(layout.entries, { cwd: sources }).map((path) => path.replaceAll("\\", "/"))
  const out = join(folder, "dist/node")
  rmSync(out, { recursive: true, force: true })

  const { shared } = layout
  // The modules that an import of the root loads; known when the first module is placed.
  let loaded: ReadonlySet<string> | undefined
  const group = shared && {
    debugName: "shared",
    name: (
      id: string,
      modules: { readonly getModuleInfo: (id: string) => { readonly importedIds: ReadonlyArray<string> } | null },
    ) => {
      loaded ??= reached(root, (from) => modules.getModuleInfo(from)?.importedIds ?? [])
      return id !== root && loaded.has(id) ? shared(relative(sources, id).replaceAll("\\", "/")) : null
    },
  }
  const build = await rolldown({
    input: Object.fromEntries(paths.map((path) => [path.replace(/\.ts$/, ""), join(sources, path)])),
    external: (id) => !id.startsWith(".") && !isAbsolute(id),
    platform: "neutral",
    preserveEntrySignatures: "allow-extension",
  })
  await build.write({
    dir: out,
    sourcemap: true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "shared/[name].js",
    codeSplitting: group === undefined || { includeDependenciesRecursively: false, groups: [group] },
  })
  await build.close()
}

/** Everything reachable from the start, with the start itself. */
const reached = (start: string, next: (from: string) => ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set([start])
  // Iteration over a set includes the elements that are added meanwhile.
  for (const from of found) for (const to of next(from)) found.add(to)
  return found
}

if (import.meta.main) {
  const folders = process.argv.slice(2)
  if (folders.length === 0) throw new Error("usage: node scripts/bundle.ts packages/core …")
  for (const folder of folders) await bundle(resolve(folder))
}
