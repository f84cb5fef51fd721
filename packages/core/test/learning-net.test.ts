import { Activation, type Initializer, Key, Layers, Net, Params, Shape, ShapeError, Tensor, Tree } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { checkGrads } from "@adjoint/core/testing/checkGrads"
import * as Doubles from "@adjoint/core/testing/doubles"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const key = Key.make(7)
const infer: Net.Context = { mode: "infer" }
const train: Net.Context = { mode: "train", key: Key.make(11) }

const numbers = (tree: unknown): ReadonlyArray<readonly [string, ReadonlyArray<number>]> =>
  Tree.entries(tree).map(([path, leaf]) => [Tree.printPath(path), [...Doubles.read(leaf).data]])

const dense = (units: number, activation: Activation.Name = "tanh") => Layers.dense({ units, activation })

/** Nets to hold the laws to, with the shape of one sample. */
const nets: { readonly [name: string]: readonly [Net.Net, Shape.Shape] } = {
  dense: [dense(3), [4]],
  "dense over the last axis": [dense(3), [2, 5, 4]],
  "dense without bias": [Layers.dense({ units: 2, bias: false }), [3]],
  "dense by name": [
    make(Layers.table, { name: "dense", options: { units: 3, bias_init: { name: "constant", options: {} } } }),
    [4],
  ],
  dropout: [Layers.dropout(0.3), [6]],
  flatten: [Layers.flatten, [2, 3, 2]],
  reshape: [Layers.reshape([3, 2]), [6]],
  sigmoid: [Layers.activation("sigmoid"), [3]],
  sequential: [Net.sequential([Layers.flatten, dense(4), Layers.dropout(0.5), dense(2, "identity")]), [2, 2]],
  nothing: [Net.sequential([]), [3]],
  repeat: [Net.repeat(3, Net.sequential({ a: dense(4), b: Layers.dropout(0.2) })), [3]],
  graph: [
    Net.graph([
      ["a", { net: dense(4) }],
      ["b", { net: dense(4, "sigmoid") }],
      ["skip", { net: dense(4, "identity"), from: "input" }],
      ["sum", { join: "add", from: ["b", "skip", "a"] }],
      ["gate", { join: "multiply", from: ["sum", "b"] }],
      ["wide", { join: "concat", from: ["gate", "input"] }],
      ["out", { net: dense(2, "identity") }],
    ]),
    [3],
  ],
}

describe.each(Object.entries(nets))("%s", (_, [net, input]) => {
  const { params, state } = net.init(key, input)
  const x = Tensor.read(Key.normal(Key.make(3), [5, ...input]))

  test("makes of a batch the shape it says", () => {
    for (const context of [infer, train]) expect(net.apply(params, state, x, context).y.shape).toEqual([5, ...net.shape(input)])
  })

  test("gives back a state of the structure it was given", () => {
    expect(Tree.structure(net.apply(params, state, x, train).state)).toBe(Tree.structure(state))
  })

  test("starts from the same numbers for the same key", () => {
    expect(numbers(net.init(key, input).params)).toEqual(numbers(params))
  })

  test("treats each sample by itself", () => {
    const whole = net.apply(params, state, x, infer).y
    const first = net.apply(params, state, Tensor.at(x, "0:2"), infer).y
    assertAllClose(first, Tensor.at(whole, "0:2"), { rtol: 1e-13, atol: 1e-15 })
  })

  test("has the gradient that central differences measure, for inputs and parameters", () => {
    for (const context of [infer, train])
      checkGrads(
        ({ at, weights }: { readonly at: T; readonly weights: Params.Params }) => net.apply(weights, state, at, context).y,
        {
          at: x,
          weights: params,
        },
      )
  })

  test("its description adds up to its parameters and ends in its shape", () => {
    const rows = Net.describe(net, input)
    const total = Params.leaves(params).reduce((sum, leaf) => sum + Shape.size(leaf.shape), 0)
    expect(rows.reduce((sum, row) => sum + row.parameters, 0)).toBe(total)
    if (rows.length > 0) expect(rows.at(-1)?.outputs).toEqual([net.shape(input)])
  })
})

describe("dense", () => {
  test("is x · W + b, then the activation", () => {
    const net = Layers.dense({ units: 2, activation: "relu" })
    const params = {
      w: Tensor.make([
        [1, -1],
        [2, 0],
      ]),
      b: Tensor.make([0.5, 0.25]),
    }
    expect(
      Doubles.toArray(
        net.apply(
          params,
          {},
          Tensor.make([
            [3, 4],
            [-1, 0],
          ]),
          infer,
        ).y,
      ),
    ).toEqual([
      [11.5, 0],
      [0, 1.25],
    ])
  })

  test("lets an activation learn: its parameters stand beside the weights, under the layer's key", () => {
    const slope: Net.Net = Net.stateless({
      kind: "prelu",
      shape: (input) => input,
      init: (_, input) => ({ alpha: Tensor.full([input.at(-1) ?? 1], 0.25) }),
      apply: ({ alpha }, x) => Tensor.where(Tensor.lessEqual(x, 0), Tensor.mul(x, alpha), x),
    })
    const prelu = Activation.make((x) => Activation.leakyRelu(x, 0.25), { gain: 1.37, suits: "he", net: slope })
    const net = Layers.dense({ units: 3, activation: prelu })
    const { params, state } = net.init(key, [2])
    expect(numbers(params).map(([path]) => path)).toEqual(["activation.alpha", "b", "w"])
    const x = Tensor.make([
      [1, -2],
      [-3, 4],
    ])
    const plain = Layers.dense({ units: 3, activation: Activation.make(prelu, { ...prelu, net: Net.pure("leaky", prelu) }) })
    assertAllClose(net.apply(params, state, x, infer).y, plain.apply(plain.init(key, [2]).params, {}, x, infer).y, {
      rtol: 1e-15,
    })
    checkGrads((at: Params.Params) => net.apply(at as typeof params, state, x, infer).y, params as Params.Params)
  })

  test("lets an activation draw: from the key, and only while training", () => {
    const noisy = Net.pure("noise", (x, context) =>
      context.mode === "train" ? Tensor.mul(x, Key.uniform(context.key, x.shape)) : Tensor.mul(x, 0.5),
    )
    const net = Layers.dense({
      units: 3,
      activation: Activation.make((x) => Tensor.mul(x, 0.5), { gain: 1, suits: "he", net: noisy }),
    })
    const { params, state } = net.init(key, [2])
    const y = (context: Net.Context) => numbers(net.apply(params, state, Tensor.ones([4, 2]), context).y)
    expect(y(train)).toEqual(y(train))
    expect(y(train)).not.toEqual(y({ mode: "train", key: Key.make(12) }))
    expect(y(infer)).toEqual(y({ mode: "infer" }))
  })

  test("refuses what does not fit, saying which layer and what", () => {
    const net = Net.sequential({ hidden: dense(3), out: dense(2) })
    const { params, state } = net.init(key, [4])
    expect(() => net.apply(params, state, Tensor.zeros([6, 5]), infer)).toThrow(
      "hidden: dense got f32[6, 5] and f32[4, 3]; it wants x [batch, …, 4]. Try: initialize the net for the shape of these samples",
    )
    // Twelve numbers a sample would divide by four, but they are not features.
    expect(() => dense(3).apply(params.hidden, {}, Tensor.zeros([6, 4, 3]), infer)).toThrow(ShapeError)
    expect(() => net.shape([])).toThrow("hidden: dense got f32[]; it wants at least one axis of features")
  })
})

describe("dropout", () => {
  const rate = 0.25
  const net = Layers.dropout(rate)
  const x = Tensor.ones([400, 100])

  test("is the identity when inferring", () => {
    expect(net.apply({}, {}, x, infer).y).toBe(x)
  })

  test("drops its share and keeps the mean", () => {
    const { data } = Doubles.read(net.apply({}, {}, x, train).y)
    const dropped = data.filter((y) => y === 0).length / data.length
    // Five standard errors of a share of 40,000.
    expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / data.length))
    expect(new Set(data)).toEqual(new Set([0, 1 / (1 - rate)]))
  })

  test("a rate of 0 drops nothing", () => {
    expect(Layers.dropout(0).apply({}, {}, x, train).y).toBe(x)
  })

  test("drops others for another key", () => {
    const of = (seed: number) => numbers(net.apply({}, {}, x, { mode: "train", key: Key.make(seed) }).y)
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })
})

describe("reshape", () => {
  test("refuses a shape of another size, with the layer's name", () => {
    expect(() => Net.sequential([dense(5), Layers.reshape([2, 3])]).shape([4])).toThrow(
      "reshape1: reshape got f32[5]; it wants samples of 6 numbers for [2, 3]. Try: sizes that multiply to 5",
    )
  })
})

describe("names and keys", () => {
  const word = fc.stringMatching(/^[a-z_]{1,6}$/)
  const layer = fc.oneof(
    fc.integer({ min: 1, max: 4 }).map((units): Net.Net => dense(units)),
    fc.constantFrom(0.2, 0.5).map((rate): Net.Net => Layers.dropout(rate)),
  )
  const named = fc.uniqueArray(fc.tuple(word, layer), { selector: ([name]) => name, minLength: 1, maxLength: 5 })
  const sequence = (layers: ReadonlyArray<readonly [string, Net.Net]>) =>
    Net.graph(layers.filter(([name]) => name !== "input").map(([name, net]) => [name, { net }]))

  test("one dropout more changes no other layer's weights, and no other layer's mask", () => {
    fc.assert(
      fc.property(named, fc.nat(5), fc.nat(1e6), (layers, at, seed) => {
        const more = [...layers.slice(0, at), ["Added", Layers.dropout(0.4)] as const, ...layers.slice(at)]
        const of = (net: Net.Net) => net.init(Key.make(seed), [3])
        expect(numbers(of(sequence(more)).params)).toEqual(numbers(of(sequence(layers)).params))
      }),
    )
    const masks = (layers: ReadonlyArray<readonly [string, Net.Net]>) => {
      const net = sequence(layers)
      const seen = new Map<string, ReadonlyArray<boolean>>()
      const observe = (name: string, y: T): void => {
        seen.set(
          name,
          [...Tensor.read(y).data].map((value) => value === 0),
        )
      }
      net.apply(net.init(key, [50]).params, net.init(key, [50]).state, Tensor.ones([2, 50]), { ...train, observe })
      return seen.get("d")
    }
    const d = ["d", Layers.dropout(0.5)] as const
    expect(masks([d])?.some(Boolean)).toBe(true)
    expect(masks([["rename", Layers.activation("sigmoid")], d])).toEqual(masks([d]))
    expect(masks([["zero", Layers.dropout(0)], d])).toEqual(masks([d]))
  })

  test("layers alike have weights of their own", () => {
    const { params } = Net.sequential({ a: dense(3), b: dense(3) }).init(key, [3])
    expect(numbers(params.a)).not.toEqual(numbers(params.b))
    const [first, second] = Net.repeat(2, dense(3)).init(key, [3]).params
    expect(numbers(first)).not.toEqual(numbers(second))
  })

  test("names that objects already have are names like any other", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const net = Net.graph([
        [name, { net: dense(2) }],
        ["out", { net: dense(1) }],
        ["both", { join: "concat", from: [name, "out"] }],
      ])
      const { params, state } = net.init(key, [3])
      expect(Object.keys(params).sort()).toEqual([name, "both", "out"].sort())
      expect(Object.getPrototypeOf(params)).toBe(Object.prototype)
      expect(net.apply(params, state, Tensor.ones([4, 3]), train).y.shape).toEqual([4, 3])
      expect(() => net.apply({ out: {} }, state, Tensor.ones([4, 3]), infer)).toThrow(
        `apply wants parameters and state of a layer ${JSON.stringify(name)}`,
      )
    }
  })

  test("layers without a name are numbered by kind", () => {
    const names = Net.numbered([dense(1), Layers.dropout(0.1), dense(2), Layers.activation("relu"), Layers.flatten]).map(
      ([name]) => name,
    )
    expect(names).toEqual(["dense1", "dropout1", "dense2", "relu1", "flatten1"])
  })
})

describe("graph", () => {
  const shapeOf =
    (nodes: Net.Named<Net.Node>, input: Shape.Shape = [4]) =>
    () =>
      Net.graph(nodes).shape(input)

  test("takes its input from the node above unless `from` is given", () => {
    const double = Net.pure("double", (x) => Tensor.mul(x, 2))
    const net = Net.graph([
      ["two", { net: double }],
      ["four", { net: double }],
      ["again", { net: double, from: "input" }],
      ["sum", { join: "add", from: ["four", "again", "input"] }],
      ["product", { join: "multiply", from: ["sum", "two"] }],
    ])
    const { params, state } = net.init(key, [1])
    expect(Tensor.toArray(net.apply(params, state, Tensor.make([[1], [3]]), infer).y)).toEqual([[14], [126]])
  })

  test.each<readonly [string, Net.Named<Net.Node>, string]>([
    [
      "shapes that do not add",
      [
        ["c2", { net: dense(3) }],
        ["c3", { net: dense(2) }],
        ["sum", { join: "add", from: ["c2", "c3"] }],
      ],
      "sum: add got f32[3] and f32[2]; it wants equal shapes. Try: give the layers that end in it the same units or filters",
    ],
    [
      "shapes that do not join",
      [
        ["image", { net: Layers.reshape([2, 2]) }],
        ["wide", { join: "concat", from: ["image", "input"] }],
      ],
      "wide: concat got f32[2, 2] and f32[4]; it wants shapes that agree except in their last axis. Try: flatten or reshape the one that differs",
    ],
    [
      "a name that is not above",
      [
        ["sum", { join: "add", from: ["later", "input"] }],
        ["later", { net: dense(4) }],
      ],
      'Net.graph wants names of nodes above "sum", not "later". Try: input',
    ],
    [
      "two of one name",
      [
        ["a", { net: dense(4) }],
        ["a", { net: dense(4) }],
      ],
      'Net.graph wants a name of its own for each node, not two "a". Try: rename one of them',
    ],
    ["the name of what the graph is given", [["input", { net: dense(4) }]], 'not two "input"'],
    ["nothing to join", [["sum", { join: "add", from: [] }]], 'wants something for "sum" to join'],
    [
      "a mistake deep inside",
      [["block", { net: Net.repeat(2, Net.sequential({ cut: Layers.reshape([2, 2]), mix: dense(3) })) }]],
      "block.1.cut: reshape got f32[2, 3]; it wants samples of 4 numbers for [2, 2]",
    ],
  ])("refuses %s", (_, nodes, message) => {
    expect(shapeOf(nodes)).toThrow(ShapeError)
    expect(shapeOf(nodes)).toThrow(message)
  })

  test("shows what each layer made, inner layers first", () => {
    const net = Net.sequential({ block: Net.repeat(2, Net.sequential({ a: dense(2) })), out: dense(1) })
    const { params, state } = net.init(key, [3])
    const seen: Array<string> = []
    const observe = (name: string, y: T): void => {
      seen.push(`${name} ${Shape.print(y.shape)}`)
    }
    net.apply(params, state, Tensor.ones([5, 3]), { mode: "infer", observe })
    expect(seen).toEqual([
      "block.0.a [5, 2]",
      "block.0 [5, 2]",
      "block.1.a [5, 2]",
      "block.1 [5, 2]",
      "block [5, 2]",
      "out [5, 1]",
    ])
  })
})

test("state is passed on: the state after one batch is the state before the next", () => {
  const counting: Net.Net<Params.None, { readonly seen: T }> = {
    kind: "counting",
    shape: (input) => input,
    init: () => ({ params: {}, state: { seen: Tensor.scalar(0) } }),
    apply: (_, { seen }, x, { mode }) => ({ y: x, state: { seen: mode === "train" ? Tensor.add(seen, x.shape[0] ?? 0) : seen } }),
  }
  const net = Net.sequential({ first: counting, second: Net.repeat(2, counting) })
  const { params, state } = net.init(key, [1])
  const after = [4, 3].reduce((at, rows) => net.apply(params, at, Tensor.ones([rows, 1]), train).state, state)
  expect(numbers(after)).toEqual([
    ["first.seen", [7]],
    ["second.0.seen", [7]],
    ["second.1.seen", [7]],
  ])
  expect(numbers(net.apply(params, after, Tensor.ones([9, 1]), infer).state)).toEqual(numbers(after))
})

test("a description, computed without numbers", () => {
  const net = Net.sequential([
    Layers.flatten,
    dense(32, "relu"),
    Layers.dropout(0.2),
    Net.repeat(2, dense(8)),
    dense(10, "identity"),
  ])
  const lines = Net.describe(net, [8, 8]).map(
    ({ inputs, kind, outputs, parameters, path }) =>
      `${Tree.printPath(path)} ${kind} ${inputs.map(Shape.print).join(" ")} -> ${outputs.map(Shape.print)} ${parameters}`,
  )
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "flatten1 flatten [8, 8] -> [64] 0
    dense1 dense [64] -> [32] 2080
    dropout1 dropout [32] -> [32] 0
    repeat1.0 dense [32] -> [8] 264
    repeat1.1 dense [8] -> [8] 72
    dense2 dense [8] -> [10] 90"
  `)
})

test("the compiler knows the parameters by name, and that training takes a key and a mode", () => {
  const net = Net.sequential({ hidden: dense(3), drop: Layers.dropout(0.5) })
  const { params, state } = net.init(key, [2])
  const weights: T = params.hidden.w
  expect(weights.shape).toEqual([2, 3])
  // @ts-expect-error there is no such layer
  const missing: unknown = params.hiden
  expect(missing).toBeUndefined()
  // @ts-expect-error what is random while training needs a key
  const keyless: Net.Context = { mode: "train" }
  // @ts-expect-error neither training nor inferring
  const modeless: Net.Context = { key }
  for (const context of [keyless, modeless]) expect(context).toBeDefined()
  const x = Tensor.ones([1, 2])
  // @ts-expect-error the context cannot be forgotten
  expect(() => net.apply(params, state, x)).toThrow(TypeError)
})

test("an initializer gets the activation that follows", () => {
  const seen: Array<Initializer.Connections> = []
  const spy: Initializer.Initializer = (_, shape, place) => {
    seen.push(place)
    return Tensor.zeros(shape)
  }
  Layers.dense({ units: 5, activation: "relu", init: spy, bias: false }).init(key, [3])
  expect(seen.map(({ activation, ...fans }) => ({ ...fans, gain: activation?.gain, suits: activation?.suits }))).toEqual([
    { fanIn: 3, fanOut: 5, gain: Math.SQRT2, suits: "he" },
  ])
})
