/** One of two names. */
import * as Result from "effect/Result"
import * as Category from "../Category.ts"
import type { FittedBinary } from "../Fitted.ts"
import { kind } from "./Kind.ts"
import { eitherRole, missingName } from "./options.ts"

/** 0 for the first name in order, 1 for the second. */
export const binary = kind<{ readonly role: typeof eitherRole; readonly missing: typeof missingName }, FittedBinary>({
  doc: "One of two names: 0 for the first in order, 1 for the second.",
  advice: "As a target it is predicted by one probability. For three names or more use `category` or `class`.",
  synonyms: ["bool", "boolean", "flag"],
  fields: { role: eitherRole, missing: missingName },
  role: "input",
  input: {
    width: () => 1,
    fit: (_, cells) =>
      Result.map(Category.fitNames("binary", cells), (categories) => ({ type: "binary", name: cells.name, categories })),
    names: ({ categories, name }) => [`${name}=${categories.at(-1)}`],
    write: ({ categories }, cells, { at, data, width }) =>
      Result.map(Category.encode(cells, categories, Category.noBlank), (numbers) => {
        for (let i = 0; i < numbers.length; i++) data[i * width + at] = numbers[i] ?? 0
      }),
  },
  target: "binary",
})
