/**
 * `pnpm fuzz-lanes [minutes] [seed] [family]`: random programs, each run in two processes: by V8's baseline compiler, which packs
 * nothing, and packed into 256 bits, as the engine does it. There are three families of programs: kernels with gradients, training
 * steps, and reductions; they take turns unless one is named. Of some programs a third process counts the moves that halve a packed
 * vector where blocks meet, of which there should be none. A seed whose results differ in a bit, which has such a move, or which ends a process, is
 * printed with its program and written to `failing-seeds.txt`. New programs start for the given minutes (default 5), from the given
 * seed on, or from a new one; 0 minutes and a seed run 50 programs of each family. The last line counts the programs.
 */
import { execFile } from "node:child_process"
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { families } from "../packages/core/test/random-programs.ts"

const root = join(import.meta.dirname, "..")
const kept = join(root, "failing-seeds.txt")
const processOf = (name: string): string => join(root, "packages/core/test", name)

/** Seeds that one pair of processes runs. */
const together = 50

/** How many of them are searched for moves: V8's traces take a second for a kernel or two. */
const searched: Readonly<Record<string, number>> = { kernels: 5, reductions: 5, steps: 1 }

/** Milliseconds after which a process is taken to hang; it needs some seconds. */
const patience = 300_000

/** A number from 0 on. Throws `RangeError` if the text is not one. */
const numberOf = (text: string, what: string, fits: (x: unknown) => boolean): number => {
  const number = Number(text)
  if (text !== "" && fits(number) && number >= 0) return number
  throw new RangeError(`"${text}" is not ${what}; try: pnpm fuzz-lanes 5 1000 steps`)
}

/** A new seed, most likely far from those of earlier runs: the low bits of the clock, spread over 30 bits. */
const newSeed = (): number => Math.imul(Date.now() | 0, 0x9e3779b1) >>> 2

/** The lines of a process by seed, and how it ended. */
interface Printed {
  readonly lines: ReadonlyMap<number, string>
  readonly end: string
}

const printed = (
  flags: ReadonlyArray<string>,
  script: string,
  args: ReadonlyArray<string | number>,
  seedOf: (line: string) => string,
): Promise<Printed> =>
  new Promise((done) => {
    const all = [...flags, "--no-warnings", processOf(script), ...args.map(String)]
    const options = { encoding: "utf8", timeout: patience, maxBuffer: 2 ** 28 } as const
    execFile(process.execPath, all, options, (error, stdout, stderr) => {
      const complete = stdout.split("\n").slice(0, -1)
      done({
        lines: new Map(complete.map((line) => [Number.parseInt(seedOf(line), 10), line])),
        end: `the process ended: ${error?.signal ?? ""} ${stderr}`,
      })
    })
  })

const bitsOf = (family: string, compilation: "baseline" | "packed", seed: number): Promise<Printed> =>
  printed(
    compilation === "packed" ? [] : ["--liftoff-only"],
    "bits-of-random-programs.ts",
    [compilation, family, seed, together],
    (line) => line,
  )

/** The moves of some programs. V8 prints lines of its own between these. */
const movesOf = (family: string, seed: number): Promise<Printed> =>
  printed([], "narrowing-moves.ts", [family, seed, searched[family] ?? 1], (line) => /^moves (\d+) /u.exec(line)?.[1] ?? "")

/** Whether a line of moves counts none. */
const hasNone = (line: string): boolean => line.split(" ")[4] === "0"

if (Wasm.lanesInUse(256) !== 256) throw new Error("V8 packs no lanes on this host; there is nothing to compare")
const until = Date.now() + numberOf(process.argv[2] ?? "5", "a number of minutes", Number.isFinite) * 60_000
const start = numberOf(process.argv[3] ?? String(newSeed()), "a seed", Number.isSafeInteger)
const [, , , , named] = process.argv
const chosen = named === undefined ? Object.keys(families) : [named]
if (named !== undefined && families[named] === undefined)
  throw new RangeError(`"${named}" is no family of programs; try: ${Object.keys(families).join(", ")}`)
const next = new Map(chosen.map((family) => [family, start]))
let passed = 0
let failed = 0
const fail = (report: string): void => {
  failed++
  process.stdout.write(report)
  appendFileSync(kept, report)
}

/** Runs some programs of a family from a seed on, and returns the seed after the last one. */
const run = async (family: string, first: number): Promise<number> => {
  const [baseline, packed] = await Promise.all([bitsOf(family, "baseline", first), bitsOf(family, "packed", first)])
  const moves = await movesOf(family, first)
  for (let seed = first; seed < first + together; seed++) {
    const [wanted, got, moved] = [baseline.lines.get(seed), packed.lines.get(seed), moves.lines.get(seed)]
    const isSearched = seed < first + (searched[family] ?? 1)
    if (wanted === undefined || wanted !== got)
      fail(`lanes, ${family}, seed ${seed}\n  baseline ${wanted ?? baseline.end}\n  packed   ${got ?? packed.end}\n`)
    else if (isSearched && (moved === undefined || !hasNone(moved)))
      fail(`moves, ${family}, seed ${seed}\n  ${moved ?? moves.end}\n`)
    else passed++
    // A process that ended ran no further seeds: the next pair starts behind this one.
    if (wanted === undefined || got === undefined) return seed + 1
  }
  return first + together
}

console.log(`programs from seed ${start} on`)
while (passed + failed === 0 || Date.now() < until)
  for (const [family, first] of next) {
    const end = await run(family, first)
    next.set(family, end)
    console.log(`${family} up to seed ${end - 1}: ${passed} passed, ${failed} failed`)
  }
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
