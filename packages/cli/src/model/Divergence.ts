/** Non-finite values in a run, located in the model file and in the data file, with advice that fits the cause. */
import { inMemory } from "@adjoint/core/data/PreprocessTree"
import type { NonFinite, NonFinitePlace } from "@adjoint/core/training/NonFinite"
import type { NonFiniteScore, Rewound } from "@adjoint/core/training/TrainEvent"
import { NDArray } from "@adjoint/core/types/NDArray"
import { type ModelFile, useOf } from "@adjoint/dsl/Document"
import { find, type Node, nodes } from "@adjoint/dsl/net/Nodes"
import { headsOf } from "@adjoint/dsl/prepare/Facts"
import type { Prepared } from "@adjoint/dsl/prepare/Prepared"
import { standard } from "@adjoint/dsl/schema/Catalogue"
import { print } from "@adjoint/dsl/source/Path"
import { nearest } from "@adjoint/dsl/source/Positions"
import { Diverged, type Place, printPlace } from "../report/Failure.ts"
import type { Sound } from "./ModelFile.ts"
import type { Training } from "./Training.ts"

type Part = NonFiniteScore["part"]

/** The model file of a run. */
interface Model {
  readonly sound: Pick<Sound, "document" | "reading">
}

const nodeOf = (layer: string, { sound: { document } }: Model): Node | undefined => {
  const all = nodes({ catalogue: standard, model: document.model, outputs: 1 })
  // The path of a parameter begins with the part of the run's state that it is in: `params.dense1.w`.
  return find(all, layer) ?? find(all, layer.slice(layer.indexOf(".") + 1))
}

const placeOf = (node: Node | undefined, { sound: { reading } }: Model): Place | undefined => {
  const place = node === undefined ? undefined : nearest(reading.positions, node.path)
  if (place === undefined) return undefined
  const { column, line } = place.value
  return { file: reading.source.file, line, column }
}

/** Rows that a message names at most. */
const shown = 5

/** Rows of a part as rows or lines of the file they came from. */
export const inSource = (rows: ReadonlyArray<number>, part: Part, { origins }: Pick<Prepared, "origins">): string => {
  const origin = origins[part]
  const numbers = rows.slice(0, shown).map((row) => {
    const source = origin?.rows[row] ?? row
    return origin?.line?.(source) ?? source + 1
  })
  const more = rows.length > shown ? ", …" : ""
  return `${origin?.line === undefined ? "row" : "line"}${rows.length === 1 ? "" : "s"} ${numbers.join(", ")}${more}`
}

/** A smaller rate for the stage that learns a layer's machine. */
const slower = (layer: string, { sound: { document } }: Training): string => {
  const stage = document.pretrain?.findIndex(({ rbm }) => rbm.layer === layer) ?? -1
  const lr = document.pretrain?.[stage]?.rbm.lr
  return lr === undefined ? "a smaller learning rate" : `--set pretrain[${stage}].rbm.lr=${lr / 10}`
}

/** The first token of some rows that an embedding does not have, where the rows are given to it as they are. */
const tokenOutside = (
  node: Node | undefined,
  rows: ReadonlyArray<number>,
  arrays: Prepared["train"]["inputs"] | undefined,
): string | undefined => {
  const tokens = node?._tag === "Net" && node.kind === "embedding" ? node.options.tokens : undefined
  const held = arrays === undefined ? undefined : inMemory(arrays)
  const inputs = held instanceof NDArray ? held : held?.[node?.source ?? ""]
  if (typeof tokens !== "number" || inputs === undefined) return undefined
  const width = inputs.data.length / Math.max(1, inputs.shape[0] ?? 1)
  for (const row of rows) {
    const token = inputs.data
      .subarray(row * width, (row + 1) * width)
      .find((each: number) => !(Number.isInteger(each) && each >= 0 && each < tokens))
    if (token === undefined) continue
    const wider =
      Number.isInteger(token) && token >= 0 ? `, or --set ${print([...(node?.content ?? []), "tokens"])}=${token + 1}` : ""
    return `token ${token} is outside the embedding, whose tokens are 0 to ${tokens - 1}: correct these rows${wider}`
  }
  return undefined
}

/** What to try for a value that no step of the optimizer has caused. */
const fromData = ({ tensor }: NonFinitePlace, { sound: { document } }: Model, prepared: Pick<Prepared, "facts">): string => {
  if (tensor === "input") return "look at these rows; scaling their columns may be enough"
  if (tensor === "loss" && headsOf(prepared.facts).some(({ target }) => target.type === "numbers"))
    return document.data?.columns === undefined
      ? "look at the targets of these rows: targets of about 1 do not overflow"
      : "look at the targets of these rows, or add `scale: standard` to the target column"
  return "look at the inputs of these rows: scaled ones do not overflow"
}

/** A rate or a factor without the last digits of its product: `0.01`, not `0.010000000000000002`. */
const shortened = (x: number): number => Number(x.toPrecision(6))

/** The share of the learning rate that the last rewind of a run left, which failed as well. */
const rewindShare = ({ train: { callbacks } }: ModelFile): number => {
  const rewind = callbacks.map(useOf).find(({ name }) => name === "nan_guard")?.options.rewind
  if (typeof rewind !== "object" || rewind === null || !("factor" in rewind) || !("times" in rewind)) return 1
  const { factor, times } = rewind
  return typeof factor === "number" && typeof times === "number" ? factor ** times : 1
}

const hintOf = (cause: NonFinite, training: Training): string => {
  const { document } = training.sound
  const { layer, rows, step, tensor } = cause
  if (tensor === "reconstruction") return slower(layer, training)
  const outside = tokenOutside(nodeOf(layer, training), rows, training.prepared.train.inputs)
  if (outside !== undefined) return outside
  // In the first step the weights are those that the run started with, whatever the rate.
  const isForward = tensor === "input" || tensor === "activation" || tensor === "loss"
  if (tensor === "input" || (isForward && step === 1)) return fromData(cause, training, training.prepared)
  const { name, options } = useOf(document.train.optimizer)
  const rate = typeof options.lr === "number" ? shortened((options.lr * rewindShare(document)) / 10) : undefined
  const lower = rate === undefined ? "a smaller learning rate" : `--set train.optimizer.${name}.lr=${rate}`
  return document.train.regularize.clip_norm === undefined ? `${lower}, or --set train.regularize.clip_norm=1` : lower
}

/** A divergence, located. */
export const diverged = (cause: NonFinite, training: Training): Diverged => {
  const place = placeOf(nodeOf(cause.layer, training), training)
  return new Diverged({
    cause,
    // Machines learn from rows without labels too, which have no place among the training rows.
    rows: cause.tensor === "reconstruction" ? "" : ` (in the source: ${inSource(cause.rows, "train", training.prepared)})`,
    ...(place === undefined ? {} : { place }),
    hint: hintOf(cause, training),
  })
}

/** A run that went back after a non-finite value: what it was, where, and how the run continues. */
export const rewound = ({ epoch, factor, layer, step, tensor, to, value }: Rewound, model: Model): string => {
  const where = layer === "" ? `the ${tensor}` : `the ${tensor} of ${layer}`
  const place = placeOf(nodeOf(layer, model), model)
  const back = to.epoch === 0 ? "the start" : `the end of epoch ${to.epoch}`
  const said = `${where} became ${value} in step ${step} (epoch ${epoch}): back to ${back}, with ${shortened(factor)} of the learning rate`
  return `${said}${place === undefined ? "" : `\n  --> ${printPlace(place)}`}`
}

/** A non-finite score: what it is, where it began, and what to try. */
export const nonFiniteScore = (
  { layer, part, rows, tensor, value }: Omit<NonFiniteScore, "_tag" | "epoch">,
  model: Model,
  prepared: Prepared,
): { readonly message: string; readonly hint: string } => {
  const node = nodeOf(layer, model)
  const where = layer === "" ? `the ${tensor}` : `the ${tensor} of ${layer}`
  const place = placeOf(node, model)
  const hint = tokenOutside(node, rows, prepared[part]?.inputs) ?? fromData({ layer, rows, tensor, value }, model, prepared)
  const source = inSource(rows, part, prepared)
  return {
    message: `${part}.loss is not finite: ${where} is ${value} for ${source} of the source${place === undefined ? "" : `\n  --> ${printPlace(place)}`}`,
    hint,
  }
}
