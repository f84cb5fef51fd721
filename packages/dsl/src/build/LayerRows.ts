/** The layers of a net as a table shows them: shapes, parameters, and the work of one sample. */
import type { Program } from "@adjoint/core/language/Program"
import { trace } from "@adjoint/core/language/Program"
import { tensors } from "@adjoint/core/language/TensorTree"
import type { Child, TreeNet } from "@adjoint/core/learning/Net"
import { leaves } from "@adjoint/core/learning/Params"
import { isPaddedShape } from "@adjoint/core/learning/sequence/Padded"
import * as Key from "@adjoint/core/tensor/Key"
import * as Shape from "@adjoint/core/types/Shape"
import type { Spec } from "@adjoint/core/types/ShapeError"
import type * as ShapeTree from "@adjoint/core/types/ShapeTree"
import type { Sample } from "../prepare/Facts.ts"
import type { Built } from "./Build.ts"

/** One layer. */
export interface Row {
  /** Names from the outermost net to the layer, joined by dots. */
  readonly name: string
  readonly kind: string
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output: Shape.Shape
  readonly parameters: number
  /** Multiplications with an addition, for one sample. */
  readonly multiplyAdds: number
}

/** How many products a program adds up, in products of matrices and in convolutions. */
export const work = (program: Program): number => {
  const specs = [...program.inputs, ...program.constants, ...program.equations.map(({ out }) => out)]
  return program.equations.reduce((sum, { inputs, out, params, primitive }) => {
    const shapes = inputs.map((value) => specs[value]?.shape ?? [])
    const [left = [], right = []] = shapes
    if (primitive === "dot") return sum + Shape.size(out.shape) * (left.at(-1) ?? 1)
    if (primitive === "conv") return sum + Shape.size(out.shape) * (Shape.size(right) / (right.at(-1) ?? 1))
    // A transposed convolution multiplies each element it is given by all the weights that lead from its channel.
    if (primitive === "convInputGrad") return sum + Shape.size(left) * (Shape.size(right) / (right.at(-1) ?? 1))
    if (primitive === "convKernelGrad") return sum + Shape.size(right) * (Shape.size(out.shape) / (out.shape.at(-1) ?? 1))
    return sum + ("body" in params ? work(params.body) : 0)
  }, 0)
}

/** The shape of a value, of sequences that of their time steps. */
const valuesOf = (shape: ShapeTree.ShapeTree): Shape.Shape => (isPaddedShape(shape) ? shape.x : (shape as Shape.Shape))

const row = (net: TreeNet, input: ShapeTree.ShapeTree, name: string): Row => {
  const { params, state } = net.init(Key.make(0), input)
  const values: Spec = { dtype: "f32", shape: [1, ...valuesOf(input)] }
  const isSequences = isPaddedShape(input)
  const program = trace(
    (x, length) =>
      x === undefined ? [] : tensors(net.apply(params, state, length === undefined ? x : { x, length }, { mode: "infer" }).y),
    isSequences ? [values, { dtype: "i32", shape: [1] }] : [values],
  )
  return {
    name,
    kind: net.kind,
    inputs: [valuesOf(input)],
    output: valuesOf(net.shape(input)),
    parameters: leaves(params).reduce((sum, { shape }) => sum + Shape.size(shape), 0),
    multiplyAdds: work(program),
  }
}

/** The layers of a net for samples of these shapes, those inside others too, in order. Throws `ShapeError`. */
export const rows = (net: TreeNet, input: ShapeTree.ShapeTree, path: ReadonlyArray<string> = []): ReadonlyArray<Row> => {
  const children = net.children?.(input) ?? []
  return children.length === 0 ? [row(net, input, path.join("."))] : inside(children, path)
}

/** The same of a model, which may have several inputs. */
export const modelRows = (net: Built["net"], sample: Sample): ReadonlyArray<Row> => rows(net as unknown as TreeNet, sample)

const inside = (children: ReadonlyArray<Child>, path: ReadonlyArray<string>): ReadonlyArray<Row> =>
  children.flatMap(({ inner, inputs, kind, name, outputs }) => {
    const at = [...path, String(name)]
    return inner === undefined
      ? [{ name: at.join("."), kind, inputs, output: outputs.at(-1) ?? [], parameters: 0, multiplyAdds: 0 }]
      : rows(inner.net, inner.input, at)
  })
