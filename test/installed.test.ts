/**
 * The packages as users get them: packed, installed with npm in an empty project, type-checked against their declarations, and
 * run as built JavaScript by Node. Code that works only inside the workspace fails here.
 *
 * Packing replaces manifests for a moment, so it runs in a copy; other test files import the real packages meanwhile.
 */
import { execFile } from "node:child_process"
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { rolldown } from "rolldown"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { browse, browserNames, buildPage, onPath } from "../scripts/browser.ts"
import { publishedManifest } from "../scripts/pack.ts"
import { reportingLines } from "./reporting-lines.ts"

const root = join(import.meta.dirname, "..")
const scratch = mkdtempSync(join(tmpdir(), "adjoint-packed-"))
const workspace = join(scratch, "workspace")
const project = join(scratch, "project")
const packages = ["core", "dsl", "cli"] as const
type Package = (typeof packages)[number]

const run = (command: string, args: ReadonlyArray<string>, cwd: string) =>
  promisify(execFile)(command, args, { cwd, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } })

const read = (...path: ReadonlyArray<string>) => readFileSync(join(...path), "utf8")

const copyWorkspace = () => {
  mkdirSync(join(workspace, "packages"), { recursive: true })
  for (const path of ["LICENSE", "scripts", "tsconfig.base.json", "package.json", "pnpm-workspace.yaml"]) {
    cpSync(join(root, path), join(workspace, path), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(workspace, "node_modules"))
  for (const name of packages) {
    const built = new Set(["dist", "tsconfig.tsbuildinfo", "test"])
    cpSync(join(root, "packages", name), join(workspace, "packages", name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !built.has(basename(path)) || path.includes(join(name, "src")),
    })
  }
}

interface Packed {
  readonly tarball: string
  readonly files: ReadonlyArray<string>
}

const packWithNpm = async (name: Package): Promise<Packed> => {
  const args = ["pack", "--json", "--pack-destination", scratch]
  const { stdout } = await run("npm", args, join(workspace, "packages", name))
  // npm prints lifecycle scripts on the same stream, before the JSON.
  const [packed]: ReadonlyArray<{ readonly filename: string; readonly files: ReadonlyArray<{ readonly path: string }> }> =
    JSON.parse(stdout.slice(stdout.search(/^\[$/m)))
  if (packed === undefined) throw new Error(`npm pack printed no package:\n${stdout}`)
  return { tarball: join(scratch, packed.filename), files: packed.files.map(({ path }) => path).sort() }
}

const packWithPnpm = async (name: Package): Promise<Packed> => {
  const tarball = join(scratch, `${name}-by-pnpm.tgz`)
  await run("npx", ["--yes", "pnpm@12", "pack", "--out", tarball], join(workspace, "packages", name))
  const { stdout } = await run("tar", ["-tzf", tarball], scratch)
  const files = stdout.trim().split("\n")
  return { tarball, files: files.map((path) => path.replace("package/", "")).sort() }
}

const npm = new Map<Package, Packed>()
/** The manifests before packing. */
const written = new Map<Package, string>()

beforeAll(async () => {
  copyWorkspace()
  for (const name of packages) written.set(name, read(workspace, "packages", name, "package.json"))
  // A pack that was interrupted before its `postpack` must not break the next one.
  await run(process.execPath, ["../../scripts/pack.ts", "prepare"], join(workspace, "packages/dsl"))
  for (const name of packages) npm.set(name, await packWithNpm(name))
  mkdirSync(project)
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }))
  const tarballs = [...npm.values()].map(({ tarball }) => tarball)
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...tarballs], project)
}, 240_000)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** The packed files of a library: its single modules, and the files for Node. */
const folders = ["dist", "dist/node"]

/** The paths of a package's modules, without their endings. */
const modulesOf = (name: Package): ReadonlyArray<string> =>
  globSync("**/*.ts", { cwd: join(root, "packages", name, "src") }).map((path) => path.replaceAll("\\", "/").replace(/\.ts$/, ""))

describe.each(packages)("%s", (name) => {
  test("packs only the built files", () => {
    const files = npm.get(name)?.files ?? []
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]))
    const built = files.filter((path) => !["LICENSE", "README.md", "package.json"].includes(path))
    const licenses = name === "cli" ? ["dist/node/LICENSES.txt"] : []
    expect(built.filter((path) => !/^dist\/.+\.(js|js\.map|d\.ts)$/.test(path))).toEqual(licenses)
    const wanted =
      name === "cli" ? ["dist/node/main.js"] : folders.flatMap((folder) => modulesOf(name).map((path) => `${folder}/${path}.js`))
    expect(built.filter((path) => path.endsWith(".js") && !path.startsWith("dist/node/shared/"))).toEqual(wanted.sort())
  })

  test("has dependencies with exact versions", () => {
    const manifest = JSON.parse(read(project, "node_modules/@adjoint", name, "package.json"))
    expect(Object.values(manifest.dependencies).filter((range) => !/^\d+\.\d+\.\d+$/.test(String(range)))).toEqual([])
  })

  test("has its original manifest after packing", () => {
    expect(read(workspace, "packages", name, "package.json")).toBe(written.get(name))
  })
})

test("pnpm packs the same files and the same entries", { timeout: 60_000 }, async () => {
  const byPnpm = await packWithPnpm("dsl")
  expect(byPnpm.files).toEqual(npm.get("dsl")?.files)
  const { stdout } = await run("tar", ["-xzOf", byPnpm.tarball, "package/package.json"], scratch)
  const { scripts: _, ...manifest } = JSON.parse(read(root, "packages/dsl/package.json"))
  expect(JSON.parse(stdout)).toMatchObject(publishedManifest(manifest))
})

const consumer = `
import { Shape } from "@adjoint/core"
import * as Direct from "@adjoint/core/types/Shape"
import * as Dsl from "@adjoint/dsl"

const shape: Shape.Shape | undefined = Shape.broadcast([4, 1], [3])
// @ts-expect-error the declarations are there: a shape is not a string
const wrong: Shape.Shape = "4x3"

console.log(JSON.stringify([shape, Direct.size([2, 3]), typeof wrong, typeof Dsl]))
`

test("a strict consumer type-checks against the declarations and runs", { timeout: 60_000 }, async () => {
  writeFileSync(join(project, "consumer.ts"), consumer)
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    target: "ES2024",
    lib: ["ES2024", "DOM", "DOM.Iterable", "ESNext.Disposable"],
    module: "NodeNext",
    types: [],
  }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }))
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], project)
  const { stdout } = await run(process.execPath, ["consumer.ts"], project)
  expect(JSON.parse(stdout)).toEqual([[4, 3], 6, "string", "object"])
})

/** Runs a program in the installed project as a module, and parses its output as JSON. */
const printed = async (program: string): Promise<unknown> => {
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], project)
  return JSON.parse(stdout)
}

test("the root of core has the exports of its modules, each once", async () => {
  const namespaces = [...read(root, "packages/core/src/index.ts").matchAll(/^export \* as (\w+) from "\.\/(.+)\.ts"$/gm)]
  expect(namespaces.length).toBeGreaterThan(30)
  const differing = await printed(`
    import * as core from "@adjoint/core"
    const differing = []
    for (const [name, path] of ${JSON.stringify(namespaces.map(([, name, path]) => [name, path]))}) {
      const module = await import("@adjoint/core/" + path)
      const keys = new Set([...Object.keys(module), ...Object.keys(core[name])])
      for (const key of keys) if (module[key] !== core[name][key]) differing.push(name + "." + key)
    }
    console.log(JSON.stringify(differing))`)
  expect(differing).toEqual([])
})

test("every module of the libraries can be imported by its path", async () => {
  const paths = (["core", "dsl"] as const).flatMap((name) =>
    modulesOf(name)
      .filter((path) => !path.startsWith("internal/"))
      .map((path) => `@adjoint/${name}/${path}`),
  )
  // The test helpers need fast-check, which users install for their tests.
  const wanted = paths.filter((path) => !path.startsWith("@adjoint/core/testing"))
  expect(
    await printed(`
    for (const path of ${JSON.stringify(wanted)}) await import(path)
    console.log("true")`),
  ).toBe(true)
})

test("a start loads few files of core, and no schemas of Effect", async () => {
  const loaded = await printed(`
    import { registerHooks } from "node:module"
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    await import("@adjoint/core")
    console.log(JSON.stringify(loaded))`)
  const files = loaded as ReadonlyArray<string>
  // One for each of fourteen floors, and the root.
  expect(files.filter((url) => url.includes("@adjoint/core/")).length).toBeLessThanOrEqual(15)
  expect(files.filter((url) => /effect\/dist\/Schema/.test(url))).toEqual([])
})

test("fp-ts-std loads in the built package, where Node's ESM loader refuses its ESM entry", async () => {
  for (const folder of folders) {
    const built = pathToFileURL(join(project, "node_modules/@adjoint/dsl", folder, "internal/fpTsStd.js"))
    const program = `import { aperture } from ${JSON.stringify(built.href)}; console.log(JSON.stringify(aperture(2)([64, 32, 10])))`
    expect(await printed(program)).toEqual([
      [64, 32],
      [32, 10],
    ])
  }
})

describe("training in a worker", () => {
  const browser = onPath(...browserNames)

  /** The lines of examples/page, from a module that exports its `train`. */
  const linesOf = async (module: string): Promise<unknown> =>
    printed(`
      import { train } from ${JSON.stringify(module)}
      const lines = []
      train((line) => {
        lines.push(line)
        if (/belongs|failed/.test(line)) console.log(JSON.stringify(lines))
      })`)

  let inNode: unknown

  beforeAll(async () => {
    cpSync(join(root, "examples/page"), join(project, "page"), { recursive: true })
    inNode = await linesOf(pathToFileURL(join(project, "page/train.ts")).href)
  }, 60_000)

  test("runs in Node from the built files", () => {
    expect(inNode).toEqual([
      expect.stringMatching(/^in a worker, on \d+ threads?$/),
      ...[10, 20, 30].map((epoch) => expect.stringMatching(new RegExp(`^epoch ${epoch}: accuracy [01]`))),
      "(0.5, 1) belongs to moon 0",
    ])
  })

  test("runs when Rolldown has bundled it", { timeout: 60_000 }, async () => {
    const build = await rolldown({ input: join(project, "page/train.ts"), cwd: project, platform: "browser" })
    await build.write({ dir: join(project, "rolled"), minify: true })
    await build.close()
    expect(await linesOf(pathToFileURL(join(project, "rolled/train.js")).href)).toEqual(inNode)
  })

  test.runIf(browser !== undefined)("runs in a page that Vite has built, without any setting", { timeout: 60_000 }, async () => {
    const { document, files } = await buildPage(join(project, "page"))
    const lines = await browse({ browser: browser ?? "", script: "", document: reportingLines(document), files, isolated: false })
    expect(lines).toEqual(["in a worker, on 1 thread", ...(inNode as ReadonlyArray<string>).slice(1)])
  })
})

describe("the installed command", () => {
  const main = join(project, "node_modules/@adjoint/cli/dist/node/main.js")
  const adjoint = (...args: ReadonlyArray<string>) => run(process.execPath, [main, ...args], project)

  test("loads few files, all of them its own", async () => {
    const hooks = join(project, "loaded.mjs")
    writeFileSync(
      hooks,
      `import { registerHooks } from "node:module"
      const loaded = []
      registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
      process.on("exit", () => console.error(JSON.stringify(loaded.filter((url) => url.startsWith("file:")))))`,
    )
    const files = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
      const { stderr } = await run(process.execPath, ["--import", pathToFileURL(hooks).href, main, ...args], project)
      return JSON.parse(stderr.trim().split("\n").at(-1) ?? "")
    }
    const check = await files("check", join(root, "examples/linear-regression.yaml"))
    expect(check.filter((url) => !url.includes("/@adjoint/cli/dist/node/"))).toEqual([])
    // 15 and 66 on 2026-11-30; before the command contained its packages, 237 and 482.
    expect((await files("--help")).length).toBeLessThanOrEqual(20)
    expect(check.length).toBeLessThanOrEqual(70)
  })

  test("npm links it as an executable that Node runs", async () => {
    const { stdout } = await run(join(project, "node_modules/.bin/adjoint"), ["--version"], project)
    expect(stdout).toContain(JSON.parse(read(root, "packages/cli/package.json")).version)
  })

  // Ignored files of examples/data do not exist on every machine.
  const isWhole = (path: string) => !/data\/(?:fashion-)?mnist\//.test(read(root, path))

  test.each(globSync("examples/*.yaml", { cwd: root }).filter(isWhole))("adjoint check %s", async (path) => {
    await adjoint("check", join(root, path))
  })
})
