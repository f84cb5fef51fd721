/** How each class fares, in words: which was taken for which, and how much of it was found. */

import type * as Dataset from "@adjoint/core/data/Dataset"
import * as Score from "@adjoint/core/learning/Score"
import { predict } from "@adjoint/core/training/Evaluate"
import { columns, printable } from "@adjoint/dsl/diagnostic/Printable"
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

/** Columns that the name of a class takes. */
const columnsOf = (name: string): number => columns(printable(name))

/** The name of a class at the right of its cell. */
const cellOf = (name: string, width: number): string => `${" ".repeat(Math.max(0, width - columnsOf(name)))}${printable(name)}`

const matrix = ({ classes, confusion }: Classes, style: Style): ReadonlyArray<string> => {
  const width = Math.max(...classes.map(({ name }) => columnsOf(name)), ...confusion.flat().map((n) => String(n).length))
  const cell = (n: number, isRight: boolean) => {
    const text = (n === 0 ? "·" : String(n)).padStart(width)
    return n === 0 ? style("faint", text) : isRight ? style("good", text) : style("bad", text)
  }
  return [
    "",
    `  ${style("faint", "truth down, prediction across")}`,
    `  ${" ".repeat(width)}  ${classes.map(({ name }) => cellOf(name, width)).join(" ")}`,
    ...confusion.map((row, i) => `  ${cellOf(classes[i]?.name ?? "", width)}  ${row.map((n, j) => cell(n, i === j)).join(" ")}`),
  ]
}

const measures = ["precision", "recall", "f1"] as const

/** A line for each class; of many classes those that fare worst. */
const report = (all: ReadonlyArray<Class>, style: Style): ReadonlyArray<string> => {
  const shown = all.length <= most ? all : [...all].sort((a, b) => a.f1 - b.f1).slice(0, most)
  const width = Math.max("class".length, ...shown.map(({ name }) => columnsOf(name)))
  const supportWidth = Math.max("support".length, ...shown.map(({ support }) => String(support).length))
  const head = ["class".padStart(width), ...measures.map((name) => name.padStart(9)), "support".padStart(supportWidth)]
  return [
    "",
    `  ${style("faint", head.join("  "))}`,
    ...shown.map((one) =>
      [
        `  ${cellOf(one.name, width)}`,
        ...measures.map((measure) => one[measure].toFixed(4).padStart(9)),
        String(one.support).padStart(supportWidth),
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
