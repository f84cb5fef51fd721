// `npx pnpm@12 demo`: runs two commands and draws their result. It trains the classifier of digits.yaml, predicts the test
// images, and draws ten of them. `--runs DIR` sets the parent of the run folder.
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { styleText } from "node:util"
import { type RawArray, take } from "@adjoint/core/data/RawArray"
import { Source } from "@adjoint/dsl"
import { divide } from "@adjoint/dsl/prepare/Division"
import { read as readRows } from "@adjoint/dsl/prepare/Reading"
import { read as readModel } from "@adjoint/dsl/Read"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect } from "effect"

const root = join(import.meta.dirname, "..")
const model = "examples/digits.yaml"
const command = [process.execPath, join(root, "packages/cli/src/main.ts")] as const

/** Images of digits, 8 × 8 numbers from 0 (white) to 16 (black), and their labels. */
interface Images {
  readonly pixels: ReadonlyArray<ReadonlyArray<number>>
  readonly labels: ReadonlyArray<string>
}

/** The test rows of the model file's split, which training never sees. */
const testImages = Effect.gen(function* () {
  const { document } = readModel(Source.fromText(model, readFileSync(join(root, model), "utf8")))
  if (document?.data === undefined) return yield* Effect.die(`${model} describes no data`)
  const { data } = document
  const { raw } = yield* readRows(data, data.source, ["data", "source"], join(root, "examples"))
  const { test } = yield* Effect.fromResult(divide(raw, data.split))
  if ("columns" in raw || "arrays" in raw || test === undefined) return yield* Effect.die(`${model} has no test images`)
  const at = (array: RawArray | undefined, row: number) => [...(array === undefined ? [] : take(array, [row]).data)]
  return {
    pixels: Array.from(test, (row) => at(raw.inputs, row)),
    labels: Array.from(test, (row) => String(at(raw.targets, row)[0])),
  } satisfies Images
})

const width = 14

/** The image scaled to `width` × `width`, values from 0 to 1, with bilinear interpolation. */
const stretched = (pixels: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> => {
  const pixel = (y: number, x: number) => (pixels[Math.min(7, Math.max(0, y)) * 8 + Math.min(7, Math.max(0, x))] ?? 0) / 16
  const along = Array.from({ length: width }, (_, i) => ((i + 0.5) * 8) / width - 0.5)
  return along.map((y) =>
    along.map((x) => {
      const [top, left] = [Math.floor(y), Math.floor(x)]
      const row = (at: number) => pixel(at, left) * (left + 1 - x) + pixel(at, left + 1) * (x - left)
      return row(top) * (top + 1 - y) + row(top + 1) * (y - top)
    }),
  )
}

const isColourful = styleText("red", ".", { stream: process.stdout }) !== "."

const look = (format: Parameters<typeof styleText>[0], words: string): string =>
  styleText(format, words, { stream: process.stdout })

/** Two pixels, one above the other: in grey where the terminal has colours, otherwise black or white. */
const cell = (above: number, below: number): string => {
  if (!isColourful) return [" ", "▄", "▀", "█"][2 * Number(above > 0.45) + Number(below > 0.45)] ?? " "
  const grey = (share: number) => 232 + Math.round(23 * Math.min(1, Math.max(0, share)))
  return `\u001b[38;5;${grey(above)};48;5;${grey(below)}m▀`
}

/** The lines of an image. */
const drawn = (pixels: ReadonlyArray<number>): ReadonlyArray<string> => {
  const rows = stretched(pixels)
  const reset = isColourful ? "\u001b[0m" : ""
  return Array.from({ length: width / 2 }, (_, i) => {
    const [above = [], below = []] = [rows[2 * i], rows[2 * i + 1]]
    return above.map((value, x) => cell(value, below[x] ?? 0)).join("") + reset
  })
}

const caption = (label: string, prediction: string): string => {
  const words = label === prediction ? `${prediction} ✓` : `${prediction} ✗ it is ${label}`
  const left = Math.floor((width - words.length) / 2)
  return (
    " ".repeat(left) + look(label === prediction ? "green" : ["bold", "red"], words) + " ".repeat(width - words.length - left)
  )
}

/** Images side by side with their predictions. */
const row = ({ labels, pixels }: Images, predictions: ReadonlyArray<string>, which: ReadonlyArray<number>): string => {
  const columns = which.map((i) => [...drawn(pixels[i] ?? []), caption(labels[i] ?? "", predictions[i] ?? "")])
  return (columns[0] ?? []).map((_, line) => columns.map((column) => column[line]).join("  ")).join("\n")
}

/** The maximum number of mistakes among the drawn images. */
const maxMistakes = 2

/** The first right image of each digit, or one of the first mistakes for it. */
const chosen = ({ labels }: Images, wrong: ReadonlyArray<number>): ReadonlyArray<number> => {
  const mistakes = new Map(wrong.slice(0, maxMistakes).map((i) => [labels[i], i]))
  const isWrong = new Set(wrong)
  return Array.from({ length: 10 }, (_, digit) => {
    const label = String(digit)
    return mistakes.get(label) ?? labels.findIndex((each, i) => each === label && !isWrong.has(i))
  })
}

/** Waits for a command, which handles Ctrl-C itself. */
const ended = (child: ChildProcess): Promise<number> => new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)))
process.on("SIGINT", () => {})

console.log(look("bold", `adjoint train ${model}\n`))
const [node, ...args] = command
const training = spawn(node, [...args, "train", model, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
})
const [printed, code] = await Promise.all([text(training.stdout), ended(training)])
if (code !== 0) process.exit(code)

// Standard output: the run folder, then the scores.
const [folder = ""] = printed.trim().split(/ {2,}/)
const reference = folder.split("/").slice(-2).join("/")

console.log(look("bold", `\nadjoint predict ${reference} -\n`))
const images = await Effect.runPromise(Effect.provide(testImages, NodeFileSystem.layer))
const input = images.pixels.map((pixels) => JSON.stringify(pixels)).join("\n")
const predicting = spawnSync(node, [...args, "predict", folder, "-"], { cwd: root, input, encoding: "utf8" })
if (predicting.status !== 0) {
  process.stderr.write(predicting.stderr)
  process.exit(predicting.status ?? 1)
}
const predictions = predicting.stdout
  .trim()
  .split("\n")
  .map((line): string => JSON.parse(line).prediction)
const wrong = predictions.flatMap((prediction, i) => (prediction === images.labels[i] ? [] : [i]))
const ten = chosen(images, wrong)
console.log(`${row(images, predictions, ten.slice(0, 5))}\n\n${row(images, predictions, ten.slice(5))}\n`)

const total = predictions.length
const accuracy = `${((100 * (total - wrong.length)) / total).toFixed(2)}%`
console.log(`test accuracy ${look(["bold", "green"], accuracy)}: ${wrong.length} of ${total} test images were misclassified`)
console.log(`run folder    ${look("bold", folder)}`)
console.log(`try next      npx pnpm@12 adjoint evaluate ${reference}`)
console.log(`              npx pnpm@12 adjoint inspect ${model}`)
console.log(`              npx pnpm@12 adjoint train ${model} --set train.batch=64`)
