/**
 * A process that prints a line for each of some seeds: how many functions of its program V8 packed, and the moves of 256 bits to a
 * register or a place on the stack of 128 bits that V8's register allocator writes where blocks meet, or from the stack. There should
 * be none: where it also moves the same vector as a whole, V8 may make one load of both and lose the upper lanes
 * (docs/decisions/wide-lanes.md), whether or not the numbers at hand show it. Within a block, a move from one register to another is
 * harmless: V8 does not load the whole vector there as well. The arguments are the family of programs, the first seed and the number
 * of seeds.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { modeOf, randomProgram } from "./random-programs.ts"

interface Operand {
  readonly text: string
  /** How wide an allocated operand is. */
  readonly tooltip?: string
}

interface Instruction {
  readonly id: number
  /** Moves before the instruction, as pairs of destination and source. */
  readonly gaps: ReadonlyArray<ReadonlyArray<readonly [to: Operand, from: Operand]>>
  readonly outputs: ReadonlyArray<Operand>
}

interface Trace {
  readonly phases: ReadonlyArray<{
    readonly name: string
    readonly blocks?: ReadonlyArray<{ readonly instructions: ReadonlyArray<Instruction> }>
  }>
}

const isOf = (bits: 128 | 256, { tooltip }: Operand): boolean => tooltip?.includes(`Simd${bits}`) === true

const isOnStack = ({ text }: Operand): boolean => text.startsWith("fp_stack")

/** Whether code is packed, and its dangerous moves between vectors of different widths. */
const movesIn = ({ phases }: Trace): { readonly isPacked: boolean; readonly moves: ReadonlyArray<string> } => {
  const { blocks = [] } = phases.find(({ name }) => name === "after register allocation") ?? {}
  const moves = blocks.flatMap(({ instructions }) =>
    instructions.flatMap(({ gaps, id }, at) => {
      const isAtEdge = at === 0 || at === instructions.length - 1
      return gaps.flat().flatMap(([to, from]) => {
        const widens = isOf(256, to) && isOf(128, from)
        const narrows = isOf(128, to) && isOf(256, from) && (isAtEdge || isOnStack(from))
        return widens || narrows ? [`${to.text} = ${from.text} before ${id}`] : []
      })
    }),
  )
  const isPacked = blocks.some(({ instructions }) => instructions.some(({ outputs }) => outputs.some((out) => isOf(256, out))))
  return { isPacked, moves }
}

const [, , family = "", first, count] = process.argv
if (!packsLanes()) throw new Error("this host packs no lanes")
const folder = mkdtempSync(join(tmpdir(), "moves-"))
// Traces of one thread do not overlap; a module that V8 has compiled before would leave none.
const flags = ["no-liftoff", "no-wasm-tier-up", "no-wasm-lazy-compilation", "no-wasm-native-module-cache"]
const places = [`trace-turbo-path=${folder}`, `trace-turbo-cfg-file=${join(folder, "graphs.cfg")}`]
for (const flag of [...flags, "wasm-num-compilation-tasks=1", ...places]) setFlagsFromString(`--${flag}`)
try {
  for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
    const { program, text } = randomProgram(family, seed)
    const { lanes, numerics } = modeOf(seed)
    setFlagsFromString("--trace-turbo")
    compileJob({ program, resident: 0 }, { threads: 1, minSharedWork: 0, numerics, lanes })
    setFlagsFromString("--no-trace-turbo")
    let [functions, packed] = [0, 0]
    const narrowing: Array<string> = []
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      // V8 traces the JavaScript too that it optimizes meanwhile, and numbers it from 1 on.
      if (name.endsWith("-0.json")) {
        const { isPacked, moves } = movesIn(JSON.parse(readFileSync(path, "utf8")) as Trace)
        functions++
        if (isPacked) packed++
        narrowing.push(...moves.map((move) => `${name}: ${move}`))
      }
      rmSync(path)
    }
    console.log(`moves ${seed} ${functions} ${packed} ${narrowing.length} ${text} ${narrowing.slice(0, 3).join("; ")}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
