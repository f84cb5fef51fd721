/** How each class fares, in words: which was taken for which, and how much of it was found. */
import type * as Dataset from "@adjoint/core/data/Dataset"
import * as Score from "@adjoint/core/learning/Score"
import { predict } from "@adjoint/core/training/Evaluate"
import * as Effect from "effect/Effect"
import type { Trained } from "../run/Trained.ts"
import type { Style } from "../terminal/Style.ts"

/** How a class fares, by its name. */
export interface Class extends Score.ClassReport {
  readonly name: string
}

/** What there is to say of classes. */
export interface Classes {
  /** How often each class (row) was taken for each (column). */
  readonly confusion: Score.Matrix
  readonly classes: ReadonlyArray<Class>
}

/** How the classes of a dataset fare with a run's model; only where there are classes. */
export const classesOf = ({ built, target, weights }: Trained, dataset: Dataset.Dataset) =>
  Effect.gen(function* () {
    if (dataset.targets.dtype === "f32") return undefined
    const outputs = yield* predict(built.net, weights, dataset.inputs)
    const names = target.type === "numbers" ? [] : (target.classes ?? [])
    const reports = Score.of(Score.classReport, outputs, dataset.targets)
    return {
      confusion: Score.of(Score.confusionMatrix, outputs, dataset.targets),
      classes: reports.map((report, i) => ({ name: names[i] ?? String(i), ...report })),
    } satisfies Classes
  })

/** Tables are shown for at most so many classes; `--json` has them whatever their number. */
const most = 20

const matrix = ({ classes, confusion }: Classes, style: Style): ReadonlyArray<string> => {
  const width = Math.max(...classes.map(({ name }) => name.length), ...confusion.flat().map((n) => String(n).length))
  const cell = (n: number, isRight: boolean) => {
    const text = (n === 0 ? "·" : String(n)).padStart(width)
    return n === 0 ? style("faint", text) : isRight ? style("good", text) : style("bad", text)
  }
  return [
    "",
    `  ${style("faint", "truth down, prediction across")}`,
    `  ${" ".repeat(width)}  ${classes.map(({ name }) => name.padStart(width)).join(" ")}`,
    ...confusion.map(
      (row, i) => `  ${(classes[i]?.name ?? "").padStart(width)}  ${row.map((n, j) => cell(n, i === j)).join(" ")}`,
    ),
  ]
}

const measures = ["precision", "recall", "f1"] as const

/** A line for each class; of many classes those that fare worst. */
const report = (all: ReadonlyArray<Class>, style: Style): ReadonlyArray<string> => {
  const shown = all.length <= most ? all : [...all].sort((a, b) => a.f1 - b.f1).slice(0, most)
  const width = Math.max("class".length, ...shown.map(({ name }) => name.length))
  const columns = Math.max("support".length, ...shown.map(({ support }) => String(support).length))
  const head = ["class".padStart(width), ...measures.map((name) => name.padStart(9)), "support".padStart(columns)]
  return [
    "",
    `  ${style("faint", head.join("  "))}`,
    ...shown.map((one) =>
      [
        `  ${one.name.padStart(width)}`,
        ...measures.map((measure) => one[measure].toFixed(4).padStart(9)),
        String(one.support).padStart(columns),
      ].join("  "),
    ),
    ...(shown.length === all.length
      ? []
      : [`  ${style("faint", `the ${shown.length} of ${all.length} classes with the lowest f1; --json has all`)}`]),
  ]
}

/** The tables of classes, as lines. */
export const printClasses = (found: Classes, style: Style): ReadonlyArray<string> => [
  ...(found.classes.length > most ? [] : matrix(found, style)),
  ...report(found.classes, style),
]
