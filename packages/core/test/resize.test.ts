/**
 * `resize` and its gradient, compared with PyTorch 1.13 in doubles (recorded/record-torch-resize.py), and `resize` and pools with ONNX's
 * node tests (recorded/record-onnx-windows.py), of which the offsets of maxima are left out: no operation returns them.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import * as Key from "../src/tensor/Key.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { vjp } from "../src/transform/Autodiff.ts"
import { vmap } from "../src/transform/Transform.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import type { Shape } from "../src/types/Shape.ts"

interface RecordedArray {
  readonly shape: Shape
  readonly data: ReadonlyArray<number>
}

type WithGradient = Readonly<Record<"x" | "y" | "cotangent" | "toX", RecordedArray>>

interface OfTorch {
  readonly torch: string
  readonly resize: ReadonlyArray<
    WithGradient & { readonly size: Shape; readonly mode: keyof typeof modes; readonly corners: boolean }
  >
}

interface OfOnnx {
  readonly onnx: string
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly operator: string
    readonly attributes: Attributes
    readonly others: { readonly scales?: Shape; readonly sizes?: Shape }
    readonly dtype: string
    readonly x: RecordedArray
    readonly outputs: readonly [RecordedArray, ...ReadonlyArray<RecordedArray>]
  }>
}

interface Attributes {
  readonly kernel_shape?: Shape
  readonly strides?: Shape
  readonly dilations?: Shape
  readonly pads?: Shape
  readonly auto_pad?: string
  readonly ceil_mode?: number
  readonly count_include_pad?: number
  readonly mode?: "nearest" | "linear" | "cubic"
  readonly coordinate_transformation_mode?: string
  readonly nearest_mode?: string
  readonly exclude_outside?: number
}

const recorded = (file: string) => JSON.parse(readFileSync(join(import.meta.dirname, "recorded", file), "utf8"))
const torch: OfTorch = recorded("torch-resize-1.13.json")
const onnx: OfOnnx = recorded("onnx-windows-1.12.json")

const modes = {
  nearest: { method: "nearest", align: "asymmetric", rounding: "floor" },
  "nearest-exact": { method: "nearest" },
  linear: { method: "linear" },
  bilinear: { method: "linear" },
  trilinear: { method: "linear" },
  bicubic: { method: "cubic" },
} as const satisfies { readonly [mode: string]: T.ResizeOptions }

const array = ({ data, shape }: RecordedArray): NDArray => make("f32", shape, Float64Array.from(data))
const floats = ({ data, shape }: RecordedArray): NDArray => make("f32", shape, Float32Array.from(data))

const holds = (f: (x: T.Tensor) => T.Tensor, row: WithGradient): void => {
  const { pull, value } = vjp(f, array(row.x))
  // Weights are rounded to f32.
  assertAllClose(value, array(row.y), { rtol: 1e-6, atol: 1e-6 })
  assertAllClose(pull(array(row.cotangent)), array(row.toX), { rtol: 1e-6, atol: 1e-6 })
  assertAllClose(f(floats(row.x)), array(row.y), { rtol: 1e-5, atol: 1e-5 })
}

describe("PyTorch", () => {
  test("the recording is PyTorch's", () => expect(torch.torch).toBe("1.13.0a0"))

  test.each(torch.resize.map((row) => [row.mode, row.size, row] as const))(
    "%s resize to %j",
    (mode, size, { corners, ...row }) => {
      holds((at) => T.resize(at, size, corners ? { ...modes[mode], align: "corners" } : modes[mode]), row)
    },
  )
})

const pairs = (pads: Shape): ReadonlyArray<readonly [number, number]> =>
  pads.slice(0, pads.length / 2).map((low, i) => [low, pads[i + pads.length / 2] ?? 0])

const poolOptions = (of: Attributes): T.AvgPoolOptions => ({
  window: of.kernel_shape ?? 1,
  stride: of.strides ?? 1,
  dilation: of.dilations ?? 1,
  pad: of.auto_pad === "SAME_UPPER" ? "same" : pairs(of.pads ?? []).length > 0 ? pairs(of.pads ?? []) : "valid",
  ceil: of.ceil_mode === 1,
})

const aligns = { half_pixel: "halfPixel", align_corners: "corners", asymmetric: "asymmetric" } as const
const roundings = { round_prefer_floor: "halfDown", round_prefer_ceil: "halfUp", floor: "floor", ceil: "ceil" } as const

const has = <Table extends object>(table: Table, name: string): name is keyof Table & string => name in table

const resized = (x: T.Tensor, of: Attributes, out: Shape, scales: Shape | undefined): T.Tensor => {
  const [align, rounding] = [of.coordinate_transformation_mode ?? "half_pixel", of.nearest_mode ?? "round_prefer_floor"]
  if (!has(aligns, align) || !has(roundings, rounding) || of.mode === undefined) throw new Error(align)
  const options = { method: of.mode, align: aligns[align], rounding: roundings[rounding] }
  return T.resize(x, out.slice(1, -1), scales === undefined ? options : { ...options, scale: scales.slice(2) })
}

const space = { axes: [1, 2], keepAxes: true }

/** What `Tensor.resize` has no option for. */
const without = (of: Attributes): boolean =>
  of.exclude_outside === 1 || ["tf_crop_and_resize", "pytorch_half_pixel"].includes(of.coordinate_transformation_mode ?? "")

describe("ONNX's node tests", () => {
  test("the recording is ONNX's", () => expect(onnx.onnx).toBe("1.12.0"))

  test.each(onnx.cases.filter(({ attributes }) => !without(attributes)).map((row) => [row.name, row] as const))(
    "%s",
    (_, row) => {
      const { attributes, dtype, operator, others, outputs } = row
      const x = dtype === "uint8" ? T.cast(floats(row.x), "u8") : floats(row.x)
      const [wanted] = outputs
      const upsampled: Attributes = { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor", ...attributes }
      const operators: { readonly [name: string]: () => T.Tensor } = {
        AveragePool: () => T.avgPool(x, { ...poolOptions(attributes), countPadding: attributes.count_include_pad === 1 }),
        MaxPool: () => T.maxPool(T.cast(x, "f32"), poolOptions(attributes)),
        GlobalAveragePool: () => T.mean(x, space),
        GlobalMaxPool: () => T.max(x, space),
        Resize: () => resized(x, attributes, wanted.shape, others.scales),
        Upsample: () => resized(x, upsampled, wanted.shape, others.scales),
      }
      const found = operators[operator]?.() ?? x
      assertAllClose(found, array(wanted), { rtol: 2e-6, atol: 2e-6 })
    },
  )
})

test("gradients, and batches of batches", () => {
  const x = Key.normal(Key.make(1), [2, 1, 4, 5, 2])
  const image = T.reshape(T.slice(x, [0, 0, 0, 0, 0], [1, 1, 4, 5, 2]), [1, 4, 5, 2])
  const functions: ReadonlyArray<(x: T.Tensor) => T.Tensor> = [
    (at) => T.avgPool(at, { window: 2, stride: 3, pad: 1, ceil: true, countPadding: true }),
    ...(["nearest", "linear", "cubic"] as const).map((method) => (at: T.Tensor) => T.resize(at, [3, 7], { method })),
  ]
  for (const f of functions) {
    checkGrads(f, image, { order: 2, rtol: 1e-5, atol: 1e-6 })
    const one = f(T.reshape(x, [2, 4, 5, 2]))
    assertAllClose(vmap(f)(x), T.reshape(one, [2, 1, ...one.shape.slice(1)]), { rtol: 1e-6 })
  }
})

describe("mistakes", () => {
  const x = T.ones([1, 5, 1])
  test.each<readonly [string, () => unknown, string]>([
    [
      "a window that reaches over all",
      () => T.maxPool(x, { window: 3, dilation: 3 }),
      "at least 7 elements along spatial axis 0",
    ],
    ["a dilation of 0", () => T.maxPool(x, { window: 2, dilation: 0 }), "a dilation of 1 whole numbers above 0, not [0]"],
    ["no size", () => T.resize(x, 0), "resize got f32[1, 5, 1]; it wants 1 sizes, whole numbers above 0, not [0]"],
    ["sizes of another rank", () => T.resize(x, [4, 4]), "1 sizes, whole numbers above 0, not [4, 4]"],
    ["whole numbers", () => T.resize(T.cast(x, "i32"), 3), 'Tensor.cast(x, "f32")'],
    ["a scale of 0", () => T.resize(x, 3, { scale: 0 }), "1 scales above 0, not [0]"],
  ])("%s", (_, call, message) => expect(call).toThrow(message))
})
