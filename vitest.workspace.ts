import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** Files that run before each test file; one measures its processor time where `scripts/test-times.ts` asks for that. */
const setupFiles = [
  ...(process.env.TEST_TIMES === undefined ? [] : [pathOf("scripts/record-test-time.ts")]),
  pathOf("scripts/seed-properties.ts"),
]

/** Tests start hundreds of processes. Node keeps the code that it compiled for one of them for the others. */
process.env.NODE_COMPILE_CACHE ??= pathOf("node_modules/.cache/node-compiled")

const shared = { testTimeout: 60_000, hookTimeout: 60_000 }

interface Options {
  readonly include?: ReadonlyArray<string>
  readonly exclude?: ReadonlyArray<string>
  readonly globalSetup?: string
  readonly isolate?: boolean
}

const project = (name: string, root: string, { exclude = [], include = ["test/**/*.test.ts"], ...options }: Options = {}) => ({
  root,
  test: { ...shared, name, include: [...include], exclude: [...exclude], setupFiles, ...options },
})

/** The files of one worker share its modules: to load core for each file takes a third of the processor time of these tests. */
const together = { isolate: false }

/** Tests of core that need a process for each file: they replace threads, set flags of V8, or measure memory. */
const alone = [
  "test/{memory,threads}{,-*}.test.ts",
  "test/wasm-{lanes,packing}.test.ts",
  "test/{autodiff-graphs,deep-programs}.test.ts",
]

/** Tests of the engine, which are the longest. */
const engine = ["test/{engine,wasm}-*.test.ts", "test/{eager,primitive-laws,same-bits}.test.ts"]

/** For projects that start the command as a process. */
const startsCommand = { globalSetup: pathOf("scripts/bundle-command.ts") }

/**
 * The tests of the engine once more, with the modules for wide lanes packed into 256-bit operations where the host can: elsewhere
 * only some tests ask for that. They are a run of their own, `vitest.packed.ts`.
 */
export const packed = {
  root: "packages/core",
  test: {
    // Optimizing thousands of modules takes a while on a busy machine.
    testTimeout: 240_000,
    hookTimeout: 60_000,
    name: "packed",
    include: ["test/{engine,wasm}-*.test.ts", "test/{eager,primitive-laws,same-bits,threads}.test.ts"],
    exclude: ["test/wasm-lanes.test.ts"],
    setupFiles: [...setupFiles, pathOf("packages/core/test/pack-lanes.ts")],
  },
}

const installedTest = "test/installed.test.ts"

/** The packages packed, installed with npm and used there. They are a run of their own, `vitest.installed.ts`. */
export const installed = project("installed", ".", { include: [installedTest] })

const trainedTests = ["test/{loops,models}.test.ts"]

/** The model files and the loops of the examples, trained to their end. They are a run of their own, `vitest.trained.ts`. */
export const trained = project("trained", "examples", { include: trainedTests, ...startsCommand })

/** One worker a core: by itself Vitest leaves one core free. */
export const run = { maxWorkers: "100%", reporters: ["default", "./scripts/closing-line-reporter.ts"] }

export default defineConfig({
  test: {
    ...run,
    projects: [
      project("core", "packages/core", { exclude: [...alone, ...engine], ...together }),
      project("engine", "packages/core", { include: engine, exclude: alone, ...together }),
      project("processes", "packages/core", { include: alone }),
      project("dsl", "packages/dsl", together),
      project("cli", "packages/cli", { ...startsCommand, ...together }),
      project("examples", "examples", { exclude: trainedTests, ...startsCommand }),
      project("repository", ".", { exclude: [installedTest], ...together }),
    ],
  },
})
