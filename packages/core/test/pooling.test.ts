import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import * as T from "../src/tensor/Tensor.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { vjp } from "../src/transform/Autodiff.ts"

interface Recorded {
  readonly torch: string
  readonly cases: ReadonlyArray<{
    readonly name: "max" | "avg"
    readonly options: T.AvgPoolOptions
    readonly x: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
    readonly y: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
    readonly u: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
    readonly gx: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>
  }>
}

const recorded: Recorded = JSON.parse(readFileSync(join(import.meta.dirname, "recorded/torch-pools-1.13.json"), "utf8"))

test("pools with dilation, a last window that ends outside, and padding that counts are PyTorch's, with their gradients", () => {
  expect(recorded.torch).toBe("1.13.0a0")
  for (const { gx, name, options, u, x, y } of recorded.cases) {
    const pool = (z: T.Tensor): T.Tensor => (name === "max" ? T.maxPool(z, options) : T.avgPool(z, options))
    const { pull, value } = vjp(pool, T.make(x) as T.Tensor)
    assertAllClose(value, T.make(y) as T.Tensor, { rtol: 1e-6, atol: 1e-6 })
    assertAllClose(pull(T.make(u) as T.Tensor), T.make(gx) as T.Tensor, { rtol: 1e-6, atol: 1e-6 })
  }
})

test("a window over padding alone is refused", () => {
  expect(() => T.maxPool(T.ones([1, 2, 1]), { window: 2, dilation: 3, pad: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: maxPool got f32[1, 2, 1]; it wants padding smaller than the window. Try: a window over padding alone would hold nothing]`,
  )
})
