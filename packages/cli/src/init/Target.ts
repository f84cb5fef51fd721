/** Which column of a table is probably predicted, and as what. */
import type { NamedGuess } from "@adjoint/core/data/Infer"
import type { Summary } from "@adjoint/core/data/profile/summary"

/** What is predicted. */
export interface Target {
  readonly name: string
  /** A set is several names in a cell: each of them is predicted. */
  readonly type: "binary" | "class" | "number" | "set"
  /** How many rows the most common class has for one of the rarest. */
  readonly imbalance?: number
  /** The share of the rarest class. */
  readonly rarest?: number
}

/** What a column holds, with its name and its guess. */
export interface Summarized extends Summary {
  readonly name: string
  readonly guess: NamedGuess
}

/** Names that targets have, the surest first. */
const targetNames = [
  "target",
  "label",
  "y",
  "outcome",
  "response",
  "survived",
  "churn",
  "churned",
  "attrition",
  "exited",
  "converted",
  "purchased",
  "clicked",
  "readmitted",
  "spam",
  "species",
  "diagnosis",
  "quality",
  "default",
  "defaulted",
  "fraud",
  "is_fraud",
  "is_spam",
  "rating",
  "stars",
  "sentiment",
  "medv",
  "medhouseval",
  "saleprice",
  "price",
  "count",
  "cnt",
  "sales",
  "demand",
  "load",
  "income",
  "class",
]

/** The largest number of a class, and the most classes of a target of numbers. */
const mostClasses = 20

const isClassLike = ({ blanks, distinct, isWhole, spread }: Summary, rows: number): boolean =>
  spread === undefined
    ? distinct >= 2 && distinct <= 100 && distinct <= (rows - blanks) / 5
    : isWhole &&
      distinct >= 2 &&
      distinct <= mostClasses &&
      spread.least >= -1 &&
      spread.greatest <= mostClasses &&
      distinct <= rows / 5

/** Whether a column can be predicted: it has two values or more, and is neither an identifier nor text. */
const isPredictable = ({ distinct, guess }: Summarized): boolean =>
  distinct >= 2 && guess.type !== "identifier" && guess.type !== "group" && guess.type !== "text" && guess.type !== "date"

/** The column that is most likely the target: by its name, or else the last one, or the first if that alone has classes. */
export const likelyTarget = (columns: ReadonlyArray<Summarized>, rows: number): string => {
  const named = targetNames
    .map((name) => columns.find((column) => column.name.trim().toLowerCase() === name))
    .find((column) => column !== undefined)
  if (named !== undefined) return named.name
  const predictable = columns.filter(isPredictable)
  const [first, last] = [predictable[0], predictable.at(-1)]
  const isFirst =
    first !== undefined && last !== undefined && first === columns[0] && !isClassLike(last, rows) && isClassLike(first, rows)
  return (isFirst ? first : (last ?? columns.at(-1)))?.name ?? ""
}

/** What a target is. */
export const targetOf = (column: Summarized, rows: number): Target => {
  const { blanks, distinct, guess, name, names, spread } = column
  if (guess.type === "set") return { name, type: "set" }
  if (spread !== undefined && !isClassLike(column, rows)) return { name, type: "number" }
  const counted = names.reduce((sum, each) => sum + each.rows, 0)
  const isCounted = distinct <= names.length
  const fewest = isCounted ? (names.at(-1)?.rows ?? 1) : 1
  return {
    name,
    type: distinct === 2 ? "binary" : "class",
    imbalance: (names[0]?.rows ?? 0) / Math.max(1, fewest),
    rarest: fewest / Math.max(1, isCounted ? counted : rows - blanks),
  }
}
