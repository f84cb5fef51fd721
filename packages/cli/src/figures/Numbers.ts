/** Pictures of predicted numbers: beside the truth, and what is left of the truth without them. */
import type { NumberFindings } from "../evaluate/Findings.ts"
import { domainOf, type Figure, type Panel, type Point } from "../plot/Figure.ts"

/** Points that are drawn at most, spread evenly over the rows. */
const mostPoints = 1500

const bins = 30

const about = ({ column }: NumberFindings): string => ` of ${column}`

/** Rows whose numbers are finite. */
const pairsOf = ({ predicted, truth }: NumberFindings): ReadonlyArray<Point> =>
  truth.flatMap((y, i) => {
    const x = predicted[i] ?? Number.NaN
    return Number.isFinite(x) && Number.isFinite(y) ? [[y, x] as const] : []
  })

const thinned = (points: ReadonlyArray<Point>): ReadonlyArray<Point> => {
  if (points.length <= mostPoints) return points
  const step = points.length / mostPoints
  return Array.from({ length: mostPoints }, (_, i) => points[Math.floor(i * step)] ?? [0, 0])
}

const shown = (all: ReadonlyArray<Point>): string =>
  all.length > mostPoints ? `${mostPoints} of ${all.length} rows` : `${all.length} rows`

/** The prediction of each row over the truth; right ones are on the diagonal. */
export const predictedAgainstTrue = (found: NumberFindings): Figure | undefined => {
  const pairs = pairsOf(found)
  if (pairs.length === 0) return undefined
  const domain = domainOf(pairs.flat())
  return {
    kind: "panels",
    title: `Predicted against true${about(found)}`,
    description: `The predicted ${found.column} over the true one, ${shown(pairs)}. Points on the diagonal are right.`,
    columns: 1,
    panels: [
      {
        x: { label: `true ${found.column}`, domain },
        y: { label: `predicted ${found.column}`, domain },
        isSquare: true,
        marks: [
          {
            kind: "line",
            points: [
              [domain[0], domain[0]],
              [domain[1], domain[1]],
            ],
            tone: "soft",
            dashed: true,
          },
          { kind: "dots", points: thinned(pairs), tone: 0 },
        ],
      },
    ],
  }
}

/** Counts of numbers in equal intervals. */
export const histogram = (
  values: ReadonlyArray<number>,
  count = bins,
): ReadonlyArray<{ readonly from: number; readonly to: number; readonly count: number }> => {
  const [low, high] = domainOf(values, 0)
  const counts = new Array<number>(count).fill(0)
  for (const x of values) {
    const bin = Math.min(count - 1, Math.max(0, Math.floor(((x - low) / (high - low)) * count)))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const at = (i: number) => low + ((high - low) * i) / count
  return counts.map((n, i) => ({ from: at(i), to: at(i + 1), count: n }))
}

/** What is left of the truth without the prediction: over the prediction, and how it is spread. */
export const residuals = (found: NumberFindings): Figure | undefined => {
  const pairs = pairsOf(found).map(([y, x]) => [x, y - x] as const)
  if (pairs.length === 0) return undefined
  const left = pairs.map(([, residual]) => residual)
  const mean = left.reduce((sum, x) => sum + x, 0) / left.length
  const deviation = Math.sqrt(left.reduce((sum, x) => sum + (x - mean) ** 2, 0) / left.length)
  const spread = histogram(left)
  return {
    kind: "panels",
    title: `Residuals${about(found)}`,
    description: `True minus predicted ${found.column}, ${shown(pairs)}: the mean is ${mean.toPrecision(3)}, the standard deviation ${deviation.toPrecision(3)}.`,
    columns: 2,
    panels: [
      {
        title: "over the prediction",
        x: { label: `predicted ${found.column}`, domain: domainOf(pairs.map(([x]) => x)) },
        y: { label: "true − predicted", domain: domainOf([...left, 0]) },
        marks: [
          { kind: "rule", at: 0, axis: "y" },
          { kind: "dots", points: thinned(pairs), tone: 0 },
        ],
      },
      {
        title: "how they are spread",
        x: { label: "true − predicted", domain: domainOf(left) },
        y: { label: "rows", domain: [0, Math.max(1, ...spread.map(({ count }) => count)) * 1.08] },
        marks: [
          {
            kind: "bars",
            bars: spread.map(
              ({ count, from, to }) =>
                [
                  [from, 0],
                  [to, count],
                ] as const,
            ),
            tone: 0,
          },
          { kind: "rule", at: 0, axis: "x" },
        ],
      },
    ],
  }
}

/** Series that have a panel of their own, at most: those of the most rows. */
const mostSeries = 6

/** The true and the predicted numbers of a series in the order of time. */
const seriesPanel = (
  { column, predicted, truth }: NumberFindings,
  rows: ReadonlyArray<number>,
  { height, title }: { readonly title: string | undefined; readonly height: number },
): Panel => {
  const places = thinned(rows.map((row, i) => [i, row] as const))
  const line = (values: ReadonlyArray<number>) => places.map(([i, row]) => [i + 1, values[row] ?? Number.NaN] as const)
  const [measured, answered] = [line(truth), line(predicted)]
  return {
    ...(title === undefined ? {} : { title }),
    x: { label: "row, in order of time", domain: [1, rows.length], print: (x) => (Number.isInteger(x) ? String(x) : "") },
    y: { label: column, domain: domainOf([...measured, ...answered].map(([, y]) => y)) },
    height,
    marks: [
      { kind: "line", points: measured, tone: 7, label: "true" },
      { kind: "line", points: answered, tone: 0, label: "predicted" },
    ],
  }
}

/** Predictions and truth in the order of time: a panel for each series. `series` has the rows of each, in this order. */
export const forecast = (found: NumberFindings, series: ReadonlyMap<string, ReadonlyArray<number>>): Figure | undefined => {
  const { column, truth } = found
  const all = [...series].filter(([, rows]) => rows.length > 1)
  // Of equally many rows the series that comes first.
  const largest = all.toSorted(([, a], [, b]) => b.length - a.length).slice(0, mostSeries)
  const shown = all.filter((one) => largest.includes(one))
  if (shown.length === 0) return undefined
  const isOne = series.size === 1
  const of = isOne
    ? ""
    : ` of ${shown.length === all.length ? `${all.length} series` : `the ${shown.length} largest of ${all.length} series`}`
  return {
    kind: "panels",
    title: `Forecast of ${column}`,
    description: `The true ${column} and the predicted one in the order of time${of}, ${truth.length} rows in all.`,
    columns: isOne ? 1 : 2,
    panels: shown.map(([name, rows]) =>
      seriesPanel(found, rows, isOne ? { title: undefined, height: 240 } : { title: name, height: 150 }),
    ),
  }
}
