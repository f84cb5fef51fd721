/** Pictures of the answers of classifiers: confusion, ROC and precision-recall curves, calibration. */
import type { ClassFindings } from "../evaluate/Findings.ts"
import type { Cell, Figure, Mark, Point } from "../plot/Figure.ts"

/** More classes than this have no cells that can be told apart. */
const mostClasses = 60

/** Curves that are drawn at most: those of the classes with most rows. */
const mostCurves = 8

/** Points of a curve that are drawn at most. */
const mostPoints = 400

const about = ({ head }: ClassFindings): string => (head === undefined ? "" : ` of ${head}`)

const share = (x: number): string => `${Math.round(100 * x)} %`

/** The rows of each true class by their predicted class; shades are shares of the true class. */
export const confusion = (found: ClassFindings): Figure | undefined => {
  const { confusion: matrix, isWeighted, names } = found
  if (names.length > mostClasses) return undefined
  const rows = matrix.map((row, i): ReadonlyArray<Cell> => {
    const total = row.reduce((sum, n) => sum + n, 0)
    return row.map((n, j) => ({
      shade: total === 0 ? 0 : n / total,
      tone: i === j ? 0 : "bad",
      text: n === 0 ? "" : String(n),
    }))
  })
  const right = matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0)
  const all = matrix.flat().reduce((sum, n) => sum + n, 0)
  return {
    kind: "panels",
    title: `Confusion${about(found)}`,
    description: `For each true class (row) the number of rows that were predicted as each class (column): ${right} of ${all} are right.${isWeighted ? " Each row counts once, whatever its weight." : ""}`,
    columns: 1,
    panels: [
      {
        x: { label: "predicted", domain: [0, names.length], names },
        y: { label: "true", domain: [0, names.length], names },
        marks: [{ kind: "cells", rows }],
        isSquare: true,
      },
    ],
  }
}

/** Points spread evenly, the ends kept. */
const thinned = (points: ReadonlyArray<Point>): ReadonlyArray<Point> => {
  if (points.length <= mostPoints) return points
  const step = (points.length - 1) / (mostPoints - 1)
  return Array.from({ length: mostPoints }, (_, i) => points[Math.round(i * step)] ?? [0, 0])
}

/** The classes whose curves are drawn, by index: of two classes the second, and of many those with most rows. */
const drawn = ({ curves, report }: ClassFindings): ReadonlyArray<number> => {
  const defined = curves.flatMap(({ auroc }, i) => (Number.isNaN(auroc) ? [] : [i]))
  if (curves.length === 1) return defined
  const support = (i: number): number => report[i]?.support ?? 0
  return defined
    .toSorted((a, b) => support(b) - support(a) || a - b)
    .slice(0, mostCurves)
    .toSorted((a, b) => a - b)
}

/** Says that only some of many classes are drawn. */
const someOf = ({ curves }: ClassFindings, classes: ReadonlyArray<number>): string =>
  classes.length < curves.length ? ` Of ${curves.length} classes the ${classes.length} with most rows are drawn.` : ""

const nameOf = ({ curves, names }: ClassFindings, i: number): string =>
  curves.length === 1 ? (names[1] ?? "1") : (names[i] ?? String(i))

const unit = { domain: [0, 1] as const, print: (x: number) => String(Math.round(x * 100) / 100) }

const chance: Mark = {
  kind: "line",
  points: [
    [0, 0],
    [1, 1],
  ],
  tone: "soft",
  dashed: true,
}

/** The true positive rate over the false positive rate, for every threshold. */
export const roc = (found: ClassFindings): Figure | undefined => {
  const classes = drawn(found)
  if (classes.length === 0) return undefined
  const lines = classes.map((i, tone): Mark => {
    const { auroc = 0, points = [] } = found.curves[i] ?? {}
    const path = [[0, 0] as const, ...points.map(({ falseAlarms, recall }) => [falseAlarms, recall] as const)]
    return { kind: "line", points: thinned(path), tone, label: `${nameOf(found, i)}: area ${auroc.toFixed(3)}` }
  })
  const areas = classes.map((i) => `${nameOf(found, i)} ${(found.curves[i]?.auroc ?? 0).toFixed(3)}`).join(", ")
  return {
    kind: "panels",
    title: `ROC curve${about(found)}`,
    description: `The share of found rows over the share of false alarms, for every threshold. Areas under the curves: ${areas}.${someOf(found, classes)}`,
    columns: 1,
    panels: [
      {
        x: { label: "false positive rate", ...unit },
        y: { label: "true positive rate", ...unit },
        marks: [chance, ...lines],
        isSquare: true,
      },
    ],
  }
}

/** Precision over recall, for every threshold. */
export const precisionRecall = (found: ClassFindings): Figure | undefined => {
  const classes = drawn(found)
  if (classes.length === 0) return undefined
  const lines = classes.map((i, tone): Mark => {
    const { auprc = 0, points = [] } = found.curves[i] ?? {}
    const path = points.map(({ precision, recall }) => [recall, precision] as const)
    const [first] = path
    // Before the first threshold nothing is found.
    const whole = first === undefined ? path : [[0, first[1]] as const, ...path]
    return { kind: "line", points: thinned(whole), tone, label: `${nameOf(found, i)}: average ${auprc.toFixed(3)}` }
  })
  // At the lowest threshold every row is predicted as the class.
  const rate = found.curves[classes[0] ?? 0]?.points.at(-1)?.precision ?? 0
  return {
    kind: "panels",
    title: `Precision and recall${about(found)}`,
    description: `The share of right rows among those predicted as a class over the share of the class that is found, for every threshold.${someOf(found, classes)}`,
    columns: 1,
    panels: [
      {
        x: { label: "recall", ...unit },
        y: { label: "precision", ...unit },
        marks: [
          ...(classes.length === 1
            ? [{ kind: "rule" as const, at: rate, axis: "y" as const, label: `chance ${share(rate)}` }]
            : []),
          ...lines,
        ],
        isSquare: true,
      },
    ],
  }
}

/** The share of right answers by how sure the model was, and how many answers were so sure. */
export const calibration = (found: ClassFindings): Figure | undefined => {
  const { isWeighted, reliability } = found
  if (reliability === undefined) return undefined
  const filled = reliability.filter(({ count }) => count > 0)
  const total = filled.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return undefined
  const gap = filled.reduce((sum, { accuracy, confidence, count }) => sum + count * Math.abs(accuracy - confidence), 0) / total
  const low = Math.min(...filled.map(({ from }) => from))
  const x = { label: "confidence", domain: [low, 1] as const, print: unit.print }
  return {
    kind: "panels",
    title: `Calibration${about(found)}`,
    description: `The share of right answers among those with about the same confidence, and ${isWeighted ? "the sum of their weights" : "their number"}. Confidence and accuracy differ by ${share(gap)} on average.`,
    columns: 1,
    panels: [
      {
        x: { ...x },
        y: { label: "accuracy", ...unit },
        height: 220,
        marks: [
          {
            kind: "bars",
            bars: filled.map(
              ({ accuracy, from, to }) =>
                [
                  [from, 0],
                  [to, accuracy],
                ] as const,
            ),
            tone: 0,
            label: "share that is right",
          },
          {
            kind: "line",
            points: [
              [low, low],
              [1, 1],
            ],
            tone: "soft",
            dashed: true,
            label: "as sure as right",
          },
          {
            kind: "dots",
            points: filled.map(({ accuracy, confidence }) => [confidence, accuracy] as const),
            tone: 1,
            radius: 4,
            label: "mean confidence",
          },
        ],
      },
      {
        x,
        y: { label: isWeighted ? "weights" : "answers", domain: [0, Math.max(...filled.map(({ count }) => count)) * 1.1] },
        height: 90,
        marks: [
          {
            kind: "bars",
            bars: filled.map(
              ({ count, from, to }) =>
                [
                  [from, 0],
                  [to, count],
                ] as const,
            ),
            tone: 7,
          },
        ],
      },
    ],
  }
}
