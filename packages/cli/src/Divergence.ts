/** A run that diverged, told in terms of the model file and the data file. */
import type { NonFinite } from "@adjoint/core/training/NonFinite"
import { find, nodes } from "@adjoint/dsl/build/Nodes"
import { useOf } from "@adjoint/dsl/Document"
import { standard } from "@adjoint/dsl/schema/Catalogue"
import { nearest } from "@adjoint/dsl/source/Positions"
import { Diverged } from "./Failure.ts"
import type { Training } from "./Training.ts"

const placeOf = (layer: string, { sound }: Training): string | undefined => {
  const { document, reading } = sound
  const all = nodes({ catalogue: standard, model: document.model, outputs: 1 })
  // Parameters are told with the part of the run's state that they are in: `params.dense1.w`.
  const node = find(all, layer) ?? find(all, layer.slice(layer.indexOf(".") + 1))
  const place = node === undefined ? undefined : nearest(reading.positions, node.path)
  return place === undefined ? undefined : `${reading.source.file}:${place.value.line}:${place.value.column}`
}

/** Rows of the training part as rows of the file they came from. */
const rowsOf = (rows: ReadonlyArray<number>, { prepared: { origin } }: Training): string => {
  const shown = rows.slice(0, 5).map((row) => {
    const source = origin.rows[row] ?? row
    return origin.lines?.[source] ?? source + 1
  })
  const more = rows.length > shown.length ? ", …" : ""
  return ` (in the source: ${origin.lines === undefined ? "rows" : "lines"} ${shown.join(", ")}${more})`
}

/** A smaller rate for the stage that learns a layer's machine. */
const slower = (layer: string, { sound: { document } }: Training): string => {
  const stage = document.pretrain?.findIndex(({ rbm }) => rbm.layer === layer) ?? -1
  const lr = document.pretrain?.[stage]?.rbm.lr
  return lr === undefined ? "a smaller learning rate" : `--set pretrain[${stage}].rbm.lr=${lr / 10}`
}

const hintOf = ({ layer, tensor }: NonFinite, training: Training): string => {
  const { document } = training.sound
  if (tensor === "reconstruction") return slower(layer, training)
  if (tensor === "input") return "look at these rows; scaling their columns may be enough"
  const { name, options } = useOf(document.train.optimizer)
  const lower = typeof options.lr === "number" ? `--set train.optimizer.${name}.lr=${options.lr / 10}` : "a smaller learning rate"
  return document.train.regularize.clip_norm === undefined ? `${lower}, or --set train.regularize.clip_norm=1` : lower
}

/** What is known of a divergence. */
export const diverged = (cause: NonFinite, training: Training): Diverged => {
  const place = placeOf(cause.layer, training)
  return new Diverged({
    cause,
    // Machines learn from rows without labels too, which have no place among the training rows.
    rows: cause.tensor === "reconstruction" ? "" : rowsOf(cause.rows, training),
    ...(place === undefined ? {} : { place }),
    hint: hintOf(cause, training),
  })
}
