/**
 * Recurrent layers and attention compared with PyTorch's results in float64: results and every gradient. The numbers and the
 * script that recorded them are in recorded/. Then what holds of them by what they are.
 */
import { readFileSync } from "node:fs"
import { Autodiff, Key, Layers, NDArray, type Net, Params, Reference, Sequence, type Shape, Tensor, Tree } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { describe, expect, test } from "vitest"
import { exactly } from "./exactly.ts"

type T = Tensor.Tensor

interface RecordedArray {
  readonly shape: Shape.Shape
  readonly data: ReadonlyArray<number>
}

interface Case {
  readonly layer: string
  readonly options: { readonly [option: string]: unknown }
  readonly x: RecordedArray
  readonly y: RecordedArray
  readonly cotangent: RecordedArray
  readonly toX: RecordedArray
  readonly params: { readonly [path: string]: RecordedArray }
  readonly toParams: { readonly [path: string]: RecordedArray }
}

/** The state of both directions by names: h, and c for an LSTM. */
type States = { readonly [name: string]: Sequence.Directions<RecordedArray> }

/** Packed sequences in both directions, from a given state. */
interface Packed extends Case {
  readonly layer: "lstm" | "gru"
  readonly length: ReadonlyArray<number>
  readonly before: States
  readonly after: States
}

const recorded = JSON.parse(readFileSync(new URL("recorded/torch-sequences-1.13.json", import.meta.url), "utf8")) as {
  readonly torch: string
  readonly cases: ReadonlyArray<Case>
  readonly packed: ReadonlyArray<Packed>
}

const close = { rtol: 1e-10, atol: 1e-12 }

const array = ({ data, shape }: RecordedArray): NDArray.NDArray => NDArray.make("f32", shape, Float64Array.from(data))

const infer: Net.Context = { mode: "infer" }

/** A tree like another, its leaves taken by their paths. */
const filled = (like: Params.Params, arrays: Case["params"]): Params.Params =>
  Params.map(like, (_, path) => array(arrays[Tree.printPath(path)] as RecordedArray))

test("the recording is PyTorch's", () => expect(recorded.torch).toBe("1.13.0a0"))

test.each(recorded.cases)("$layer $options", ({ cotangent, layer, options, params, toParams, toX, x, y }) => {
  const net = make(Layers.table, { name: layer, options })
  const { params: like, state } = net.init(Key.make(0), x.shape.slice(1))
  expect(Tree.entries(like as unknown).map(([path]) => Tree.printPath(path))).toEqual(Object.keys(params).sort())
  const f = (given: Params.Params, from: T, u: T) => {
    const { pull, value } = Autodiff.vjp(
      (at: { readonly params: Params.Params; readonly x: T }) => net.apply(at.params, state, at.x, infer).y,
      { params: given, x: from },
    )
    return { value, back: pull(u) }
  }
  const { back, value } = exactly(f)(filled(like, params), array(x), array(cotangent))
  assertAllClose(value, array(y), close)
  assertAllClose(back.x, array(toX), close)
  const wanted = Params.leaves(filled(like, toParams))
  for (const [i, leaf] of Params.leaves(back.params).entries()) assertAllClose(leaf, wanted[i] as T, close)
})

describe("packed sequences in both directions, from a given state", () => {
  const side = (states: States, direction: "forward" | "backward", layer: string): Params.Params => {
    const [h, c] = [states.h, states.c].map((both) => both && array(both[direction]))
    return (layer === "gru" ? h : { h, c }) as Params.Params
  }
  const both = (states: States, layer: string) => ({
    forward: side(states, "forward", layer),
    backward: side(states, "backward", layer),
  })

  test.each(recorded.packed)("$layer", ({ after, before, cotangent, layer, length, options, params, toParams, toX, x, y }) => {
    const make = (layer === "lstm" ? Sequence.lstm : Sequence.gru) as (
      options: Sequence.RecurrentOptions,
    ) => Sequence.Recurrent<Params.Params, Params.Params>
    const net = Sequence.bidirectional(make(options as unknown as Sequence.RecurrentOptions))
    const like = net.init(Key.make(0), { x: x.shape.slice(1), length: [] }).params
    const f = (given: Params.Params, from: T, u: T) => {
      let state: Params.Params = {}
      const { pull, value } = Autodiff.vjp(
        (at: { readonly params: Params.Params; readonly x: T }) => {
          const from = { x: at.x, length: Tensor.make([...length], "i32"), state: both(before, layer) }
          const made = net.withState.apply(at.params as typeof like, {}, from, infer).y
          state = made.state
          return made.x
        },
        { params: given, x: from },
      )
      return { value, state, back: pull(u) }
    }
    const { back, state, value } = exactly(f)(filled(like, params), array(x), array(cotangent))
    assertAllClose(value, array(y), close)
    assertAllClose(back.x, array(toX), close)
    const wanted = Params.leaves(filled(like, toParams))
    for (const [i, leaf] of Params.leaves(back.params).entries()) assertAllClose(leaf, wanted[i] as T, close)
    const ends = Params.leaves(both(after, layer))
    for (const [i, leaf] of Params.leaves(state).entries()) assertAllClose(leaf, ends[i] as T, close)
  })
})

const numbers = (x: T): ReadonlyArray<number> => [...(Reference.read([x])[0]?.data ?? [])]

describe.each(["simple_rnn", "lstm", "gru"] as const)("%s", (name) => {
  const net = (options: object) => make(Layers.table, { name, options: { units: 3, ...options } })
  const x = Key.normal(Key.make(1), [2, 5, 4])
  const { params } = net({}).init(Key.make(2), [5, 4])
  const made = (options: object, at: T = x): T => net(options).apply(params, {}, at, infer).y

  test("gives at its end what it gives last of all times", () => {
    expect(numbers(made({}))).toEqual(numbers(Tensor.at(made({ give: "all" }), ":", 4)))
    expect(numbers(made({ reverse: true }))).toEqual(numbers(Tensor.at(made({ give: "all", reverse: true }), ":", 0)))
  })

  test("backwards it is what it is forwards on the sequence turned round", () => {
    const turned = Tensor.flip(made({ give: "all" }, Tensor.flip(x, [1])), [1])
    assertAllClose(made({ give: "all", reverse: true }), turned, { rtol: 1e-6, atol: 1e-7 })
  })

  test("what comes later changes nothing of what was given before", () => {
    const other = Tensor.concat([Tensor.at(x, ":", "0:3"), Tensor.ones([2, 2, 4])], 1)
    const [a, b] = [made({ give: "all" }), made({ give: "all" }, other)].map((y) => numbers(Tensor.at(y, ":", "0:3")))
    expect(a).toEqual(b)
  })

  test("its program does not grow with the length of the sequence", () => {
    const steps = (time: number) => {
      const samples = Tensor.zeros([2, time, 4])
      const y = net({}).apply(params, {}, samples, infer).y
      let count = 0
      const seen = new Set<T>()
      const visit = (t: T): void => {
        if (seen.has(t) || !("recipe" in t)) return
        seen.add(t)
        count++
        for (const input of t.recipe?.inputs ?? []) visit(input)
      }
      visit(y)
      return count
    }
    expect(steps(50)).toBe(steps(5))
  })

  test("refuses samples that are no sequences of features", () => {
    expect(() => net({}).shape([5])).toThrow("samples [time, features]")
  })
})

test("an lstm starts out cachedCompile: its forget gate has a bias of 1", () => {
  const { b } = Layers.lstm({ units: 2 }).init(Key.make(1), [3, 4]).params
  expect(numbers(b)).toEqual([0, 0, 1, 1, 0, 0, 0, 0])
})

describe("attention", () => {
  const net = (causal: boolean) => Layers.multiHeadAttention({ heads: 2, causal })
  const { params } = net(false).init(Key.make(3), [5, 4])
  const x = Key.normal(Key.make(4), [2, 5, 4])

  test("without positions it does not know what comes first", () => {
    const turned = net(false).apply(params, {}, Tensor.flip(x, [1]), infer).y
    assertAllClose(Tensor.flip(turned, [1]), net(false).apply(params, {}, x, infer).y, { rtol: 1e-5, atol: 1e-6 })
  })

  test("when causal, what comes later changes nothing of what was made before", () => {
    const other = Tensor.concat([Tensor.at(x, ":", "0:3"), Tensor.ones([2, 2, 4])], 1)
    const [a, b] = [x, other].map((at) => numbers(Tensor.at(net(true).apply(params, {}, at, infer).y, ":", "0:3")))
    expect(a).toEqual(b)
  })

  test("refuses heads that do not divide the features, and samples that are no sequences", () => {
    expect(() => net(false).shape([5, 3])).toThrow("features that 2 heads divide, not 3")
    expect(() => net(false).shape([4])).toThrow("samples [time, features]")
  })
})

test("the waves of positions are those of the paper", () => {
  const made = numbers(Layers.positions().apply({}, {}, Tensor.zeros([1, 3, 4]), infer).y)
  const expected = [0, 1, 2].flatMap((t) => [Math.sin(t), Math.cos(t), Math.sin(t / 100), Math.cos(t / 100)])
  assertAllClose(Tensor.make(made), expected, { rtol: 1e-12, atol: 1e-12 })
})

test("a simple recurrent layer refuses an activation that does not keep the shape of a time step, before it is run", () => {
  expect(() => Layers.simpleRnn({ units: 4, activation: "glu" }).shape([5, 3])).toThrow(
    "an activation that keeps the shape of a time step",
  )
  expect(() => Layers.simpleRnn({ units: 3, activation: "swiglu" }).shape([5, 3])).toThrow("a last axis of even size")
  expect(Layers.simpleRnn({ units: 4, activation: "softmax" }).shape([5, 3])).toEqual([4])
})
