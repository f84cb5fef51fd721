/**
 * Set-up of the tests that start the command as a process: bundles it once, as users get it. A bundle loads in a third of the time
 * of the sources, and about a hundred tests start one. A file that does not change is left alone, so Node's compile cache
 * serves it, and tests of another run may start it meanwhile.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"

const cli = join(import.meta.dirname, "../packages/cli")

/** The folder of the bundle, from which `@adjoint/cli` and its dependencies can be resolved. */
const out = join(cli, "dist/tested")

/** The main file of the bundle. */
export const command = join(out, "main.js")

/** The content of a file, or nothing where there is none. */
const contentOf = (file: string): Buffer | undefined => {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

const write = async (): Promise<void> => {
  // Tests import this file for the path alone.
  const { bundle } = await import("./bundle.ts")
  mkdirSync(join(cli, "dist"), { recursive: true })
  const fresh = mkdtempSync(join(cli, "dist/bundling-"))
  try {
    await bundle(cli, fresh)
    for (const name of readdirSync(fresh, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"))) {
      const [from, to] = [join(fresh, name), join(out, name)]
      if (contentOf(to)?.equals(readFileSync(from)) === true) continue
      mkdirSync(dirname(to), { recursive: true })
      renameSync(from, to)
    }
  } finally {
    rmSync(fresh, { recursive: true })
  }
}

/** Vitest calls `setup` once for each project, each time of a module of its own; the process is the same. */
const ofProcess = globalThis as { commandIsWritten?: Promise<void> }

/** Bundles the command, once for all projects. */
export const setup = (): Promise<void> => (ofProcess.commandIsWritten ??= write())
