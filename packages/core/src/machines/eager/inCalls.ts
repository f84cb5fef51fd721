/**
 * A large step done in several calls. The host compiles a module's code twice, at once but badly, and well while that runs;
 * only a new call takes the better code. So a product or a convolution that comes once is given a few rows at a time.
 */
import type { Params, Primitive } from "../../language/Primitive.ts"
import { floats } from "../../meaning/Arithmetic.ts"
import { NDArray } from "../../words/NDArray.ts"
import * as Shape from "../../words/Shape.ts"
import type { Spec } from "../../words/ShapeError.ts"
import { executableOf } from "./prepared.ts"

/** Whether the result has a row for each row of the first input, made of that one and of all the other inputs. */
const isByRows = (primitive: Primitive, out: Spec): boolean =>
  primitive === "conv" || primitive === "convInputGrad" || (primitive === "dot" && out.shape.length === 2)

/** Calls at most, or so: what is not computed row by row, such as packing the other matrix, is done in each of them. */
const mostCalls = 64

/** Rows for one call that does about so much: a multiple of four, as products are computed. */
const rowsAtOnce = (inCall: number, work: number, rows: number): number => {
  const each = Math.max(inCall, work / mostCalls)
  return work <= each ? rows : Math.min(rows, 4 * Math.max(1, Math.ceil((each * rows) / work / 4)))
}

const withRows = ({ dtype, shape }: Spec, rows: number): Spec => ({ dtype, shape: [rows, ...shape.slice(1)] })

/** Does one step of so much work in WebAssembly, about `inCall` of it at a time. */
export const runInCalls = <P extends Primitive>(
  primitive: P,
  params: Params[P],
  inputs: ReadonlyArray<NDArray>,
  out: Spec,
  work: number,
  inCall: number,
): NDArray => {
  const [first, ...others] = inputs
  const all = out.shape[0] ?? 1
  const rows = isByRows(primitive, out) ? rowsAtOnce(inCall, work, all) : all
  if (first === undefined || rows === all) {
    const executable = executableOf(primitive, params, inputs, out)
    executable.load(others)
    return executable.run(inputs.slice(0, 1))[0] as NDArray
  }
  const executable = executableOf(primitive, params, [withRows(first, rows), ...others], withRows(out, rows))
  executable.load(others)
  const data = floats.allocate(out.dtype, Shape.size(out.shape))
  const [taken, given] = [first, out].map(({ shape }) => Shape.size(shape) / all) as [number, number]
  for (let row = 0; row < all; row += rows) {
    // Some of the last rows may be done a second time, so that all calls are alike.
    const from = Math.min(row, all - rows)
    const { dtype, shape } = withRows(first, rows)
    const part = new NDArray(dtype, shape, first.data.subarray(from * taken, (from + rows) * taken))
    data.set((executable.run([part])[0] as NDArray).data, from * given)
  }
  return new NDArray(out.dtype, out.shape, data)
}
