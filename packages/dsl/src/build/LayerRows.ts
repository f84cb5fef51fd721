/** The layers of a net as a table shows them: shapes, parameters, and the work of one sample. */
import type { Program } from "@adjoint/core/language/Program"
import { trace } from "@adjoint/core/language/Program"
import { tensors } from "@adjoint/core/language/TensorTree"
import type { Child, TreeNet } from "@adjoint/core/learning/Net"
import { leaves, type Params } from "@adjoint/core/learning/Params"
import { isPaddedShape } from "@adjoint/core/learning/sequence/Padded"
import * as Key from "@adjoint/core/tensor/Key"
import * as Shape from "@adjoint/core/types/Shape"
import type { Spec } from "@adjoint/core/types/ShapeError"
import * as ShapeTree from "@adjoint/core/types/ShapeTree"
import * as SpecTree from "@adjoint/core/types/SpecTree"
import type * as Tree from "@adjoint/core/types/Tree"
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

/** The inputs of a layer: one, or several by name. */
const inputsOf = (input: ShapeTree.ShapeTree): ReadonlyArray<ShapeTree.ShapeTree> =>
  ShapeTree.isShape(input) || isPaddedShape(input) ? [input] : Object.values(input)

/** A value for each tensor of a layer's input: `x` makes those of numbers, from their shape, and `length` those of the lengths of sequences. */
export const valuesFor = <A>(
  input: ShapeTree.ShapeTree,
  x: (shape: Shape.Shape) => A,
  length: (time: number) => A,
): Tree.Tree<A> => {
  if (ShapeTree.isShape(input)) return x(input) as Tree.Tree<A>
  const own = isPaddedShape(input) ? length(input.x[0] ?? 1) : undefined
  return Object.fromEntries(
    Object.entries(input as { readonly [name: string]: ShapeTree.ShapeTree }).map(([name, each]) => [
      name,
      own !== undefined && name === "length" ? own : valuesFor(each, x, length),
    ]),
  ) as Tree.Tree<A>
}

const row = (net: TreeNet, input: ShapeTree.ShapeTree, name: string): Row => {
  const { params, state } = net.init(Key.make(0), input)
  const specs = valuesFor<Spec>(
    input,
    (shape) => ({ dtype: "f32", shape: [1, ...shape] }),
    () => ({ dtype: "i32", shape: [1] }),
  ) as SpecTree.SpecTree
  const program = trace((...values) => {
    const rest = [...values]
    const given = SpecTree.map(specs, () => rest.shift())
    return tensors(net.apply(params, state, given as Params, { mode: "infer" }).y)
  }, SpecTree.leaves(specs))
  return {
    name,
    kind: net.kind,
    inputs: inputsOf(input).map(valuesOf),
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
    // The lengths of sequences are no axes.
    const axes = inputs.some((shape) => shape.length > 0) ? inputs.filter((shape) => shape.length > 0) : inputs
    return inner === undefined
      ? [{ name: at.join("."), kind, inputs: axes, output: outputs.at(-1) ?? [], parameters: 0, multiplyAdds: 0 }]
      : rows(inner.net, inner.input, at)
  })
