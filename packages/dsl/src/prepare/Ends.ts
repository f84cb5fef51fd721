/** Whether the named inputs and the heads of a model are made of the columns or arrays that the data has for them. */
import type { Data, Model } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import * as HeadParts from "./HeadParts.ts"
import * as InputParts from "./InputParts.ts"
import { partsOf } from "./Parts.ts"

/** All mismatches. `table` has the names of the table's columns, where they are known. */
export const check = (data: Data, model: Model, table?: ReadonlyArray<string>): ReadonlyArray<Finding> => {
  const parts = partsOf(data, table)
  return [...beside(data), ...InputParts.check(data, model, parts), ...HeadParts.check(data, model, parts)]
}

/** Keys of other data beside `arrays`, which would have no effect. */
const beside = (data: Data): ReadonlyArray<Finding> =>
  data.arrays === undefined
    ? []
    : (["columns", "image", "scale", "pca", "target"] as const).flatMap(
        (key): ReadonlyArray<Finding> =>
          data[key] === undefined
            ? []
            : [
                {
                  code: "D307",
                  message: `\`${key}\` has no effect beside \`arrays\``,
                  at: { path: ["data", key], on: "key" },
                  related: [{ at: { path: ["data", "arrays"], on: "key" }, label: "each array has its own type and options" }],
                  help: "remove it, and write its options in the array: `{ type: number, scale: standard }`",
                },
              ],
      )
