/** What a compiled function makes of its own accord, beforehand: the program is shorter, and the bits are those it had. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Compile, Engine, Key, Layers, NDArray, Net, Program, ShapeError, Tensor, Wasm } from "../src/index.ts"
import { foldable } from "../src/language/ConstantFolding.ts"
import { inline } from "../src/language/Program.ts"
import { tensors } from "../src/language/TensorTree.ts"
import { programWithInputs } from "../src/testing/programs.ts"

type T = Tensor.Tensor

const engines = {
  reference: Engine.layerReference,
  portable: Wasm.layer({ threads: 1 }),
  fast: Wasm.layer({ threads: 1, numerics: "fast" }),
} as const

/** The engine, with every program that it prepares written down. */
const watched = (jobs: Array<Program.Program>, layer: Layer.Layer<Engine.Engine>) =>
  Layer.effect(
    Engine.Engine,
    Effect.map(Engine.Engine, (engine) =>
      Engine.Engine.of({
        ...engine,
        prepare: (job) => {
          jobs.push(job.program)
          return engine.prepare(job)
        },
      }),
    ),
  ).pipe(Layer.provide(layer))

/** What a function gives when nothing of it is computed beforehand. */
const unfolded = <Args extends ReadonlyArray<T>>(f: (...args: Args) => unknown, ...args: Args) =>
  Effect.gen(function* () {
    const engine = yield* Engine.Engine
    const program = Program.trace((...inputs) => tensors(f(...(inputs as ReadonlyArray<T> as Args))), args)
    const executable = yield* engine.prepare({ program, resident: 0 })
    const [outputs = []] = yield* Effect.flatten(executable.run([args as ReadonlyArray<T> as ReadonlyArray<NDArray.NDArray>]))
    return outputs
  })

const same = (actual: ReadonlyArray<T>, expected: ReadonlyArray<T>): void => {
  assert.strictEqual(actual.length, expected.length)
  for (const [i, x] of actual.entries())
    assert.isTrue(NDArray.equals(Tensor.read(x), Tensor.read(expected[i] as T)), `output ${i}`)
}

const uses = (program: Program.Program | undefined, primitive: string): boolean =>
  program?.equations.some((equation) => equation.primitive === primitive) ?? false

const net = Net.sequential([Layers.dense({ units: 5, activation: "relu" }), Layers.dense({ units: 3 })])
const x = Tensor.read(Key.normal(Key.make(3), [4, 6]))

for (const [name, layer] of Object.entries(engines))
  describe(`a function that closes over parameters nobody has read, on ${name}`, () => {
    it.effect("has a program without their initializers, and the same bits", () => {
      const jobs: Array<Program.Program> = []
      return Effect.gen(function* () {
        const { params, state } = net.init(Key.make(1), [6])
        const f = (rows: T): T => net.apply(params, state, rows, { mode: "infer" }).y
        const compiled = yield* Compile.compile(f, x)
        assert.deepStrictEqual(
          jobs.map((program) => uses(program, "threefry")),
          [true, false],
        )
        assert.deepStrictEqual(jobs[1]?.equations.map(({ primitive }) => primitive).filter((step) => step === "dot").length, 2)
        same([yield* compiled(x)], yield* unfolded(f, x))
      }).pipe(Effect.scoped, Effect.provide(watched(jobs, layer)))
    })

    it.effect("so has a step", () => {
      const jobs: Array<Program.Program> = []
      return Effect.gen(function* () {
        const { params, state } = net.init(Key.make(1), [6])
        const f = (sum: T, rows: T) => {
          const { y } = net.apply(params, state, rows, { mode: "infer" })
          return { state: Tensor.add(sum, Tensor.sum(y)), output: y }
        }
        const step = yield* Compile.step(f, Tensor.scalar(1))
        const [output] = yield* step.run([x])
        assert.isFalse(uses(jobs.at(-1), "threefry"))
        const [sum, y] = yield* unfolded(
          (before: T, rows: T) => {
            const made = f(before, rows)
            return [made.state, made.output]
          },
          NDArray.make("f32", [], Float32Array.of(1)),
          x,
        )
        same([yield* step.state, output as T], [sum as T, y as T])
      }).pipe(Effect.scoped, Effect.provide(watched(jobs, layer)))
    })
  })

describe("what is not worth it stays in the program", () => {
  const partsOf = (f: () => T) => foldable([f()]).map(({ shape }) => shape)

  test("numbers repeated, counted, moved, added and multiplied", () => {
    expect(partsOf(() => Tensor.full([1000, 1000], 2))).toEqual([])
    expect(partsOf(() => Tensor.mul(Tensor.cast(Tensor.reshape(Tensor.range(1e6), [1000, 1000]), "f32"), 0.5))).toEqual([])
    expect(partsOf(() => Tensor.div(Tensor.cast(NDArray.make("u8", [4], new Uint8Array(4)), "f32"), 255))).toEqual([])
  })
  test("what is repeated after it was dear: the part ends before it", () => {
    expect(partsOf(() => Tensor.broadcastTo(Tensor.sum(Tensor.range(10)), [1000, 1000]))).toEqual([[]])
    expect(partsOf(() => Tensor.add(Tensor.exp(Tensor.cast(Tensor.range(3), "f32")), Tensor.zeros([100, 3])))).toEqual([[3]])
  })
  test("what is large: not even to be summed", () => {
    const large = () => Tensor.exp(Tensor.broadcastTo(Tensor.scalar(1), [2 ** 14, 2 ** 13]))
    expect(partsOf(large)).toEqual([])
    expect(partsOf(() => Tensor.sum(large()))).toEqual([])
    const half = () => Tensor.exp(Tensor.broadcastTo(Tensor.scalar(1), [2 ** 12, 2 ** 13]))
    expect(partsOf(half)).toEqual([[2 ** 12, 2 ** 13]])
    expect(foldable([half(), half(), half()])).toHaveLength(2)
  })
  test("an argument, and everything computed from it", () => {
    const { program } = Compile.program((x: T) => Tensor.exp(x), Tensor.zeros([3]))
    expect(Program.print(program)).toBe("program (a: f32[3]) {\n  b: f32[3] = exp a\n  return b\n}")
  })
})

for (const [name, layer] of Object.entries(engines))
  it.effect(`a state and an output that depend on nothing are what they were computed as, on ${name}`, () =>
    Effect.gen(function* () {
      const engine = yield* Engine.Engine
      const drawn = () => Key.normal(Key.make(4), [3])
      const step = yield* Compile.step((_: T, rows: T) => ({ state: drawn(), output: [drawn(), rows] }), Tensor.zeros([3]))
      const expected = yield* unfolded((_: T) => drawn(), Tensor.read(Tensor.zeros([1])))
      for (let i = 0; i < 2; i++) {
        const [output] = yield* step.run([x])
        same(output ?? [], [...expected, x])
        same([yield* step.state], yield* engine.read(expected))
      }
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

it.effect("refuses the argument of another function, as it does without", () =>
  Effect.gen(function* () {
    let stranger: T | undefined
    Compile.program(
      (y: T) => {
        stranger = Tensor.exp(y)
        return y
      },
      Tensor.zeros([2]),
    )
    const got = yield* Effect.flip(Compile.compile((y: T) => Tensor.add(y, stranger as T) as T, Tensor.zeros([2]) as T))
    assert.instanceOf(got, ShapeError)
    assert.match(got.message, /another function that is being traced/)
  }).pipe(Effect.scoped, Effect.provide(Engine.layerReference)),
)

for (const [name, layer] of Object.entries(engines))
  test(`a random program with some of its inputs known gives the bits that it gives with all of them as inputs, on ${name}`, () =>
    fc.assert(
      fc.asyncProperty(
        programWithInputs({ special: true }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        async (drawn, mask) => {
          const { inputs, program } = drawn
          const isKnown = (i: number) => mask[i % mask.length] === true
          const rest = inputs.filter((_, i) => !isKnown(i))
          const f = (...given: ReadonlyArray<T>) => {
            let next = 0
            return inline(
              program,
              inputs.map((input, i) => (isKnown(i) ? input : (given[next++] as T))),
            )
          }
          await Effect.runPromise(
            Effect.gen(function* () {
              const compiled = yield* Compile.compile(f, ...rest)
              same(yield* compiled(...rest), yield* unfolded(f, ...rest))
            }).pipe(Effect.scoped, Effect.provide(layer)),
          )
        },
      ),
      { numRuns: 150 },
    ))
