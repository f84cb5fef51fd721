/** Functions whose intermediate values are computed again: the same bits in less memory, nested, in batches, in loops and in nets. */
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { fuse } from "../src/compiler/Fuse.ts"
import { planMemory } from "../src/compiler/MemoryPlan.ts"
import { Autodiff, Compile, Key, Layers, Net, Program, Tensor, Transform, Tree } from "../src/index.ts"
import { inline } from "../src/language/Program.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"
import { programWithInputs } from "../src/testing/programs.ts"
import { caseCount } from "./case-count.ts"
import { expectSame } from "./expect-same.ts"
import { oneByOne, whole } from "./one-by-one.ts"

type T = Tensor.Tensor

interface Weights {
  readonly a: T
  readonly b: T
}

const width = 8

const weightsOf = (depth: number): ReadonlyArray<Weights> =>
  Array.from({ length: depth }, (_, i) => {
    const draw = (name: string, shape: ReadonlyArray<number>): T =>
      Tensor.read(Tensor.mul(Key.normal(Key.fold(Key.fold(Key.make(1), name), i), shape), 0.3))
    return { a: draw("a", [width, 4 * width]), b: draw("b", [4 * width, width]) }
  })

type Layer = (x: T, w: Weights) => T

const layer: Layer = (x, { a, b }) => Tensor.add(x, Tensor.matmul(Tensor.tanh(Tensor.matmul(Tensor.sin(x), a)), b))

/** A training step of a net of layers. */
const stepOf = (layer: Layer) => (weights: ReadonlyArray<Weights>, x: T) => {
  const loss = (weights: ReadonlyArray<Weights>): T => Tensor.sum(Tensor.square(weights.reduce((y, w) => layer(y, w), x)))
  const { grad, value } = Autodiff.valueAndGrad(loss)(weights)
  const moved = weights.map(({ a, b }, i) => ({
    a: Tensor.sub(a, Tensor.mul(grad[i]?.a as T, 0.01)),
    b: Tensor.sub(b, Tensor.mul(grad[i]?.b as T, 0.01)),
  }))
  return [moved, value] as const
}

const drawn = (rows: number): T => Tensor.read(Key.normal(Key.make(3), [rows, width]))

const bytesOf = (layer: Layer): number => {
  const weights = weightsOf(32)
  const { program } = Compile.program(stepOf(layer), weights, drawn(64))
  return planMemory(fuse(program), 2 * weights.length, 0).bytes
}

describe("checkpoint", () => {
  test("divides the memory of a training step of 32 layers by more than four", () => {
    const [kept, again] = [bytesOf(layer), bytesOf(Transform.checkpoint(layer))]
    expect(kept / again).toBeGreaterThan(4)
    expect(bytesOf((x, w) => Transform.checkpoint((x: T) => layer(x, w))(x))).toBe(again)
  })

  test("leaves every bit of a training step, by the engine and one by one", () => {
    const weights = weightsOf(3)
    const x = drawn(5)
    const inputs = [...Tree.leaves(weights), x].map((leaf) => Tensor.read(leaf as T))
    const [plain, again] = [layer, Transform.checkpoint(layer)].map((f) => Compile.program(stepOf(f), weights, x).program)
    const compiled = whole("portable", again as Program.Program, inputs)
    expectSame(compiled, whole("portable", plain as Program.Program, inputs))
    expectSame(compiled, oneByOne("portable", again as Program.Program, inputs))
  })

  test("of random programs has their results and gradients, also one in another", () => {
    fc.assert(
      fc.property(programWithInputs({ maxSteps: 6 }), ({ inputs, program }) => {
        const f = (xs: ReadonlyArray<T>): ReadonlyArray<T> => inline(program, xs)
        const results = (g: typeof f): ReadonlyArray<T> => {
          const { pull, value } = Autodiff.vjp(g, inputs as ReadonlyArray<T>)
          return [...value, ...pull(value.map((x) => (x.dtype === "f32" ? Tensor.onesLike(x) : Tensor.zerosLike(x))))]
        }
        const wanted = results(f)
        const twice = Transform.checkpoint((xs: ReadonlyArray<T>) => Transform.checkpoint(f)(xs))
        for (const g of [Transform.checkpoint(f), twice])
          for (const [i, x] of results(g).entries()) assertAllClose(x, wanted[i] as T, { rtol: 1e-9, atol: 1e-9 })
      }),
      { numRuns: caseCount(60) },
    )
  })

  test("has the gradients of what it closes over, and second derivatives", () => {
    const [w] = weightsOf(1) as [Weights]
    const f = ({ a, b }: Weights): T =>
      Tensor.sum(Tensor.square(Transform.checkpoint((x: T) => layer(layer(x, { a, b }), { a, b }))(drawn(2))))
    expect(() => checkGrads(f, w, { order: 2, rtol: 1e-4 })).not.toThrow()
  })

  test("goes together with vmap in either order, and with loops", () => {
    const weights = weightsOf(1)[0] as Weights
    const xs = Tensor.read(Key.normal(Key.make(4), [3, 2, width]))
    const slope = (layer: Layer) => (x: T) => Autodiff.grad((w: Weights) => Tensor.sum(Tensor.square(layer(x, w))))(weights).a
    const batch = (layer: Layer) =>
      Autodiff.grad((w: Weights) => Tensor.sum(Transform.vmap((x: T) => Tensor.square(layer(x, w)))(xs)))(weights).a
    const loop = (layer: Layer) =>
      Autodiff.grad((w: Weights) =>
        Tensor.sum(Tensor.scan((c: T, x: T) => ({ carry: layer(Tensor.add(c, x), w), kept: [] }), drawn(2), xs).carry),
      )(weights).a
    const close = { rtol: 1e-5, atol: 1e-5 }
    const again = Transform.checkpoint(layer)
    assertAllClose(Transform.vmap(slope(again))(xs), Transform.vmap(slope(layer))(xs), close)
    for (const of of [batch, loop]) assertAllClose(of(again), of(layer), close)
  })
})

test("Net.checkpoint has the parameters, outputs, state and random numbers of its net, and recomputes only while training", () => {
  const block = Net.sequential([
    Layers.dense({ units: 4, activation: "gelu" }),
    Layers.batchNorm(),
    Layers.dropout(0.5),
    Layers.dense({ units: 3 }),
  ])
  const again = Net.checkpoint(block)
  const { params, state } = block.init(Key.make(1), [3])
  expect(Tree.structure(again.init(Key.make(1), [3]))).toBe(Tree.structure({ params, state }))
  const x = Tensor.read(Key.normal(Key.make(5), [6, 3]))
  const trained = (net: typeof block) => {
    const loss = (params: typeof block extends Net.Net<infer P> ? P : never) => {
      const applied = net.apply(params, state, x, { mode: "train", key: Key.make(2) })
      return { value: Tensor.sum(Tensor.square(applied.y)), aux: applied }
    }
    const { aux, grad } = Autodiff.valueAndGradAux(loss)(params)
    return (Tree.leaves({ aux, grad }) as ReadonlyArray<T>).map((leaf) => Tensor.read(leaf))
  }
  expectSame(trained(again), trained(block))
  const seen: Array<string> = []
  const observe = (name: string, y: T): void => void seen.push(`${name} ${Tensor.toArray(Tensor.sum(y)) !== undefined}`)
  again.apply(params, state, x, { mode: "train", key: Key.make(2), observe })
  expect(seen).toContain("dropout1 true")
  const primitives = (mode: "train" | "infer") =>
    Program.trace(
      (x) => [again.apply(params, state, x as T, mode === "infer" ? { mode } : { mode, key: Key.make(2) }).y],
      [x],
    ).equations.map(({ primitive }) => primitive)
  expect([primitives("infer"), primitives("train")].map((all) => all.includes("custom"))).toEqual([false, true])
})
