/** The packages that a run depends on, and their versions. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const versionIn = (url: string): string => {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(fileURLToPath(url), "utf8"))
  return version
}

/** The version of this package. */
export const version = (): string => versionIn(new URL("../package.json", import.meta.url).href)

/** Versions by package. */
export const versions = (): { readonly [name: string]: string } => ({
  "@adjoint/cli": version(),
  ...Object.fromEntries(
    ["@adjoint/dsl", "@adjoint/core", "effect"].map((name) => [name, versionIn(import.meta.resolve(`${name}/package.json`))]),
  ),
})
