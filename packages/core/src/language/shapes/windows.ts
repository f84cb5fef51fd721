/** The shape rules of convolutions, pooling and their gradients, over images [n, …space, channels]. */
import * as Shape from "../../types/Shape.ts"
import { refuse, type Spec } from "../../types/ShapeError.ts"
import type { ConvParams, Primitive, WindowParams } from "../Primitive.ts"
import { checkDType, checkRank, expect, one, type ShapeRule, sameShape, two, valid } from "./require.ts"

const positive = (operation: string, inputs: ReadonlyArray<Spec>, sizes: Shape.Shape, rank: number, what: string): void => {
  if (sizes.length !== rank || sizes.some((n) => !Number.isInteger(n) || n < 1))
    refuse(
      operation,
      inputs,
      `${what} of ${rank} whole numbers above 0, not ${Shape.print(sizes)}`,
      "give one for each spatial axis",
    )
}

/** The sizes of the spatial axes. */
const spaceOf = (spec: Spec): Shape.Shape => spec.shape.slice(1, -1)

/** The number of window positions along each padded spatial axis, for a window whose elements are `dilation` apart. */
const positions = (
  operation: string,
  inputs: ReadonlyArray<Spec>,
  space: Shape.Shape,
  window: Shape.Shape,
  {
    dilation,
    padding,
    stride,
  }: { readonly dilation: Shape.Shape; readonly padding: ConvParams["padding"]; readonly stride: Shape.Shape },
): Array<number> => {
  const rank = space.length
  positive(operation, inputs, window, rank, "a window")
  positive(operation, inputs, stride, rank, "a stride")
  positive(operation, inputs, dilation, rank, "a dilation")
  if (
    padding.length !== rank ||
    padding.some(([low, high]) => !Number.isInteger(low) || !Number.isInteger(high) || low < 0 || high < 0)
  )
    refuse(operation, inputs, `${rank} pairs of padding, none negative`, "give [low, high] for each spatial axis")
  return space.map((extent, i) => {
    const [low, high] = padding[i] ?? [0, 0]
    const reach = ((window[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1
    const room = extent + low + high - reach
    if (room < 0)
      refuse(
        operation,
        inputs,
        `at least ${reach} elements along spatial axis ${i} for a window of ${window[i]}, not ${extent + low + high}`,
        "a smaller window, or more padding (same)",
      )
    return Math.floor(room / (stride[i] ?? 1)) + 1
  })
}

const images = (operation: string, inputs: ReadonlyArray<Spec>, x: Spec): void => {
  checkDType(operation, inputs, ["f32"])
  if (x.shape.length < 3)
    refuse(
      operation,
      inputs,
      "[batch, …space, channels], with at least one spatial axis",
      "reshape to add the axis that is missing",
    )
}

const convolution = (operation: string, inputs: ReadonlyArray<Spec>, x: Spec, kernel: Spec, params: ConvParams): Spec => {
  images(operation, inputs, x)
  checkRank(operation, inputs, kernel, x.shape.length, "a kernel [...window, channels / groups, filters] of the input's rank")
  const channels = x.shape.at(-1) ?? 0
  const perGroup = kernel.shape.at(-2) ?? 0
  const filters = kernel.shape.at(-1) ?? 0
  const { groups } = params
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    refuse(operation, inputs, `channels in ${groups} equal groups, not ${channels}`, "groups that divide the channels, or 1")
  if (perGroup * groups !== channels)
    refuse(
      operation,
      inputs,
      groups === 1
        ? `a kernel for ${channels} channels, not ${perGroup}`
        : `a kernel for ${channels} channels in ${groups} groups of ${channels / groups}, not of ${perGroup}`,
      `a kernel of ${Shape.print([...kernel.shape.slice(0, -2), channels / groups, filters])}`,
    )
  if (filters % groups !== 0)
    refuse(operation, inputs, `filters in ${groups} equal groups, not ${filters}`, "filters divisible by the groups")
  const out = positions(operation, inputs, spaceOf(x), kernel.shape.slice(0, -2), params)
  return { dtype: "f32", shape: [x.shape[0] ?? 0, ...out, filters] }
}

/** Windows along one axis. */
interface Windows {
  readonly counts: number
  readonly dilation: number
  readonly low: number
  readonly stride: number
  readonly window: number
}

/** Whether each window holds one of `extent` elements. */
const holds = (extent: number, { counts, dilation, low, stride, window }: Windows): boolean => {
  if (low > (window - 1) * dilation || (counts - 1) * stride - low >= extent) return false
  // A window that begins before the elements meets them at less than the dilation.
  if (extent >= dilation) return true
  for (let start = -low, i = 0; start < 0 && i < dilation; start += stride, i++)
    if (((start % dilation) + dilation) % dilation >= extent) return false
  return true
}

const windowed = (operation: string, inputs: ReadonlyArray<Spec>, x: Spec, params: WindowParams): Spec => {
  images(operation, inputs, x)
  const { dilation, padding, stride, window } = params
  if (spaceOf(x).includes(0))
    refuse(operation, inputs, "at least one element along each spatial axis", "a window over padding alone would hold nothing")
  const out = positions(operation, inputs, spaceOf(x), window, params)
  const isFull = out.every((counts, i) =>
    holds(spaceOf(x)[i] ?? 0, {
      counts,
      dilation: dilation[i] ?? 1,
      low: padding[i]?.[0] ?? 0,
      stride: stride[i] ?? 1,
      window: window[i] ?? 1,
    }),
  )
  if (!isFull) refuse(operation, inputs, "padding smaller than the window", "a window over padding alone would hold nothing")
  return { dtype: "f32", shape: [x.shape[0] ?? 0, ...out, x.shape.at(-1) ?? 0] }
}

type Windowed = Extract<Primitive, `conv${string}` | `window${string}`>

/** The rules of all these primitives. */
export const windows: { readonly [P in Windowed]: ShapeRule<P> } = {
  conv: (params, inputs) => {
    const [x, kernel] = two("conv", inputs)
    return convolution("conv", inputs, x, kernel, params)
  },
  convInputGrad: ({ space, ...params }, inputs) => {
    const [cotangent, kernel] = two("convInputGrad", inputs)
    const shape = [cotangent.shape[0] ?? 0, ...space, (kernel.shape.at(-2) ?? 0) * params.groups]
    const x: Spec = { dtype: "f32", shape: valid("convInputGrad", inputs, shape) }
    expect("convInputGrad", inputs, cotangent, convolution("convInputGrad", inputs, x, kernel, params), "a cotangent")
    return x
  },
  convKernelGrad: ({ window, ...params }, inputs) => {
    const [x, cotangent] = two("convKernelGrad", inputs)
    const kernel: Spec = {
      dtype: "f32",
      shape: [...window, (x.shape.at(-1) ?? 0) / params.groups, cotangent.shape.at(-1) ?? 0],
    }
    expect("convKernelGrad", inputs, cotangent, convolution("convKernelGrad", inputs, x, kernel, params), "a cotangent")
    return kernel
  },
  windowSum: (params, inputs) => windowed("sumPool", inputs, one("sumPool", inputs), params),
  windowSumGrad: ({ space, ...params }, inputs) => {
    const cotangent = one("windowSumGrad", inputs)
    const shape = [cotangent.shape[0] ?? 0, ...space, cotangent.shape.at(-1) ?? 0]
    const x: Spec = { dtype: "f32", shape: valid("windowSumGrad", inputs, shape) }
    expect("windowSumGrad", inputs, cotangent, windowed("windowSumGrad", inputs, x, params), "a cotangent")
    return x
  },
  windowMax: (params, inputs) => windowed("maxPool", inputs, one("maxPool", inputs), params),
  windowMaxGrad: (params, inputs) => {
    const [x, cotangent] = two("windowMaxGrad", inputs)
    expect("windowMaxGrad", inputs, cotangent, windowed("windowMaxGrad", inputs, x, params), "a cotangent")
    return x
  },
  windowMaxPick: (params, inputs) => {
    const [x, from] = two("windowMaxPick", inputs)
    sameShape("windowMaxPick", x, from)
    return windowed("windowMaxPick", inputs, x, params)
  },
}
