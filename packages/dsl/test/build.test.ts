import * as Optimizer from "@adjoint/core/learning/Optimizer"
import * as Params from "@adjoint/core/learning/Params"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import { grad } from "@adjoint/core/transform/Autodiff"
import * as Tree from "@adjoint/core/types/Tree"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { type Built, build, netOf } from "../src/build/Build.ts"
import { checked, type Needed } from "../src/check/Checked.ts"
import { documentOf, shown } from "./reading.ts"

const classes = (n: number): Needed["target"] => ({
  type: "class",
  name: "label",
  classes: Array.from({ length: n }, (_, i) => String(i)),
})
const rows = { train: 100, val: 20, test: 20 }

const of = (text: string, target: Needed["target"] = classes(3), sample: ReadonlyArray<number> = [4]): Built => {
  const result = Result.map(checked(documentOf(`schema: 1\n${text}`), { sample, target, rows, counts: [60, 30, 10] }), build)
  if (Result.isFailure(result)) throw new Error(result.failure.map(({ message }) => message).join("; "))
  return result.success
}

/** The state of an optimizer whose rate a plateau has lowered. */
const slowed = <S>({ rate }: Optimizer.Optimizer<S>, state: S, factor: number): S => {
  if (rate === undefined) throw new Error("the optimizer has no rate")
  return rate.scale(state, factor)
}

/** The rates that the first steps of an optimizer apply, by the number of batches before. */
const ratesOf = ({ optimizer }: Built, batches: number): ReadonlyArray<number> => {
  const ones = { w: Tensor.ones([1]) }
  let state = optimizer.init(ones)
  return Array.from({ length: batches }, () => {
    state = optimizer.update(ones, state, ones).state
    return Number(Tensor.toNumber(optimizer.rate?.read(state) ?? Tensor.scalar(Number.NaN)).toFixed(6))
  })
}

const plain = "model: { layers: [{ dense: { units: 8, activation: relu } }, { head: label }] }\n"

describe("the net", () => {
  it("is the document's, with parameters named after its layers", () => {
    const { net } = of(
      "model: { layers: [flatten, { dense: 8, name: h }, relu, { repeat: { times: 2, layers: [{ dense: 8 }] }, name: r }, { add: [h, r] }, dropout, { head: label }] }\n",
      classes(3),
      [2, 2],
    )
    const { params, state } = net.init(Key.make(1), [2, 2])
    expect(
      Tree.entries(params as unknown).map(([path, leaf]) => `${Tree.printPath(path)} [${(leaf as Tensor.Tensor).shape}]`),
    ).toEqual([
      "h.b [8]",
      "h.w [4,8]",
      "head1.b [3]",
      "head1.w [8,3]",
      "r.0.dense1.b [8]",
      "r.0.dense1.w [8,8]",
      "r.1.dense1.b [8]",
      "r.1.dense1.w [8,8]",
    ])
    const x = Tensor.ones([3, 2, 2])
    expect(net.apply(params, state, x, { mode: "infer" }).y.shape).toEqual([3, 3])
  })

  it("starts every layer whose initializer is auto as the model says", () => {
    const { net } = of(
      "model: { init: { constant: 0.5 }, layers: [{ dense: { units: 2, init: { constant: 2 } } }, { dense: 2 }, { head: label }] }\nlint: { allow: [T508] }\n",
    )
    const { params } = net.init(Key.make(1), [4])
    const first = Tree.entries(params as unknown).map(([path, leaf]) => [
      Tree.printPath(path),
      Tensor.read(leaf as Tensor.Tensor).data[0],
    ])
    expect(Object.fromEntries(first)).toMatchObject({ "dense1.w": 2, "dense2.w": 0.5, "head1.w": 0.5, "dense1.b": 0 })
  })

  it("gets as many outputs as the target and the loss ask for", () => {
    const width = (target: Needed["target"], loss = "auto") => of(`${plain}train: { loss: ${loss} }\n`, target).net.shape([4])
    expect(width(classes(3))).toEqual([3])
    expect(width(classes(2))).toEqual([1])
    expect(width(classes(2), "categorical_cross_entropy")).toEqual([2])
    expect(width(classes(2), "mse")).toEqual([1])
    expect(width({ type: "binary", name: "label" })).toEqual([1])
    expect(width({ type: "numbers", names: ["label", "b"] })).toEqual([2])
  })

  it("without a head needs no target", () => {
    const net = netOf(documentOf("schema: 1\nmodel: { layers: [{ dense: 5 }] }\n"), {})
    expect(net.shape([2])).toEqual([5])
  })
})

describe("the rest of a training", () => {
  it("is what fits the target unless the document says", () => {
    const auto = (target: Needed["target"]) => {
      const { best, heads, scores } = of(plain, target)
      return [heads[0]?.lossName, Object.keys(scores), best]
    }
    const best = { monitor: "val.loss", mode: "min" }
    expect(auto(classes(3))).toEqual(["categorical_cross_entropy", ["accuracy"], best])
    expect(auto(classes(2))).toEqual(["binary_cross_entropy", ["accuracy"], best])
    expect(auto({ type: "numbers", names: ["label"] })).toEqual(["mse", ["mae"], best])
    expect(of("model: { layers: [{ dense: 2 }] }\n", classes(2)).heads[0]?.lossName).toBe("categorical_cross_entropy")
  })

  it("watches what the callbacks say, the way its scores get better", () => {
    const watched = (callbacks: string) => of(`${plain}train: { metrics: [accuracy, log_loss], callbacks: [${callbacks}] }\n`)
    const stop = "{ early_stop: { monitor: val.accuracy, patience: 3, min_delta: 0.01 } }"
    const kept = watched("{ checkpoint: { keep: [best], monitor: train.log_loss, every: 5 epochs } }")
    expect(kept.best).toEqual({ monitor: "train.log_loss", mode: "min" })
    expect(kept.checkpoint).toEqual({ keep: ["best"], every: 5 })
    const stopped = watched(`${stop}, { checkpoint: { every: 5 epochs } }`)
    expect(stopped.earlyStop).toEqual({ monitor: "val.accuracy", mode: "max", patience: 3, minDelta: 0.01, restoreBest: true })
    expect(stopped.best).toEqual({ monitor: "val.accuracy", mode: "max" })
    expect(stopped.checkpoint).toEqual({ keep: ["best", "last"], every: 5 })
  })

  it.each(["2", "20%", "20 %"])("shapes the optimizer's rate by the schedule over the run: every %s", (every) => {
    const built = of(
      `${plain}train: { epochs: 10, batch: 50, optimizer: { sgd: 0.5 }, schedule: { step: { every: ${every}, factor: 0.1 } } }\n`,
    )
    expect(ratesOf(built, 9)).toEqual([0.5, 0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.05, 0.005])
  })

  it("adds up penalties and clips gradients", () => {
    const { optimizer, penalty } = of(
      `${plain}train: { optimizer: { sgd: 1 }, regularize: { l1: 0.5, l2: 0.1, clip_norm: 1 } }\n`,
    )
    const params = { w: Tensor.make([3, -4]), b: Tensor.make([9]) }
    expect(Tensor.toNumber(penalty?.(params) ?? Tensor.scalar(0))).toBeCloseTo(0.5 * 7 + 0.05 * 25, 6)
    const gradients = { w: Tensor.make([3, 4]), b: Tensor.make([0]) }
    const { updates } = optimizer.update(gradients, optimizer.init(params), params)
    expect(Array.from(Tensor.read(updates.w).data, (x) => Number(x.toFixed(6)))).toEqual([-0.6, -0.8])
  })

  it("clips by layer and by value, and holds weights under their ceiling after the step", () => {
    const params = { layer: { w: Tensor.make([[3], [4]]), b: Tensor.make([9]) } }
    const gradients = { layer: { w: Tensor.make([[0], [30]]), b: Tensor.make([-40]) } }
    const moved = (regularize: string) => {
      const { optimizer } = of(`${plain}train: { optimizer: { sgd: 1 }, regularize: { ${regularize} } }\n`)
      const { layer } = Optimizer.apply(params, optimizer.update(gradients, optimizer.init(params), params).updates)
      return [layer.w, layer.b].flatMap((x) => Array.from(Tensor.read(x).data, (n) => Number(n.toFixed(3))))
    }
    expect(moved("clip_layer_norm: 5")).toEqual([3, 1, 13])
    expect(moved("clip_value: 2")).toEqual([3, 2, 11])
    expect(moved("clip_value: 8, max_norm: 1")).toEqual([0.6, -0.8, 17])
  })

  it("counts samples by what their class weighs", () => {
    const each = (weights: string) => {
      const { loss } = of(`${plain}train: { regularize: { class_weight: ${weights} } }\n`)
      return [0, 1, 2].map((label) => Tensor.toNumber(loss(Tensor.zeros([1, 3]), Tensor.make([label], "i32"))) / Math.log(3))
    }
    for (const [i, weight] of [100 / 180, 100 / 90, 100 / 30].entries()) expect(each("balanced")[i]).toBeCloseTo(weight, 5)
    for (const [i, weight] of [0.5, 1, 7].entries()) expect(each("[0.5, 1, 7]")[i]).toBeCloseTo(weight, 5)
  })

  const net2 = "model: { layers: [{ dense: 4, name: low }, relu, { dense: 4, name: high }, { head: label }] }\n"

  /** What a step of sgd with a rate of 1 and gradients of ones does to each layer's bias. */
  const steps = (train: string, count = 1): ReadonlyArray<number> => {
    const { net, optimizer } = of(`${net2}train: { optimizer: { sgd: 1 }, ${train} }\n`)
    let { params } = net.init(Key.make(1), [4])
    const start = params
    let state = optimizer.init(params)
    for (let i = 0; i < count; i++) {
      const next = optimizer.update(Params.map(params, Tensor.onesLike), state, params)
      params = Optimizer.apply(params, next.updates)
      state = next.state
    }
    const bias = (tree: Params.Params, layer: string) =>
      Tensor.read((tree as { readonly [name: string]: { readonly b: Tensor.Tensor } })[layer]?.b ?? Tensor.scalar(0)).data[0] ?? 0
    return ["low", "high", "head1"].map((layer) => bias(params, layer) - bias(start, layer))
  }

  it("leaves frozen layers as they are, and gives layers rates of their own", () => {
    expect(steps("freeze: [low]")).toEqual([0, -1, -1])
    expect(steps("rates: { low: 0.5, head1: 2 }")).toEqual([-0.5, -1, -2])
    expect(steps("freeze: [low], rates: { low: 3, high: 0.25 }")).toEqual([0, -0.25, -1])
  })

  it("makes one step of several batches, and steps back to a slow copy", () => {
    expect(steps("accumulate: 3", 2)).toEqual([0, 0, 0])
    expect(steps("accumulate: 3", 6)).toEqual([-2, -2, -2])
    expect(steps("lookahead: { every: 2, alpha: 0.5 }", 2)).toEqual([-1, -1, -1])
    expect(steps("lookahead: { every: 2 }", 3)).toEqual([-2, -2, -2])
  })

  it("scores the mean of the weights that the steps leave, whatever shortens or gathers them", () => {
    expect(of(plain).scored).toBeUndefined()
    const { net, optimizer, scored } = of(
      `${net2}train: { optimizer: { sgd: 1 }, average: 0.75, rates: { low: 0.5 }, accumulate: 2, callbacks: [reduce_on_plateau] }\n`,
    )
    const first = net.init(Key.make(1), [4]).params
    let params = first
    let state = slowed(optimizer, optimizer.init(params), 0.5)
    for (let i = 0; i < 4; i++) {
      const next = optimizer.update(Params.map(params, Tensor.onesLike), state, params)
      params = Optimizer.apply(params, next.updates)
      state = next.state
    }
    const low = (tree: unknown) =>
      Params.leaves((tree as { readonly low: unknown }).low).map((leaf) => Tensor.read(leaf).data[0] ?? 0)
    const mean = scored?.({ params, state: {}, optimizer: state, step: Tensor.scalar(4, "i32") })
    low(first).forEach((w, i) => {
      // Two steps of ¼, in two batches each: the mean goes a quarter of the way to each place.
      expect(low(params)[i]).toBeCloseTo(w - 0.5, 6)
      expect(low(mean)[i]).toBeCloseTo(0.75 * (0.75 * w + 0.25 * (w - 0.25)) + 0.25 * (w - 0.5), 6)
    })
  })

  it("runs the schedule over the run however many batches make a step", () => {
    const schedule = "schedule: { step: { every: 2, factor: 0.1 } }"
    const built = of(`${plain}train: { epochs: 10, batch: 50, accumulate: 2, optimizer: { sgd: 0.5 }, ${schedule} }\n`)
    const { optimizer } = built
    expect(ratesOf(built, 10)).toEqual([0, 0.5, 0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.05, 0.005])
    const ones = { w: Tensor.ones([1]) }
    let state = optimizer.init(ones)
    const moved = Array.from({ length: 6 }, () => {
      const next = optimizer.update(ones, state, ones)
      state = next.state
      return Number((Tensor.read(next.updates.w).data[0] ?? 0).toFixed(6))
    })
    expect(moved).toEqual([0, -0.5, 0, -0.5, 0, -0.05])
  })

  it("lowers the rate on plateaus of what the callback watches", () => {
    const { optimizer, plateau } = of(
      `${plain}train: { metrics: [accuracy], callbacks: [{ reduce_on_plateau: { monitor: val.accuracy, factor: 0.5, patience: 3 } }] }\n`,
    )
    expect(plateau).toEqual({
      monitor: "val.accuracy",
      mode: "max",
      minDelta: 0,
      factor: 0.5,
      patience: 3,
      cooldown: 0,
      least: 0,
    })
    const params = { w: Tensor.ones([2]) }
    const before = optimizer.init(params)
    const update = (state: typeof before) => Tensor.read(optimizer.update(params, state, params).updates.w).data[0] ?? 0
    expect(update(slowed(optimizer, before, 0.25))).toBeCloseTo(0.25 * update(before), 9)
  })

  it("wants a run that is longer than what the mean of the weights looks back over", () => {
    const given = (train: string) =>
      shown(`schema: 1\ndata: { source: { moons: { count: 100 } } }\n${net2}train: { epochs: 10, batch: 20, ${train} }\n`)
    expect(given("average: 0.95")).toBe("")
    expect(given("average: 0.95, accumulate: 4")).toContain("an average over about 20 steps in a run of 10")
    expect(given("average: 0.95, accumulate: 4")).toContain("`average: 0.5` averages over a fifth of the run")
  })

  it("names layers that are there", () => {
    expect(shown(`schema: 1\n${net2}train: { freeze: [] }\n`)).toContain(
      "expected a list of one layer or more, got an empty list",
    )
    expect(shown(`schema: 1\n${net2}train: { freeze: [lwo], rates: { nothing: 2 } }\n`)).toMatchInlineSnapshot(`
      "error[R203]: there is no layer named \`lwo\`
        --> m.yaml:3:19
      3 | train: { freeze: [lwo], rates: { nothing: 2 } }
        |                   ^^^
        = help: did you mean \`low\`?  [fix available]
      error[R203]: there is no layer named \`nothing\`
        --> m.yaml:3:34
      3 | train: { freeze: [lwo], rates: { nothing: 2 } }
        |                                  ^^^^^^^
        = help: there are \`high\`, \`low\`, \`relu1\` and \`head1\`"
    `)
  })

  it("learns", () => {
    const { loss, net, optimizer } = of(
      "model: { layers: [{ dense: { units: 8, activation: tanh } }, { head: label }] }\ntrain: { optimizer: { adam: 0.1 } }\n",
      classes(2),
      [2],
    )
    const x = Tensor.make([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ])
    const y = Tensor.make([0, 1, 1, 0], "i32")
    const initial = net.init(Key.make(1), [2])
    const cost = (params: typeof initial.params) => loss(net.apply(params, initial.state, x, { mode: "infer" }).y, y)
    let { params } = initial
    let state = optimizer.init(params)
    for (let i = 0; i < 60; i++) {
      const next = optimizer.update(grad(cost)(params), state, params)
      params = Optimizer.apply(params, next.updates)
      state = next.state
    }
    expect(Tensor.toNumber(cost(initial.params))).toBeGreaterThan(0.5)
    expect(Tensor.toNumber(cost(params))).toBeLessThan(0.1)
  })

  it("is refused where the document does not fit the data", () => {
    const result = checked(documentOf(`schema: 1\n${plain}train: { batch: 500 }\n`), { sample: [4], target: classes(3), rows })
    expect(Result.isFailure(result) && result.failure.map(({ code }) => code)).toEqual(["T506"])
  })
})
