/**
 * Every activation compared with PyTorch's results in float64: values, gradients and second derivatives, at kinks and
 * extremes too. The numbers and the script that recorded them are in recorded/.
 */
import { readFileSync } from "node:fs"
import { Activation, Autodiff, Key, Net, Program, Reference, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor
type Nested = number | null | ReadonlyArray<Nested>

interface Recorded {
  readonly package: string
  readonly points: ReadonlyArray<ReadonlyArray<number>>
  readonly activations: ReadonlyArray<{
    readonly name: Activation.Name
    readonly options: { readonly [option: string]: unknown }
    readonly y: Nested
    readonly u: Nested
    readonly v: Nested
    readonly grad: Nested
    readonly second: Nested
  }>
  readonly prelu: ReadonlyArray<{
    readonly share: Activation.Share
    readonly alpha: Nested
    readonly y: Nested
    readonly u: Nested
    readonly grad: Nested
    readonly alphaGrad: Nested
  }>
  readonly gains: ReadonlyArray<{
    readonly name: Activation.Name
    readonly options: { readonly [option: string]: unknown }
    readonly gain: number
  }>
}

const recorded = JSON.parse(readFileSync(new URL("recorded/torch-activations-1.13.1.json", import.meta.url), "utf8")) as Recorded

const points = Tensor.make(recorded.points)
const tensor = (nested: Nested): T => Tensor.make(nested as ReadonlyArray<number>)

/** The results of a function of tensors, in doubles. */
const exactly = (f: (...xs: ReadonlyArray<T>) => ReadonlyArray<T>, ...xs: ReadonlyArray<T>): ReadonlyArray<T> => {
  const inputs = Tensor.readAll(xs)
  return Reference.run(
    Program.trace((...given) => f(...(given as ReadonlyArray<T>)), inputs),
    inputs,
  )
}

// A difference of numbers near 1 is good to a last place of 1, times what it multiplies: 10⁴ at the ends.
const close = { rtol: 1e-10, atol: 1e-15 }

/** Where the slope of an activation jumps, so that there is no second derivative; torch takes one side's, or 0. */
const bends: { readonly [name: string]: ReadonlyArray<number> } = {
  elu: [0],
  selu: [0],
  hard_swish: [-3, 3],
  hard_silu: [-3, 3],
}

const withoutBends = (name: string, second: Nested): Nested =>
  (second as ReadonlyArray<ReadonlyArray<number>>).map((row, i) =>
    row.map((x, j) => (bends[name]?.includes(recorded.points[i]?.[j] ?? 0) === true ? null : x)),
  )

/** Agreement wherever torch has a number; where it has none, ours must be one. */
const agree = (got: T | undefined, wanted: Nested): void => {
  const flat = [wanted].flat(9) as ReadonlyArray<number | null>
  const { data } = Tensor.read(got ?? Tensor.scalar(Number.NaN))
  expect([...data].every(Number.isFinite)).toBe(true)
  assertAllClose(Tensor.make([...data].filter((_, i) => flat[i] !== null)), Tensor.make(flat.filter((x) => x !== null)), close)
}

test("the recording is PyTorch's, and of every activation", () => {
  expect(recorded.package).toMatch(/^python3-torch 1\.13\.1/)
  expect([...new Set(recorded.activations.map(({ name }) => name))].sort()).toEqual(Object.keys(Activation.table).sort())
})

describe("activations", () => {
  test.each(recorded.activations)("$name $options", ({ grad, name, options, second, u, v, y }) => {
    const apply = make(Activation.table, { name, options })
    const [value, first, twice] = exactly(
      (x, cotangent, direction) => {
        const slope = (at: T) => Autodiff.vjp(apply, at).pull(cotangent)
        return [apply(x), slope(x), Autodiff.vjp(slope, x).pull(direction)]
      },
      points,
      tensor(u),
      tensor(v),
    ) as readonly [T, T, T]
    agree(value, y)
    agree(first, grad)
    agree(twice, withoutBends(name, second))
  })
})

describe("prelu", () => {
  const input = { layer: [6], channel: [6], unit: [2, 3] } as const

  test.each(recorded.prelu)("shared by $share", ({ alpha, alphaGrad, grad, share, u, y }) => {
    const net = Activation.prelu({ share })
    expect(net.init(Key.make(0), input[share]).params.alpha.shape).toEqual(tensor(alpha).shape)
    const [value, slope, alphaSlope] = exactly(
      (x, cotangent, slopes) => {
        const f = ({ at, params }: { readonly at: T; readonly params: Activation.Slopes }) =>
          net.apply(params, {}, Tensor.reshape(at, [-1, ...input[share]]), { mode: "infer" }).y
        const { pull, value: made } = Autodiff.vjp(f, { at: x, params: { alpha: slopes } })
        const { at, params } = pull(cotangent)
        return [made, at, params.alpha]
      },
      points,
      tensor(u),
      tensor(alpha),
    )
    agree(value, y)
    agree(slope, grad)
    agree(alphaSlope, alphaGrad)
  })
})

test.each(recorded.gains)("the gain of $name $options is calculate_gain's", ({ gain, name, options }) => {
  expect(make(Activation.table, { name, options }).gain).toBeCloseTo(gain, 14)
})

test("a net of activations is described by their names", () => {
  const net = Net.sequential([Activation.prelu(), Activation.rrelu()])
  expect(Net.describe(net, [3]).map(({ kind, parameters }) => [kind, parameters])).toEqual([
    ["prelu", 3],
    ["rrelu", 0],
  ])
})
