import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fuse } from "../src/compiler/Fuse.ts"
import { planMemory } from "../src/compiler/MemoryPlan.ts"
import { type Plan, print, type Slot } from "../src/compiler/Plan.ts"
import { Autodiff, Program, Tensor } from "../src/index.ts"
import * as Reference from "../src/reference/Reference.ts"
import { array } from "../src/testing/arbitraries.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { allocate, bytes } from "../src/types/DType.ts"
import { NDArray } from "../src/types/NDArray.ts"
import * as Shape from "../src/types/Shape.ts"
import { printSpec, type Spec } from "../src/types/ShapeError.ts"
import { runKernel } from "./run-plan.ts"

/** A plan done in slots of their own. */
const runPlan = ({ kernels, outputs, slots }: Plan, inputs: ReadonlyArray<NDArray>): ReadonlyArray<NDArray> => {
  const held = slots.map(({ dtype, storage, shape }) => {
    if (storage.tag === "input") return inputs[storage.index]
    if (storage.tag === "constant") return storage.array
    // No kernel writes a slot without elements, nor one that is a part of another.
    return Shape.size(shape) === 0 ? new NDArray(dtype, shape, allocate(dtype, 0)) : undefined
  })
  const read = (slot: number): NDArray => {
    const { dtype, shape, storage } = slots[slot] as Slot
    if (storage.tag !== "part") return held[slot] as NDArray
    const { data } = read(storage.of)
    return new NDArray(dtype, shape, data.slice(storage.offset, storage.offset + Shape.size(shape)))
  }
  for (const kernel of kernels)
    runKernel(kernel, {
      spec: (slot) => slots[slot] as Spec,
      read,
      write: (slot, { data, dtype }) => {
        held[slot] = new NDArray(dtype, (slots[slot] as Spec).shape, data)
      },
    })
  return outputs.map(({ slot }) => read(slot))
}

/** A plan done in one memory, a cell for each byte; an element stands in the cell of its first byte. */
const inMemory = (plan: Plan, resident: number) => {
  const { addresses, bytes: size, moves } = planMemory(plan, resident, 48)
  const cells = new Float64Array(size).fill(Number.NaN)
  const specOf = (slot: number): Spec => plan.slots[slot] as Spec
  const read = (slot: number): NDArray => {
    const { dtype, shape } = specOf(slot)
    const data = allocate(dtype, Shape.size(shape))
    for (let i = 0; i < data.length; i++) data[i] = cells[(addresses[slot] ?? Number.NaN) + i * bytes[dtype]] as number
    return new NDArray(dtype, shape, data)
  }
  const write = (slot: number, { data }: NDArray): void => {
    const { dtype } = specOf(slot)
    data.forEach((x, i) => {
      cells[(addresses[slot] ?? Number.NaN) + i * bytes[dtype]] = x
    })
  }
  plan.slots.forEach(({ storage }, slot) => {
    if (storage.tag === "constant") write(slot, storage.array)
  })
  return (inputs: ReadonlyArray<NDArray | undefined>): ReadonlyArray<NDArray> => {
    plan.slots.forEach(({ storage }, slot) => {
      const given = storage.tag === "input" ? inputs[storage.index] : undefined
      if (given !== undefined) write(slot, given)
    })
    for (const kernel of plan.kernels) runKernel(kernel, { spec: specOf, read, write })
    const outputs = plan.outputs.slice(resident).map(({ slot }) => read(slot))
    for (const { bytes: length, from, to } of moves) cells.copyWithin(to, from, from + length)
    return outputs
  }
}

/** A program whose first outputs are of the kinds and shapes of its first inputs, and inputs for some rounds of it. */
const stepping = programWithInputs({ maxSteps: 12 }).chain(({ inputs, program }) => {
  const total = program.inputs.length + program.constants.length + program.equations.length
  const all = Array.from({ length: total }, (_, value) => value)
  const successor = (spec: Spec) =>
    fc.constantFrom(...all.filter((value) => printSpec(Program.specOf(program, value)) === printSpec(spec)))
  return fc
    .integer({ min: 0, max: inputs.length })
    .chain((resident) =>
      fc.record({
        resident: fc.constant(resident),
        state: fc.tuple(...program.inputs.slice(0, resident).map(successor)),
        state0: fc.constant(inputs.slice(0, resident)),
        rounds: fc.array(fc.tuple(...program.inputs.slice(resident).map(({ dtype, shape }) => array(dtype, shape))), {
          minLength: 1,
          maxLength: 3,
        }),
      }),
    )
    .map((made) => ({ ...made, program: { ...program, outputs: [...made.state, ...program.outputs] } }))
})

describe("Fuse", () => {
  it("gives plans that mean what their programs mean", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 12 }), ({ inputs, program }) => {
        const expected = Reference.run(program, inputs)
        const got = runPlan(fuse(program), inputs)
        got.forEach((array, i) => {
          expect([...array.data]).toEqual([...(expected[i] as NDArray).data])
        })
      }),
      { numRuns: 1000 },
    )
  })

  it("makes few passes of many steps", () => {
    const step = (w: Tensor.Tensor, v: Tensor.Tensor, x: Tensor.Tensor, y: Tensor.Tensor) => {
      const loss = (at: Tensor.Tensor) => Tensor.mean(Tensor.square(Tensor.sub(Tensor.tanh(Tensor.matmul(x, at)), y)))
      const { grad, value } = Autodiff.valueAndGrad(loss)(w)
      const velocity = Tensor.add(Tensor.mul(v, 0.9), Tensor.mul(grad, 0.1))
      return [Tensor.sub(w, velocity), velocity, value]
    }
    const f32 = (...shape: ReadonlyArray<number>): Spec => ({ dtype: "f32", shape })
    const program = Program.trace(
      (w, v, x, y) => step(w as Tensor.Tensor, v as Tensor.Tensor, x as Tensor.Tensor, y as Tensor.Tensor),
      [f32(8, 2), f32(8, 2), f32(4, 8), f32(4, 2)],
    )
    expect(print(fuse(program))).toMatchInlineSnapshot(`
      "s0: f32[8, 2] input
      s1: f32[8, 2] input
      s2: f32[4, 8] input
      s3: f32[4, 2] input
      s4: f32[4, 2]
      s5: f32[4, 2]
      s6: f32[4, 2]
      s7: f32[8, 2]
      s8: f32[8, 2]
      s9: f32[8, 2]
      s10: f32[]
      s11: f32[]
      product [4, 8, 2] s4 = s2[8 1] × s0[2 1]; s5 = tanh(s4); s6 = mul(add(mul(0.125, sub(tanh(s4), s3)), mul(0.125, sub(tanh(s4), s3))), sub(1, mul(tanh(s4), tanh(s4))))
      product [8, 4, 2] s7 = s2[1 8] × s6[2 1]; s8 = add(mul(s1, 0.9), mul(s7, 0.1)); s9 = sub(s0, add(mul(s1, 0.9), mul(s7, 0.1)))
      reduce [4, 2] keeping 0 by rows: s10 = reduceSum mul(sub(s5, s3), sub(s5, s3))
      loop [] s11 = div(s10, 8)
      return s9 s8 s11"
    `)
  })
})

describe("Fuse of a rectifier and its derivative", () => {
  const rectified = (...specs: readonly [x: Spec, w: Spec, g: Spec]) =>
    Program.trace((x, w, g) => {
      const z = Tensor.matmul(x as Tensor.Tensor, w as Tensor.Tensor)
      const below = Tensor.lessEqual(z, 0)
      return [Tensor.where(below, 0, z), Tensor.where(below, 0, g as Tensor.Tensor)]
    }, specs)

  it("asks the result whether it was cut, and keeps nothing of what it was before", () => {
    const f32 = (...shape: ReadonlyArray<number>): Spec => ({ dtype: "f32", shape })
    expect(
      print(fuse(rectified(f32(2, 3), f32(3, 4), f32(2, 4))))
        .split("\n")
        .slice(-2),
    ).toEqual([
      "product [2, 3, 4] s3 = s0[3 1] × s1[4 1]; s4 = where(lessEqual(s3, 0), 0, s3); s5 = where(lessEqual(where(lessEqual(s3, 0), 0, s3), 0), 0, s2)",
      "return s4 s5",
    ])
  })

  it("is one step where it is written twice", () => {
    const relu = (z: Tensor.Tensor) => Tensor.where(Tensor.lessEqual(z, 0), 0, z)
    const twice = Program.trace((x) => [relu(x as Tensor.Tensor), relu(x as Tensor.Tensor)], [{ dtype: "f32", shape: [4] }])
    expect(print(fuse(twice)).split("\n").slice(-2)).toEqual(["loop [4] s1 = where(lessEqual(s0, 0), 0, s0)", "return s1 s1"])
  })

  it("means the same, of numbers without order and of both zeros", () => {
    const from = (...rows: ReadonlyArray<ReadonlyArray<number>>) => Tensor.read(Tensor.make(rows))
    const x = from([1, Number.NaN, -1], [0, -0, Number.NEGATIVE_INFINITY], [-1, 0, 0])
    const w = from([1, -1, 0, 2], [0, 0, 1, -0], [1, 1, 1, 0])
    const g = from([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12])
    const program = rectified(x, w, g)
    const expected = Reference.run(program, [x, w, g]).map(({ data }) => [...data])
    expect(runPlan(fuse(program), [x, w, g]).map(({ data }) => [...data])).toEqual(expected)
  })
})

describe("Fuse of long programs", () => {
  const chain = (step: (x: Tensor.Tensor) => Tensor.Tensor, length: number) =>
    Program.trace(
      (x) => {
        let y = x as Tensor.Tensor
        for (let i = 0; i < length; i++) y = step(y)
        return [y]
      },
      [{ dtype: "f32", shape: [4] }],
    )

  it("cuts a chain of 50,000 steps into kernels that hosts compile", () => {
    const { kernels } = fuse(chain((x) => Tensor.mul(x, 0.5), 50_000))
    const lengths = kernels.map((kernel) => (kernel.tag === "loop" ? kernel.terms.length : Number.POSITIVE_INFINITY))
    expect(Math.max(...lengths)).toBeLessThan(1000)
  })

  it("does not do again what is used twice at every step", () => {
    const { kernels } = fuse(chain((x) => Tensor.add(x, Tensor.mul(x, x)), 200))
    const terms = kernels.reduce((sum, kernel) => sum + (kernel.tag === "loop" ? kernel.terms.length : 0), 0)
    expect(terms).toBeLessThan(1000)
  })

  it("follows 20,000 transposes", () => {
    const turned = Program.trace(
      (x) => {
        let y = x as Tensor.Tensor
        for (let i = 0; i < 20_001; i++) y = Tensor.transpose(y)
        return [y]
      },
      [{ dtype: "f32", shape: [2, 3] }],
    )
    const x = Tensor.make([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect([...(runPlan(fuse(turned), [x])[0] as NDArray).data]).toEqual([1, 4, 2, 5, 3, 6])
  })
})

describe("planMemory", () => {
  it("gives every slot a place that nothing writes to while it is needed, from step to step", () => {
    fc.assert(
      fc.property(stepping, ({ program, resident, rounds, state0 }) => {
        const step = inMemory(fuse(program), resident)
        let state: ReadonlyArray<NDArray> = state0
        rounds.forEach((batch, round) => {
          const expected = Reference.run(program, [...state, ...batch])
          state = expected.slice(0, resident)
          // Only the first round is given the state; from then on it is what the step left in memory.
          const given = round === 0 ? state0 : state0.map(() => undefined)
          step([...given, ...batch]).forEach((output, i) => {
            expect([...output.data]).toEqual([...(expected[resident + i] as NDArray).data])
          })
        })
      }),
      { numRuns: 500 },
    )
  })

  it("replaces the state of a training step in place", () => {
    const f32: Spec = { dtype: "f32", shape: [64, 64] }
    const program = Program.trace(
      (w, v, g) => {
        const velocity = Tensor.add(Tensor.mul(v as Tensor.Tensor, 0.9), g as Tensor.Tensor)
        return [Tensor.sub(w as Tensor.Tensor, velocity), velocity]
      },
      [f32, f32, f32],
    )
    const { bytes: size, moves } = planMemory(fuse(program), 2, 0)
    expect(moves).toEqual([])
    expect(size).toBe(3 * 64 * 64 * 4 + 64)
  })

  /** A step whose first input is state: rows of it are sliced, reshaped and multiplied, and all of it is replaced. */
  const sliced = (from: number, to: number): Program.Program =>
    Program.trace(
      (state, x) => {
        const [whole, right] = [state as Tensor.Tensor, x as Tensor.Tensor]
        const rows = Tensor.reshape(Tensor.slice(whole, [from, 0], [to, 6]), [2 * (to - from), 3])
        const product = Tensor.reshape(Tensor.matmul(rows, right), [to - from, 6])
        const again = Tensor.reshape(Tensor.slice(Tensor.reshape(product, [6 * (to - from)]), [3], [9]), [2, 3])
        return [Tensor.mul(whole, 2), Tensor.matmul(again, right), product]
      },
      [
        { dtype: "f32", shape: [5, 6] },
        { dtype: "f32", shape: [3, 3] },
      ],
    )

  it("takes consecutive elements of an array for a part of it, and copies nothing", () => {
    const { kernels, slots } = fuse(sliced(1, 4))
    expect(slots.flatMap(({ storage }) => (storage.tag === "part" ? [storage] : []))).toEqual([
      { tag: "part", of: 0, offset: 6 },
      { tag: "part", of: kernels[1]?.tag === "product" ? kernels[1].slot : -1, offset: 3 },
    ])
    expect(kernels.map(({ tag }) => tag)).toEqual(["loop", "product", "product"])
  })

  it("keeps an array as long as a part of it is read", () => {
    const [x, right] = [Tensor.read(Tensor.reshape(Tensor.range(30, "f32"), [5, 6])), Tensor.read(Tensor.eye(3))]
    for (const [from, to] of [
      [0, 5],
      [1, 4],
      [3, 5],
    ] as const) {
      const program = sliced(from, to)
      const step = inMemory(fuse(program), 1)
      let state: NDArray = x
      for (let round = 0; round < 3; round++) {
        const expected = Reference.run(program, [state, right])
        const got = step([round === 0 ? x : undefined, right])
        expect(got.map(({ data }) => [...data])).toEqual(expected.slice(1).map(({ data }) => [...data]))
        state = expected[0] as NDArray
      }
    }
  })
})
