/** The picture of a run: its scores after each epoch, with the best epoch marked. */
import type { EpochRecord } from "@adjoint/core/training/Progress"
import { domainOf, type Figure, type Mark, type Panel, type Point } from "../plot/Figure.ts"

/** The epoch that the run's weights are of, and the score that chose it. */
export interface Best {
  readonly epoch: number
  readonly monitor: string
}

/** Points of a line are thinned to so many, evenly, the last one kept. */
const mostPoints = 600

const thinned = (points: ReadonlyArray<Point>): ReadonlyArray<Point> => {
  if (points.length <= mostPoints) return points
  const step = (points.length - 1) / (mostPoints - 1)
  return Array.from({ length: mostPoints }, (_, i) => points[Math.round(i * step)] ?? [0, 0])
}

/** A loss that falls by more than this factor is drawn with a logarithmic axis. */
const logarithmicFrom = 50

const lineOf = (points: ReadonlyArray<Point>, tone: number, label: string): ReadonlyArray<Mark> => [
  { kind: "line", points: thinned(points), tone, label },
  // A run of one epoch has no line.
  ...(points.length < 3 ? [{ kind: "dots" as const, points, tone, radius: 3.5 }] : []),
]

const panelOf = (name: string, records: ReadonlyArray<EpochRecord>, best: Best | undefined): Panel => {
  const points = (part: "train" | "validation"): ReadonlyArray<Point> =>
    records.flatMap((record) => {
      const value = record[part]?.[name]
      return value === undefined ? [] : [[record.epoch, value] as const]
    })
  const [train, val] = [points("train"), points("validation")]
  const values = [...train, ...val].map(([, value]) => value).filter(Number.isFinite)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const isLog = /(^|\.)(loss|mse|log_loss)$/u.test(name) && low > 0 && high / low > logarithmicFrom
  const first = records[0]?.epoch ?? 0
  const marked = best !== undefined && records.some(({ epoch }) => epoch === best.epoch)
  const at = val.length > 0 ? val : train
  const dot = marked ? at.filter(([epoch]) => epoch === best.epoch) : []
  return {
    title: name,
    x: {
      label: "epoch",
      domain: [first, Math.max(first + 1, records.at(-1)?.epoch ?? 1)],
      print: (x) => (Number.isInteger(x) ? String(x) : ""),
    },
    y: isLog ? { domain: [low / 1.2, high * 1.2], log: true } : { domain: domainOf(values) },
    height: 190,
    marks: [
      ...(marked ? [{ kind: "rule" as const, at: best.epoch, axis: "x" as const, label: `best: epoch ${best.epoch}` }] : []),
      ...lineOf(train, 0, "train"),
      ...(val.length === 0 ? [] : lineOf(val, 1, "val")),
      ...(dot.length === 0 ? [] : [{ kind: "dots" as const, points: dot, tone: val.length > 0 ? 1 : 0, radius: 4 }]),
    ],
  }
}

/** Panels that are drawn at most; the loss is the first. */
const mostPanels = 12

/** The scores of a run by epoch; `undefined` for a run without an epoch. */
export const history = (records: ReadonlyArray<EpochRecord>, best: Best | undefined): Figure | undefined => {
  const [first] = records
  if (first === undefined) return undefined
  const names = Object.keys(first.train).slice(0, mostPanels)
  const last = records.at(-1)
  const chosen = best === undefined ? "" : ` The best epoch by ${best.monitor} is ${best.epoch}.`
  return {
    kind: "panels",
    title: "Scores by epoch",
    description: `The scores of the training rows${last?.validation === undefined ? "" : " and the validation rows"} after each of ${records.length} epochs: ${names.join(", ")}.${chosen}`,
    panels: names.map((name) => panelOf(name, records, best)),
    columns: names.length === 1 ? 1 : 2,
  }
}
