/**
 * Compares the model files that `adjoint init` writes with careful ones that were written by hand (`scripts/init-scores/*.yaml`):
 * `node scripts/init-scores.ts FOLDER [SEEDS] [NAME…]`.
 *
 * FOLDER has the tables: titanic.csv and optdigits.tra, the files of scikit-learn's package (iris.csv, wine_data.csv as wine.csv,
 * breast_cancer.csv, digits.csv.gz, boston_house_prices.csv), and its frames `load_diabetes(as_frame=True).frame` and
 * `load_linnerud(as_frame=True).frame` as diabetes.csv and linnerud.csv. Tables that are missing are named and skipped.
 *
 * For each seed both files get the same 60% of the rows to learn from, 20% to validate and 20% to test. The score is that of the
 * test rows, in points of accuracy or of r2 (times 100). The seed also draws the weights and the order of the batches.
 */
import { copyFileSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import { execute } from "../packages/cli/src/command/Execute.ts"
import type { Sink } from "../packages/cli/src/terminal/World.ts"

const [folder, count = "10", ...only] = process.argv.slice(2)
if (folder === undefined || !/^[1-9]\d*$/.test(count)) {
  process.stderr.write("node scripts/init-scores.ts FOLDER [SEEDS] [NAME…]\n")
  process.exit(2)
}
const seeds = Array.from({ length: Number(count) }, (_, i) => i + 1)
const written = join(import.meta.dirname, "init-scores")
const place = mkdtempSync(join(tmpdir(), "init-scores-"))

/** Runs the command in this process, and returns its last line of JSON. */
const adjoint = async (...args: ReadonlyArray<string>): Promise<unknown> => {
  const written = { stdout: "", stderr: "" }
  const sink = (name: keyof typeof written): Sink => ({
    write: (text) => {
      written[name] += text
      return true
    },
    drained: () => Promise.resolve(),
    isTerminal: false,
    columns: () => 80,
  })
  const code = await Effect.runPromise(
    execute([...args, "--json"], {
      entry: new URL("../packages/cli/src/main.ts", import.meta.url),
      env: {},
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      stdin: { isTerminal: true, bytes: async function* () {} },
      beginRun: () => {},
      setSaving: () => {},
    }),
  )
  if (code !== 0) throw new Error(`adjoint ${args.join(" ")}: exit code ${code}\n${written.stderr}${written.stdout.slice(-2000)}`)
  return JSON.parse(written.stdout.trimEnd().split("\n").at(-1) ?? "")
}

const field = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (held, name) =>
      typeof held === "object" && held !== null ? Object.entries(held).find(([key]) => key === name)?.[1] : undefined,
    value,
  )

interface Table {
  readonly name: string
  readonly source: string
  readonly target: string
  readonly score: "accuracy" | "r2"
}

/** A table, from the hand-written file about it. */
const tableOf = (file: string): Table => {
  const yaml = readFileSync(file, "utf8")
  const found = (form: RegExp): string => form.exec(yaml)?.[1] ?? ""
  return {
    name: basename(file, ".yaml"),
    source: found(/source: (?:\{ csv: \{ path: )?([^\s,}]+)/),
    target: found(/head: (\w+)/),
    score: yaml.includes("metrics: [r2]") ? "r2" : "accuracy",
  }
}

/** The score of the test rows of each seed, times 100. */
const scores = async (file: string, { score, target }: Table): Promise<ReadonlyArray<number>> => {
  const all: Array<number> = []
  for (const seed of seeds) {
    const stratify = score === "accuracy" ? `stratify: ${target}, ` : ""
    const split = `data.split={ train: 60%, val: 20%, test: 20%, ${stratify}seed: ${seed} }`
    const train = ["--set", split, "--set", `train.seed=${seed}`, "--set", `train.metrics=[${score}]`]
    const ended = await adjoint("train", file, ...train, "--no-report", "--threads", "1", "--runs", join(place, "runs"))
    const value = field(ended, "test", score)
    if (typeof value !== "number") throw new Error(`${file}: no ${score} of the test rows`)
    all.push(100 * value)
  }
  return all
}

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: ReadonlyArray<number>): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / Math.max(1, values.length - 1))
const shown = (values: ReadonlyArray<number>): string => `${mean(values).toFixed(1)} ± ${deviation(values).toFixed(1)}`

process.stdout.write("| table | score | by hand | `adjoint init` | difference (standard error) |\n| - | - | - | - | - |\n")
for (const file of globSync(join(written, "*.yaml")).sort()) {
  const table = tableOf(file)
  const { name, score, source, target } = table
  if (only.length > 0 && !only.includes(name)) continue
  const data = join(resolve(folder), source)
  if (!existsSync(data)) {
    process.stderr.write(`${name}: skipped, ${data} is missing\n`)
    continue
  }
  copyFileSync(data, join(place, source))
  copyFileSync(file, join(place, `${name}-by-hand.yaml`))
  const proposed = join(place, `${name}-init.yaml`)
  await adjoint("init", join(place, source), "-o", proposed)
  if (tableOf(proposed).target !== target) throw new Error(`${name}: init predicts ${tableOf(proposed).target}, wanted ${target}`)
  const [byHand, byInit] = [await scores(join(place, `${name}-by-hand.yaml`), table), await scores(proposed, table)]
  const differences = byInit.map((value, i) => value - (byHand[i] ?? 0))
  const error = deviation(differences) / Math.sqrt(seeds.length)
  const difference = `${mean(differences) < 0 ? "−" : "+"}${Math.abs(mean(differences)).toFixed(1)} (${error.toFixed(1)})`
  process.stdout.write(`| ${name} | ${score} | ${shown(byHand)} | ${shown(byInit)} | ${difference} |\n`)
}
rmSync(place, { recursive: true })
