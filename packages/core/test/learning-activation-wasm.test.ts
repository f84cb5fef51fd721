/** Every activation and its gradient on the wasm engine in f32, compared with Reference in doubles. */
import { Activation, Autodiff, type NDArray, Program, Reference, Tensor } from "@adjoint/core"
import { prepare } from "@adjoint/core/backend/wasm/prepare"
import { make } from "@adjoint/core/learning/Entry"
import * as Arbitrary from "@adjoint/core/testing/arbitraries"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor
type Array = NDArray.NDArray

const names = Object.keys(Activation.table) as ReadonlyArray<Activation.Name>

/** How far f32 may be off, for each number: a few last places of it, or of the input where it is a difference of two. */
const tolerance = (wanted: number, largest: number): number => 2e-6 * Math.abs(wanted) + 3e-7 * Math.max(1, largest)

const hold = (got: Array | undefined, exact: Array | undefined, largest: number): void => {
  const found = got?.data ?? []
  exact?.data.forEach((wanted, i) => {
    const off = Math.abs((found[i] ?? Number.NaN) - wanted)
    if (!(off <= tolerance(wanted, largest))) expect.fail(`got ${found[i]} at ${i}, Reference ${wanted}`)
  })
}

const program = (apply: (x: T) => T, shape: ReadonlyArray<number>): Program.Program =>
  Program.trace(
    (x) => {
      const { pull, value } = Autodiff.vjp(apply, x as T)
      return [value, pull(Tensor.ones(value.shape))]
    },
    [Tensor.read(Tensor.zeros(shape))],
  )

describe.each(names)("%s", (name) => {
  const apply = make(Activation.table, { name, options: {} })

  test("agrees with Reference", () => {
    const shape = [3, 8]
    const traced = program(apply, shape)
    const engine = prepare({ program: traced, resident: 0 })
    fc.assert(
      fc.property(Arbitrary.array("f32", shape), fc.constantFrom(1, 1, 30, 3000), (x, scale) => {
        const inputs = [Tensor.read(Tensor.mul(x, scale))]
        const [y, grad] = engine.run(inputs)
        const [exactY, exactGrad] = Reference.run(traced, inputs)
        const largest = Math.max(...[...(inputs[0]?.data ?? [])].map(Math.abs))
        hold(y, exactY, largest)
        hold(grad, exactGrad, largest)
      }),
      { numRuns: 30 },
    )
  })
})
