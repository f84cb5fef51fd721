/** `adjoint evaluate`: how good a run's model is on rows it did not learn from. */
import * as Dataset from "@adjoint/core/data/Dataset"
import * as Score from "@adjoint/core/learning/Score"
import { evaluate, predict } from "@adjoint/core/training/Evaluate"
import { Effect } from "effect"
import { type Choice, engineOf } from "../Engines.ts"
import { held } from "../Floor.ts"
import { line } from "../run/Events.ts"
import { find } from "../run/Find.ts"
import { load, partOf, rowsOf, type Trained } from "../run/Trained.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { result } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly run: string
  readonly runs: string
  readonly split: "train" | "val" | "test" | undefined
  readonly json: boolean
}

type Matrix = ReadonlyArray<ReadonlyArray<number>>

/** How often each class was taken for each; only where there are classes. */
const confusionOf = (trained: Trained, dataset: Dataset.Dataset) =>
  Effect.gen(function* () {
    if (dataset.targets.dtype === "f32") return undefined
    const outputs = yield* predict(trained.built.net, trained.weights, dataset.inputs)
    return Score.of(Score.confusionMatrix, outputs, dataset.targets)
  })

/** A table is shown for at most so many classes; `--json` has it whatever their number. */
const widest = 20

const printMatrix = (matrix: Matrix, classes: ReadonlyArray<string>, style: Style): ReadonlyArray<string> => {
  const names = matrix.map((_, i) => classes[i] ?? String(i))
  const width = Math.max(...names.map(({ length }) => length), ...matrix.flat().map((n) => String(n).length))
  const cell = (n: number, isRight: boolean) => {
    const text = (n === 0 ? "·" : String(n)).padStart(width)
    return n === 0 ? style("faint", text) : isRight ? style("good", text) : style("bad", text)
  }
  return [
    "",
    `  ${style("faint", "truth down, prediction across")}`,
    `  ${" ".repeat(width)}  ${names.map((name) => name.padStart(width)).join(" ")}`,
    ...matrix.map((row, i) => `  ${(names[i] ?? "").padStart(width)}  ${row.map((n, j) => cell(n, i === j)).join(" ")}`),
  ]
}

/** Prints the scores of a run. Fails with `FailUnder` when one is less than the model file asks for. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const directory = yield* find(options.run, options.runs)
    const trained = yield* load(directory)
    const { built, document, target, weights } = trained
    const split = options.split ?? document.evaluate.split
    const dataset = yield* partOf(yield* rowsOf(trained), split, directory)
    const scores = yield* evaluate(built.net, weights, { dataset, loss: built.loss, scores: built.scores })
    const confusion = yield* confusionOf(trained, dataset)
    const rows = Dataset.size(dataset)
    if (options.json) yield* result(line({ event: "evaluated", folder: directory, split, rows, scores, confusion }, new Date()))
    else {
      const classes = target.type === "numbers" ? [] : (target.classes ?? [])
      const width = Math.max(...Object.keys(scores).map(({ length }) => length))
      yield* result((style) =>
        [
          `${style("strong", directory)} ${style("faint", "·")} ${split} ${style("faint", "·")} ${Format.counted(rows, "row")}`,
          ...Object.entries(scores).map(
            ([name, value]) => `  ${name.padEnd(width)}  ${style("strong", Format.score(name, value))}`,
          ),
          ...(confusion === undefined || confusion.length > widest ? [] : printMatrix(confusion, classes, style)),
        ].join("\n"),
      )
    }
    yield* held({ evaluate: { ...document.evaluate, split } }, { [split]: scores })
  }).pipe(Effect.provide(engineOf(options)))
