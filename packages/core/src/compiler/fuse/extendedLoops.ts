/**
 * Loops that a later loop repeats and extends: it has the same inputs, and its body computes the same results and then some
 * more, as the loop does that a derivative records the rounds with. The later loop's result begins with the earlier one's, so
 * only the later one is computed.
 */
import type { Equation, Params, Program } from "../../language/Primitive.ts"
import type { NDArray } from "../../types/NDArray.ts"
import { ofParams } from "../Signature.ts"

const isEqual = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])

const isEqualConstant = (a: NDArray, b: NDArray | undefined): boolean =>
  a === b || (a.shape.length === 0 && b?.shape.length === 0 && a.dtype === b.dtype && Object.is(a.data[0], b.data[0]))

/** Whether a program computes what another does, and perhaps more: it begins with its equations and its outputs. */
const isExtension = (longer: Program, shorter: Program): boolean =>
  longer.constants.length === shorter.constants.length &&
  shorter.constants.every((array, i) => isEqualConstant(array, longer.constants[i])) &&
  shorter.equations.every(({ inputs, params, primitive }, i) => {
    const other = longer.equations[i]
    return other?.primitive === primitive && isEqual(inputs, other.inputs) && ofParams(params) === ofParams(other.params)
  }) &&
  isEqual(shorter.outputs, longer.outputs.slice(0, shorter.outputs.length))

/** For each such loop the last loop that extends it. */
export const extendedLoops = ({ equations }: Program): ReadonlyMap<Equation, Equation> => {
  const loops = equations.filter(({ primitive }) => primitive === "scan")
  const paramsOf = ({ params }: Equation) => params as unknown as Params["scan"]
  const extended = new Map<Equation, Equation>()
  loops.forEach((loop, i) => {
    const own = paramsOf(loop)
    for (const later of loops.slice(i + 1)) {
      const { body, carries, constants, guard, length, reverse } = paramsOf(later)
      const isAlike =
        isEqual(loop.inputs, later.inputs) &&
        constants === own.constants &&
        carries === own.carries &&
        length === own.length &&
        guard === own.guard &&
        reverse === own.reverse
      if (isAlike && isExtension(body, own.body)) extended.set(loop, later)
    }
  })
  return extended
}
