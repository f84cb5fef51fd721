/** Convolutions and pools, and their gradients, compared with PyTorch's in doubles (recorded/record-torch-conv.py). */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { Padding } from "../src/language/Primitive.ts"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { vjp } from "../src/transform/Autodiff.ts"
import { make, type NDArray } from "../src/types/NDArray.ts"
import type { Shape } from "../src/types/Shape.ts"

interface RecordedArray {
  readonly shape: Shape
  readonly data: ReadonlyArray<number>
}

interface Recording {
  readonly torch: string
  readonly conv: ReadonlyArray<
    Readonly<Record<"x" | "kernel" | "y" | "cotangent" | "toX" | "toKernel", RecordedArray>> & {
      readonly strides: Shape
      readonly padding: Padding
      readonly dilation: Shape
      readonly groups: number
    }
  >
  readonly same: ReadonlyArray<Readonly<Record<"x" | "kernel" | "y", RecordedArray>> & { readonly dilation: Shape }>
  readonly pool: ReadonlyArray<
    Readonly<Record<"x" | "y" | "cotangent" | "toX", RecordedArray>> & {
      readonly kind: "max" | "avg"
      readonly window: Shape
      readonly strides: Shape
      readonly padding: Padding
    }
  >
}

const recorded: Recording = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/torch-conv-1.13.json"), "utf8"))

const array = ({ data, shape }: RecordedArray): NDArray => make("f32", shape, Float64Array.from(data))

const close = { rtol: 1e-12, atol: 1e-13 }

test("the recording is PyTorch's", () => expect(recorded.torch).toBe("1.13.0a0"))

test.each(recorded.conv.map((row, i) => [i, row] as const))("conv %d", (_, { dilation, groups, padding, strides, ...row }) => {
  const f = ([x, kernel]: readonly [T.Tensor, T.Tensor]) => T.conv(x, kernel, { dilation, groups, pad: padding, stride: strides })
  const { pull, value } = vjp(f, [array(row.x), array(row.kernel)])
  const [toX, toKernel] = pull(array(row.cotangent))
  assertAllClose(value, array(row.y), close)
  assertAllClose(toX, array(row.toX), close)
  assertAllClose(toKernel, array(row.toKernel), close)
})

test.each(recorded.same.map((row, i) => [i, row] as const))("conv with same padding %d", (_, { dilation, kernel, x, y }) => {
  assertAllClose(T.conv(array(x), array(kernel), { dilation, pad: "same" }), array(y), close)
})

test.each(recorded.pool.map((row) => [row.kind, row] as const))("%sPool", (kind, { padding, strides, window, ...row }) => {
  const pooled = kind === "max" ? T.maxPool : T.avgPool
  const { pull, value } = vjp((x: T.Tensor) => pooled(x, { pad: padding, stride: strides, window }), array(row.x))
  assertAllClose(value, array(row.y), close)
  assertAllClose(pull(array(row.cotangent)), array(row.toX), close)
})
