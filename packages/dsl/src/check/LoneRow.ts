/**
 * Batch normalization of a batch with one number a channel: there is no variance to train on. Rows without space have one
 * number a channel each, so a last batch of one row would end the run at the end of its first epoch.
 */
import * as Shape from "@adjoint/core/words/Shape"
import type { Train } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"
import type { Made } from "./Shapes.ts"

/** Whether a layer sees one number of each channel in a row. */
const isAlone = ({ inputs: [input], kind }: Made): boolean =>
  kind === "batch_norm" && input !== undefined && Shape.size(input.slice(0, -1)) === 1

/** What is wrong with the size of batches, given how many rows there are and which layers. */
export const check = ({ batch }: Pick<Train, "batch">, { rows }: Facts, made: ReadonlyArray<Made>): ReadonlyArray<Finding> => {
  const norm = made.find(isAlone)
  if (norm === undefined || rows === undefined || (batch > 1 && rows.train % batch !== 1)) return []
  const fits = [batch + 1, batch + 2, batch - 1].find((size) => size > 1 && rows.train % size !== 1)
  return [
    {
      code: "T511",
      message:
        batch === 1
          ? "`batch_norm` cannot train on batches of one row: it has no variance"
          : `\`batch_norm\` cannot train on the last batch of ${rows.train} rows by ${batch}: it is one row, and has no variance`,
      at: { path: ["train", "batch"] },
      related: [{ at: { path: [...norm.path, norm.kind], on: "key" }, label: "normalizes over the batch" }],
      help: fits === undefined ? "`layer_norm` needs no batch" : `\`batch: ${fits}\`, or \`layer_norm\`, which needs no batch`,
    },
  ]
}
