/**
 * What a step of training takes at most, bounded from the shapes of the layers alone. It is far above what a plan comes to,
 * and there in no time: where even this fits into memory, nothing need be planned to know that the step does.
 */
import * as Shape from "@adjoint/core/words/Shape"
import { lossName, wanted } from "../check/Outputs.ts"
import { infer } from "../check/Shapes.ts"
import type { ModelFile, Named } from "../Document.ts"
import type { Facts } from "../prepare/Facts.ts"
import { type Catalogue, standard } from "../schema/Catalogue.ts"
import * as Nodes from "./Nodes.ts"

/** Numbers of the layers. */
export interface Footprint {
  /** At least as many as are learned. */
  readonly weights: number
  /** At least as many as one row takes at once. */
  readonly row: number
}

/** Options that say how wide a layer's weights are. */
const widths = ["units", "filters", "tokens", "hidden"]

const numbers = (option: unknown): ReadonlyArray<number> =>
  (Array.isArray(option) ? option : [option]).filter((x) => typeof x === "number")

const has = (options: Named[string], names: ReadonlyArray<string>): boolean => names.some((name) => Object.hasOwn(options, name))

/** How many matrices of a layer's two largest widths its weights fill: those of gates, of attention and of the layers after it, or one with its biases. */
const matrices = (options: Named[string]): number => (has(options, ["heads"]) ? 16 : has(options, ["give"]) ? 8 : 2)

/** What a layer makes on the way, for each number that it is given or makes. */
const between = 6

/** What there is of each weight at once: itself, its gradient, what an optimizer and its bricks remember of it, and the next. */
const copies = 12

const leaf = (inputs: ReadonlyArray<Shape.Shape>, output: Shape.Shape, options: Named[string]): Footprint => {
  const [input = []] = inputs
  const wide = widths.flatMap((name) => numbers(options[name]))
  const [a = 1, b = 1] = [input.at(-1) ?? 1, output.at(-1) ?? 1, ...wide].toSorted((x, y) => y - x)
  const [pieces = 1] = numbers(options.pieces)
  const [heads = 0] = numbers(options.heads)
  const [first = 1, ...rest] = numbers(options.kernel)
  const window = rest.length > 0 ? Shape.size([first, ...rest]) : first ** Math.max(1, input.length - 1)
  const given = inputs.reduce((sum, shape) => sum + Shape.size(shape), 0)
  const isSequence = has(options, ["heads", "give"])
  const time = isSequence ? (input[0] ?? 0) : 0
  return {
    weights: has(options, [...widths, "heads"]) ? matrices(options) * a * b * window * pieces : 4 * given,
    row: given + Shape.size(output) * pieces + time * (a + time * heads) * 4,
  }
}

const footprints = (all: ReadonlyArray<Nodes.Node>, input: Shape.Shape): ReadonlyArray<Footprint> =>
  (Nodes.net(all).parts?.(input) ?? []).flatMap(({ inputs, output }, i) => {
    const node = all[i]
    const [first = input] = inputs
    if (node?._tag === "Block") return footprints(node.nodes, first)
    if (node?._tag === "Repeat") {
      const round = Nodes.net(node.nodes)
      let shape = first
      return Array.from({ length: node.times }, () => {
        const inside = footprints(node.nodes, shape)
        shape = round.shape(shape)
        return inside
      }).flat()
    }
    return [leaf(inputs, output, node?._tag === "Net" ? node.options : node?._tag === "Head" ? { units: output[0] } : {})]
  })

/** The footprint of layers that fit each other, for samples of a shape. Throws `ShapeError` where they do not. */
export const footprint = (all: ReadonlyArray<Nodes.Node>, sample: Shape.Shape): Footprint =>
  footprints(all, sample).reduce(({ row, weights }, each) => ({ weights: weights + each.weights, row: row + each.row }), {
    weights: 0,
    row: 2 * Shape.size(sample),
  })

/** What an engine takes besides, and the data that it may hold (`Feed`): at most 1 GiB and 16 MiB. */
export const besides = 2 ** 30 + 2 ** 24

/** Bytes that a step on so many rows does not exceed. */
export const bytes = ({ row, weights }: Footprint, batch: number): number =>
  4 * (copies * weights + between * batch * row) + besides

/** What one memory of WebAssembly holds. */
const memory = 2 ** 32

/** Whether a step of the document might not fit into memory, as far as its data is known. */
export const mayExceed = (
  { model, train }: ModelFile,
  { rows, sample, target }: Facts,
  catalogue: Catalogue = standard,
): boolean => {
  const outputs = wanted(catalogue.loss, target, lossName(catalogue.loss, train, target))
  if (sample === undefined || outputs === undefined) return false
  const all = Nodes.nodes({ catalogue, model, outputs })
  if (infer(all, sample).findings.length > 0) return false
  return bytes(footprint(all, sample), Math.min(train.batch, rows?.train ?? train.batch)) > memory
}
