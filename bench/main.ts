/**
 * The benchmark: measures every row of `rows.ts` on this machine, Adjoint beside its alternatives. Prints the tables, and writes
 * them to `results/` with all figures as JSON and a picture. `--help` lists the options (`options.ts`).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { build } from "./build.ts"
import * as Bundles from "./bundles.ts"
import { Ceilings } from "./ceiling.ts"
import { eventLoops } from "./eventLoop.ts"
import { growths } from "./growth.ts"
import * as Inputs from "./inputs.ts"
import * as Machine from "./machine.ts"
import { type MeasuredRow, measure, type Outcomes } from "./measure.ts"
import { help, type Options, optionsOf, UsageError } from "./options.ts"
import { renew } from "./readme.ts"
import { type Bundle, fileName, json, type MeasuredSection, markdown, type Run } from "./report.ts"
import type { Row, Section } from "./rows.ts"
import { provenance, source } from "./source.ts"
import { workOf } from "./work.ts"

/** The seconds for which each process of the section of delays trains. */
const delaySeconds = 8

type Choice = Extract<Options, { readonly does: "measure" }>

/** The least time of a row for each number of threads that took part. */
const leastOf = async (ceilings: Ceilings, { task }: Row, outcomes: Outcomes): Promise<ReadonlyMap<number, number>> => {
  const threads = [...outcomes.values()].flatMap((outcome) => (outcome.kind === "measured" ? [outcome.threads] : []))
  const least = new Map<number, number>()
  for (const count of new Set(threads)) least.set(count, await ceilings.least(workOf(task), count))
  return least
}

const measureSection = async (section: Section, folder: string, ceilings?: Ceilings): Promise<MeasuredSection> => {
  const rows: Array<MeasuredRow> = []
  for (const row of section.rows) {
    console.error(`${section.title}: ${row.name} …`)
    const inputs = join(folder, `${section.key}-${rows.length}`)
    Inputs.write(inputs, row.task, source)
    const outcomes = await measure[section.timed](row, inputs, section.plan)
    const isTimed = ceilings !== undefined && section.timed === "repetition"
    rows.push({ row, outcomes, ...(isTimed ? { least: await leastOf(ceilings, row, outcomes) } : {}) })
    rmSync(inputs, { recursive: true, force: true })
  }
  return { section, rows }
}

const measureBundles = (): Promise<ReadonlyArray<Bundle>> => {
  console.error("Bundle size …")
  return Bundles.bundles()
}

const run = async ({ bundles, delays, quick, sections: chosen }: Choice): Promise<Run> => {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-bench-"))
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  // Without this, an interrupted process skips its exit handlers.
  process.once("SIGINT", () => process.exit(130))
  await build()
  const ceilings = quick ? undefined : new Ceilings()
  const measured: Array<MeasuredSection> = []
  for (const section of chosen) measured.push(await measureSection(section, folder, ceilings))
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: Machine.describe(),
    data: provenance(),
    sections: measured,
    ceilings: ceilings === undefined ? [] : await ceilings.all(),
    eventLoops: delays ? await eventLoops(quick ? 0.5 : delaySeconds) : [],
    bundles: bundles ? await measureBundles() : [],
  }
}

/** Writes the picture of growth, if it was measured, and returns the file's name. */
const drawGrowth = async (done: Run, folder: string): Promise<string | undefined> => {
  const grown = done.sections.flatMap(({ rows }) => growths(rows))
  if (grown.length === 0) return undefined
  const { draw } = await import("./picture.ts")
  const picture = draw(grown, `Time of a training step on ${done.machine.cpu}, ${done.machine.cores} cores, ${done.date}`)
  if (picture === undefined) return undefined
  const name = `${fileName(done)}.svg`
  writeFileSync(join(folder, name), picture)
  return name
}

const write = async (done: Run, folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  const page = markdown(done, await drawGrowth(done, folder))
  const path = join(folder, fileName(done))
  writeFileSync(`${path}.md`, page)
  writeFileSync(`${path}.json`, `${JSON.stringify(json(done), null, 2)}\n`)
  console.log(page)
  console.error(`${path}.md and .json`)
}

/** The options of this process; where they mean nothing, it says so and ends. */
const options = ((): Options => {
  try {
    return optionsOf(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`bench: ${error.message}`)
    process.exit(2)
  }
})()

if (options.does === "help") console.log(help)
else if (options.does === "readme") renew()
else {
  const { isRecord, out } = options
  const done = await run(options)
  // A quick or partial run is not a record.
  const elsewhere = out ?? (isRecord ? undefined : join(tmpdir(), "adjoint-bench"))
  await write(done, elsewhere === undefined ? join(import.meta.dirname, "results") : resolve(elsewhere))
}
