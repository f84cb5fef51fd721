/**
 * Checks the sources against the rules of docs/architecture.md: packages depend in one direction, the floors of each import
 * downwards, the pure floors of core do not import Effect and the others import single modules of it, there are no import
 * cycles, and no file has a name like `utils`. The benchmark and the scripts may import any file of a package; for them the
 * last two rules hold, and the order of their own folders. Type imports count, since modules in a cycle of types cannot be
 * read separately either.
 */
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path/posix"
import { parseSync, Visitor } from "vite"

export interface Source {
  /** From the repository's root, with forward slashes: `packages/core/src/types/Shape.ts`. */
  readonly path: string
  readonly text: string
}

export interface Import {
  readonly from: string
  readonly specifier: string
  readonly line: number
}

export interface Rules {
  /** The packages, lowest first. */
  readonly packages: ReadonlyArray<string>
  /** The folders of core, lowest first. */
  readonly floors: ReadonlyArray<string>
  /** The floors that may import nothing from effect but `allowedInPure`. */
  readonly pureFloors: ReadonlySet<string>
  readonly allowedInPure: ReadonlySet<string>
  /** Folders and files that only some may import. */
  readonly seams: ReadonlyArray<{ readonly folder: string; readonly importers: ReadonlyArray<string> }>
  /** The folders and files of a folder, lowest first; its other files are above them. */
  readonly orders: ReadonlyArray<{ readonly folder: string; readonly parts: ReadonlyArray<string> }>
}

/**
 * The floors of a package in the order of its table in docs/architecture.md: the rows that start with a name in backticks, in
 * the first table after the name of the package's folder.
 */
export const floorsOf = (document: string, package_: string): ReadonlyArray<string> => {
  const [, after = ""] = document.split(`\`packages/${package_}/src\``, 2)
  const [table = ""] = /^\|.*(?:\n\|.*)*/m.exec(after) ?? []
  return [...table.matchAll(/^\| `([A-Za-z]+)`/gm)].flatMap(([, name]) => (name === undefined ? [] : [name]))
}

/** Everything a module imports or re-exports, in order: `import`, `export … from`, `import()`, and `import("…").T` in types. */
export const importsOf = ({ path, text }: Source): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  const note = (node: { readonly value: unknown; readonly start: number } | null) => {
    if (node === null || typeof node.value !== "string") return
    found.push({ from: path, specifier: node.value, line: text.slice(0, node.start).split("\n").length })
  }
  const { program, errors } = parseSync(path, text, { lang: "ts" })
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`)
  new Visitor({
    ImportDeclaration: ({ source }) => note(source),
    ExportNamedDeclaration: ({ source }) => note(source),
    ExportAllDeclaration: ({ source }) => note(source),
    ImportExpression: ({ source }) => note(source.type === "Literal" ? source : null),
    TSImportType: ({ source }) => note(source),
  }).visit(program)
  return found
}

const place = (path: string) => {
  const [, package_ = "", , ...rest] = path.split("/")
  return { package: package_, floor: rest.length > 1 ? rest[0] : undefined }
}

const isPackaged = (path: string): boolean => path.startsWith("packages/")

const isEffect = (specifier: string) =>
  specifier === "effect" || specifier.startsWith("effect/") || specifier.startsWith("@effect/")

/** The source file of a specifier, if it is in a package. */
const targetOf = ({ from, specifier }: Import): string | undefined => {
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier))
  const [scope, name, ...rest] = specifier.split("/")
  return scope === "@adjoint" && rest.length > 0 ? `packages/${name}/src/${rest.join("/")}.ts` : undefined
}

/** The direct child of a folder that a path leads to or into: a folder, or a file without its extension. */
const partOf = (folder: string, path: string): string => (path.slice(folder.length).split("/")[0] ?? "").replace(/\.ts$/, "")

/** The violation of a seam or of the order of folders, if there is one. */
const folderViolation = ({ orders, seams }: Rules, found: Import): string | undefined => {
  const target = targetOf(found)
  if (target === undefined) return undefined
  const seam = seams.find(
    ({ folder, importers }) =>
      isPackaged(found.from) && target.startsWith(folder) && !importers.some((importer) => found.from.startsWith(importer)),
  )
  if (seam !== undefined) return `${seam.folder} is hidden behind ${seam.importers.join(", ")}`
  for (const { folder, parts } of orders) {
    if (!found.from.startsWith(folder) || !target.startsWith(folder)) continue
    const [here, there] = [found.from, target].map((path) => {
      const found = parts.indexOf(partOf(folder, path))
      return found < 0 ? parts.length : found
    }) as [number, number]
    if (there > here) return `${parts[there] ?? folder} is above ${parts[here]}; imports point down`
  }
  return undefined
}

const importViolation = (rules: Rules, { from, specifier, line }: Import): string | undefined => {
  const broken = folderViolation(rules, { from, specifier, line })
  if (broken !== undefined) return broken
  // Scripts and the benchmark may import any file of the packages.
  if (!isPackaged(from)) return undefined
  const here = place(from)
  if (specifier.startsWith("@adjoint/")) {
    const there = specifier.split("/")[1] ?? ""
    return rules.packages.indexOf(there) < rules.packages.indexOf(here.package) && rules.packages.includes(there)
      ? undefined
      : `packages depend in one direction, ${[...rules.packages].reverse().join(" -> ")}`
  }
  if (specifier.startsWith(".")) {
    const target = normalize(join(dirname(from), specifier))
    if (!target.startsWith(`packages/${here.package}/src/`)) return "a package is imported by its name, not by a path into it"
    if (here.package !== "core" || here.floor === undefined) return undefined
    const there = place(target).floor
    if (there === undefined) return "the floors do not import what gathers them"
    return rules.floors.indexOf(there) > rules.floors.indexOf(here.floor)
      ? `${there} is a floor above ${here.floor}; imports point down`
      : undefined
  }
  if (here.package === "core" && here.floor !== undefined && rules.pureFloors.has(here.floor)) {
    if (isEffect(specifier) && !rules.allowedInPure.has(specifier)) {
      return `${here.floor} is pure; of Effect it may import only ${[...rules.allowedInPure].join(", ")}`
    }
  }
  if (specifier === "effect") return "it loads all of Effect at every start; import the module, as in effect/Effect"
  return undefined
}

/** Each import cycle once, as its paths. */
const cycles = (imports: ReadonlyArray<Import>): ReadonlyArray<ReadonlyArray<string>> => {
  const edges = new Map<string, Array<string>>()
  for (const { from, specifier } of imports) {
    if (specifier.startsWith(".")) edges.set(from, [...(edges.get(from) ?? []), normalize(join(dirname(from), specifier))])
  }
  const found: Array<ReadonlyArray<string>> = []
  const finished = new Set<string>()
  const visit = (path: string, trail: ReadonlyArray<string>) => {
    const start = trail.indexOf(path)
    if (start >= 0) found.push([...trail.slice(start), path])
    if (start >= 0 || finished.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    finished.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

const emptyNames = /^(utils?|common|misc|helpers?|shared)$/i

/** All violations, one readable line each. */
export const violations = (rules: Rules, sources: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const imports = sources.flatMap(importsOf)
  return [
    ...sources.flatMap(({ path }) => {
      const segments = path.replace(/\.[a-z.]+$/, "").split("/")
      const { package: package_, floor } = place(path)
      return [
        ...(segments.some((segment) => emptyNames.test(segment)) ? [`${path}: name a file for the one thing in it`] : []),
        ...(isPackaged(path) && package_ === "core" && floor !== undefined && !rules.floors.includes(floor)
          ? [`${path}: ${floor} is not a floor of docs/architecture.md`]
          : []),
        ...rules.orders.flatMap(({ folder, parts }) => {
          const isInside = path.startsWith(folder) && path.slice(folder.length).includes("/")
          const part = partOf(folder, path)
          return isInside && !parts.includes(part) ? [`${path}: ${part} has no place in the order of ${folder}`] : []
        }),
      ]
    }),
    ...imports.flatMap((found) => {
      const broken = importViolation(rules, found)
      return broken === undefined ? [] : [`${found.from}:${found.line}: imports ${found.specifier}: ${broken}`]
    }),
    ...cycles(imports).map((around) => `import cycle: ${around.join(" -> ")}`),
  ]
}

/** The rules of this repository. `root` is the repository's folder. */
export const readRules = (root: string, document = readFileSync(join(root, "docs/architecture.md"), "utf8")): Rules => ({
  packages: ["core", "dsl", "cli"],
  floors: floorsOf(document, "core"),
  pureFloors: new Set(["types", "language", "reference", "compiler", "backend", "tensor", "transform", "learning"]),
  allowedInPure: new Set(["effect/Data"]),
  seams: [
    {
      folder: "packages/core/src/engines/Wasm.ts",
      importers: [
        "packages/core/src/index.ts",
        // The self-test of this engine, the memory that it needs for a model file, and the command's choice of an engine.
        "packages/core/src/testing/selfTest.ts",
        "packages/dsl/src/build/Memory.ts",
        "packages/cli/src/model/Engines.ts",
        "packages/cli/src/verbs/doctor.ts",
      ],
    },
    { folder: "packages/core/src/backend/wasm/", importers: ["packages/core/src/backend/", "packages/core/src/engines/"] },
    {
      folder: "packages/core/src/backend/",
      importers: ["packages/core/src/backend/", "packages/core/src/engines/", "packages/core/src/tensor/"],
    },
  ],
  orders: [
    { folder: "packages/core/src/backend/wasm/", parts: ["assembler", "threads", "kernels"] },
    { folder: "packages/dsl/src/", parts: floorsOf(document, "dsl") },
    { folder: "packages/cli/src/", parts: floorsOf(document, "cli") },
    { folder: "bench/", parts: ["network", "protocol", "inputs", "programs", "contenders"] },
  ],
})

export const readSources = (root: string): ReadonlyArray<Source> =>
  globSync(["packages/*/src/**/*.ts", "scripts/*.ts", "bench/*.ts", "bench/{contenders,programs}/*.ts"], { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))

if (import.meta.main) {
  const root = join(import.meta.dirname, "..")
  const found = violations(readRules(root), readSources(root))
  for (const line of found) console.error(line)
  process.exitCode = found.length > 0 ? 1 : 0
}
