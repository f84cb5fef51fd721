/** Sums keep their digits however long they are, and their order is a function of shapes alone. */
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { within } from "../src/backend/eager/Eager.ts"
import { offeredLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import { compileJob } from "../src/backend/wasm/compile.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { makePool, type Pool } from "../src/backend/wasm/threads/pool.ts"
import { Autodiff, Key, Layers, Program as Programs, Tensor } from "../src/index.ts"
import type { Program } from "../src/language/Program.ts"
import * as Reference from "../src/reference/Reference.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"

type Outputs = ReadonlyArray<NDArray>

const byLoops = within(Number.POSITIVE_INFINITY)

let pool: Pool | undefined
beforeAll(async () => {
  pool = makePool(3, 0)
  await pool?.complete()
})
afterAll(() => pool?.close())

const inEngine = (program: Program, inputs: Outputs, lanes: Lanes, threads?: Pool): Outputs => {
  const { release, run } = prepare({ program, resident: 0 }, threads, "portable", compileJob, offeredLanes(lanes))
  const made = run(inputs)
  release()
  return made
}

const ways: ReadonlyArray<readonly [name: string, run: (program: Program, inputs: Outputs) => Outputs]> = [
  ["in lanes of 128 bits", (program, inputs) => inEngine(program, inputs, 128)],
  ["in lanes of 256 bits", (program, inputs) => inEngine(program, inputs, 256)],
  ["on three threads", (program, inputs) => inEngine(program, inputs, 256, pool)],
  ["read outside a program", (program, inputs) => byLoops.run(program, inputs)],
]

const tenths = new Float32Array(10_000_200).fill(0.1)

const ofTenths = (shape: Shape.Shape): NDArray => new NDArray("f32", shape, tenths.subarray(0, Shape.size(shape)))

/** Numbers of every size from 2⁻¹⁰ to 2¹⁰, whose sums depend on their order. */
const noises = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i * 12.9898) * 2 ** (10 * Math.sin(i * 78.233)))

const noise = (shape: Shape.Shape): NDArray => new NDArray("f32", shape, noises.subarray(0, Shape.size(shape)))

/** Whole numbers of all 32 bits. */
const wholeNoise = (shape: Shape.Shape, seed: number): NDArray =>
  new NDArray(
    "i32",
    shape,
    Int32Array.from({ length: Shape.size(shape) }, (_, i) => Math.imul(i + seed, 0x9e3779b1)),
  )

const expectNear = (results: Iterable<number>, wanted: number): void => {
  for (const x of results) expect(Math.abs(x / wanted - 1)).toBeLessThan(1e-6)
}

describe.each(ways)("sums %s", (_, run) => {
  const long: ReadonlyArray<readonly [Shape.Shape, ReadonlyArray<number>]> = [
    [[10_000_000], [0]],
    [[10_000_000, 1], [0]],
    [[2_500_000, 4], [0]],
    [[1, 10_000_000], [1]],
    [[2, 5_000_000], [1]],
    [
      [100, 3, 33_334],
      [0, 2],
    ],
    [
      [1000, 5, 2000],
      [0, 2],
    ],
    [
      [250, 4, 100, 100],
      [0, 2, 3],
    ],
    [
      [100, 20, 1000, 5],
      [0, 2],
    ],
  ]

  it.each(long)("of 0.1 over %j along %j are within 1e-6 of the truth", (shape, axes) => {
    const x = ofTenths(shape)
    const count = Shape.size(axes.map((axis) => shape[axis] ?? 1))
    const [sums] = run(
      Programs.trace((of) => [Tensor.sum(of, { axes })], [x]),
      [x],
    ) as readonly [NDArray]
    expectNear(sums.data, 0.1 * count)
  })

  it("of updates of one row are within 1e-6 of the truth", () => {
    const updates = ofTenths([1_000_000, 3])
    const program = Programs.trace((of) => [Tensor.scatterAdd(Tensor.zeros([1_000_000], "i32"), of, 2)], [updates])
    const [sums] = run(program, [updates]) as readonly [NDArray]
    expectNear(sums.data.slice(0, 3), 100_000)
    expect([...sums.data.slice(3)]).toEqual([0, 0, 0])
  })

  it("of gradients that flow back through a broadcast are within 1e-6 of the truth", () => {
    const [x, bias] = [ofTenths([1_000_000, 3]), ofTenths([3])]
    const program = Programs.trace(
      (at, b) => [Autodiff.grad((c: Tensor.Tensor) => Tensor.sum(Tensor.mul(Tensor.add(at, c), Tensor.scalar(0.1))))(b)],
      [x, bias],
    )
    const [slope] = run(program, [x, bias]) as readonly [NDArray]
    expectNear(slope.data, 100_000)
  })
})

/** Expects the same bits in each way of computing them. */
const expectEachWay = (program: Program, inputs: Outputs, wanted: Outputs): void => {
  for (const [name, run] of ways) expectSame(run(program, inputs), wanted, name)
}

describe("sums in lanes of 128 and 256 bits, on three threads, and read outside a program", () => {
  it("are the same as one thread's in narrow lanes, to the bit, whatever their shape", () => {
    const axis = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 60, max: 150 }), fc.constantFrom(16, 64, 512))
    const shapes = fc.tuple(axis, axis, axis).filter((shape) => Shape.size(shape) < 100_000)
    fc.assert(
      fc.property(shapes, fc.subarray([0, 1, 2], { minLength: 1 }), fc.boolean(), (shape, axes, turned) => {
        const x = noise(shape)
        const row = noise([shape[2]])
        const program = Programs.trace(
          (of, by) => {
            const product = Tensor.mul(of, by)
            const operand = turned ? Tensor.transpose(product, [2, 0, 1]) : product
            return [Tensor.sum(operand, { axes }), Tensor.max(operand, { axes }), Tensor.min(operand, { axes })]
          },
          [x, row],
        )
        expectEachWay(program, [x, row], inEngine(program, [x, row], 128))
      }),
      { numRuns: caseCount(40) },
    )
  })

  it("of whole numbers are Reference's, however many terms they have", () => {
    const count = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 60, max: 3000 }))
    const width = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 40 }))
    fc.assert(
      fc.property(count, width, fc.integer({ min: 1, max: 4 }), fc.nat(), (count, width, rows, seed) => {
        const x = wholeNoise([count, width], seed)
        const indices = new NDArray(
          "i32",
          [count],
          Int32Array.from({ length: count }, (_, i) => (((i * 7919 + seed) >>> 3) % (rows + 2)) - 1),
        )
        const program = Programs.trace(
          (of, at) => [
            Tensor.scatterAdd(at, of, rows),
            ...[[0], [1], [0, 1]].flatMap((axes) => [
              Tensor.sum(of, { axes }),
              Tensor.sum(Tensor.transpose(of), { axes }),
              Tensor.max(of, { axes }),
            ]),
            Tensor.matmul(Tensor.transpose(of), of),
          ],
          [x, indices],
        )
        expectEachWay(program, [x, indices], Reference.run(program, [x, indices]))
      }),
      { numRuns: caseCount(40) },
    )
  })

  it("of updates are the same as one thread's in narrow lanes, to the bit", () => {
    const size = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        size,
        fc.integer({ min: 1, max: 2000 }),
        fc.nat(),
        (rows, width, count, seed) => {
          const updates = noise([count, width])
          const indices = new NDArray(
            "i32",
            [count],
            Int32Array.from({ length: count }, (_, i) => ((i * 7919 + seed) % (rows + 2)) - 1),
          )
          const program = Programs.trace((at, of) => [Tensor.scatterAdd(at, of, rows)], [indices, updates])
          expectEachWay(program, [indices, updates], inEngine(program, [indices, updates], 128))
        },
      ),
      { numRuns: caseCount(40) },
    )
  })
})

describe("sums of three hundred million ones", () => {
  it.each([
    ["along rows", [300_000_000], [0]],
    ["along columns", [300_000_000, 1], [0]],
  ] as const)("are three hundred million %s", (_, shape, axes) => {
    const one = new NDArray("f32", [], Float32Array.of(1))
    const program = Programs.trace((x) => [Tensor.sum(Tensor.broadcastTo(x, shape), { axes })], [one])
    expect(inEngine(program, [one], 256)[0]?.data[0]).toBe(300_000_000)
  })
})

describe("batch normalization over [32, 112, 112, 4]", () => {
  it("has means and variances within 1e-6 of the truth", () => {
    const shape = [32, 112, 112, 4]
    const count = 32 * 112 * 112
    const data = Float32Array.from(
      { length: count * 4 },
      (_, i) => 3 + Math.sin(i * 12.9898) * (1 + (i % 4)) + Math.cos(i * 78.233),
    )
    const images = new NDArray("f32", shape, data)
    const net = Layers.batchNorm({ momentum: 1 })
    const { params, state } = net.init(Key.make(1), shape.slice(1))
    const program = Programs.trace(
      (x) => {
        const { state: made } = net.apply(params, state, x as Tensor.Tensor, { mode: "train", key: Key.make(1) })
        return [made.mean, made.variance]
      },
      [images],
    )
    const [means, variances] = inEngine(program, [images], 256) as readonly [NDArray, NDArray]
    for (let channel = 0; channel < 4; channel++) {
      const column = Float64Array.from({ length: count }, (_, i) => data[4 * i + channel] as number)
      const mean = column.reduce((sum, x) => sum + x, 0) / count
      const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1)
      expectNear([means.data[channel] as number], mean)
      expectNear([variances.data[channel] as number], variance)
    }
  })
})
