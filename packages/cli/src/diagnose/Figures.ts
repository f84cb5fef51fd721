/** The picture of each diagnosis, as a chart. */
import { evenRows, type Name } from "@adjoint/core/diagnosis/Diagnosis"
import type { Scores } from "@adjoint/core/training/Progress"
import type { Chart, Series } from "../plot/Chart.ts"
import * as Format from "../terminal/Format.ts"
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

const scored = (all: { readonly [name: string]: Scores | undefined }): Pick<Chart, "names" | "series"> => {
  const parts = Object.entries(all).flatMap(([name, scores]) => (scores === undefined ? [] : [[name, scores] as const]))
  const names = Object.keys(parts[0]?.[1] ?? {})
  return {
    names,
    series: parts.map(([part, scores]) =>
      bars(
        part,
        names.map((name) => scores[name] ?? Number.NaN),
      ),
    ),
  }
}

const charts: { readonly [N in Name]: (numbers: Numbers[N]) => Chart | undefined } = {
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
    mark: { at: rate, label: `yours: ${Format.rate(rate)}` },
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
  gap: (gap) =>
    gap && {
      title: "Training and validation rows",
      x: "score",
      y: "",
      ...scored({ train: gap.train, val: gap.validation }),
    },
  baselines: ({ constant, linear, own }) => ({
    title: "The run beside simple models",
    x: "score",
    y: "",
    ...scored({ "this run": own, "best constant": constant, linear }),
  }),
}

/** The picture of a diagnosis; none without numbers. */
export const chartOf = <N extends Name>(name: N, numbers: Numbers[N]): Chart | undefined => charts[name](numbers)
