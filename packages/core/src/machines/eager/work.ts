/** About how many elementary operations a step takes, known from the shapes alone: what decides how it is done. */
import type { Params, Primitive, Program } from "../../language/Primitive.ts"
import * as Shape from "../../words/Shape.ts"
import type { Spec } from "../../words/ShapeError.ts"

type Work<P extends Primitive> = (params: Params[P], inputs: ReadonlyArray<Spec>, out: Spec) => number

const size = (spec: Spec | undefined): number => Shape.size(spec?.shape ?? [])

/** What meets each element of a convolution's output: the elements of a kernel, without its last axis. */
const perOutput = (kernel: Spec | undefined): number => Shape.size(kernel?.shape.slice(0, -1) ?? [])

const once = (inputs: ReadonlyArray<Spec>, out: Spec): number => Math.max(size(out), ...inputs.map(size))

/** The primitives that do more than look at each element of what they take and give. */
const more: { readonly [P in Primitive]?: Work<P> } = {
  // One number is filled in, which takes next to nothing for each element.
  broadcast: (_, [x], out) => (size(x) === 1 ? size(out) / 32 : size(out)),
  // What moves elements looks at those it moves.
  slice: (_, __, out) => size(out),
  gather: (_, __, out) => size(out),
  dot: (_, [a], out) => size(out) * (a?.shape.at(-1) ?? 0),
  conv: (_, [, kernel], out) => size(out) * perOutput(kernel),
  convInputGrad: (_, [y, kernel]) => size(y) * perOutput(kernel),
  convKernelGrad: (_, [, y], out) => size(y) * perOutput(out),
  windowSum: ({ window }, _, out) => size(out) * Shape.size(window),
  windowSumGrad: ({ window }, [y]) => size(y) * Shape.size(window),
  windowMax: ({ window }, _, out) => size(out) * Shape.size(window),
  windowMaxGrad: ({ window }, [, y]) => size(y) * Shape.size(window),
  windowMaxPick: ({ window }, _, out) => size(out) * Shape.size(window),
  scan: ({ body, length }) => length * programWork(body),
}

/** The work of one step. */
export const stepWork = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Spec>, out: Spec): number =>
  (more[primitive] as Work<P> | undefined)?.(params, inputs, out) ?? once(inputs, out)

const programWork = ({ constants, equations, inputs }: Program): number => {
  const values: Array<Spec> = [...inputs, ...constants]
  let total = 0
  for (const { inputs: from, out, params, primitive } of equations) {
    total += stepWork(
      primitive,
      params,
      from.map((value) => values[value] as Spec),
      out,
    )
    values.push(out)
  }
  return total
}
