/**
 * Which stores of a program V8 packs into 256 bits, function by function, and why not the others. Each module of the engine is
 * compiled once more in a process of its own, whose V8 explains what it packs and prints its machine code.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { disassemble } from "@adjoint/core/backend/wasm/assembler/disassemble"
import * as Inputs from "../bench/inputs.ts"
import type { Request } from "../bench/protocol.ts"
import { sections } from "../bench/rows.ts"
import { source } from "../bench/source.ts"

const help = `node scripts/packed-stores.ts [--all | --markdown] [--rows steps,products] [--name LeNet] [--fast]
    the programs of the benchmark: all, those of some sections, those whose name contains a text; --markdown prints one line for
    each program, as in docs/engine-kernels.md

node scripts/packed-stores.ts [--all] my-program.ts [arguments of the program]
    any program that uses the engine: it runs once, and every module that it compiles is examined

A line is a function of a module: a kernel, or a function that a kernel calls (after ">").
    stores    128-bit stores in the module
    packed    packed pairs of stores / pairs of neighbouring stores that V8 found; it may have unrolled a loop
    256, 128  instructions of the machine code with 256-bit and with 128-bit registers
    spills    those of them that save a register on the stack or restore it
    why       why the first pair was refused, in V8's words, or what the function lacks
Functions whose pairs are all packed are left out, except with --all. Functions without vector stores are never listed.

What helps: store both halves of 32 bytes side by side, the upper half first (otherwise V8 stores the lower one twice); load what
a pair needs before the first of its stores; do the same to both halves. V8 packs all of a function or nothing: what it must
take apart again counts against what it saves.
`

/** What became of one function of a module. */
export interface PackedFunction {
  readonly name: string
  /** Stores of 128 bits in the module. */
  readonly stores: number
  /** Pairs of neighbouring stores that V8 found, and how many of them it packed. */
  readonly pairs: number
  readonly packed: number
  /** Instructions with 256-bit and with 128-bit registers, and those of them that spill. */
  readonly wide: number
  readonly narrow: number
  readonly spills: number
  /** What V8 said of the first pair that it refused. */
  readonly refused: string | undefined
}

/** V8's explanation of one function. */
const explained = (lines: ReadonlyArray<string>): Pick<PackedFunction, "packed" | "pairs" | "refused"> => {
  const pairs = lines.filter((line) => line === "{").length
  const said = (line: string | undefined) => line?.replace(/^Revec: \w+ \d+: /u, "")
  const decided = lines.findIndex((line) => line.includes("Decide to vectorize"))
  const packed = decided < 0 ? 0 : lines.slice(decided).filter((line) => /: Store\(/u.test(line)).length
  const failed = lines.findIndex((line) => line.includes("Build tree failed"))
  const cost = lines.find((line) => line.includes("Save: "))
  if (failed > 0) return { pairs, packed, refused: said(lines[failed - 1]) }
  return { pairs, packed, refused: packed < pairs ? `not worth it (${said(cost)})` : undefined }
}

/** V8's explanations, by the index of the function: the output of `--trace-wasm-revectorize`. */
export const parseTrace = (output: string): ReadonlyMap<number, Pick<PackedFunction, "packed" | "pairs" | "refused">> =>
  new Map(
    output
      .split("Begin revec function wasm-function#")
      .slice(1)
      .map((block) => [Number.parseInt(block, 10), explained(block.split("\n"))]),
  )

/** Counts of the machine code, by the index of the function: the output of `--print-wasm-code`. */
export const parseCode = (output: string): ReadonlyMap<number, Pick<PackedFunction, "narrow" | "spills" | "wide">> =>
  new Map(
    output
      .split("--- WebAssembly code ---")
      .slice(1)
      .map((block) => {
        const lines = block.split("\n")
        const [wide, narrow] = ["ymm", "xmm"].map((kind) => lines.filter((line) => line.includes(kind))) as [string[], string[]]
        const spills = [...wide, ...narrow].filter((line) => /\[r[bs]p/u.test(line))
        const [, index] = /^index: (\d+)$/mu.exec(block) ?? []
        return [Number(index), { wide: wide.length, narrow: narrow.length, spills: spills.length }]
      }),
  )

/** The functions of a module in order, with the kernel that calls each: kernels are named by their number. */
const withCallers = (module: Uint8Array, imported: number): ReadonlyArray<Pick<PackedFunction, "name" | "stores">> => {
  const functions = disassemble(module)
    .split("\n\n")
    .map((text) => ({
      name: text.slice(0, text.lastIndexOf("(", text.indexOf("\n"))),
      stores: [...text.matchAll(/^ *v128\.store\b(?!\d)/gmu)].length,
      calls: [...text.matchAll(/^ *call (\d+)/gmu)].map(([, index]) => Number(index) - imported),
    }))
  const callers = new Map<number, string>()
  const follow = (index: number, kernel: string): void => {
    for (const called of functions[index]?.calls ?? [])
      if (!callers.has(called)) {
        callers.set(called, kernel)
        follow(called, kernel)
      }
  }
  for (const [i, { name }] of functions.entries()) if (/^\d/u.test(name)) follow(i, name)
  return functions.map(({ name, stores }, i) => ({ name: [callers.get(i), name].filter(Boolean).join(" > "), stores }))
}

/** Compiles the module of its first argument, without its names, so that V8 prints the index of each function. */
const compiler = `
const bytes = process.getBuiltinModule("node:fs").readFileSync(process.argv[1])
const kept = [bytes.subarray(0, 8)]
for (let at = 8; at < bytes.length; ) {
  const start = at
  const id = bytes[at++]
  let size = 0
  for (let shift = 0; ; shift += 7) {
    size |= (bytes[at] & 0x7f) << shift
    if (bytes[at++] < 0x80) break
  }
  at += size
  if (id !== 0) kept.push(bytes.subarray(start, at))
}
new WebAssembly.Module(Buffer.concat(kept))`

/** All functions are compiled at once, one after the other, by the optimizing compiler alone. */
const flags = ["--experimental-wasm-revectorize", "--no-liftoff", "--no-wasm-lazy-compilation", "--single-threaded"]

const compileWith = (flag: string, file: string): string =>
  execFileSync(process.execPath, [...flags, flag, "--eval", compiler, file], { encoding: "utf8", maxBuffer: 2 ** 30 })

const unseen = { pairs: 0, packed: 0, refused: undefined }

/** What V8 makes of each function of the module in a file. */
export const examine = (file: string): ReadonlyArray<PackedFunction> => {
  const code = parseCode(compileWith("--print-wasm-code", file))
  const traces = parseTrace(compileWith("--trace-wasm-revectorize", file))
  const imported = Math.min(...code.keys())
  return withCallers(readFileSync(file), imported).flatMap((function_, i) => {
    const made = code.get(imported + i)
    return made === undefined ? [] : [{ ...function_, ...made, ...(traces.get(imported + i) ?? unseen) }]
  })
}

/** Whether V8 refused a pair, or found none of several stores. */
const fallsShort = ({ packed, pairs }: PackedFunction): boolean => packed < pairs || pairs === 0

const why = ({ pairs, refused, stores }: PackedFunction): string =>
  refused ?? (pairs > 0 ? "" : stores > 1 ? "no neighbouring stores" : "a single store")

const table = (functions: ReadonlyArray<PackedFunction>): string => {
  const rows = functions.map((each) => [
    each.name,
    String(each.stores),
    `${each.packed}/${each.pairs}`,
    String(each.wide),
    String(each.narrow),
    String(each.spills),
    why(each),
  ])
  const all = [["function", "stores", "packed", "256", "128", "spills", "why"], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 || i === 6 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n")
}

/** Saves every module of the engine that a process compiles in the folder `ADJOINT_MODULES`. */
const saver = `
const { writeFileSync } = process.getBuiltinModule("node:fs")
const { Module } = WebAssembly
let count = 0
WebAssembly.Module = class extends Module {
  constructor(bytes) {
    super(bytes)
    if (Module.imports(this).some(({ module, name }) => module === "engine" && name === "hostFallback"))
      writeFileSync(\`\${process.env.ADJOINT_MODULES}/\${String(count++).padStart(4, "0")}.wasm\`, bytes)
  }
}`

const preload = ["--import", `data:text/javascript,${encodeURIComponent(saver)}`]

/** The functions of all modules that a program compiles. */
const examineProgram = (args: ReadonlyArray<string>): ReadonlyArray<PackedFunction> => {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-modules-"))
  try {
    const { error, status, stderr } = spawnSync(process.execPath, [...preload, ...args], {
      encoding: "utf8",
      env: { ...process.env, ADJOINT_LANES: "256", ADJOINT_MODULES: folder },
    })
    if (status !== 0) throw new Error(`${args.join(" ")} failed: ${error?.message ?? stderr}`)
    const files = readdirSync(folder).sort()
    return files.flatMap((file) => examine(join(folder, file)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A program's functions that store vectors, and those of them that fall short. */
interface Program {
  readonly name: string
  readonly functions: ReadonlyArray<PackedFunction>
  readonly short: ReadonlyArray<PackedFunction>
  /** How many of its pairs are packed: `12 of 15`. */
  readonly packed: string
}

const programOf = (name: string, all: ReadonlyArray<PackedFunction>): Program => {
  const functions = all.filter(({ stores }) => stores > 0)
  const sum = (of: (each: PackedFunction) => number): number => functions.reduce((total, each) => total + of(each), 0)
  const packed = `${sum((each) => each.packed)} of ${sum(({ pairs }) => pairs)}`
  return { name, functions, short: functions.filter(fallsShort), packed }
}

const printProgram = ({ functions, name, packed, short }: Program, all: boolean): void => {
  console.log(`${name}: ${packed} pairs packed, ${short.length} of ${functions.length} functions fall short`)
  const listed = all ? functions : short
  if (listed.length > 0) console.log(`${table(listed)}\n`)
}

const head = ["program", "pairs packed", "functions that fall short", "what they are"]

/** A row for each program; functions of one kind and one reason are counted together. */
const printRow = ({ functions, name, packed, short }: Program): void => {
  const kinds = new Map<string, number>()
  for (const each of short) {
    const kind = `${each.name.replaceAll(/^\d+ | \[[^\]]*\]/gu, "").replaceAll(/ \d+/gu, "")} (${why(each)})`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  const counted = [...kinds].map(([kind, count]) => (count > 1 ? `${count} × ${kind}` : kind))
  console.log(`| ${[name, packed, `${short.length} of ${functions.length}`, counted.join(", ")].join(" | ")} |`)
}

/** The sections whose programs are those of others, or take long. */
const left = new Set(["growth", "first", "startup", "epoch"])

/** Our contender of the benchmark does each task once. */
const benchmark = (
  isChosen: (section: string) => boolean,
  part: string,
  backend: string,
  print: (program: Program) => void,
): void => {
  const contender = join(import.meta.dirname, "../bench/contenders/adjoint.ts")
  const seen = new Set<string>()
  for (const section of sections.filter(({ key }) => isChosen(key)))
    for (const { name, task } of section.rows) {
      const label = `${section.title}, ${name}`
      if (!label.includes(part) || seen.has(JSON.stringify(task))) continue
      seen.add(JSON.stringify(task))
      const folder = mkdtempSync(join(tmpdir(), "adjoint-inputs-"))
      try {
        Inputs.write(folder, task, source)
        const request: Request = { task, folder, times: 1, backend, threads: 1 }
        print(programOf(label, examineProgram([contender, JSON.stringify(request)])))
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
}

if (import.meta.main) {
  const { positionals, tokens, values } = parseArgs({
    allowPositionals: true,
    strict: false,
    tokens: true,
    options: {
      all: { type: "boolean", default: false },
      fast: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      name: { type: "string", default: "" },
      rows: { type: "string" },
    },
  })
  const program = tokens.find(({ kind }) => kind === "positional")
  const print = (found: Program): void => (values.markdown === true ? printRow(found) : printProgram(found, values.all === true))
  if (values.help === true) console.log(help)
  else if (program !== undefined) print(programOf(positionals[0] ?? "", examineProgram(process.argv.slice(2 + program.index))))
  else {
    const chosen = typeof values.rows === "string" ? new Set(values.rows.split(",")) : undefined
    if (values.markdown === true) console.log(`| ${head.join(" | ")} |\n| --- | --- | --- | --- |`)
    benchmark((key) => chosen?.has(key) ?? !left.has(key), String(values.name), values.fast === true ? "fast" : "portable", print)
  }
}
