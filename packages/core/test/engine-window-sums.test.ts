/** Long sums of convolutions, of pooling and of their gradients keep their digits. */
// Provides the operations on images, which this test writes itself.
import "../src/tensor/images.ts"
import { describe, expect, it } from "vitest"
import { offeredLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import { offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import type { ConvParams, Params, Primitive, Program, WindowParams } from "../src/language/Primitive.ts"
import { infer } from "../src/language/ShapeRule.ts"
import * as Reference from "../src/reference/Reference.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"

type Fill = (i: number) => number

const fills: { readonly [name: string]: Fill } = {
  "equal terms": () => 0.1,
  "positive terms": (i) => ((Math.imul(i + 1, 2654435761) >>> 8) + 1) / 2 ** 24,
}

const filled = (shape: Shape.Shape, fill: Fill): NDArray =>
  new NDArray(
    "f32",
    shape,
    Float32Array.from({ length: Shape.size(shape) }, (_, i) => fill(i)),
  )

const plain = (rank: number): ConvParams => ({
  stride: new Array(rank).fill(1),
  padding: new Array(rank).fill([0, 0]),
  dilation: new Array(rank).fill(1),
  groups: 1,
})

/** Holds a step to doubles, in both numerics. */
const isWithin = <P extends Primitive>(
  tolerance: number,
  primitive: P,
  params: Params[P],
  shapes: ReadonlyArray<Shape.Shape>,
  fill: Fill,
): void => {
  const inputs = shapes.map((shape) => filled(shape, fill))
  const out = infer(primitive, params, inputs)
  const program: Program = {
    inputs: inputs.map(({ dtype, shape }) => ({ dtype, shape })),
    constants: [],
    equations: [{ primitive, params, inputs: inputs.map((_, i) => i), out }],
    outputs: [inputs.length],
  }
  const exact = (Reference.run(program, inputs)[0] as NDArray).data
  for (const numerics of ["portable", "fast"] as const) {
    const prepared = prepare({ program, resident: 0 }, undefined, offered(numerics), compileJob, offeredLanes(256))
    const { data } = prepared.run(inputs)[0] as NDArray
    let error = 0
    for (let i = 0; i < data.length; i++) error = Math.max(error, Math.abs((data[i] as number) / (exact[i] as number) - 1))
    expect(error).toBeLessThan(tolerance)
    prepared.release()
  }
}

describe.each(Object.entries(fills))("long sums of %s", (_, fill) => {
  it("in convolutions are within 2e-5", () => {
    const wide = plain(2)
    isWithin(
      2e-5,
      "conv",
      wide,
      [
        [1, 8, 8, 600],
        [7, 7, 600, 3],
      ],
      fill,
    )
    isWithin(
      2e-5,
      "convInputGrad",
      { ...wide, space: [8, 8] },
      [
        [1, 2, 2, 600],
        [7, 7, 3, 600],
      ],
      fill,
    )
    isWithin(
      2e-5,
      "conv",
      { ...wide, groups: 2 },
      [
        [1, 300, 300, 2],
        [299, 299, 1, 2],
      ],
      fill,
    )
  })

  it("in gradients for a kernel are within 2e-5", () => {
    const same: ConvParams = {
      ...plain(2),
      padding: [
        [1, 1],
        [1, 1],
      ],
    }
    const image = [32, 112, 112, 4]
    isWithin(2e-5, "convKernelGrad", { ...same, window: [3, 3] }, [image, [32, 112, 112, 2]], fill)
    isWithin(
      2e-5,
      "convKernelGrad",
      { ...same, groups: 2, window: [3, 3] },
      [
        [8, 100, 90, 2],
        [8, 100, 90, 2],
      ],
      fill,
    )
    isWithin(
      2e-5,
      "convKernelGrad",
      { ...plain(1), window: [3] },
      [
        [4, 20_002, 1],
        [4, 20_000, 6],
      ],
      fill,
    )
  })

  it("in pooling are within 1e-6", () => {
    const all: WindowParams = {
      window: [112, 112],
      stride: [112, 112],
      dilation: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    }
    isWithin(1e-6, "windowSum", all, [[2, 112, 112, 6]], fill)
    isWithin(1e-6, "windowSum", { ...all, window: [600, 600] }, [[1, 600, 600, 1]], fill)
    const sliding = { window: [700], stride: [1], dilation: [1], padding: [[0, 0]], space: [1399] } as const
    isWithin(1e-6, "windowSumGrad", sliding, [[1, 700, 3]], fill)
  })
})
