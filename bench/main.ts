/**
 * The benchmark: measures every row of `rows.ts` on this machine, Adjoint beside its alternatives. Prints the tables, and writes
 * them to `results/` with all figures as JSON and a picture.
 *
 *   pnpm bench                       all rows
 *   pnpm bench --rows steps,epoch    some sections
 *   pnpm bench --rows models:lstm    the rows of a section whose names contain this text
 *   pnpm bench --peers PyTorch       only peers with this prefix; `none`: Adjoint alone
 *   pnpm bench --patience 60         seconds that a row may take longer on a busy machine
 *   pnpm bench --quick               everything once, as a test: the figures are not meaningful
 *   pnpm bench --out folder          writes to another folder
 *   pnpm bench --readme              measures nothing; README.md quotes the newest record
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"
import { build } from "./build.ts"
import * as Bundles from "./bundles.ts"
import { Ceilings } from "./ceiling.ts"
import { eventLoops } from "./eventLoop.ts"
import { growths } from "./growth.ts"
import * as Inputs from "./inputs.ts"
import * as Machine from "./machine.ts"
import { type MeasuredRow, measure, type Outcomes } from "./measure.ts"
import { type Plan, plans } from "./plan.ts"
import { renew } from "./readme.ts"
import { type Bundle, fileName, json, type MeasuredSection, markdown, type Run } from "./report.ts"
import { type Row, type Section, sections } from "./rows.ts"
import { provenance, source } from "./source.ts"
import { workOf } from "./work.ts"

/** The section without times. */
const sizes = "bundles"

/** The section of delays, and the seconds for which each process of it trains. */
const delays = "eventloop"
const delaySeconds = 8

interface Choice {
  readonly sections: ReadonlyArray<Section>
  readonly bundles: boolean
  readonly delays: boolean
  readonly quick: boolean
}

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

/** The sections of `steps,models:lstm`: all rows of a section, or those whose names contain a text. */
const choose = (keys: ReadonlyArray<string>): Pick<Choice, "bundles" | "delays" | "sections"> => {
  const known = [...sections.map(({ key }) => key), delays, sizes]
  const wanted = keys.map((key) => {
    const [name = "", text = ""] = key.split(":")
    if (!known.includes(name)) throw new Error(`there are no rows called ${name}; there are ${known.join(", ")}`)
    return { name, text: text.toLowerCase() }
  })
  const chosen = sections.map((section) => ({
    ...section,
    rows: section.rows.filter((row) =>
      wanted.some(({ name, text }) => name === section.key && row.name.toLowerCase().includes(text)),
    ),
  }))
  const has = (key: string): boolean => wanted.some(({ name }) => name === key)
  return { sections: chosen.filter(({ rows }) => rows.length > 0), bundles: has(sizes), delays: has(delays) }
}

/** A section with only the peers whose labels start with one of these. */
const against =
  (names: ReadonlyArray<string>) =>
  (section: Section): Section => ({
    ...section,
    rows: section.rows.map((row) => ({
      ...row,
      peers: row.peers.filter(({ label }) => names.some((name) => label.startsWith(name))),
    })),
  })

const { values } = parseArgs({
  options: {
    peers: { type: "string" },
    rows: { type: "string" },
    patience: { type: "string" },
    quick: { type: "boolean", default: false },
    out: { type: "string" },
    readme: { type: "boolean", default: false },
  },
})

/** The plan of a section; a run of some rows repeats none of them unless it is asked to. */
const planOf = ({ plan }: Section): Plan => {
  if (values.quick) return plans.quick
  if (values.patience !== undefined) return { ...plan, patience: 1000 * Number(values.patience) }
  return values.rows === undefined ? plan : { ...plan, patience: 0 }
}

if (values.readme) renew()
else {
  const chosen = values.rows === undefined ? { sections, bundles: true, delays: true } : choose(values.rows.split(","))
  const compared = values.peers === undefined ? chosen.sections : chosen.sections.map(against(values.peers.split(",")))
  const planned = compared.map((section) => ({ ...section, plan: planOf(section) }))
  const done = await run({ ...chosen, sections: planned, quick: values.quick })
  // A quick or partial run is not a record.
  const partial = values.quick || values.rows !== undefined || values.peers !== undefined
  const elsewhere = values.out ?? (partial ? join(tmpdir(), "adjoint-bench") : undefined)
  await write(done, elsewhere === undefined ? join(import.meta.dirname, "results") : resolve(elsewhere))
}
