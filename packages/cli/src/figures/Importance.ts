/** Pictures of importance: a bar for each column of a table, or for each dimension of a search. */
import type { Importances } from "../evaluate/Findings.ts"
import { domainOf, type Figure, type Panel } from "../plot/Figure.ts"
import * as Format from "../terminal/Format.ts"

/** Columns that are drawn at most. */
const most = 25

/** A bar for each name, from 0, the first at the top; `whiskers` are the ends of an interval for each. */
export const importanceBars = (
  label: string,
  shown: ReadonlyArray<{ readonly name: string; readonly length: number }>,
  whiskers: ReadonlyArray<readonly [low: number, high: number]> = [],
): Panel => ({
  x: { label, domain: domainOf([0, ...shown.map(({ length }) => length), ...whiskers.flat()]) },
  y: { domain: [0, shown.length], names: shown.map(({ name }) => name) },
  height: Math.max(60, 24 * shown.length),
  marks: [
    {
      kind: "bars",
      bars: shown.map(
        ({ length }, i) =>
          [
            [0, i + 0.2],
            [length, i + 0.8],
          ] as const,
      ),
      tone: 0,
    },
    ...(whiskers.length === 0 ? [] : [{ kind: "intervals" as const, rows: whiskers, tone: 1 }]),
  ],
})

/** How much worse a score is with the values of each column shuffled, the most important first. */
export const importance = ({ columns, rows, score }: Importances): Figure => {
  const sorted = columns.toSorted((a, b) => b.mean - a.mean)
  const shown = sorted.slice(0, most)
  const way = Format.better(score) === "higher" ? "drop" : "rise"
  const more = sorted.length > most ? ` The ${most} most important of ${sorted.length} columns.` : ""
  return {
    kind: "panels",
    title: "Importance of the columns",
    description: `The ${way} of ${score} with the values of a column shuffled among ${rows} rows: the mean and the standard deviation of several shuffles.${more} The most important is ${shown[0]?.name ?? "none"}.`,
    columns: 1,
    panels: [
      importanceBars(
        `${way} of ${score}`,
        shown.map(({ mean, name }) => ({ name, length: mean })),
        shown.map(({ deviation, mean }) => [mean - deviation, mean + deviation] as const),
      ),
    ],
  }
}
