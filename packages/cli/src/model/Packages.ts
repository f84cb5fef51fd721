/** The packages that a run depends on, and their versions. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const versionOf = (name: string): string => {
  const manifest = fileURLToPath(import.meta.resolve(`${name}/package.json`))
  const { version }: { readonly version: string } = JSON.parse(readFileSync(manifest, "utf8"))
  return version
}

/** The version of this package. */
export const version = (): string => versionOf("@adjoint/cli")

/** Versions by package. */
export const versions = (): { readonly [name: string]: string } =>
  Object.fromEntries(["@adjoint/cli", "@adjoint/dsl", "@adjoint/core", "effect"].map((name) => [name, versionOf(name)]))
