/**
 * `pnpm fuzz-lanes [minutes] [seed]`: random programs with gradients, each run in two processes: by V8's baseline compiler, which
 * packs nothing, and with all code optimized and packed into 256 bits. A seed whose results differ in a bit, or which ends a process,
 * is printed with its operations and written to `failing-seeds.txt`. New programs start for the given minutes (default 5), from
 * the given seed on, or from a new one; 0 minutes and a seed run 50 programs. The last line counts the programs.
 */
import { execFile } from "node:child_process"
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import * as Wasm from "@adjoint/core/engines/Wasm"

const root = join(import.meta.dirname, "..")
const kept = join(root, "failing-seeds.txt")
const programs = join(root, "packages/core/test/bits-of-random-kernels.ts")

/** Seeds that one pair of processes runs. */
const together = 50

/** Milliseconds after which a process is taken to hang; it needs some seconds. */
const patience = 300_000

/** A number from 0 on. Throws `RangeError` if the text is not one. */
const numberOf = (text: string, what: string, fits: (x: unknown) => boolean): number => {
  const number = Number(text)
  if (text !== "" && fits(number) && number >= 0) return number
  throw new RangeError(`"${text}" is not ${what}; try: pnpm fuzz-lanes 5 1000`)
}

/** A new seed, most likely far from those of earlier runs: the low bits of the clock, spread over 30 bits. */
const newSeed = (): number => Math.imul(Date.now() | 0, 0x9e3779b1) >>> 2

/** The lines of a process by seed, and how it ended. */
interface Printed {
  readonly lines: ReadonlyMap<number, string>
  readonly end: string
}

const printed = (compilation: string, flags: ReadonlyArray<string>, first: number): Promise<Printed> =>
  new Promise((done) => {
    const args = [...flags, "--no-warnings", programs, compilation, String(first), String(together)]
    execFile(process.execPath, args, { encoding: "utf8", timeout: patience }, (error, stdout, stderr) => {
      const complete = stdout.split("\n").slice(0, -1)
      done({
        lines: new Map(complete.map((line) => [Number.parseInt(line, 10), line])),
        end: `the process ended: ${error?.signal ?? ""} ${stderr}`,
      })
    })
  })

if (Wasm.lanesInUse(256) !== 256) throw new Error("V8 packs no lanes on this host; there is nothing to compare")
const until = Date.now() + numberOf(process.argv[2] ?? "5", "a number of minutes", Number.isFinite) * 60_000
let seed = numberOf(process.argv[3] ?? String(newSeed()), "a seed", Number.isSafeInteger)
let passed = 0
let failed = 0
console.log(`programs from seed ${seed} on`)
while (passed + failed === 0 || Date.now() < until) {
  const [baseline, packed] = await Promise.all([
    printed("baseline", ["--liftoff-only"], seed),
    printed("packed", ["--no-liftoff", "--no-wasm-tier-up"], seed),
  ])
  for (const end = seed + together; seed < end; ) {
    const [wanted, got] = [baseline.lines.get(seed), packed.lines.get(seed)]
    const isRight = wanted !== undefined && wanted === got
    if (isRight) passed++
    else {
      failed++
      const report = `lanes, seed ${seed}\n  baseline ${wanted ?? baseline.end}\n  packed   ${got ?? packed.end}\n`
      process.stdout.write(report)
      appendFileSync(kept, report)
    }
    seed++
    // A process that ended ran no further seeds: the next pair starts behind this one.
    if (wanted === undefined || got === undefined) break
  }
  console.log(`up to seed ${seed - 1}: ${passed} passed, ${failed} failed`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
