// Provides the operations on images, which this test writes itself.
import "../src/tensor/images.ts"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { within } from "../src/backend/eager/Eager.ts"
import { offeredLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makePool } from "../src/backend/wasm/threads/pool.ts"
import type { ConvParams, Params, Primitive, Program, WindowParams } from "../src/language/Primitive.ts"
import { infer } from "../src/language/ShapeRule.ts"
import * as Reference from "../src/reference/Reference.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import type { Spec } from "../src/types/ShapeError.ts"
import { caseCount } from "./case-count.ts"
import { type InFloats, ordered } from "./sums-in-order.ts"

const pools = [2, 3].map((threads) => makePool(threads, 0))
beforeAll(() => Promise.all(pools.map((pool) => pool?.complete())))
afterAll(() => Promise.all(pools.map((pool) => pool?.close())))

/** Narrow ones, and those that this host has. */
const bothLanes = new Set<Lanes>([128, offeredLanes(256)])

const inLoops = within(Number.POSITIVE_INFINITY)

const f32 = (shape: Shape.Shape): Spec => ({ dtype: "f32", shape })

/** `whole` numbers from -3 to 3, so that every order of summation gives the same; some that are no numbers to add among them; `real` ones. */
type Kind = "whole" | "special" | "real"

const numbers = ({ dtype, shape }: Spec, seed: number, kind: Kind): NDArray => {
  let state = seed | 1
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state >>> 8
  }
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]
  const data = Float32Array.from({ length: Shape.size(shape) }, () => {
    const x = next()
    if (kind === "real" && dtype === "f32") return x / 2 ** 23 - 1
    return kind === "special" && x % 29 === 0 ? (odd[(x >>> 8) % odd.length] as number) : ((x >>> 8) % 7) - 3
  })
  return new NDArray(dtype, shape, data)
}

/** Holds a step to what is exact of it, bit for bit: on one thread, and on these pools; on two or three threads, by the seed, unless given. */
const holds = <P extends Primitive>(
  primitive: P,
  params: Params[P],
  specs: ReadonlyArray<Spec>,
  seed: number,
  kind: Kind,
  on: typeof pools = [pools[seed % pools.length]],
) => {
  const out = infer(primitive, params, specs)
  const program: Program = {
    inputs: specs,
    constants: [],
    equations: [{ primitive, params, inputs: specs.map((_, i) => i), out }],
    outputs: [specs.length],
  }
  const inputs = specs.map((spec, i) => numbers(spec, seed + i, kind))
  const [exact] = Reference.run(program, inputs) as readonly [NDArray]
  const inFloats = kind === "real" ? (ordered[primitive] as InFloats<P> | undefined) : undefined
  const wanted = inFloats?.(params, inputs, out) ?? Float32Array.from(exact.data)
  const check = ({ data }: NDArray, how: string): void => {
    const differs = wanted.findIndex((x, i) => !Object.is(x, data[i]))
    if (differs >= 0)
      expect.fail(
        `${primitive} ${JSON.stringify(params)} of ${specs.map(({ shape }) => Shape.print(shape)).join(" ")} ` +
          `${how} gave ${data[differs]} at ${differs}, not ${wanted[differs]}`,
      )
  }
  for (const pool of [undefined, ...on])
    for (const lanes of bothLanes) {
      const prepared = prepare({ program, resident: 0 }, pool, "portable", compileJob, lanes)
      check(prepared.run(inputs)[0] as NDArray, `on ${pool?.threads ?? 1} threads with lanes of ${lanes} bits`)
    }
  if (kind === "real") check(inLoops.run(program, inputs)[0] as NDArray, "in loops")
}

interface Geometry {
  readonly images: number
  readonly window: Shape.Shape
  readonly stride: Shape.Shape
  readonly dilation: Shape.Shape
  readonly padding: ConvParams["padding"]
  readonly space: Shape.Shape
}

const small = (min: number, max: number) => fc.integer({ min, max })

/** Windows with room to stand, over spaces with some places where all of a window lies inside. */
const geometry = (dilated: boolean): fc.Arbitrary<Geometry> =>
  fc.record({ rank: fc.constantFrom(2, 1, 3), images: fc.constantFrom(2, 1, 3) }).chain(({ images, rank }) => {
    const each = (values: fc.Arbitrary<number>) => fc.array(values, { minLength: rank, maxLength: rank })
    return fc
      .record({
        window: each(fc.constantFrom(3, 1, 2, 5)),
        stride: each(fc.constantFrom(1, 2, 3)),
        dilation: each(dilated ? fc.constantFrom(1, 2, 3) : fc.constant(1)),
        low: each(small(0, 4)),
        high: each(small(0, 4)),
        extra: each(small(0, rank === 3 ? 3 : 13)),
      })
      .map(({ dilation, extra, high, low, stride, window }) => {
        const most = (i: number): number => (dilated ? 4 : (window[i] ?? 1) - 1)
        const padding = window.map((_, i) => [Math.min(low[i] ?? 0, most(i)), Math.min(high[i] ?? 0, most(i))] as const)
        const space = window.map((n, i) => {
          const [before, after] = padding[i] ?? [0, 0]
          return Math.max(1, (n - 1) * (dilation[i] ?? 1) + 1 - before - after) + (extra[i] ?? 0)
        })
        return { images, window, stride, dilation, padding, space }
      })
  })

/** Channels of a group and filters of a group: alone, in odd numbers, in whole vectors and tiles, and past them. */
const channels = fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 12, 17)

const grouped = fc.record({ groups: fc.constantFrom(1, 1, 2, 3), depth: channels, filters: channels })

const depthwise = channels.map((groups) => ({ groups, depth: 1, filters: 1 }))

const convolution = fc
  .record({
    geometry: geometry(true),
    sizes: fc.oneof({ weight: 3, arbitrary: grouped }, depthwise),
    seed: fc.nat(),
    kind: fc.constantFrom<Kind>("real", "special"),
  })
  .map(({ geometry: { images, space, window, ...rest }, sizes: { depth, filters, groups }, ...others }) => {
    const params: ConvParams = { stride: rest.stride, padding: rest.padding, dilation: rest.dilation, groups }
    const [x, kernel] = [f32([images, ...space, depth * groups]), f32([...window, depth, filters * groups])]
    return { ...others, params, space, window, x, kernel, y: infer("conv", params, [x, kernel]) }
  })

const pooling = fc
  .record({
    geometry: geometry(false),
    depth: channels,
    seed: fc.nat(),
    kind: fc.constantFrom<Kind>("real", "special"),
    gap: fc.constantFrom(1, 1, 2, 3),
  })
  .map(({ depth, gap, geometry: { images, padding, space: near, stride, window }, ...others }) => {
    // Elements that are further apart need more room, and padding may be all that a window has.
    const isDilated = gap > 1
    const params: WindowParams = {
      window,
      stride,
      padding: isDilated ? padding.map(() => [0, 0] as const) : padding,
      dilation: window.map(() => gap),
    }
    const space = near.map((n, i) => n + (isDilated ? (window[i] ?? 1) * gap : 0))
    const x = f32([images, ...space, depth])
    return { ...others, params, space, x, y: infer("windowMax", params, [x]) }
  })

const runs = { numRuns: caseCount(60) }

const plain: ConvParams = {
  stride: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
  dilation: [1, 1],
  groups: 1,
}

/** Sums of several blocks, of blocks of blocks, and of parts of rows. */
const longSums: ReadonlyArray<{ x: Shape.Shape; kernel: Shape.Shape; params?: Partial<ConvParams> }> = [
  { x: [1, 37, 33, 3], kernel: [3, 3, 3, 20] },
  { x: [1, 6, 7, 64], kernel: [3, 3, 64, 17] },
  { x: [2, 5, 5, 300], kernel: [1, 1, 300, 6] },
  { x: [3, 28, 28, 1], kernel: [3, 3, 1, 6] },
  { x: [2, 28, 28, 2], kernel: [5, 5, 2, 9] },
  { x: [40, 3, 3, 3], kernel: [3, 3, 3, 24] },
  { x: [2, 17, 19, 12], kernel: [5, 3, 6, 8], params: { groups: 2, stride: [2, 1], dilation: [1, 3] } },
  { x: [1, 9, 600, 2], kernel: [3, 3, 2, 5], params: { stride: [3, 2] } },
  { x: [1, 21, 24, 4], kernel: [20, 20, 1, 4], params: { groups: 4 } },
  {
    x: [1, 2, 2, 66_000],
    kernel: [2, 1, 33_000, 2],
    params: {
      groups: 2,
      padding: [
        [0, 0],
        [0, 0],
      ],
      stride: [1, 2],
    },
  },
  {
    x: [1, 3, 300, 9],
    kernel: [1, 2, 9, 24],
    params: {
      dilation: [1, 299],
      padding: [
        [0, 0],
        [0, 299],
      ],
    },
  },
  { x: [6, 110, 110, 1], kernel: [1, 2, 1, 1] },
  { x: [6, 110, 110, 2], kernel: [1, 2, 1, 2], params: { groups: 2 } },
]

/** Windows of several blocks. */
const largeWindows: ReadonlyArray<{ space: Shape.Shape; params: WindowParams; depth: number }> = [
  {
    space: [40, 37],
    params: {
      window: [40, 37],
      stride: [1, 1],
      dilation: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    },
    depth: 21,
  },
  {
    space: [30, 31],
    params: {
      window: [12, 11],
      stride: [2, 3],
      dilation: [1, 1],
      padding: [
        [3, 0],
        [5, 5],
      ],
    },
    depth: 6,
  },
  { space: [300], params: { window: [150], stride: [1], dilation: [1], padding: [[149, 0]] }, depth: 2 },
  {
    space: [5, 20, 9],
    params: {
      window: [5, 9, 7],
      stride: [1, 1, 1],
      dilation: [1, 1, 1],
      padding: [
        [0, 0],
        [4, 4],
        [0, 0],
      ],
    },
    depth: 33,
  },
]

describe("convolutions of the wasm engine", () => {
  it("conv", () => {
    fc.assert(
      fc.property(convolution, ({ kernel, params, seed, kind, x }) => holds("conv", params, [x, kernel], seed, kind)),
      runs,
    )
  })

  it("convInputGrad", () => {
    fc.assert(
      fc.property(convolution, ({ kernel, params, seed, space, kind, y }) =>
        holds("convInputGrad", { ...params, space }, [y, kernel], seed, kind),
      ),
      runs,
    )
  })

  it("convKernelGrad", () => {
    fc.assert(
      fc.property(convolution, ({ params, seed, kind, window, x, y }) =>
        holds("convKernelGrad", { ...params, window }, [x, y], seed, kind),
      ),
      runs,
    )
  })

  it.each(longSums)("sums of several blocks: $x and $kernel", ({ kernel, params: others, x }) => {
    const params = { ...plain, ...others }
    const y = infer("conv", params, [f32(x), f32(kernel)])
    holds("conv", params, [f32(x), f32(kernel)], 1, "real", pools)
    holds("convInputGrad", { ...params, space: x.slice(1, -1) }, [y, f32(kernel)], 2, "real", pools)
    holds("convKernelGrad", { ...params, window: kernel.slice(0, -2) }, [f32(x), y], 3, "real", pools)
  })
})

describe("pooling of the wasm engine", () => {
  it.each(largeWindows)("sums of several blocks: $space", ({ depth, params, space }) => {
    const x = f32([2, ...space, depth])
    holds("windowSum", params, [x], 1, "real", pools)
    holds("windowSumGrad", { ...params, space }, [infer("windowSum", params, [x])], 2, "real", pools)
  })

  it("windowSum and its gradient", () => {
    fc.assert(
      fc.property(pooling, ({ params, seed, space, kind, x, y }) => {
        holds("windowSum", params, [x], seed, kind)
        holds("windowSumGrad", { ...params, space }, [y], seed, kind)
      }),
      runs,
    )
  })

  it("the gradient of dilated windows side by side is 0 between their elements", () => {
    const params: WindowParams = { window: [2], stride: [2], padding: [[0, 1]], dilation: [2] }
    const x = f32([3, 4, 5])
    holds("windowMaxGrad", params, [x, infer("windowMax", params, [x])], 4, "real")
  })

  it("windowMax, its gradient and its pick", () => {
    fc.assert(
      fc.property(pooling, ({ params, seed, kind, x, y }) => {
        holds("windowMax", params, [x], seed, kind)
        holds("windowMaxGrad", params, [x, y], seed, kind)
        holds("windowMaxPick", params, [x, x], seed, kind)
      }),
      runs,
    )
  })
})

describe("what the wasm engine moves about", () => {
  const i32 = (shape: Shape.Shape): Spec => ({ dtype: "i32", shape })

  it("sorts long rows, stable, NaN last", () => {
    fc.assert(
      fc.property(
        small(1, 5),
        fc.oneof(small(1, 255), small(256, 700)),
        fc.nat(),
        fc.constantFrom<Kind>("whole", "special", "real"),
        (rows, width, seed, kind) => {
          holds("argsort", {}, [f32([rows, width])], seed, kind)
          holds("argsort", {}, [i32([rows, width])], seed, "whole")
        },
      ),
      runs,
    )
  })

  it("looks up and adds rows of any width", () => {
    fc.assert(
      fc.property(small(1, 4), small(1, 70), small(1, 20), fc.nat(), (rows, width, count, seed) => {
        holds("gather", {}, [f32([rows, width]), i32([count])], seed, "whole")
        holds("scatterAdd", { rows }, [i32([count]), f32([count, width])], seed, "real")
      }),
      runs,
    )
  })

  it("joins and pads rows of any width", () => {
    fc.assert(
      fc.property(small(1, 4), small(1, 70), small(1, 70), small(0, 3), fc.nat(), (rows, a, b, interior, seed) => {
        holds("concat", { axis: 1 }, [f32([rows, a]), f32([rows, b])], seed, "special")
        holds(
          "pad",
          { low: [1, interior], high: [2, 0], interior: [interior, 0], value: -1.5 },
          [f32([rows, a])],
          seed,
          "special",
        )
      }),
      runs,
    )
  })
})
