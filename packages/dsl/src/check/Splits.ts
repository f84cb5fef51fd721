/** Whether the options of the split go together, and the parts do not exceed the rows. */
import type { Data, Split } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"

/** All mistakes of a split. */
export const check = (data: Data, facts: Facts): ReadonlyArray<Finding> => {
  const wrong = combination(data)
  return wrong.length > 0 ? wrong : division(data, facts)
}

/** Checks that the options of the split go together. */
const combination = ({ series, split }: Data): ReadonlyArray<Finding> => {
  const { by, column, fold, folds, repeat, repeats } = split
  const parts = ["train", "val", "test", "unlabelled"] as const
  const beside = (key: keyof Split, others: ReadonlyArray<keyof Split>, why: string): ReadonlyArray<Finding> =>
    split[key] === undefined
      ? []
      : others.flatMap(
          (other): ReadonlyArray<Finding> =>
            split[other] === undefined
              ? []
              : [
                  {
                    code: "D310",
                    message: `\`${other}\` and \`${key}\` of the split exclude each other`,
                    at: { path: ["data", "split", other], on: "key" },
                    related: [{ at: { path: ["data", "split", key], on: "key" }, label: why }],
                    help: "remove one of them",
                  },
                ],
        )
  const needs = (key: "fold" | "repeat" | "repeats"): ReadonlyArray<Finding> =>
    folds !== undefined || split[key] === undefined
      ? []
      : [
          {
            code: "D310",
            message: `\`${key}\` of the split needs \`folds\``,
            at: { path: ["data", "split", key], on: "key" },
            help: "add `folds: 5`, or remove it",
          },
        ]
  const within = (key: "fold" | "repeat", value: number | undefined, most: number, of: string): ReadonlyArray<Finding> =>
    folds === undefined || value === undefined || value <= most
      ? []
      : [
          {
            code: "D310",
            message: `there is no ${key} ${value}: ${of}`,
            at: { path: ["data", "split", key] },
            help: `from 1 to ${most}`,
          },
        ]
  // A series is divided in time order, whatever the split says; it has a check of its own.
  const ways =
    series !== undefined
      ? []
      : [
          ...beside("column", ["by", "stratify", "group", "folds", ...parts], "the column says which part a row is in"),
          ...(column === undefined ? beside("by", ["group", "repeats"], "the rows are divided in their order") : []),
          ...needs("repeats"),
        ]
  return [
    ...ways,
    ...(column === undefined
      ? beside(
          "folds",
          ["train", "val"],
          by === undefined
            ? "each fold is the validation rows once, and the others train"
            : "each fold is the validation rows once, and those before it train",
        )
      : []),
    ...needs("fold"),
    ...needs("repeat"),
    ...within("fold", fold, folds ?? 0, `\`folds\` is ${folds}`),
    ...within("repeat", repeat, repeats ?? 1, `\`repeats\` is ${repeats ?? 1}`),
  ]
}

const percentage = (share: number): string => `${Number((share * 100).toPrecision(6))}%`

/** Checks that the parts of the split do not exceed the rows. */
const division = ({ split, test }: Data, { rows, unlabelled }: Facts): ReadonlyArray<Finding> => {
  const labelled = rows === undefined ? undefined : rows.train + rows.val + (test === undefined ? rows.test : 0)
  // A recorded run has no count of rows without labels.
  const isCounted = split.unlabelled === undefined || unlabelled !== undefined
  const total = labelled === undefined || !isCounted ? undefined : labelled + (unlabelled ?? 0)
  const shareOf = (amount: Data["split"]["train"]): number =>
    typeof amount === "string"
      ? Number.parseFloat(amount) / 100
      : amount === undefined || total === undefined
        ? 0
        : amount / total
  const inOrder = ["val", "test", "train", "unlabelled"] as const
  const sum = inOrder.reduce((all, part) => all + shareOf(split[part]), 0)
  let share = 0
  for (const part of inOrder) {
    const own = shareOf(split[part])
    share += own
    if (share > 1 + 1e-9)
      return [
        {
          code: "D304",
          message: `the parts of the split add up to ${percentage(sum)} of the rows`,
          at: { path: ["data", "split", part] },
          label: `\`${part}\` exceeds 100%`,
          help:
            part === "train" && share - own < 1
              ? `make a part smaller: the others leave \`train: ${percentage(1 - share + own)}\``
              : "make a part smaller",
        },
      ]
  }
  return []
}
