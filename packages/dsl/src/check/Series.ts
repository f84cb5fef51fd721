/** Whether the data of a document can be series, and goes with a split by order. */
import * as Column from "@adjoint/core/data/Column"
import { type Data, horizonOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"

/** Classes that are predicted at several steps ahead. */
const classes = ({ columns = {}, series }: Data): ReadonlyArray<Finding> => {
  const horizon = series === undefined ? [] : horizonOf(series.horizon)
  if (horizon.length < 2) return []
  const found = Object.entries(columns).find(([, column]) => {
    const target = Column.targetOf(column)
    return target !== undefined && target !== "numbers"
  })
  if (found === undefined) return []
  const [name] = found
  return [
    {
      code: "D308",
      message: `\`${name}\` is no number, so it is predicted at one step ahead, not at ${horizon.length}`,
      at: { path: ["data", "series", "horizon"] },
      related: [{ at: { path: ["data", "columns", name] }, label: "no number" }],
      help: `\`horizon: [${horizon.at(-1)}]\` predicts it that many steps ahead`,
      fix: {
        title: `write \`[${horizon.at(-1)}]\``,
        at: { path: ["data", "series", "horizon"] },
        text: `[${horizon.at(-1)}]`,
      },
    },
  ]
}

/** All mistakes. */
export const check = (data: Data): ReadonlyArray<Finding> => {
  const { arrays, columns, image, series, split } = data
  const title = "remove `stratify`"
  return [
    ...(split.by !== undefined && split.stratify !== undefined
      ? [
          {
            code: "D304",
            message: `${series === undefined ? "a split by order" : "a series"} takes rows in their order, so it cannot have a class in equal proportions`,
            at: { path: ["data", "split", "stratify"], on: "key" },
            help: title,
            fix: { title, remove: ["data", "split", "stratify"] },
          } as const,
        ]
      : []),
    ...(series !== undefined && (columns === undefined || arrays !== undefined || image !== undefined)
      ? [
          {
            code: "D308",
            message: "`series` makes windows of the rows of a table, and this data has no `columns`",
            at: { path: ["data", "series"], on: "key" },
            help: "remove `series`, or read a table: `source: data.csv` with `columns`",
          } as const,
        ]
      : []),
    ...(series === undefined
      ? []
      : (["column", "repeats"] as const).flatMap(
          (key): ReadonlyArray<Finding> =>
            split[key] === undefined
              ? []
              : [
                  {
                    code: "D308",
                    message: `a series is divided in time order, and not by \`${key}\``,
                    at: { path: ["data", "split", key], on: "key" },
                    help: `remove \`${key}\`, and write the shares: \`split: { val: 15%, test: 15% }\``,
                  },
                ],
        )),
    ...classes(data),
  ]
}
