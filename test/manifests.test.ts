/** Rules for the manifests: installs are the same everywhere, and packages pack without rewriting. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import config from "../vitest.config.ts"
import workspace from "../vitest.workspace.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

interface Manifest {
  readonly name: string
  readonly version?: string
  readonly license: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const manifestPaths = globSync(["package.json", "{packages/*,examples,tools,bench}/package.json"], { cwd: root }).sort()
const manifests: ReadonlyArray<readonly [path: string, manifest: Manifest]> = manifestPaths.map((path) => [
  path,
  JSON.parse(read(path)),
])
const versions = new Map(manifests.flatMap(([, { name, version }]) => (version === undefined ? [] : [[name, version] as const])))
const dependenciesOf = ({ dependencies, devDependencies }: Manifest) => Object.entries({ ...dependencies, ...devDependencies })

describe.each(manifests)("%s", (_, manifest) => {
  test("pins every dependency exactly, and the workspace's own packages to their version", () => {
    const loose = dependenciesOf(manifest).filter(([name, range]) =>
      versions.has(name) ? range !== versions.get(name) : !/^(npm:[a-z-]+@)?\d+\.\d+\.\d+$/.test(range),
    )
    expect(loose).toEqual([])
  })

  test("names the licence", () => expect(manifest.license).toBe("MIT"))
})

test("the packages have one version", () => {
  expect(versions.size).toBe(3)
  expect(new Set(versions.values()).size).toBe(1)
})

test("a dependency of several packages has one version", () => {
  const ranges = new Map<string, Set<string>>()
  for (const [, manifest] of manifests) {
    for (const [name, range] of dependenciesOf(manifest)) ranges.set(name, (ranges.get(name) ?? new Set()).add(range))
  }
  expect([...ranges].filter(([, found]) => found.size > 1)).toEqual([])
})

test.each(globSync(["pnpm-lock.yaml", "{tools,bench}/pnpm-lock.yaml"], { cwd: root }))("%s names no registry", (path) => {
  expect(read(path).match(/https?:\/\/\S+/g) ?? []).toEqual([])
})

test("vitest.config.ts is vitest.workspace.ts, and every folder with tests is one of its projects", () => {
  expect(config).toBe(workspace)
  const roots = (workspace.test?.projects ?? []).map((project) =>
    typeof project === "object" && "root" in project ? project.root : "",
  )
  const folders = globSync("{.,packages/*,examples}/test/**/*.test.ts", { cwd: root }).map((path) => {
    const folder = path.replaceAll("\\", "/").replace(/\/?test\/.*$/, "")
    return folder === "" ? "." : folder
  })
  expect(roots).toEqual(expect.arrayContaining([...new Set(folders)]))
})

test("tsc -b at the root reaches every package, its tests, the examples, the benchmark and the scripts", () => {
  const { references } = JSON.parse(read("tsconfig.json"))
  const paths: ReadonlyArray<string> = references.map(({ path }: { readonly path: string }) => path)
  const wanted = globSync("packages/*", { cwd: root }).flatMap((path) => [path, `${path}/test`])
  expect([...paths].sort()).toEqual(
    [...wanted, "examples", "bench", "tsconfig.repository.json"].map((p) => p.replaceAll("\\", "/")).sort(),
  )
})
