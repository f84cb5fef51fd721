/**
 * `pnpm same-bits`: a run with a recorded hash, on every host of this machine: this Node on one, two, three and eight threads,
 * in lanes of 128 and of 256 bits, and in a worker, Node 22, and a page in headless Chromium, without cross-origin isolation on one
 * thread, and with it on one, two and three. Each must end with the recorded hash. Hosts that are missing are reported as skipped, and so are
 * wide lanes where V8 does not pack.
 */
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { knownHash, knownRun } from "@adjoint/core/testing/knownRun"
import { Effect } from "effect"
import { browse, browserNames, bundle, onPath } from "./browser.ts"

const root = join(import.meta.dirname, "..")

/** A host for the run; `run` returns its hash. */
interface Host {
  readonly name: string
  readonly run: () => Promise<string>
}

const on = (threads: number): string => `${threads} ${threads === 1 ? "thread" : "threads"}`

/** All code is compiled by the optimizing compiler, so that all of it is packed. */
const optimized = ["--no-liftoff", "--no-wasm-tier-up"]

/** What this script prints in a Node. */
const inNode = (executable: string, flags: ReadonlyArray<string>, ...args: ReadonlyArray<string>): string =>
  execFileSync(executable, [...flags, import.meta.filename, ...args], { encoding: "utf8" }).trim()

/** The runs in a Node. */
const node = (version: string, executable: string, threads: ReadonlyArray<number>): ReadonlyArray<Host> => {
  const lanes = inNode(executable, [], "--lanes") === "256" ? [128, 256] : [128]
  if (lanes.length === 1) console.log(`– Node ${version}: lanes of 256 bits skipped; it packs none on this machine`)
  const inWorker = { name: `Node ${version}, ${on(2)} in a worker`, run: async () => inNode(executable, [], "--worker", "2") }
  return [
    ...lanes.flatMap((lanes) =>
      threads.map((threads) => ({
        name: `Node ${version}, ${on(threads)}, ${lanes} bits`,
        run: async () => inNode(executable, lanes === 256 ? optimized : [], "--run", String(threads), String(lanes)),
      })),
    ),
    inWorker,
  ]
}

/** The script of a page: the run, with the number of threads in its URL. */
const trained = `
import { Effect } from "effect"
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { knownRun } from "@adjoint/core/testing/knownRun"
const report = Effect.gen(function* () {
  const { threads } = yield* Engine.Engine
  return { threads, isolated: crossOriginIsolated, hash: yield* knownRun }
})
const threads = Number(new URL(import.meta.url).searchParams.get("threads"))
export const run = () => Effect.runPromise(report.pipe(Effect.provide(Wasm.layer({ threads }))))
`

interface Report {
  readonly error?: string
  readonly hash?: string
  readonly threads?: number
  readonly isolated?: boolean
}

const browser = (executable: string): ReadonlyArray<Host> => {
  let script: Promise<string> | undefined
  const page = (isolated: boolean, asked: number, threads: number, inWorker = false): Host => ({
    name: `${executable}, a ${inWorker ? "worker of a " : ""}page ${isolated ? "with" : "without"} cross-origin isolation, ${on(threads)}`,
    run: async () => {
      script ??= bundle(trained)
      const search = `?threads=${asked}`
      const report: Report = (await browse({ browser: executable, script: await script, isolated, inWorker, search })) ?? {}
      if (report.error !== undefined) return report.error
      if (report.isolated !== isolated || report.threads !== threads)
        return `isolated: ${report.isolated}, threads: ${report.threads}`
      return report.hash ?? ""
    },
  })
  return [page(false, 2, 1), ...[1, 2, 3].map((threads) => page(true, threads, threads)), page(true, 2, 2, true)]
}

const all = async (): Promise<void> => {
  const older = [join(root, "tools/node_modules/node-22/bin/node"), onPath("node22")].find(
    (file) => file !== undefined && existsSync(file),
  )
  const chromium = onPath(...browserNames)
  const hosts = [
    ...node(process.version, process.execPath, [1, 2, 3, 8]),
    ...(older === undefined ? [] : node("22", older, [1, 2, 8])),
    ...(chromium === undefined ? [] : browser(chromium)),
  ]
  const failures: Array<string> = []
  for (const { name, run } of hosts) {
    const hash = await run().catch(String)
    if (hash !== knownHash) failures.push(name)
    console.log(`${hash === knownHash ? "✓" : "✗"} ${name}: ${hash}`)
  }
  if (older === undefined) console.log("– Node 22: skipped; it comes with `pnpm --dir tools install`, or as node22 on the PATH")
  if (chromium === undefined)
    console.log("– Chromium: skipped; neither chromium, chromium-browser nor google-chrome is on the PATH")
  console.log(`${hosts.length - failures.length} passed, ${failures.length} failed`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

const [mode, threads, lanes] = process.argv.slice(2)
const options = { threads: Number(threads), lanes: lanes === "256" ? 256 : 128 } as const
if (mode === "--run") console.log(await Effect.runPromise(knownRun.pipe(Effect.provide(Wasm.layer(options)))))
else if (mode === "--worker") console.log(await Effect.runPromise(knownRun.pipe(Effect.provide(Wasm.worker(options)))))
else if (mode === "--lanes") console.log(Wasm.lanesInUse(256))
else await all()
