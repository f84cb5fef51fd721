/** The picture of each diagnosis, as a chart. */
import { shown } from "@adjoint/core/diagnosis/Concern"
import { evenRows, type Name } from "@adjoint/core/diagnosis/Diagnosis"
import type { Scores } from "@adjoint/core/training/Progress"
import { type Chart, figure, type Series } from "../plot/Chart.ts"
import type { Figure, Panel } from "../plot/Figure.ts"
import type { Numbers } from "./Diagnoses.ts"

const line = (name: string, points: Series["points"]): Series => ({ name, kind: "line", points })

const bars = (name: string, values: ReadonlyArray<number>): Series => ({
  name,
  kind: "bars",
  points: values.map((value, i) => [i, value] as const),
})

/** At most four layers with weights, over the whole depth. */
const some = (layers: Numbers["layers"]): Numbers["layers"] => {
  const own = layers.filter(({ weights }) => weights !== undefined)
  return evenRows(own.length, 4).flatMap((i) => own[i] ?? [])
}

/** A histogram as shares, over the values of its intervals. */
const shares = ({ count, histogram, largest, least }: Numbers["layers"][number]["output"]): Series["points"] =>
  histogram.map((each, i) => [least + ((i + 0.5) * (largest - least)) / histogram.length, each / Math.max(1, count)] as const)

/** Scores that have a panel, at most; the loss is the first. */
const mostScores = 12

/** The same scores of several parts or models: a panel for each score, since their scales have nothing in common. */
const beside = (title: string, all: { readonly [name: string]: Scores | undefined }): Figure => {
  const parts = Object.entries(all).flatMap(([name, scores]) => (scores === undefined ? [] : [[name, scores] as const]))
  const names = Object.keys(parts[0]?.[1] ?? {}).slice(0, mostScores)
  const panelOf = (score: string): Panel => {
    const values = parts.map(([, scores]) => scores[score] ?? Number.NaN)
    const finite = values.filter(Number.isFinite)
    return {
      title: score,
      x: { domain: [0, parts.length], names: parts.map(([name]) => name) },
      y: { domain: [Math.min(0, ...finite), Math.max(0, ...finite) * 1.08 || 1] },
      height: 130,
      marks: values.map((value, i) => ({
        kind: "bars",
        tone: i,
        bars: Number.isFinite(value)
          ? [
              [
                [i + 0.15, 0],
                [i + 0.85, value],
              ],
            ]
          : [],
      })),
    }
  }
  return {
    kind: "panels",
    title,
    description: `${title}: ${names.join(", ")} of ${parts.map(([name]) => name).join(", ")}.`,
    columns: 2,
    panels: names.map(panelOf),
  }
}

/** The diagnoses of scores. */
const figures = {
  gap: (gap: Numbers["gap"]) =>
    gap === undefined ? undefined : beside("Training and validation rows", { train: gap.train, val: gap.validation }),
  baselines: ({ constant, linear, own }: Numbers["baselines"]) =>
    beside("The run beside simple models", { "this run": own, "best constant": constant, linear }),
}

const charts: { readonly [N in Exclude<Name, keyof typeof figures>]: (numbers: Numbers[N]) => Chart } = {
  initial_loss: ({ expected, penalties }) => ({
    title: "The first loss rises with the penalty of weights",
    x: "λ",
    y: "loss",
    logX: true,
    series: [
      line(
        "loss + ½λΣw²",
        penalties.map(({ cost, lambda }) => [lambda, cost] as const),
      ),
      line(
        "expected for λ = 0",
        penalties.map(({ lambda }) => [lambda, expected] as const),
      ),
    ],
  }),
  overfit: ({ losses, rows }) => ({
    title: `Learning ${rows} rows by heart`,
    x: "step",
    y: "loss",
    logY: true,
    series: [
      line(
        "loss",
        losses.map((loss, i) => [i + 1, loss] as const),
      ),
    ],
  }),
  learning_rate: ({ band, points, rate }) => ({
    title: "The loss at rising learning rates",
    x: "learning rate",
    y: "loss",
    logX: true,
    ...(band === undefined ? {} : { band }),
    mark: { at: rate, label: `yours: ${shown(rate)}` },
    series: [
      line(
        "loss",
        points.map((point) => [point.rate, point.loss] as const),
      ),
    ],
  }),
  layers: (layers) => ({
    title: "The outputs of layers",
    x: "output",
    y: "share of outputs",
    series: some(layers).map(({ layer, output }) => line(layer, shares(output))),
  }),
  gradients: (norms) => ({
    title: "The norm of the gradient of each layer's weights",
    x: "layer",
    y: "norm",
    logY: true,
    names: norms.map(({ layer }) => layer),
    series: [
      bars(
        "‖∂L/∂w‖",
        norms.map(({ norm }) => norm),
      ),
    ],
  }),
  updates: (ratios) => ({
    title: "How far a step moves the weights of each layer",
    x: "layer",
    y: "ratio",
    logY: true,
    names: ratios.map(({ layer }) => layer),
    series: [
      bars(
        "‖Δw‖ / ‖w‖, about 1e-3 is healthy",
        ratios.map(({ ratio }) => ratio),
      ),
    ],
  }),
  dead_units: (layers) => ({
    title: "Units that are 0 for every row",
    x: "layer",
    y: "share of units",
    names: layers.map(({ layer }) => layer),
    series: [
      bars(
        "dead",
        layers.map(({ dead, units }) => dead / Math.max(1, units)),
      ),
    ],
  }),
}

/** The picture of a diagnosis; none without numbers. */
export const pictureOf = <N extends Name>(name: N, numbers: Numbers[N]): Figure | undefined => {
  const all: { readonly [M in Name]: (numbers: Numbers[M]) => Figure | undefined } = {
    ...figures,
    initial_loss: (own) => figure(charts.initial_loss(own)),
    overfit: (own) => figure(charts.overfit(own)),
    learning_rate: (own) => figure(charts.learning_rate(own)),
    layers: (own) => figure(charts.layers(own)),
    gradients: (own) => figure(charts.gradients(own)),
    updates: (own) => figure(charts.updates(own)),
    dead_units: (own) => figure(charts.dead_units(own)),
  }
  return all[name](numbers)
}
