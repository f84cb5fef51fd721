/**
 * An upper bound on the memory of a training step, from the shapes of the layers alone. It is far above the size of a plan
 * and fast to compute: if even this bound fits into memory, no plan is needed.
 */
import { type AnyTraits, sizes } from "@adjoint/core/learning/Layers"
import type { Child } from "@adjoint/core/learning/Net"
import * as Shape from "@adjoint/core/types/Shape"
import * as ShapeTree from "@adjoint/core/types/ShapeTree"
import { inputsOf } from "../check/Check.ts"
import { outputsOf } from "../check/Outputs.ts"
import { infer } from "../check/Shapes.ts"
import type { Model, ModelFile, Named } from "../Document.ts"
import * as Nodes from "../net/Nodes.ts"
import { type Facts, headsOf, type Sample, sequencesOf } from "../prepare/Facts.ts"
import { type Catalogue, layerTraits, standard } from "../schema/Catalogue.ts"

/** Numbers of the layers. */
export interface Footprint {
  /** At least as many as are learned. */
  readonly weights: number
  /** At least as many as one row takes at once. */
  readonly row: number
}

/** Intermediate numbers of a layer for each number of its input and output. */
const between = 6

/** Numbers in memory for each weight: itself, its gradient, the state of the optimizer and its transformations, the next values of all, and transposed copies. */
const copies = 24

/** One layer. Its activation may have a parameter per output; a join has no traits and no parameters. */
const leaf = (
  inputs: ReadonlyArray<Shape.Shape>,
  output: Shape.Shape,
  traits: AnyTraits | undefined,
  options: Named[string],
): Footprint => {
  const input = inputs.at(-1) ?? []
  const { between: inside, learned } = traits === undefined ? { between: 0, learned: 0 } : sizes(traits, options, input)
  const given = inputs.reduce((sum, shape) => sum + Shape.size(shape), 0)
  return { weights: learned + Shape.size(output), row: given + Shape.size(output) + inside }
}

const footprints = (
  all: ReadonlyArray<Nodes.Node>,
  children: ReadonlyArray<Child>,
  catalogue: Catalogue,
): ReadonlyArray<Footprint> =>
  children.flatMap(({ inner, inputs, outputs }, i) => {
    const node = all[i]
    const first = inner?.input ?? []
    // Of sequences the lengths come first.
    const output = outputs.at(-1) ?? []
    if (node?._tag === "Block") return footprints(node.nodes, childrenOf(node.nodes, first), catalogue)
    if (node?._tag === "Repeat") {
      const round = Nodes.net(node.nodes)
      let shape = first
      return Array.from({ length: node.times }, () => {
        const inside = footprints(node.nodes, childrenOf(node.nodes, shape), catalogue)
        shape = round.shape(shape)
        return inside
      }).flat()
    }
    const options = node?._tag === "Net" ? node.options : node?._tag === "Head" ? { units: output[0] } : {}
    return [leaf(inputs, output, node === undefined ? undefined : layerTraits(catalogue, node.kind), options)]
  })

const childrenOf = (all: ReadonlyArray<Nodes.Node>, input: ShapeTree.ShapeTree): ReadonlyArray<Child> =>
  Nodes.net(all).children?.(input) ?? []

/** The footprint of a model's layers that fit each other, for samples of these shapes. Throws `ShapeError` where they do not. */
export const footprint = (
  all: ReadonlyArray<Nodes.Node>,
  model: Model,
  sample: Sample,
  catalogue: Catalogue = standard,
  sequences: Nodes.Sequences = new Map(),
): Footprint =>
  footprints(all, Nodes.modelNet(all, model, sequences).children?.(sample) ?? [], catalogue).reduce(
    ({ row, weights }, each) => ({ weights: weights + each.weights, row: row + each.row }),
    {
      weights: 0,
      row: 2 * ShapeTree.leaves(sample).reduce((sum, shape) => sum + Shape.size(shape), 0),
    },
  )

/** Other memory of an engine, with the data that it may hold (`Feed`): at most 1 GiB and 16 MiB. */
export const besides = 2 ** 30 + 2 ** 24

/** An upper bound on the bytes of a step with `batch` rows. */
export const bytes = ({ row, weights }: Footprint, batch: number): number =>
  4 * (copies * weights + between * batch * row) + besides

/** The size of a WebAssembly memory. */
const memory = 2 ** 32

/** Whether a training step may exceed memory, as far as the data is known. */
export const mayExceed = ({ model, train }: ModelFile, facts: Facts, catalogue: Catalogue = standard): boolean => {
  const { rows, sample } = facts
  const outputs = outputsOf(catalogue.loss, train, facts)
  if (sample === undefined || outputs === undefined) return false
  if (typeof outputs !== "number" && outputs.size < headsOf(facts).length) return false
  const sequences = sequencesOf(facts)
  const all = Nodes.nodes({ catalogue, model, outputs, sequences })
  if (infer(all, inputsOf(model, facts), catalogue).findings.length > 0) return false
  return bytes(footprint(all, model, sample, catalogue, sequences), Math.min(train.batch, rows?.train ?? train.batch)) > memory
}
