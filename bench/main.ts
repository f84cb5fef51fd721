/**
 * The benchmark: every row of `rows.ts` in one go on this machine, ours beside the libraries one would choose instead.
 * Prints the tables as they will stand in `results/`, and writes them there with every figure as JSON.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Key, Tensor } from "@adjoint/core"
import * as Inputs from "./inputs.ts"
import * as Machine from "./machine.ts"
import { measure } from "./measure.ts"
import { fileName, json, type MeasuredRow, type MeasuredSection, markdown, type Run } from "./report.ts"
import { type Section, sections } from "./rows.ts"

const seed = Key.make(1)
const floats = (x: Tensor.Tensor): Float32Array => Float32Array.from(Tensor.read(x).data)
const draw: Inputs.Draw = {
  normal: (name, size) => floats(Key.normal(Key.fold(seed, name), [size])),
  uniform: (name, size) => floats(Key.uniform(Key.fold(seed, name), [size])),
}

const measureSection = async (section: Section, folder: string, busy: Array<number>): Promise<MeasuredSection> => {
  const rows: Array<MeasuredRow> = []
  for (const row of section.rows) {
    console.error(`${section.title}: ${row.name} …`)
    busy.push(await Machine.busy())
    const inputs = join(folder, `${section.title}-${rows.length}`)
    Inputs.write(inputs, row.task, draw)
    rows.push({ row, outcomes: await measure[section.timed](row, inputs) })
  }
  return { section, rows }
}

const run = async (): Promise<Run> => {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-bench-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  // Without this, an interrupted process ends without its exit.
  process.once("SIGINT", () => process.exit(130))
  const busy: Array<number> = []
  const measured: Array<MeasuredSection> = []
  for (const section of sections) measured.push(await measureSection(section, folder, busy))
  return { date: new Date().toISOString().slice(0, 10), machine: Machine.describe(), busy, sections: measured }
}

const done = await run()
const results = join(import.meta.dirname, "results")
const path = join(results, fileName(done))
mkdirSync(results, { recursive: true })
writeFileSync(`${path}.md`, markdown(done))
writeFileSync(`${path}.json`, `${JSON.stringify(json(done), null, 2)}\n`)
console.log(markdown(done))
console.error(`${path}.md and .json`)
