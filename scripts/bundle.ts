/**
 * The modules of a package as Node loads them, in `dist/node`: a few files instead of one for each module, since Node takes
 * a fifth of a millisecond to find, read and link a file, and core has two hundred. Bundlers and browsers take the modules
 * as tsc writes them, of which they leave out what a program does not use. docs/decisions/start-up.md has the figures.
 *
 * Every module keeps a file of its name, for whoever imports it by its path; it passes on what stands in the shared ones.
 * So each export exists once, whichever way it is imported.
 */
import { globSync, rmSync } from "node:fs"
import { basename, isAbsolute, join, relative, resolve } from "node:path"
import { rolldown } from "rolldown"

interface Layout {
  /** The modules that can be imported from outside. */
  readonly entries: string
  /** The shared file of a module that the root loads, by its path; none: as the bundler sees fit. */
  readonly shared?: (path: string) => string
}

const layouts: { readonly [package_: string]: Layout } = {
  // One for each floor: floors import downwards only, so no file waits for one that waits for it.
  core: { entries: "**/*.ts", shared: (path) => path.replace(/\/.*/, "") },
  dsl: { entries: "**/*.ts", shared: () => "modelFile" },
  // A command is not imported, and loads what a verb needs when it is asked for.
  cli: { entries: "main.ts" },
}

/** Writes `dist/node` of the package in `folder`, out of its sources. */
export const bundle = async (folder: string): Promise<void> => {
  const layout = layouts[basename(folder)]
  if (layout === undefined) throw new Error(`${folder}: no layout is known for it`)
  const sources = join(folder, "src")
  const root = join(sources, "index.ts")
  const paths = globSync(layout.entries, { cwd: sources }).map((path) => path.replaceAll("\\", "/"))
  const out = join(folder, "dist/node")
  rmSync(out, { recursive: true, force: true })

  const { shared } = layout
  // Known once the first module is placed: the modules that importing the root loads.
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

/** What is reached from here by steps, the start included. */
const reached = (start: string, next: (from: string) => ReadonlyArray<string>): ReadonlySet<string> => {
  const found = new Set([start])
  // A set that grows while it is walked is walked to its new end.
  for (const from of found) for (const to of next(from)) found.add(to)
  return found
}

if (import.meta.main) {
  const folders = process.argv.slice(2)
  if (folders.length === 0) throw new Error("usage: node scripts/bundle.ts packages/core …")
  for (const folder of folders) await bundle(resolve(folder))
}
