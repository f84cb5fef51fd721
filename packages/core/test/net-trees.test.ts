/** Nets of trees: several inputs, several outputs, and one tensor as the simplest tree. */
import { Effect } from "effect"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  Engine,
  Evaluate,
  Key,
  Layers,
  Loss,
  NDArray,
  Net,
  Params,
  type Shape,
  ShapeError,
  ShapeTree,
  Tensor,
  Tree,
} from "../src/index.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"

type T = Tensor.Tensor

interface Pair {
  readonly a: T
  readonly b: T
}

const key = Key.make(5)
const infer: Net.Context = { mode: "infer" }
const train: Net.Context = { mode: "train", key: Key.make(11) }

const bits = (tree: unknown): ReadonlyArray<unknown> =>
  Tree.entries(tree).map(([path, leaf]) => {
    const { data, dtype, shape } = Tensor.read(leaf as T) as NDArray.NDArray
    return [Tree.printPath(path), dtype, shape, ...data]
  })

/** Two inputs, two outputs, dropout, running statistics and a join. */
const forked = Net.graph(
  {
    left: { net: Layers.dense({ units: 4, activation: "tanh" }), from: "size" },
    both: { join: "concat", from: ["left", "weight"] },
    norm: { net: Layers.batchNorm() },
    drop: { net: Layers.dropout(0.3) },
    kind: { net: Layers.dense({ units: 3 }), from: "drop" },
    price: { net: Layers.dense({ units: 1 }), from: "norm" },
  },
  { inputs: ["size", "weight"], outputs: ["kind", "price"] },
)
const forkedSample = { size: [2], weight: [3] } as const
const forkedInput = (rows: number, from: Key.Key) => ({
  size: Key.normal(Key.fold(from, "size"), [rows, 2]),
  weight: Key.normal(Key.fold(from, "weight"), [rows, 3]),
})

describe("a net over a tree of one tensor", () => {
  const layers: ReadonlyArray<readonly [string, Net.Node]> = [
    ["hidden", { net: Layers.dense({ units: 5, activation: "relu" }) }],
    ["norm", { net: Layers.batchNorm() }],
    ["drop", { net: Layers.dropout(0.4) }],
    ["skip", { join: "add", from: ["drop", "hidden"] }],
    ["twice", { net: Net.repeat(2, Layers.dense({ units: 5 })) }],
    ["out", { net: Layers.dense({ units: 2 }) }],
  ]
  const plain = Net.graph(layers)
  const named = Net.graph(layers, { inputs: ["input"], outputs: ["out"] })

  test("is the net over the tensor, bit for bit: parameters, outputs, state", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 4 }), (seed, rows, width) => {
        const from = Key.make(seed)
        const [one, tree] = [plain.init(from, [width]), named.init(from, { input: [width] })]
        expect(bits(tree)).toEqual(bits(one))
        const x = Key.normal(Key.fold(from, "x"), [rows, width])
        for (const context of [infer, train]) {
          const single = plain.apply(one.params, one.state, x, context)
          const several = named.apply(tree.params, tree.state, { input: x }, context)
          expect(bits(several.y)).toEqual(bits({ out: single.y }))
          expect(bits(several.state)).toEqual(bits(single.state))
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe("a graph with several inputs and outputs", () => {
  const { params, state } = forked.init(key, forkedSample)

  test("says the shapes of its outputs, and gives them for any number of rows", () => {
    expect(forked.shape(forkedSample)).toEqual({ kind: [3], price: [1] })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), (rows) => {
        for (const context of [infer, train]) {
          const { y } = forked.apply(params, state, forkedInput(rows, key), context)
          expect(ShapeTree.ofRows(y)).toEqual({ kind: [3], price: [1] })
          expect([y.kind.shape[0], y.price.shape[0]]).toEqual([rows, rows])
        }
      }),
    )
  })

  test("keeps the types of its parameters by the names of the nodes", () => {
    expect(params.left.w.shape).toEqual([2, 4])
    expect(Params.leaves(params.both)).toEqual([])
    expect(Tree.structure(state)).toBe("{ both: {}, drop: {}, kind: {}, left: {}, norm: { mean, variance }, price: {} }")
  })

  test("has the gradient that central differences measure, for each input and each parameter", () => {
    const x = forkedInput(5, Key.make(3))
    for (const context of [infer, train])
      checkGrads(
        ({ at, weights }: { readonly at: typeof x; readonly weights: typeof params }) =>
          forked.apply(weights, state, at, context).y,
        { at: x, weights: params },
      )
  })

  test("is described layer by layer", () => {
    const rows = Net.describe(forked, forkedSample)
    expect(rows.map(({ inputs, outputs, path }) => `${path.join(".")} ${inputs.map(print)} -> ${outputs.map(print)}`)).toEqual([
      "left [2] -> [4]",
      "both [4],[3] -> [7]",
      "norm [7] -> [7]",
      "drop [7] -> [7]",
      "kind [7] -> [3]",
      "price [7] -> [1]",
    ])
    expect(rows.reduce((sum, row) => sum + row.parameters, 0)).toBe(
      Params.leaves(params).reduce((sum, leaf) => sum + leaf.shape.reduce((a, b) => a * b, 1), 0),
    )
  })

  test("may be a node of another graph, fed from a tree of names", () => {
    const outer = Net.graph(
      {
        wide: { net: Layers.dense({ units: 3 }), from: "x" },
        inner: { net: forked, from: { size: "x", weight: "wide" } },
        price: {
          net: Net.pure(
            "price",
            (y: { readonly price: T }) => y.price,
            ({ price }) => price,
          ),
        },
      },
      { inputs: ["x"] },
    )
    expect(outer.shape({ x: [2] })).toEqual([1])
    const initial = outer.init(key, { x: [2] })
    expect(initial.params.inner.kind.w.shape).toEqual([7, 3])
    const { y } = outer.apply(initial.params, initial.state, { x: Tensor.ones([4, 2]) }, infer)
    expect(y.shape).toEqual([4, 1])
  })

  test("may give a node's whole tree as an output", () => {
    const outer = Net.graph(
      { inner: { net: forked, from: { size: "a", weight: "b" } }, both: { join: "concat", from: ["a", "b"] } },
      { inputs: ["a", "b"], outputs: ["inner", "both", "b"] },
    )
    const sample = { a: [2], b: [3] }
    expect(outer.shape(sample)).toEqual({ inner: { kind: [3], price: [1] }, both: [5], b: [3] })
    const x = { a: Tensor.ones([4, 2]), b: Tensor.ones([4, 3]) }
    const y = Net.infer(outer, outer.init(key, sample), x)
    expect(ShapeTree.ofRows(y)).toEqual(outer.shape(sample))
    expect(y.inner.kind.shape).toEqual([4, 3])
  })

  test("shows an observer each tensor that a layer gives, under the layer's name", () => {
    const seen: Array<string> = []
    const observe = (layer: string, y: T): void => {
      seen.push(`${layer} ${print(y.shape)}`)
    }
    const outer = Net.graph([["inner", { net: forked }]], { inputs: ["only"], outputs: ["inner"] })
    const pairs = Net.graph([["inner", { net: forked, from: { size: "a", weight: "b" } }]], { inputs: ["a", "b"] })
    expect(outer.kind).toBe("graph")
    const initial = pairs.init(key, { a: [2], b: [3] })
    pairs.apply(initial.params, initial.state, { a: Tensor.ones([4, 2]), b: Tensor.ones([4, 3]) }, { ...infer, observe })
    expect(seen.slice(-2)).toEqual(["inner [4, 3]", "inner [4, 1]"])
    expect(seen[0]).toBe("inner.left [4, 4]")
  })
})

const print = (shape: Shape.Shape): string => `[${shape.join(", ")}]`

const dense = { net: Layers.dense({ units: 2 }) }

describe("refused with what is wrong", () => {
  test.each<readonly [string, () => unknown, string]>([
    [
      "an output that no node has",
      () => Net.graph({ out: dense }, { outputs: ["ot"] }),
      'Net.graph wants names of nodes as outputs, not "ot". Try: input, out',
    ],
    ["no output", () => Net.graph({ out: dense }, { outputs: [] }), 'Net.graph wants at least one output. Try: outputs: ["out"]'],
    ["no input", () => Net.graph({}, { inputs: [] }), 'Net.graph wants at least one input. Try: inputs: ["image", "age"]'],
    [
      "two inputs of one name",
      () => Net.graph([["out", { ...dense, from: "a" }]], { inputs: ["a", "a"] }),
      'Net.graph wants a name of its own for each input, not two "a". Try: rename one of them',
    ],
    [
      "a node named as an input",
      () => Net.graph([["a", { ...dense, from: "a" }]], { inputs: ["a", "b"] }),
      'Net.graph wants a name of its own for each node, not two "a". Try: rename one of them',
    ],
    [
      "a first node that does not say which input it takes",
      () => Net.graph({ out: dense }, { inputs: ["a", "b"] }),
      'Net.graph wants "from" for "out", which several inputs come before. Try: a, b',
    ],
    [
      "a node without a net, as of a misspelt layer in JavaScript",
      () => Net.graph({ out: { net: undefined as never } }),
      'Net.graph wants a net for "out", not undefined. Try: Layers.dense({ units: 8 })',
    ],
    [
      "a tree of names of which one is not above",
      () => Net.graph({ out: { ...dense, from: { a: "a", b: ["c"] } } }, { inputs: ["a", "b"] }),
      'Net.graph wants names of nodes above "out", not "c". Try: a, b',
    ],
    [
      "an input that is missing",
      () =>
        forked.apply(
          forked.init(key, forkedSample).params,
          forked.init(key, forkedSample).state,
          { size: Tensor.ones([1, 2]) } as never,
          infer,
        ),
      'Net.graph wants an input "weight". Try: a record with all inputs of the graph',
    ],
    [
      "a sample of another shape",
      () => forked.shape({ size: [], weight: [3] }),
      "left: dense got f32[]; it wants at least one axis of features. Try: a reshape to [1] before it",
    ],
  ])("%s", (_, run, message) => {
    expect(run).toThrow(ShapeError)
    expect(run).toThrow(message)
  })
})

describe("a layer whose `shape` lies", () => {
  const liar = Net.pure(
    "liar",
    (x) => Tensor.mul(x, 2),
    ([width = 0]) => [width + 1],
  )

  test("is blamed itself, not the layer after it", () => {
    const net = Net.sequential({ honest: Layers.dense({ units: 3 }), liar, out: Layers.dense({ units: 2 }) })
    const { params, state } = net.init(key, [2])
    expect(() => net.apply(params, state, Tensor.ones([4, 2]), infer)).toThrow(
      'liar: liar got f32[4, 3]; it wants an output of 4 rows of [4]: so says its `shape` for [3]. Try: correct `shape` or `apply` of "liar", which must agree',
    )
  })

  test("is blamed where nothing comes after it", () => {
    const weights = { params: {}, state: {} }
    const message = "liar got f32[4, 2]; it wants an output of 4 rows of [3]"
    expect(() => Net.infer(liar, weights, Tensor.ones([4, 2]))).toThrow(message)
    const rows = NDArray.make("f32", [4, 2], new Float32Array(8))
    const programs: ReadonlyArray<Effect.Effect<unknown, Error, Engine.Engine>> = [
      Evaluate.predict(liar, weights, rows),
      Evaluate.evaluate(liar, weights, { data: { inputs: rows, targets: rows }, loss: Loss.meanSquaredError }),
    ]
    for (const program of programs) {
      const error = Effect.runSync(Effect.flip(Effect.provide(program, Engine.layerReference)))
      expect(error).toBeInstanceOf(ShapeError)
      expect(error.message).toContain(message)
    }
  })

  test("is blamed in a repeat, with the round", () => {
    const net = Net.repeat(2, liar)
    expect(() => net.apply([{}, {}], [{}, {}], Tensor.ones([4, 2]), infer)).toThrow(
      "0: liar got f32[4, 2]; it wants an output of 4 rows of [3]",
    )
  })

  test("is blamed for a tree of another structure, and for rows that are gone", () => {
    const tree = Net.pure<T, Pair>(
      "tree",
      (x) => ({ a: x, c: x }) as unknown as Pair,
      (input) => ({ a: input, b: input }),
    )
    const apply = (net: Net.AnyNet) => {
      const graph = Net.graph([["layer", { net }]], { outputs: ["layer"] })
      return () => graph.apply({ layer: {} }, { layer: {} }, Tensor.ones([4, 2]), infer)
    }
    expect(apply(tree)).toThrow(
      "layer: tree got f32[4, 2] and f32[4, 2]; it wants an output of 4 rows of { a: [2], b: [2] }, not { a, c }",
    )
    expect(apply(Net.pure("gone", (x) => Tensor.at(x, "0:1")))).toThrow("it wants an output of 4 rows of [2]")
  })

  test("leaves honest layers alone, whatever the rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (rows, width) => {
        const net = Net.sequential({ a: Layers.dense({ units: width }), b: Layers.dropout(0.5) })
        const { params, state } = net.init(key, [2])
        expect(net.apply(params, state, Tensor.ones([rows, 2]), train).y.shape).toEqual([rows, width])
      }),
    )
  })
})

describe("a net written by hand", () => {
  interface Weights {
    readonly w: T
  }
  const attention: Net.Net<Weights, Params.None, Pair, Pair> = Net.stateless({
    kind: "scaled",
    shape: (input) => input,
    init: (from, { a }) => ({ w: Key.normal(from, a) }),
    apply: ({ w }, { a, b }) => ({ a: Tensor.mul(a, w), b: Tensor.add(b, a) }),
  })

  test("takes and gives trees, and repeats as any other", () => {
    const net = Net.repeat(3, attention)
    const sample = { a: [2], b: [2] }
    expect(net.shape(sample)).toEqual(sample)
    const { params, state } = net.init(key, sample)
    const x = { a: Key.normal(Key.make(1), [4, 2]), b: Key.normal(Key.make(2), [4, 2]) }
    checkGrads(
      ({ at, weights }: { readonly at: Pair; readonly weights: typeof params }) => net.apply(weights, state, at, infer).y,
      {
        at: x,
        weights: params,
      },
    )
    expect(Net.describe(net, sample).map(({ outputs }) => outputs)).toEqual(Array(3).fill([[2], [2]]))
  })
})

describe("trees of shapes", () => {
  const shapes = fc.letrec<{ tree: ShapeTree.ShapeTree; shape: Shape.Shape }>((tie) => ({
    shape: fc.array(fc.nat(3), { maxLength: 3 }),
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("shape"),
      fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 3 }), tie("tree"), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).tree

  /** The tree of tensors [7, …] of these shapes. */
  const tensorsOf = (tree: ShapeTree.ShapeTree): unknown =>
    ShapeTree.isShape(tree)
      ? Tensor.zeros([7, ...tree])
      : Array.isArray(tree)
        ? tree.map(tensorsOf)
        : Object.fromEntries(
            Object.entries(tree).map(([name, child]: readonly [string, ShapeTree.ShapeTree]) => [name, tensorsOf(child)]),
          )

  test("come back from tensors without the rows, and list their shapes in the order of the tensors", () => {
    fc.assert(
      fc.property(shapes, (tree) => {
        const tensors = tensorsOf(tree)
        expect(ShapeTree.ofRows(tensors)).toEqual(tree)
        expect(ShapeTree.leaves(tree)).toEqual(Params.leaves(tensors).map(({ shape }) => shape.slice(1)))
      }),
    )
  })

  test("are equal exactly if they print alike", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        expect(ShapeTree.equals(a, a)).toBe(true)
        expect(ShapeTree.equals(a, b)).toBe(ShapeTree.print(a) === ShapeTree.print(b))
      }),
    )
  })
})
