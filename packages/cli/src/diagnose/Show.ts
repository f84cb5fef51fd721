/** Diagnoses as lines of text. */

import { shown } from "@adjoint/core/diagnosis/Concern"
import type { LayerStatistics, Name } from "@adjoint/core/diagnosis/Diagnosis"
import { expectation } from "@adjoint/core/diagnosis/initialLoss"
import type { Scores } from "@adjoint/core/training/Progress"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Format from "../terminal/Format.ts"
import { sparkline } from "../terminal/Sparkline.ts"
import type { Numbers } from "./Diagnoses.ts"

const curve = 24

/** Scores by name: `loss 0.412, accuracy 87.50%`. */
const scores = (all: Scores): string =>
  Object.entries(all)
    .map(([name, value]) => `${name} ${Format.score(name, value)}`)
    .join(", ")

/** The diagnoses that are one line each. */
const lines = {
  initial_loss: (found) => {
    const [least, largest] = [found.penalties[1], found.penalties.at(-1)]
    const rise = `${shown(least?.cost ?? 0)} to ${shown(largest?.cost ?? 0)} for λ ${least?.lambda} to ${largest?.lambda}`
    return `first loss ${shown(found.loss)}, ${expectation(found)}; ${rise}`
  },
  overfit: ({ isLearned, losses, rows, share, steps }) =>
    isLearned
      ? `learns ${Format.counted(rows, "row")} by heart in ${Format.counted(steps, "step")}`
      : !losses.every(Number.isFinite)
        ? `training on ${Format.counted(rows, "row")} alone diverged after ${Format.counted(steps, "step")}`
        : `learns ${Format.percent(Math.max(0, share))} of ${Format.counted(rows, "row")} in ${Format.counted(steps, "step")}`,
  learning_rate: ({ band, points, rate, steepest }) => {
    const [first, last] = [points[0]?.rate ?? 0, points.at(-1)?.rate ?? 0]
    // Above this all that is seen is how it explodes.
    const most = 1.25 * (points[0]?.loss ?? 0)
    const losses = points.flatMap(({ loss }) => (Number.isFinite(loss) ? [Math.min(loss, most)] : []))
    const where =
      band === undefined || steepest === undefined
        ? "falls nowhere"
        : `falls from ${shown(band[0])} to ${shown(band[1])}, steepest at ${shown(steepest)}`
    return `learning rate ${shown(first)} ${sparkline(losses, curve)} ${shown(last)}: the loss ${where} (yours ${shown(rate)})`
  },
  gap: (gap) =>
    gap === undefined ? "no validation rows, so no gap" : `train ${scores(gap.train)}; val ${scores(gap.validation)}`,
  baselines: ({ constant, linear, own }) =>
    [
      `this run ${scores(own)}`,
      `best constant ${scores(constant)}`,
      ...(linear === undefined ? [] : [`linear ${scores(linear)}`]),
    ].join("; "),
} satisfies { readonly [N in Name]?: (numbers: Numbers[N]) => string }

/** The name of a diagnosis that is one line. */
export type Line = keyof typeof lines

export const isLine = (name: Name): name is Line => Object.hasOwn(lines, name)

/** A diagnosis in one line. */
export const line = <N extends Line>(name: N, numbers: Numbers[N]): string => {
  const print: { readonly [M in Line]: (numbers: Numbers[M]) => string } = lines
  return print[name](numbers)
}

/** What a table of layers is made of, as far as it was asked for. */
export type Columns = Partial<Pick<Numbers, "dead_units" | "gradients" | "layers" | "updates">>

/** A column of the table: its title, and the text of a layer. */
type Column = readonly [title: string, cell: (layer: string) => string]

/** A column of what has numbers for some layers. */
const column = <A extends { readonly layer: string }>(all: ReadonlyArray<A>, title: string, cell: (own: A) => string): Column => [
  title,
  (name) => {
    const own = all.find(({ layer }) => layer === name)
    return own === undefined ? "" : cell(own)
  },
]

const ends = ({ output: { saturated } }: LayerStatistics): string =>
  saturated === undefined ? "" : `${Math.round(100 * saturated)}%`

const ofLayers = (layers: ReadonlyArray<LayerStatistics>): ReadonlyArray<Column> => [
  column(layers, "mean", ({ output }) => shown(output.mean)),
  column(layers, "std", ({ output }) => shown(output.deviation)),
  ...(layers.some(({ output }) => output.saturated !== undefined) ? [column(layers, "at ends", ends)] : []),
  column(layers, "outputs", ({ output }) => sparkline(output.histogram, 10)),
  column(layers, "std of ∂L/∂y", ({ gradient }) => shown(gradient.deviation)),
]

/** The layers of a net with their numbers, a row each. */
export const table = ({ dead_units: dead, gradients, layers, updates }: Columns): ReadonlyArray<string> => {
  const names = [...new Set([layers, gradients, updates, dead].flatMap((all) => (all ?? []).map(({ layer }) => layer)))]
  const columns: ReadonlyArray<Column> = [
    ...(layers === undefined ? [] : ofLayers(layers)),
    ...(dead === undefined ? [] : [column(dead, "dead", (own) => `${own.dead}/${own.units}`)]),
    ...(gradients === undefined ? [] : [column(gradients, "‖∂L/∂w‖", ({ norm }) => shown(norm))]),
    ...(updates === undefined ? [] : [column(updates, "step/weight", ({ ratio }) => shown(ratio))]),
  ]
  const rows = [
    ["layer", ...columns.map(([title]) => title)],
    ...names.map((name) => [printable(name), ...columns.map(([, cell]) => cell(name))]),
  ]
  const widths = ["layer", ...columns].map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)))
  const laid = (cell: string, i: number) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
  return rows.map((row) => `  ${row.map(laid).join("  ")}`.trimEnd())
}
