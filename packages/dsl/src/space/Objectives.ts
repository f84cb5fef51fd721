/** The objectives of a search, in core's form: scores of a run, and sizes that are known before it. */
import type { Objective } from "@adjoint/core/search/Trial"
import type { Search } from "../Document.ts"
import { isFact } from "../variables/Condition.ts"

/** An objective with its place in the document. */
export interface Placed extends Objective {
  readonly path: ReadonlyArray<string | number>
}

const side = (search: Pick<Search, "maximize" | "minimize">, key: "maximize" | "minimize"): ReadonlyArray<Placed> =>
  search[key].map((name, i) => ({ name, mode: key === "maximize" ? "max" : "min", path: ["search", key, i] }))

/**
 * What a search looks for: scores first, since the first objective is the one that is reported after every epoch; then sizes. Without
 * any, the least validation loss.
 *
 * `objectives({ maximize: ["val.auroc"], minimize: ["model.params"] }).map(({ mode }) => mode) // => ["max", "min"]`
 */
export const objectives = (search: Pick<Search, "maximize" | "minimize">): ReadonlyArray<Placed> => {
  const all = [...side(search, "maximize"), ...side(search, "minimize")]
  return all.length === 0
    ? [{ name: "val.loss", mode: "min", path: ["search"] }]
    : [...all.filter(({ name }) => !isFact(name)), ...all.filter(({ name }) => isFact(name))]
}
