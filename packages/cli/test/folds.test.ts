/** Cross-validation: a run for each fold, the mean and the deviation of their scores, and folds resumed to the bit. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { beforeAll, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const rows = Array.from({ length: 24 }, (_, i) => `${(i * 7) % 11},${(i * 5) % 13},${i % 3 === 0 ? "x" : "y"},p${i % 12}\n`)
const model = `schema: 1
name: cv
data:
  source: rows.csv
  columns: { a: { type: number, scale: standard }, b: number, kind: class, who: ignore }
  split: { folds: 2, repeats: 2, stratify: kind, seed: 2 }
model: { layers: [{ dense: { units: 4, activation: tanh } }, { head: kind }] }
train: { seed: 5, epochs: 4, batch: 8, optimizer: { adam: { lr: 0.05 } }, metrics: [accuracy], callbacks: [{ checkpoint: { keep: [last] } }] }
lint: { allow: [A611, A612, A613] }
`
const directory = folder({ "cv.yaml": model, "rows.csv": `a,b,kind,who\n${rows.join("")}` })
const file = join(directory, "cv.yaml")
const runs = join(directory, "runs")
const whole = join(runs, "cv/0001")
const record = (...path: ReadonlyArray<string>) => JSON.parse(readFileSync(join(...path), "utf8"))
const train = (...args: ReadonlyArray<string>) => run(["train", ...args, "--runs", runs, "--threads", "1"])

let first: Awaited<ReturnType<typeof train>>
beforeAll(async () => {
  first = await train(file, "--json")
})

test("each fold has a run, and the result is the mean of their scores, with the deviation", () => {
  expect(first.code).toBe(0)
  expect(readdirSync(join(whole, "folds")).sort()).toEqual(["1-1", "1-2", "2-1", "2-2"])
  const { crossValidation, val, ...summary } = record(whole, "summary.json")
  expect(summary).toMatchObject({ status: "finished", epochs: 16, weights: "last" })
  expect(crossValidation).toMatchObject({ folds: 2, repeats: 2 })
  const each: ReadonlyArray<{ readonly run: string }> = crossValidation.each
  const accuracies: ReadonlyArray<number> = each.map((fold) => record(whole, fold.run, "summary.json").val.accuracy)
  const mean = accuracies.reduce((sum, x) => sum + x, 0) / 4
  expect(val.accuracy).toBeCloseTo(mean, 12)
  const squares = accuracies.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  expect(crossValidation.deviation.val.accuracy).toBeCloseTo(Math.sqrt(squares / 3), 12)
})

test("--json has an event for the beginning and the scores of each fold, and a summary of the whole", () => {
  const events = jsonLines(first.stdout)
  const names = events.map(({ event }) => event).filter((name) => !["stepped", "epoch", "checkpoint"].includes(name))
  const ofFold = ["fold_started", "started", "finished", "fold_scored"]
  expect(names).toEqual(["run", ...[1, 2, 3, 4].flatMap(() => ofFold), "summary"])
  const started = events.filter(({ event }) => event === "fold_started")
  expect(started.map(({ fold, number, of, repeat }) => [repeat, fold, number, of])).toEqual([
    [1, 1, 1, 4],
    [1, 2, 2, 4],
    [2, 1, 3, 4],
    [2, 2, 4, 4],
  ])
  expect(events.at(-1)).toMatchObject({ status: "finished", crossValidation: { folds: 2, repeats: 2 } })
})

test("lists and comparisons have the deviation over the folds beside each mean", async () => {
  const { crossValidation, val } = record(whole, "summary.json")
  const percent = (x: number) => `${(100 * x).toFixed(2)}%`
  const shown = `${percent(val.accuracy)} ± ${percent(crossValidation.deviation.val.accuracy)}`
  const listed = await run(["runs", "--runs", runs])
  expect(listed.stdout).toContain(`accuracy ${shown}`)
  const [event] = jsonLines((await run(["runs", "--runs", runs, "--json"])).stdout)
  expect(event.deviation.val).toEqual(crossValidation.deviation.val)
  // A run of one fold has no deviation.
  const one = ["train", file, "--set", "data.split.fold=1", "--set", "data.split.repeat=1", "--set", "name=alone", "--runs", runs]
  expect((await run(one)).code).toBe(0)
  const compared = await run(["compare", "cv/1", "alone/1", "--runs", runs])
  expect(compared.stdout).toMatch(new RegExp(`val\\.accuracy +${shown.replaceAll(".", "\\.")} +\\d+\\.\\d\\d%\\n`, "u"))
  const [{ scores }] = jsonLines((await run(["compare", "cv/1", "alone/1", "--runs", runs, "--json"])).stdout)
  const accuracy = scores.find(({ name }: { readonly name: string }) => name === "val.accuracy")
  expect(accuracy.deviations).toEqual([crossValidation.deviation.val.accuracy, null])
  rmSync(join(runs, "alone"), { recursive: true })
})

test("preprocessing is fitted anew in every fold", () => {
  const means = ["1-1", "1-2"].map((fold) => record(whole, "folds", fold, "0001/preprocess.json").input.columns[0].subtract)
  expect(means[0]).not.toBe(means[1])
})

test("the whole has no model of its own, and its folds have", async () => {
  const { code, stderr } = await run(["evaluate", "cv/0001", "--runs", runs])
  expect(code).not.toBe(0)
  expect(stderr).toContain("is a cross-validation, which has a model for each fold")
  expect(stderr).toContain(`try: name one of them, such as ${whole}/folds/1-1/0001`)
  expect((await run(["evaluate", join(whole, "folds/1-2/0001"), "--split", "val"])).code).toBe(0)
})

test("the whole has a report of its folds with links to theirs, and it is made again", async () => {
  const own = ["--runs", join(directory, "reported")]
  const at = join(directory, "reported/cv/0001")
  expect(await run(["train", file, ...own, "--set", "train.epochs=1"], { report: true })).toMatchObject({ code: 0 })
  const page = readFileSync(join(at, "report.html"), "utf8")
  const { crossValidation, val } = record(at, "summary.json")
  const percent = (x: number) => `${(100 * x).toFixed(2)}%`
  expect(page).toContain(`<td>${percent(val.accuracy)} ± ${percent(crossValidation.deviation.val.accuracy)}</td>`)
  const links = [...page.matchAll(/ href="([^"]+)">repeat \d, fold \d</g)].map(([, link = ""]) => link)
  expect(links).toEqual(crossValidation.each.map((fold: { readonly run: string }) => `${fold.run}/report.html`))
  for (const link of links) expect(readFileSync(join(at, link), "utf8")).toContain(`<h1>cv/0001/${dirname(link)}</h1>`)
  const out = join(directory, "elsewhere.html")
  expect(await run(["report", "cv/1", ...own, "-o", out])).toMatchObject({ code: 0 })
  expect(readFileSync(out, "utf8")).toBe(page.replaceAll('href="folds', 'href="reported/cv/0001/folds'))
})

test("resumed in the middle of a fold it ends with the same bits and the same summary", async () => {
  // What a process leaves that was killed after epoch 2 of the third fold, which is a run of its own.
  const left = join(runs, "cv/0002")
  cpSync(whole, left, { recursive: true })
  rmSync(join(left, "summary.json"))
  const sets = ["data.split.fold=1", "data.split.repeat=2", "train.epochs=2", "name=half"]
  expect(await train(file, ...sets.flatMap((set) => ["--set", set]))).toMatchObject({ code: 0 })
  for (const gone of ["2-1", "2-2"]) rmSync(join(left, "folds", gone), { recursive: true })
  cpSync(join(runs, "half/0001"), join(left, "folds/2-1/0001"), { recursive: true })
  rmSync(join(left, "folds/2-1/0001/summary.json"))
  writeFileSync(join(left, "folds.json"), JSON.stringify(record(whole, "folds.json").slice(0, 2)))

  const { code, stderr, stdout } = await train("--resume", "cv/0002")
  expect(code).toBe(0)
  const again = join(runs, "cv/0003")
  expect(stderr).toMatch(
    /\n2 folds scored before\nrepeat 2\/2 fold 1\/2 {2}val\.loss \S+ {2}val\.accuracy \S+% {2}epoch 4\nrepeat 2\/2 fold 2\/2 .*\n✓ finished 4 folds/,
  )
  expect(stdout.trim().slice(again.length)).toMatch(/^ {2}val\.loss \S+ ± \S+ {2}val\.accuracy \S+% ± \S+%$/)
  expect(readdirSync(join(again, "folds/2-1"))).toEqual(["0001", "0002"])
  const results: ReadonlyArray<{ readonly run: string }> = record(again, "folds.json")
  const weights = (directory: string, own: string) => readFileSync(join(directory, own, "checkpoints/last/weights.safetensors"))
  for (const { run: own } of results) expect(weights(again, own)).toEqual(weights(whole, own.replace("2-1/0002", "2-1/0001")))
  const [a, b] = [record(whole, "summary.json"), record(again, "summary.json")]
  expect([b.val, b.train, b.crossValidation.deviation]).toEqual([a.val, a.train, a.crossValidation.deviation])
  expect(b.parent).toBe(left)
  // The run that was resumed is as it was.
  expect(existsSync(join(left, "summary.json"))).toBe(false)

  const before = readdirSync(join(runs, "cv"))
  expect((await train("--resume", "cv/0001")).stderr).toContain("is complete: it has had its 4 folds")
  const longer = await train("--resume", "cv/0002", "--set", "train.epochs=9")
  expect(longer.stderr).toContain("train for 4 epochs, and cannot be compared")
  expect(readdirSync(join(runs, "cv"))).toEqual(before)
})

test("test rows are set apart first, and groups stay together, also where labels are stratified", async () => {
  const grouped = join(directory, "grouped.yaml")
  const split = "{ folds: 2, test: 25%, group: who, stratify: kind, seed: 3 }"
  writeFileSync(grouped, model.replace("name: cv", "name: grouped").replace(/split: .*/, `split: ${split}`))
  expect(await train(grouped)).toMatchObject({ code: 0 })
  const { crossValidation, test: scores } = record(runs, "grouped/0001/summary.json")
  expect(Object.keys(scores)).toEqual(["loss", "accuracy"])
  expect(crossValidation.each).toHaveLength(2)
  const lock = record(runs, "grouped/0001/folds/1-1/0001/data.lock.json").rows
  // Twelve groups of two rows.
  expect([lock.train % 2, lock.val % 2, lock.test % 2, lock.train + lock.val + lock.test]).toEqual([0, 0, 0, 24])
})

test("a fold that diverges is located in the model file as it was typed", async () => {
  const far = [
    "train",
    file,
    "--set",
    "train.optimizer={ sgd: { lr: 1e30 } }",
    "--set",
    "model.layers[0].dense.activation=relu",
    "--set",
    "name=far",
    "--runs",
    runs,
  ]
  const { code, stderr } = await run(far)
  expect(code).toBe(5)
  expect(stderr).toMatch(/became (NaN|Infinity|-Infinity) in step/u)
  expect(stderr).toContain(`--> ${file}:7:`)
  expect(stderr).not.toContain("resolved.yaml")
})
