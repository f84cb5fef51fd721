/**
 * What the compiler says about trees. This file is checked, not run: each `@ts-expect-error` stands over a line that must be
 * refused, and every other line must be accepted as it is, without casts and mostly without annotations. The messages are in
 * types.test.ts.
 */
import {
  Compile,
  type Dataset,
  Evaluate,
  Layers,
  Loop,
  Loss,
  type NDArray,
  Net,
  Optimizer,
  Params,
  Score,
  type Shape,
  type ShapeTree,
  Sweep,
  Tensor,
  Train,
  Tree,
} from "@adjoint/core"

type T = Tensor.Tensor
type A = NDArray.NDArray

/** Whether two types are the same one. */
type Same<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => undefined

declare const array: A
declare const params: Params.Params
declare const dense: Layers.DenseParams

// Trees of any depth are mapped and combined, also those whose type contains itself.
const counted = Tree.map(params, (leaf) => leaf.shape.length)
holds<Same<typeof counted, Tree.Tree<number>>>()
const doubled: Params.Params = Tree.map(params, (leaf) => Tensor.mul(leaf, 2))
const added: Params.Params = Tree.zip((a, b) => Tensor.add(a, b), params, doubled)
const inside = Tree.map({ layer: dense, rest: params, list: [array, array] }, (leaf: T) => leaf.shape)
holds<Same<typeof inside.layer.w, Shape.Shape>>()
holds<Same<typeof inside.rest, Tree.Tree<Shape.Shape>>>()
const leaves: ReadonlyArray<T> = Tree.leaves(params)
// A record that contains itself, and parameters of a type that a function does not know.
interface Node {
  readonly w: T
  readonly children: ReadonlyArray<Node>
}
declare const node: Node
const halved: Node = Tree.map(node, (leaf) => Tensor.mul(leaf, 0.5))
const joined: Node = Tree.zip((a, b) => Tensor.add(a, b), node, halved)
holds<Same<Tree.LeafOf<Node>, T>>()
const moveAny = <P>(params: P, grads: P): P => Params.zip((x, g) => Tensor.sub(x, Tensor.mul(g, 0.1)), params, grads)
const optimized = Optimizer.chain(Optimizer.clipByGlobalNorm(1), Optimizer.adam(0.1)).init({ node, params })
const states = Tree.map(optimized, (leaf) => Tensor.mul(leaf, 2))
const optional = Tree.map(dense, (leaf) => Tensor.sum(leaf))
const weight: T = optional.w
const any = Tree.map(params as unknown, (leaf: unknown) => leaf)
const deep = Tree.map({ a: { b: { c: { d: { e: { f: array } } } } } }, (leaf) => leaf.data.length)
const number: number = deep.a.b.c.d.e.f
const deeper = Tree.map(
  { a: { b: { c: { d: [{ e: { f: { g: { h: { i: { j: { k: array } } } } } } }] } } } },
  (leaf) => leaf.dtype,
)
holds<
  Same<
    ShapeTree.Of<{ readonly a: T; readonly b: readonly [T, A] }>,
    { readonly a: Shape.Shape; readonly b: readonly [Shape.Shape, Shape.Shape] }
  >
>()
holds<Same<ShapeTree.Of<T>, Shape.Shape>>()

// A net over one tensor is what it was.
const single = Net.sequential({ hidden: Layers.dense({ units: 4 }), out: Layers.dense({ units: 2 }) })
const asNet: Net.Net = single
holds<Same<ReturnType<typeof single.shape>, Shape.Shape>>()
const listed: ReadonlyArray<Net.Net> = [single, Layers.flatten, Net.repeat(2, Layers.dense({ units: 3 })) as unknown as Net.Net]

// A graph knows the names of its inputs and outputs, and the types of its parameters.
const net = Net.graph(
  {
    both: { join: "concat", from: ["image", "age"] },
    digit: { net: Layers.dense({ units: 10 }), from: "both" },
    risk: { net: Layers.dense({ units: 1 }), from: "both" },
  },
  { inputs: ["image", "age"], outputs: ["digit", "risk"] },
)
interface In {
  readonly image: T
  readonly age: T
}
interface Out {
  readonly digit: T
  readonly risk: T
}
const applied = net.apply(
  net.init(null as never, { image: [3], age: [1] }).params,
  null as never,
  { image: array, age: array },
  { mode: "infer" },
)
holds<Same<keyof typeof applied.y, "digit" | "risk">>()
const outputs: Out = applied.y
const initial = net.init(null as never, { image: [3], age: [1] })
holds<Same<typeof initial.params.digit, Layers.DenseParams>>()
// A node that gives a tree makes an output that is one.
const nested = Net.graph(
  { inner: { net, from: { image: "a", age: "b" } }, both: { join: "add", from: ["a", "b"] } },
  { inputs: ["a", "b"], outputs: ["inner", "both", "a"] },
)
holds<Same<Net.OutputOf<typeof nested>, { readonly inner: Net.OutputOf<typeof net>; readonly both: T; readonly a: T }>>()
const asTree: Net.Net<Params.Params, Params.Params, In, Out> = net
const asAny: Net.AnyNet = net
const pieces: ReadonlyArray<Net.AnyNet> = [net, single]
// @ts-expect-error: a net of two inputs is no net of one
const wrongNet: Net.Net = net
// @ts-expect-error: the age is missing
net.shape({ image: [3] })
// @ts-expect-error: there is no such output
outputs.digits

// A run infers its trees from the net and the data, and checks the loss and the scores against both.
const common = { optimizer: Optimizer.sgd(0.1), seed: 1, epochs: 1, batch: 2 }
const data = { inputs: { image: array, age: array }, targets: { digit: array, risk: array } }
const one: Dataset.Dataset = { inputs: array, targets: array }
const heads = Loss.heads({ digit: Loss.categoricalCrossEntropy(), risk: [Loss.meanSquaredError, 0.5] })

export const accepted = [
  Train.run({ ...common, net: single, loss: Loss.categoricalCrossEntropy(), data: one }),
  Train.run({ ...common, net: single, loss: (y, t) => Tensor.mean(Tensor.sub(y, t)), data: one }),
  Train.run({ ...common, net, loss: heads, data, validation: data, best: { monitor: "val.digit.loss", mode: "min" } }),
  Train.run({
    ...common,
    net,
    loss: (y, t) => Tensor.mean(Tensor.sub(y.risk, t.risk)),
    data,
    scores: { off: (y, t) => Tensor.abs(Tensor.sub(y.risk, t.risk)) },
    earlyStop: { monitor: "train.off", mode: "min", patience: 1 },
  }),
  Train.run({
    ...common,
    net,
    loss: heads,
    data,
    scores: Score.heads({ digit: { accuracy: Score.accuracy }, risk: { near: (y, t) => Tensor.less(Tensor.sub(y, t), 1) } }),
    plateau: { monitor: "train.risk.near", mode: "max", factor: 0.5, patience: 1 },
  }),
  // Predictions may be another tree than targets.
  Train.run({ ...common, net, loss: (y: Out, t: T) => Tensor.mean(Tensor.sub(y.risk, t)), data: { ...data, targets: array } }),
  Train.finished({ ...common, net, loss: (y) => Tensor.mean(y.risk), data: { ...data, targets: {} } }),
  Evaluate.evaluate(net, initial, { data, loss: heads, scores: { off: (y, t) => Tensor.sub(y.risk, t.risk) } }),
  Evaluate.predict(net, initial, data.inputs),
]

// A config written out with its own type allows any monitor, as its names are not known.
const written: Train.Config<Params.Params, Params.Params, Params.None> = {
  ...common,
  optimizer: null as never,
  net: asNet,
  loss: Loss.meanSquaredError,
  data: one,
  best: { monitor: "val.anything", mode: "min" },
}
const generic = <P, S, O, R, X, Y, D>(config: Train.Config<P, S, O, R, X, Y, D>) => Train.run(config)

const scored = { ...common, net: single, loss: Loss.meanSquaredError, data: one, scores: { accuracy: Score.accuracy } }

export const refused = [
  // @ts-expect-error: one array for two inputs
  Train.run({ ...common, net, loss: heads, data: one }),
  // @ts-expect-error: two arrays for one input
  Train.run({ ...common, net: single, loss: Loss.meanSquaredError, data: { inputs: { image: array }, targets: array } }),
  // @ts-expect-error: a loss of one tensor for two outputs
  Train.run({ ...common, net, loss: Loss.meanSquaredError, data }),
  // @ts-expect-error: a head that the net does not have
  Train.run({ ...common, net, loss: Loss.heads({ digits: Loss.meanSquaredError }), data }),
  // @ts-expect-error: a score of a head that the targets do not have
  Train.run({ ...common, net, loss: heads, data, scores: Score.heads({ age: { mae: Score.meanAbsoluteError } }) }),
  Train.run({ ...scored, best: { monitor: "val.accuracy", mode: "max" } }),
  // @ts-expect-error: a misspelt score
  Train.run({ ...scored, best: { monitor: "val.acuracy", mode: "max" } }),
  // @ts-expect-error: a monitor where there are no scores
  Train.run({ ...common, net: single, loss: Loss.meanSquaredError, data: one, best: { monitor: "val.accuracy", mode: "max" } }),
  // @ts-expect-error: validation rows of another tree
  Train.run({ ...common, net, loss: heads, data, validation: one }),
  // @ts-expect-error: an activation that takes no tensor
  Layers.dense({ units: 2, activation: (x: string) => x }),
  // @ts-expect-error: a report is no score
  Train.run({ ...common, net: single, loss: Loss.meanSquaredError, data: one, scores: { matrix: Score.confusionMatrix } }),
]

// What a loop or a step returns may have wider shapes than what it began with.
const summed = Tensor.scan(
  (carry, row) => ({ carry: Tensor.add(carry, row), kept: row }),
  Tensor.zeros([3]),
  Tensor.zeros([10, 3]),
)
const kept: T = summed.kept
const pairs = Tensor.scan(
  (carry, [a, b]) => ({ carry: { sum: Tensor.add(carry.sum, Tensor.mul(a, b)) }, kept: { a } }),
  { sum: Tensor.zeros([3]) },
  [Tensor.zeros([10, 3]), Tensor.zeros([10, 3])],
)
const stepped = Compile.step(
  (state, batch: { readonly x: T }) => ({ state: { w: Tensor.add(state.w, Tensor.sum(batch.x)) }, output: batch.x }),
  { w: Tensor.zeros([3]) },
)
const counted2 = Compile.step(
  (state, x: T) => ({
    state: { ...state, sum: Tensor.add(state.sum, x), steps: Tensor.add(state.steps, 1) },
    output: state.steps,
  }),
  { sum: Tensor.zeros([3]), steps: Tensor.scalar(0, "i32"), w: array },
)
const moved = Optimizer.apply({ w: Tensor.zeros([3]) }, { w: array })
// @ts-expect-error: updates of another tree
Optimizer.apply({ w: Tensor.zeros([3]) }, { v: array })
// @ts-expect-error: an update is missing
Optimizer.apply({ w: array, b: array }, { w: array })
// @ts-expect-error: a step that loses part of its state
const lossy = Compile.step((state: { readonly w: T; readonly b: T }, _: T) => ({ state: { w: state.w }, output: state.b }), {
  w: array,
  b: array,
})

// A loop monitors the outputs of its step and the scores of its validation rows, by their paths.
const loop = {
  state: { w: Tensor.zeros([3]), steps: Tensor.scalar(0, "i32") },
  data: { x: array },
  seed: 1,
  epochs: 2,
  batch: 2,
}
const nearest = (_: unknown, { y }: { readonly y: T }) => ({ nearest: Tensor.mean(y), of: [Tensor.sum(y)] as const })
export const loops = [
  Loop.run({
    ...loop,
    step: (state, { x }) => ({
      state: { w: Tensor.add(state.w, x), steps: Tensor.add(state.steps, 1) },
      output: { image: Tensor.mean(x), code: { kl: Tensor.mean(x) } },
    }),
    best: { monitor: "train.code.kl", mode: "min" },
  }),
  Loop.run({
    ...loop,
    step: (state, { x }) => ({ state, output: Tensor.mean(x) }),
    earlyStop: { monitor: "train.loss", mode: "min", patience: 1 },
  }),
  Loop.finished({
    ...loop,
    step: (state, { x }) => ({ state, output: Tensor.mean(x) }),
    validation: { data: { y: array }, scores: (state, batch) => ({ ...nearest(state, batch), more: Tensor.mean(batch.y) }) },
    plateau: { monitor: "val.more", mode: "max", factor: 0.5, patience: 1 },
    best: { monitor: "val.of.0", mode: "max" },
  }),
  Loop.run({
    ...loop,
    step: (state, { x }) => ({ state, output: { mse: Tensor.mean(x) } }),
    // @ts-expect-error: no output of this name
    best: { monitor: "train.loss", mode: "min" },
  }),
  Loop.run({
    ...loop,
    step: (state, { x }) => ({ state, output: Tensor.mean(x) }),
    validation: { data: { y: array }, scores: nearest },
    // @ts-expect-error: a misspelt score
    earlyStop: { monitor: "val.nearst", mode: "max", patience: 1 },
  }),
]

/** What is monitored in a sweep follows from the scores and the heads of its runs, and functions in them keep their types. */
const settings = {
  net: Net.sequential([Layers.dense({ units: 2 })]),
  optimizer: Optimizer.sgd(0.1),
  seed: 1,
  epochs: 1,
  batch: 2,
  data: { inputs: array, targets: array },
}
const sweeps = [
  Sweep.run({
    config: (lambda) => ({
      ...settings,
      loss: Loss.meanSquaredError,
      scores: { mine: (prediction, target) => Tensor.mean(Tensor.sub(prediction, target)) },
      penalty: () => Tensor.scalar(lambda),
    }),
    lambdas: [0],
    monitor: { monitor: "train.mine", mode: "min" },
  }),
  Sweep.run({
    config: () => ({ ...settings, loss: (prediction, target) => Tensor.mean(Tensor.sub(prediction, target)) }),
    lambdas: [0],
    monitor: { monitor: "train.loss", mode: "min" },
  }),
]

export {
  added,
  any,
  asAny,
  asTree,
  counted,
  counted2,
  deeper,
  generic,
  joined,
  kept,
  leaves,
  listed,
  lossy,
  moveAny,
  moved,
  number,
  pairs,
  pieces,
  states,
  stepped,
  sweeps,
  weight,
  written,
  wrongNet,
}
