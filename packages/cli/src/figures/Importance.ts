/** The picture of permutation importance: a bar for each column. */
import type { Importances } from "../evaluate/Findings.ts"
import { domainOf, type Figure } from "../plot/Figure.ts"
import * as Format from "../terminal/Format.ts"

/** Columns that are drawn at most. */
const most = 25

/** How much worse a score is with the values of each column shuffled, the most important first. */
export const importance = ({ columns, rows, score }: Importances): Figure => {
  const sorted = columns.toSorted((a, b) => b.mean - a.mean)
  const shown = sorted.slice(0, most)
  const ends = shown.flatMap(({ deviation, mean }) => [mean - deviation, mean + deviation])
  const way = Format.better(score) === "higher" ? "drop" : "rise"
  const more = sorted.length > most ? ` The ${most} most important of ${sorted.length} columns.` : ""
  return {
    kind: "panels",
    title: "Importance of the columns",
    description: `The ${way} of ${score} with the values of a column shuffled among ${rows} rows: the mean and the standard deviation of several shuffles.${more} The most important is ${shown[0]?.name ?? "none"}.`,
    columns: 1,
    panels: [
      {
        x: { label: `${way} of ${score}`, domain: domainOf([0, ...ends]) },
        y: { domain: [0, shown.length], names: shown.map(({ name }) => name) },
        height: Math.max(60, 24 * shown.length),
        marks: [
          {
            kind: "bars",
            bars: shown.map(
              ({ mean }, i) =>
                [
                  [0, i + 0.2],
                  [mean, i + 0.8],
                ] as const,
            ),
            tone: 0,
          },
          { kind: "intervals", rows: shown.map(({ deviation, mean }) => [mean - deviation, mean + deviation] as const), tone: 1 },
        ],
      },
    ],
  }
}
