/** Reading on threads: their bits, when they start, and that a process ends when its script does. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

/** Runs a script in a process of its own, which must end by itself without an error. Returns what it printed. */
const printed = async (script: string, flags: ReadonlyArray<string> = []): Promise<string> => {
  const { FORCE_COLOR: _, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--input-type=module", "--eval", script], {
    cwd: join(import.meta.dirname, ".."),
    env,
    timeout: 60_000,
  })
  return stdout
}

const prelude = `
const { createHash } = await import("node:crypto")
const { existsSync, readdirSync } = await import("node:fs")
const { Key, Tensor } = await import("./src/index.ts")
const threads = () => (existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0)
const hash = (x) => createHash("sha256").update(x.data).digest("hex").slice(0, 16)
const normal = (name, shape) => Tensor.read(Key.normal(Key.fold(Key.make(1), name), shape))
`

/** Some reads that take long enough for threads, until they have had them for a while. */
const reads = `
const [x, y] = [normal("x", [640, 640]), normal("y", [640, 640])]
const once = () => [
  Tensor.read(Tensor.matmul(x, y)),
  Tensor.read(Tensor.tanh(Tensor.mul(Tensor.exp(x), y))),
  Tensor.read(Tensor.sum(Tensor.square(x), { axes: 0 })),
]
const begun = performance.now()
let last = once()
while (performance.now() - begun < 300) last = once()
`

const alone = ["--permission", "--allow-fs-read=*", "--no-warnings"]

const hashes = `${prelude}${reads}\nconsole.log(last.map(hash).join(" "))`
const hashesAlone = printed(hashes, alone)

describe("reading", () => {
  it.runIf(availableParallelism() > 1 && existsSync("/proc/self/task"))(
    "starts threads when it takes long, and not for small values, and has the bits of one thread",
    async () => {
      const small = `
let few = Tensor.make([1, 2, 3])
for (let i = 0; i < 300; i++) few = Tensor.read(Tensor.add(Tensor.mul(few, 0.5), 1))
normal("z", [300, 300])`
      const counted = `${prelude}const before = threads()\n${small}\nconst between = threads()\n${reads}
console.log(last.map(hash).join(" "))
console.log(between - before, threads() - before)`
      const workers = Math.min(8, availableParallelism()) - 1
      expect(await printed(counted)).toBe(`${await hashesAlone}0 ${workers}\n`)
    },
  )

  it.runIf(availableParallelism() > 1 && existsSync("/proc/self/task"))(
    "uses no more threads than an engine was given",
    async () => {
      const limited = `${prelude}
const { Effect } = await import("effect")
const { Engine, Wasm } = await import("./src/index.ts")
const before = threads()
await Effect.runPromise(Engine.Engine.pipe(Effect.provide(Wasm.layer({ threads: 1 }))))
${reads}
console.log(threads() - before)`
      expect(await printed(limited)).toBe("0\n")
    },
  )

  it.each([
    ["after the last read", reads, ""],
    ["while its threads start", "Tensor.read(Tensor.matmul(Tensor.ones([1100, 1100]), Tensor.ones([1100, 1100])))", ""],
    ["by process.exit", reads, "process.exit(0)"],
  ])("lets a process end at once: %s", async (_, script, end) => {
    const last = Number(await printed(`${prelude}${script}\nconsole.log(Date.now())\n${end}`))
    expect(Date.now() - last).toBeLessThan(2000)
  })

  it.runIf(availableParallelism() > 1 && existsSync("/proc/self/task"))(
    "keeps its threads when a value does not fit into memory",
    async () => {
      const script = `${prelude}const before = threads()
${reads}
const large = Tensor.read(Tensor.neg(Tensor.ones([30_000_000])))
await new Promise((resolve) => setTimeout(resolve, 300))
console.log(large.data[29_999_999], threads() - before)`
      const workers = Math.min(8, availableParallelism()) - 1
      expect(await printed(script, ["--wasm-max-mem-pages=1024"])).toBe(`-1 ${workers}\n`)
    },
  )

  it("goes on alone where threads cannot start", async () => {
    const failing = `
const host = process.getBuiltinModule("node:worker_threads")
host.Worker = class { constructor() { throw new Error("no more threads") } }
`
    expect(await printed(`${failing}${hashes}`)).toBe(await hashesAlone)
  })
})
