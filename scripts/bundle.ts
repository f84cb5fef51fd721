/**
 * Writes the modules of a package for Node, in `dist/node`: a few files instead of one for each module, since Node takes a
 * fifth of a millisecond to find, read and link a file, and core has two hundred. Bundlers and browsers load the modules that
 * tsc writes, and drop unused code. docs/decisions/start-up.md has the figures.
 *
 * Every module of a library keeps a file of its name, for imports by path, which re-exports from the shared files. So each
 * export exists once, however it is imported. Nobody imports the command, so its files contain all the code that it loads, also
 * that of other packages.
 */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path"
import { type Plugin, rolldown } from "rolldown"
import { workerProgramModule, workerProgramPlugin } from "./worker-program.ts"

interface Layout {
  /** The modules that users can import. */
  readonly entries: string
  /** The shared file of a module that the root loads, by its path; undefined leaves it to the bundler. */
  readonly shared?: (path: string) => string
  /** Whether the files contain the code of other packages too. */
  readonly isWhole?: true
}

const layouts: { readonly [package_: string]: Layout } = {
  // One file for each floor: floors import only downwards, so there is no cycle of files.
  core: { entries: "**/*.ts", shared: (path) => path.replace(/\/.*/, "") },
  dsl: { entries: "**/*.ts", shared: () => "modelFile" },
  // It loads the code of a verb when the verb runs.
  cli: { entries: "main.ts", isWhole: true },
}

/** Writes the files for Node of the package in `folder`, from its sources, into the folder `out`, which it empties first. */
export const bundle = async (folder: string, out = join(folder, "dist/node")): Promise<void> => {
  const layout = layouts[basename(folder)]
  if (layout === undefined) throw new Error(`${folder}: no layout is known for it`)
  const sources = join(folder, "src")
  const root = join(sources, "index.ts")
  const paths = globSync(layout.entries, { cwd: sources }).map((path) => path.replaceAll("\\", "/"))
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
  // Small modules without imports, which several files of the command share, are one file.
  const leaves = {
    debugName: "leaves",
    test: /packages.(?:core|dsl)./,
    maxModuleSize: 1000,
    minShareCount: 2,
    name: (
      id: string,
      modules: { readonly getModuleInfo: (id: string) => { readonly importedIds: ReadonlyArray<string> } | null },
    ) => (modules.getModuleInfo(id)?.importedIds.length === 0 ? "leaves" : null),
  }
  const build = await rolldown({
    input: Object.fromEntries(paths.map((path) => [path.replace(/\.ts$/, ""), join(sources, path)])),
    external: layout.isWhole ? isBuiltin : (id) => !id.startsWith(".") && !isAbsolute(id),
    platform: layout.isWhole ? "node" : "neutral",
    preserveEntrySignatures: "allow-extension",
    plugins: layout.isWhole ? [required, workerProgramPlugin] : [workerProgramPlugin],
  })
  const { output } = await build.write({
    dir: out,
    // The command's would be several times as large as its code, most of it that of other packages.
    sourcemap: layout.isWhole !== true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "shared/[name].js",
    codeSplitting: { includeDependenciesRecursively: false, groups: [group ?? leaves] },
  })
  await build.close()
  // The module that tsc wrote, for bundlers and browsers.
  const program = join(folder, "dist/backend/worker/workerProgram.js")
  if (existsSync(program)) writeFileSync(program, await workerProgramModule())
  if (layout.isWhole) {
    const modules = output.flatMap((file) => (file.type === "chunk" ? Object.keys(file.modules) : []))
    writeFileSync(join(out, "LICENSES.txt"), licenses(modules))
  }
}

/** The module that has to load fp-ts-std by `createRequire`, which no bundler follows; a bundle can contain it. */
const required: Plugin = {
  name: "required",
  transform: {
    filter: { id: /internal\/fpTsStd\.ts$/ },
    handler: (code) => code.replace("createRequire(import.meta.url)", "require"),
  },
}

/** The licences of the packages that these modules come from. */
const licenses = (modules: ReadonlyArray<string>): string => {
  const inner = `${sep}node_modules${sep}`
  const folders = new Set(
    modules.flatMap((path) => {
      const at = path.lastIndexOf(inner)
      if (at < 0) return []
      const [scope = "", name = ""] = path.slice(at + inner.length).split(sep)
      return [path.slice(0, at + inner.length) + (scope.startsWith("@") ? join(scope, name) : scope)]
    }),
  )
  return [...folders]
    .map((folder) => {
      const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const [file] = globSync("LICEN[CS]E*", { cwd: folder })
      const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`
      return `${name} ${version}: ${license}\n${text}`
    })
    .toSorted()
    .join(`\n${"-".repeat(80)}\n\n`)
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
