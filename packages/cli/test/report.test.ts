/** The pictures and the report of a run: what they show, that names in them do nothing, and that the same run gives the same bytes. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { examples, folder, jsonLines, run } from "./world.ts"

/** A column and classes whose names are markup, and a value of a slice. */
const evil = '<script>alert("x")</script>'
const rows = Array.from(
  { length: 90 },
  (_, i) => `${(i * 7) % 30},${i % 4},${(i * 7) % 30 > 14 ? 'a"b<i>' : "c&d"},${i % 2 === 0 ? "<b>" : "plain"}`,
)

const classes = `schema: 1
name: odd
data:
  source: odd.csv
  columns:
    '${evil}': { type: number, scale: standard }
    other: { type: number, scale: standard }
    y: { type: binary, role: target }
    "*": ignore
  split: { val: 20%, test: 40%, seed: 2 }
model:
  layers:
    - dense: { units: 6, activation: relu }
    - head: y
train: { seed: 1, epochs: 8, batch: 8, optimizer: { adam: 0.03 }, metrics: [accuracy, auroc] }
evaluate: { slices: [kind] }
`

const numbers = classes
  .replace("name: odd", "name: numbers")
  .replace("other: { type: number, scale: standard }", "other: { type: number, scale: standard, role: target }")
  .replace("y: { type: binary, role: target }", "y: category")
  .replace("head: y", "head: other")
  .replace("[accuracy, auroc]", "[mae, r2]")

const images = `schema: 1
name: images
data:
  source: { idx: { images: ${join(examples, "data/digits-images.idx.gz")}, labels: ${join(examples, "data/digits-labels.idx.gz")} } }
  image: { size: [8, 8], scale: { max: 16 } }
  split: { train: 200, val: 40, test: 100, seed: 1 }
model: { layers: [{ conv2d: { filters: 4, kernel: 3 } }, relu, flatten, { head: label }] }
train: { seed: 1, epochs: 2, batch: 32 }
`

const directory = folder({
  "odd.yaml": classes,
  "numbers.yaml": numbers,
  "images.yaml": images,
  "odd.csv": [`"${evil.replaceAll('"', '""')}",other,y,kind`, ...rows.map((row) => row.replace('a"b<i>', '"a""b<i>"'))].join(
    "\n",
  ),
})
const runs = join(directory, "runs")
const adjoint = (...args: ReadonlyArray<string>) => run([...args, "--runs", runs], { report: true })
const inRun = (name: string, ...path: ReadonlyArray<string>) => join(runs, name, "0001", ...path)
const plots = (name: string) => readdirSync(inRun(name, "plots")).sort()
const report = (name: string) => readFileSync(inRun(name, "report.html"), "utf8")

beforeAll(async () => {
  for (const name of ["odd", "numbers", "images"])
    expect(await adjoint("train", join(directory, `${name}.yaml`))).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining("report was not written"),
    })
})

describe("a run that has ended", () => {
  test("has the pictures that its target and its inputs allow", () => {
    expect(plots("odd")).toEqual(["calibration.svg", "confusion.svg", "curves.svg", "importance.svg", "pr.svg", "roc.svg"])
    expect(plots("numbers")).toEqual(["curves.svg", "importance.svg", "predicted.svg", "residuals.svg"])
    expect(plots("images")).toEqual([
      "calibration.svg",
      "confusion.svg",
      "curves.svg",
      "filters-first-layer.svg",
      "pr.svg",
      "roc.svg",
      "worst.svg",
    ])
  })

  test("has none where they are not wanted", async () => {
    const bare = join(directory, "bare")
    expect(await run(["train", join(directory, "images.yaml"), "--no-report", "--runs", bare], { report: true })).toMatchObject({
      code: 0,
    })
    expect(existsSync(join(bare, "images/0001/report.html"))).toBe(false)
    expect(existsSync(join(bare, "images/0001/plots"))).toBe(false)
  })

  test("is as complete where the report cannot be written", async () => {
    const blocked = join(directory, "blocked")
    expect(await run(["train", join(directory, "odd.yaml"), "--runs", blocked])).toMatchObject({ code: 0 })
    writeFileSync(join(blocked, "odd/0001/plots"), "in the way")
    expect(await run(["report", "odd/1", "--runs", blocked])).toMatchObject({ code: 8, stdout: "" })
    expect(await run(["evaluate", "odd/1", "--runs", blocked])).toMatchObject({ code: 0 })
  })
})

describe("report", () => {
  test("writes the same bytes again, wherever it writes them", async () => {
    const before = [report("odd"), ...plots("odd").map((name) => readFileSync(inRun("odd", "plots", name), "utf8"))]
    rmSync(inRun("odd", "plots"), { recursive: true })
    const out = join(directory, "elsewhere.html")
    const { stdout } = await adjoint("report", "odd/1", "-o", out, "--json")
    expect(jsonLines(stdout)).toMatchObject([
      { event: "reported", file: out, plots: expect.arrayContaining([inRun("odd", "plots", "roc.svg")]) },
    ])
    const after = [readFileSync(out, "utf8"), ...plots("odd").map((name) => readFileSync(inRun("odd", "plots", name), "utf8"))]
    expect(after).toEqual(before)
  })

  test("has scores with intervals, baselines, groups, the model file by line, hashes and the command", () => {
    const page = report("odd")
    const { test: scores } = JSON.parse(readFileSync(inRun("odd", "summary.json"), "utf8"))
    expect(page).toContain(`<b>${(100 * scores.accuracy).toFixed(2)}%</b>`)
    for (const id of ["scores", "training", "answers", "inputs", "model", "data", "repeat"])
      expect(page).toContain(`<h2 id="${id}">`)
    expect(page).toContain("<h3>By kind</h3>")
    expect(page).toMatch(
      /<tr class="layer"><td>13<\/td><td class="source"> {4}- dense: \{ units: 6, activation: relu \}<\/td><td>\[6\]<\/td><td>18<\/td><td>12<\/td>/,
    )
    expect(page).toMatch(
      /<tr class="layer"><td>14<\/td><td class="source"> {4}- head: y<\/td><td>\[1\]<\/td><td>7<\/td><td>6<\/td>/,
    )
    const lock = JSON.parse(readFileSync(inRun("odd", "data.lock.json"), "utf8"))
    expect(page).toContain(lock.files[0].sha256)
    expect(page).toContain(lock.split)
    expect(page).toContain(`adjoint train ${join(directory, "odd.yaml")}`)
  })

  test("repeats settings of the command line so that a shell takes them", async () => {
    const other = join(directory, "set")
    const args = ["--set", "train.epochs=1", "--set", "evaluate.slices=[kind, y]", "--runs", other]
    expect(await run(["train", join(directory, "odd.yaml"), ...args], { report: true })).toMatchObject({ code: 0 })
    expect(readFileSync(join(other, "odd/0001/report.html"), "utf8")).toContain(
      "--set train.epochs=1 --set &#39;evaluate.slices=[kind, y]&#39;".replaceAll("&#39;", "'"),
    )
  })

  test("nothing that comes from a file is markup, in the page and in the pictures", () => {
    for (const text of [
      report("odd"),
      report("numbers"),
      ...["odd", "numbers"].flatMap((name) => plots(name).map((file) => readFileSync(inRun(name, "plots", file), "utf8"))),
    ]) {
      expect(text).not.toContain("<script")
      expect(text).not.toContain("<b>plain")
      expect(text).not.toContain("<i>")
      expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/(?:https?:)?\/\/[a-z]/i)
    }
    expect(report("odd")).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;")
    expect(report("odd")).toContain("a&quot;b&lt;i&gt;")
    expect(report("odd")).toContain("&lt;b&gt;")
  })

  test("shows layers over time where the run recorded them", async () => {
    const event = (epoch: number) => ({
      version: 1,
      event: "layers",
      time: "2026-01-01T00:00:00.000Z",
      epoch,
      step: epoch,
      layers: [
        {
          layer: "dense1",
          output: { count: 1, mean: 0.5, deviation: 0.25, histogram: [] },
          gradient: { mean: 0, deviation: 0.125 },
          units: 6,
          dead: 3,
          weights: { weights: 2, gradient: 0.0625, update: 0.001, ratio: 5e-4 },
        },
      ],
    })
    const events = inRun("odd", "events.ndjson")
    const kept = `${events}.kept`
    copyFileSync(events, kept)
    writeFileSync(
      events,
      `${readFileSync(events, "utf8")}${[1, 2, 3].map((epoch) => JSON.stringify(event(epoch))).join("\n")}\n{ broken\n`,
    )
    const out = join(directory, "watched.html")
    expect(await adjoint("report", "odd/1", "-o", out)).toMatchObject({ code: 0 })
    copyFileSync(kept, events)
    rmSync(kept)
    const page = readFileSync(out, "utf8")
    expect(plots("odd")).toContain("layers.svg")
    expect(page).toContain("<figcaption>Layers by epoch")
    rmSync(inRun("odd", "plots", "layers.svg"))
  })

  test("annotates each layer with its share of time, its gradient and its dead units; times are measured once", async () => {
    const record = inRun("images", "layer-times.json")
    const { batch, milliseconds } = JSON.parse(readFileSync(record, "utf8"))
    expect(batch).toBe(32)
    expect(Object.keys(milliseconds)).toEqual(["conv2d1", "relu1", "flatten1", "head1"])
    const page = report("images")
    expect(page).toContain('<th scope="col">share of time</th><th scope="col">gradient norm</th><th scope="col">dead units</th>')
    const other = (await adjoint("diagnose", "images/1", "--only", "gradients", "--json")).stdout
    expect(jsonLines(other)[0].gradients.map(({ layer }: { readonly layer: string }) => layer)).toEqual(["conv2d1", "head1"])
    const out = join(directory, "timed.html")
    expect(await adjoint("report", "images/1", "-o", out)).toMatchObject({ code: 0 })
    expect(readFileSync(out, "utf8")).toBe(page)
    writeFileSync(
      inRun("odd", "layer-times.json"),
      JSON.stringify({ version: 1, batch: 8, milliseconds: { dense1: 3, head1: 1 } }),
    )
    expect(await adjoint("report", "odd/1", "-o", out)).toMatchObject({ code: 0 })
    const lines = [...readFileSync(out, "utf8").matchAll(/<tr class="layer">.*<\/tr>/gu)].map(([line]) => line)
    expect(lines.map((line) => /<td>(\d+ %)<\/td><td>[\d.e-]+<\/td><td>[\d.]+ %<\/td><\/tr>$/u.exec(line)?.[1])).toEqual([
      "75 %",
      "25 %",
    ])
    expect(await adjoint("report", "images/1", "-o", out, "--time")).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(record, "utf8")).milliseconds).toHaveProperty("flatten1")
  })

  test("refuses a run that is not there and rows that have changed", async () => {
    expect(await adjoint("report", "none/1")).toMatchObject({ code: 2, stdout: "" })
    const csv = join(directory, "odd.csv")
    const text = readFileSync(csv, "utf8")
    writeFileSync(csv, `${text}\n1,1,c&d,plain`)
    expect(await adjoint("report", "odd/1")).toMatchObject({ code: 7, stderr: expect.stringContaining("odd.csv changed") })
    writeFileSync(csv, text)
  })
})
