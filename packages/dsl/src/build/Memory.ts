/**
 * Checks that a training step fits into the memory of the WebAssembly engine, by planning it. If it does not, the layers
 * with the largest arrays are reported, with a batch size that fits, if there is one.
 */
import { grouped } from "@adjoint/core/data/grouped"
import { EngineError, OutOfMemory } from "@adjoint/core/engines/Engine"
import { footprint } from "@adjoint/core/engines/Wasm"
import { type LayerArrays, layerArrays } from "@adjoint/core/training/layerArrays"
import { type PlannedStep, planStep } from "@adjoint/core/training/planStep"
import { shardSizes } from "@adjoint/core/training/shardRows"
import * as Shape from "@adjoint/core/types/Shape"
import { isOfShape, printSpec, ShapeError, type Spec } from "@adjoint/core/types/ShapeError"
import * as ShapeTree from "@adjoint/core/types/ShapeTree"
import * as SpecTree from "@adjoint/core/types/SpecTree"
import { inputsOf as shapesOf } from "../check/Check.ts"
import * as Shapes from "../check/Shapes.ts"
import type { ModelFile } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { listed } from "../diagnostic/Suggest.ts"
import * as Nodes from "../net/Nodes.ts"
import { type Facts, type HeadTarget, isOne, type Sample, sequencesOf, type Target } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import type { Built } from "./Build.ts"
import { mayExceed } from "./Footprint.ts"

/** The facts needed to plan a step. If the number of rows is known, the data that the engine holds counts too. */
export type Rows = Facts & Required<Pick<Facts, "sample" | "target">>

/** Why a step cannot be done: it takes more memory than there is, or an array that is larger than any may be. */
export type Shortage = OutOfMemory | ShapeError

/** How targets come to training. */
const targetOf = (target: HeadTarget): Spec =>
  target.type === "numbers" || target.type === "labels"
    ? { dtype: "f32", shape: [target.names.length] }
    : { dtype: "i32", shape: [] }

export const targetsOf = (target: Target): SpecTree.SpecTree =>
  target.type === "heads" ? Object.fromEntries(target.heads.map((head) => [head.name, targetOf(head.target)])) : targetOf(target)

/** How inputs come to training: those whose dtype is not known, as floats. */
export const inputsOf = ({ dtype = "f32", sample }: Pick<Rows, "dtype" | "sample">): SpecTree.SpecTree =>
  isOne(sample)
    ? { dtype: typeof dtype === "string" ? dtype : "f32", shape: sample }
    : Object.fromEntries(
        Object.entries(sample).map(([name, shape]) => [
          name,
          { dtype: typeof dtype === "string" ? dtype : (dtype[name] ?? "f32"), shape },
        ]),
      )

/** The plan of a step with `batch` rows, or why there is none. `held`: with the data that the engine holds. */
export const plan = (built: Built, facts: Rows, batch: number, { held }: { readonly held: boolean }): PlannedStep | Shortage => {
  const { isStored, rows, target } = facts
  const shards = built.shards?.count ?? 1
  // An engine computes one shard at a time. It gathers their rows only if all shards have as many.
  const [largest = batch] = shardSizes(batch, shards)
  const gathers = built.batch % shards === 0
  const data = {
    sample: inputsOf(facts),
    target: targetsOf(target),
    ...(held && gathers && rows !== undefined && isStored !== true ? { rows: rows.train } : {}),
  }
  try {
    return planStep({ ...built, batch: largest }, data, footprint)
  } catch (error) {
    if (error instanceof EngineError && error.cause instanceof OutOfMemory) return error.cause
    if (error instanceof ShapeError && isOfShape(error)) return error
    throw error
  }
}

/** Whether it is one. */
export const isShortage = (planned: PlannedStep | Shortage): planned is Shortage =>
  planned instanceof OutOfMemory || planned instanceof ShapeError

/** The rows of a step: at most those of the data. */
export const batchOf = ({ batch }: Pick<Built, "batch">, { rows }: Facts): number => Math.min(batch, rows?.train ?? batch)

/** A batch size that fits, with the bytes of its step; `none` if no batch fits; `unknown` if not computed. */
export type Fit = { readonly rows: number; readonly bytes: number } | "none" | "unknown"

/** The most rows that fit, of half as many, a quarter, and so on. */
const fitting = (batch: number, planned: (batch: number) => PlannedStep | Shortage): Fit => {
  if (isShortage(planned(1))) return "none"
  for (let rows = batch >> 1; rows > 0; rows >>= 1) {
    const step = planned(rows)
    if (!isShortage(step)) return { rows, bytes: step.bytes }
  }
  return "none"
}

/** A layer with a large array: a parameter that it learns, or an intermediate that it makes. */
interface LargeLayer {
  readonly name: string
  readonly at: Location
  readonly does: "learns" | "makes" | "learns and makes"
  readonly label: string
}

const count = (n: number): string => grouped(n)

const sized = (tensor: Spec & { readonly bytes: number }): string => `${printSpec(tensor)} of ${count(tensor.bytes)} bytes`

/** An array's sizes without axes of 1. */
const sizes = ({ shape }: Spec): ReadonlyArray<number> => shape.filter((n) => n > 1)

/** How arrays may be alike, the surest first: of one shape, or one another's transposes. */
const likenesses: ReadonlyArray<(array: Spec) => string> = [
  (array) => sizes(array).join(),
  (array) =>
    sizes(array)
      .toSorted((a, b) => a - b)
      .join(),
]

/** A layer by its own name and those it is in, without the rounds that all have it: `repeat1.dense1`. */
const nameOf = (layer: string, node: Nodes.Node): string => {
  const names = layer.split(".").filter((name) => !/^\d/.test(name))
  return names.slice(0, names.lastIndexOf(node.name) + 1).join(".")
}

const keyOf = ({ content }: Nodes.Node): Location => ({ path: content, on: "key" })

/** Whether a layer learns or makes arrays of such a shape. */
const doing = ({ activations, parameters }: LayerArrays, isLike: (array: Spec) => boolean): LargeLayer["does"] | undefined => {
  const [learns, makes] = [parameters.some(isLike), activations.some(isLike)]
  return learns ? (makes ? "learns and makes" : "learns") : makes ? "makes" : undefined
}

/** The layers that arrays of such shapes are of; none where no layer learns or makes an array of them. */
const owners = (
  { net }: Pick<Built, "net">,
  all: ReadonlyArray<Nodes.Node>,
  batch: SpecTree.SpecTree,
  { largest }: Pick<OutOfMemory, "largest">,
): ReadonlyArray<LargeLayer> => {
  const layers = layerArrays(net, batch)
  const inputs = SpecTree.leaves(batch)
  const found = new Map<Nodes.Node, LargeLayer>()
  const [first] = largest
  for (const tensor of largest) {
    if (2 * tensor.bytes < (first?.bytes ?? 0)) continue
    for (const outline of likenesses) {
      const isLike = (other: Spec): boolean => outline(other) === outline(tensor)
      if (inputs.some(isLike)) break
      const does = layers.flatMap((each) => {
        const [node, verb] = [Nodes.find(all, each.layer), doing(each, isLike)]
        return node === undefined || verb === undefined ? [] : [{ node, verb, name: nameOf(each.layer, node) }]
      })
      for (const { name, node, verb } of does)
        if (!found.has(node)) found.set(node, { name, at: keyOf(node), does: verb, label: `${verb} ${sized(tensor)}` })
      if (does.length > 0) break
    }
  }
  return [...found.values()].slice(0, maxShown)
}

/** No more layers than these are largeLayers. */
const maxShown = 3

/** The layer in which a `ShapeError` was thrown, with its shapes. */
const thrownIn = (
  { got, operation }: ShapeError,
  all: ReadonlyArray<Nodes.Node>,
  { made }: Pick<Shapes.Shapes, "made">,
): ReadonlyArray<LargeLayer> => {
  const [layer = "", step = ""] = operation.split(": ")
  const node = Nodes.find(all, layer)
  const { inputs = [], output = [] } = made.find(({ path }) => path === node?.path) ?? {}
  const shapes = `${inputs.map(Shape.print).join(" ")} → ${Shape.print(output)}`
  const label = `${shapes}, by ${step}${got.length === 0 ? "" : ` of ${got.map(printSpec).join(" and ")}`}`
  return node === undefined ? [] : [{ name: nameOf(layer, node), at: keyOf(node), does: "makes", label }]
}

const amount = (shortage: Shortage): string => {
  if (shortage instanceof ShapeError) return "an array of 2³¹ elements or more, and none may have so many"
  const { limit, wanted } = shortage
  const room = limit === undefined ? "the host cannot provide it" : `one memory holds ${count(limit)}`
  return `${count(wanted)} bytes of memory, and ${room}`
}

/** The outputs of heads, from the shapes of a net. */
const outputsIn = (shape: Sample): Nodes.Outputs =>
  isOne(shape) ? (shape[0] ?? 1) : new Map(Object.entries(shape).map(([name, own]) => [name, own[0] ?? 1]))

/** The finding for a training that needs too much memory, at its place in the document. */
export const shortageFinding = (
  document: ModelFile,
  built: Built,
  data: Rows,
  shortage: Shortage,
  fit: Fit,
  catalogue: Catalogue = standard,
): Finding => {
  const { model } = document
  const outputs = outputsIn(built.net.shape(data.sample))
  const all = Nodes.nodes({ catalogue, model, outputs, sequences: sequencesOf(data) })
  const batch = batchOf(built, data)
  const ofBatch = ({ dtype, shape }: Spec): Spec => ({ dtype, shape: [batch, ...shape] })
  const rows = SpecTree.map(inputsOf({ sample: data.sample }), ofBatch) as SpecTree.SpecTree
  const largeLayers =
    shortage instanceof ShapeError
      ? thrownIn(shortage, all, Shapes.infer(all, shapesOf(model, data), catalogue))
      : owners(built, all, rows, shortage)
  const [first, ...others] = largeLayers
  const doer = fit === "unknown" ? "this run" : `a step of training on ${count(batch)} ${batch === 1 ? "row" : "rows"}`
  const message = `${doer} needs ${amount(shortage)}`
  const smaller = first === undefined ? "smaller layers" : `a smaller ${listed(largeLayers.map(({ name }) => name))}`
  const related = (layers: ReadonlyArray<LargeLayer>) => layers.map(({ at, label }) => ({ at, label }))
  if (first !== undefined && (fit === "none" || (fit === "unknown" && first.does === "learns"))) {
    const help = fit === "none" ? `even one row needs too much: ${smaller}` : smaller
    return { code: "T517", message, at: first.at, label: first.label, related: related(others), help }
  }
  const at = { path: ["train", "batch"] }
  const found = { code: "T517", message, at, related: related(largeLayers) } as const
  if (fit === "none" || fit === "unknown") return { ...found, help: `fewer rows a step, or ${smaller}` }
  const text = String(fit.rows)
  return {
    ...found,
    help: `\`batch: ${text}\`, which takes ${count(fit.bytes)} bytes, or ${smaller}`,
    fix: { title: `write \`batch: ${text}\``, at, text, main: "" },
  }
}

/** The finding for a step that exceeds memory, if it does. */
export const check = (document: ModelFile, built: Built, data: Rows, catalogue: Catalogue = standard): ReadonlyArray<Finding> => {
  if (!mayExceed(document, data, catalogue)) return []
  const planned = (batch: number) => plan(built, data, batch, { held: true })
  const batch = batchOf(built, data)
  const step = planned(batch)
  if (!isShortage(step) || isInDoubt(step, data, batch)) return []
  return [shortageFinding(document, built, data, step, fitting(batch, planned), catalogue)]
}

/** Whether it would fit if the rows, of which that is not known, came as bytes. */
const isInDoubt = (shortage: Shortage, { dtype, sample }: Rows, batch: number): boolean =>
  dtype === undefined &&
  shortage instanceof OutOfMemory &&
  shortage.wanted - 3 * batch * ShapeTree.leaves(sample).reduce((sum, shape) => sum + Shape.size(shape), 0) <=
    (shortage.limit ?? 0)
