/**
 * Batch normalization of the last batch of an epoch, which has the remaining rows, or of its smallest shard. One value per channel
 * has no variance, so the run would fail; the variance of a few values is noisy and enters the running statistics.
 */
import { shardSizes } from "@adjoint/core/training/shardRows"
import * as Shape from "@adjoint/core/types/Shape"
import type { Train } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Facts } from "../prepare/Facts.ts"
import { type Catalogue, layerTraits, named } from "../schema/Catalogue.ts"
import type { LayerShape } from "./Shapes.ts"

/** This many values estimate a variance to within about a half. */
const enough = 8

/** Values per channel and row, for a layer that normalizes over the batch; infinity for others. */
const seen = ({ inputs: [input], kind }: LayerShape, catalogue: Catalogue): number => {
  const traits = layerTraits(catalogue, kind)
  const isOver = traits?.role === "normalization" && traits.over === "batch"
  return isOver && input !== undefined ? Shape.size(input.slice(0, -1)) : Number.POSITIVE_INFINITY
}

/** Shards of one row. */
const inShards = ({ kind, path }: LayerShape, batch: number): Finding => ({
  code: "T511",
  message: `\`${kind}\` cannot train on shards of one row: one row has no variance`,
  at: { path: ["train", "shards"] },
  related: [{ at: { path: [...path, kind], on: "key" }, label: "normalizes over the rows of a shard" }],
  help: `at most \`shards: ${Math.max(1, Math.floor(batch / 2))}\``,
})

/** Checks the batch size against the number of training rows. */
export const check = (
  { batch, shards = 1 }: Pick<Train, "batch" | "shards">,
  { rows }: Facts,
  made: ReadonlyArray<LayerShape>,
  catalogue: Catalogue,
): ReadonlyArray<Finding> => {
  const [norm] = made.toSorted((a, b) => seen(a, catalogue) - seen(b, catalogue))
  if (norm === undefined || rows === undefined || rows.train < batch) return []
  if (shards > batch) return []
  const last = (size: number): number => rows.train % size || size
  /** The rows of the smallest shard of a batch: of the batch, where it is in one piece. */
  const smallest = (size: number): number => shardSizes(size, shards).at(-1) ?? size
  const numbers = (size: number): number => smallest(last(size)) * seen(norm, catalogue)
  if (shards > 1 && smallest(batch) * seen(norm, catalogue) < 2) return [inShards(norm, batch)]
  const isSpoilt = smallest(batch) >= enough && last(batch) < batch && numbers(batch) < enough
  if (numbers(batch) > 1 && !isSpoilt) return []
  const least = isSpoilt ? enough : 2
  const own = `\`${norm.kind}\``
  const bySample = named(catalogue.layer, (traits) => traits.role === "normalization" && traits.over === "sample")
  const other = bySample === undefined ? [] : [`\`${bySample}\`, which does not depend on the batch`]
  const fits = [1, 2, -1, 3, -2, 4, -3, 5, -4].map((step) => batch + step).find((size) => size > 1 && numbers(size) >= least)
  const found = {
    at: { path: ["train", "batch"] },
    related: [{ at: { path: [...norm.path, norm.kind], on: "key" }, label: "normalizes over the batch" }],
    help: [...(fits === undefined ? [] : [`\`batch: ${fits}\``]), ...other].join(", or "),
    ...(fits === undefined
      ? {}
      : { fix: { title: `write \`batch: ${fits}\``, at: { path: ["train", "batch"] }, text: String(fits), main: "" } }),
  } as const
  const cut = shards === 1 ? "" : `, in ${shards} shards`
  const what = `the last batch (${rows.train} rows in batches of ${batch}${cut})`
  if (batch === 1)
    return [{ ...found, code: "T511", message: `${own} cannot train on batches of one row: one row has no variance` }]
  return numbers(batch) === 1
    ? [
        {
          ...found,
          code: "T511",
          message: `${own} cannot train on ${what}: ${shards === 1 ? "it" : "a shard"} has one row, and one row has no variance`,
        },
      ]
    : [
        {
          ...found,
          code: "A613",
          message: `${what} has ${shards === 1 ? "" : "shards of "}${smallest(last(batch))} rows: ${own} adds the noisy variance of ${numbers(batch)} values per channel to its running statistics`,
        },
      ]
}
