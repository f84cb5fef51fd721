/** The bounds of options: those of a catalogue entry hold for the table and for the constructor that a program calls. */
import {
  Activation,
  Callback,
  Initializer,
  Key,
  Layers,
  LearningRate,
  Loss,
  Optimizer,
  OptionError,
  Pruner,
  Rbm,
  Regularizer,
  Sampler,
  Score,
  Sequence,
  Tensor,
  Toys,
  type Train,
  Watch,
} from "@adjoint/core"
import { type AnyEntry, fill, make, type Option } from "@adjoint/core/learning/Entry"
import { checkOptions, isWithin, refusalOf, roundingOf } from "@adjoint/core/learning/OptionError"
import { config as checkConfig } from "@adjoint/core/training/checkConfig"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { tables } from "./catalogue-tables.ts"

type Given = { readonly [option: string]: never }
type Construct = (options: Given) => unknown

const x = Tensor.make([1, -1])
const rate = 0.1
const steps = { lr: 0.1, steps: 10 }

/** Values for options without a default. */
const required: { readonly [option: string]: unknown } = {
  units: 2,
  filters: 2,
  tokens: 5,
  groups: 1,
  heads: 2,
  decay: 0.9,
  batches: 2,
  shape: [2, 3],
}

const sgd = Optimizer.sgd(0.1)
const watched = { monitor: "train.loss", mode: "min" } as const

type Config = Train.Config<unknown, unknown, unknown>

/** A run refuses its configuration with a value. The laws below read errors that are thrown. */
const configured = (over: Partial<Config>): void => {
  const data = Toys.moons(Key.make(7), { count: 4 })
  const optimizer = sgd as unknown as Optimizer.Optimizer
  const net = Layers.dense({ units: 2 })
  const config = {
    net,
    loss: Loss.categoricalCrossEntropy(),
    optimizer,
    data,
    batch: 1,
    epochs: Number.MAX_SAFE_INTEGER,
    seed: 1,
  }
  const found = checkConfig({ ...config, ...over } as unknown as Config)
  // Durations longer than this run are bounds of the run, not of the option.
  if (found !== undefined && !found.wanted.includes("never acts"))
    throw new OptionError({ operation: "Train.run", option: found.argument, got: found.got, wanted: found.wanted })
}

/** Many rows take long: a valid number of them is cut. */
const few = ({ copies, count, ...others }: { readonly [option: string]: number }) => ({
  ...others,
  ...(count === undefined ? {} : { count: count > 50 && count <= 250_000 && Number.isInteger(count) ? 50 : count }),
  ...(copies === undefined ? {} : { copies: copies > 50 && copies <= 62_500 && Number.isInteger(copies) ? 50 : copies }),
})

const { entries: _, ...toys } = Toys

/** The constructor behind each entry that has options of its own, called as a program calls it. */
const constructors: { readonly [table: string]: { readonly [name: string]: Construct } } = {
  activation: {
    hard_tanh: ({ min, max }) => Activation.hardTanh(x, min, max),
    leaky_relu: ({ alpha }) => Activation.leakyRelu(x, alpha),
    prelu: (o) => Activation.prelu(o),
    rrelu: (o) => Activation.rrelu(o),
    elu: ({ alpha }) => Activation.elu(x, alpha),
    softplus: ({ beta }) => Activation.softplus(x, beta),
    swish: ({ beta }) => Activation.swish(x, beta),
    silu: ({ beta }) => Activation.swish(x, beta),
    gelu: ({ approximate }) => Activation.gelu(x, approximate),
    swiglu: ({ beta }) => Activation.swiglu(x, beta),
  },
  initializer: {
    constant: ({ value }) => Initializer.constant(value as never),
    normal: ({ std }) => Initializer.normal(std as never),
    uniform: ({ limit }) => Initializer.uniform(limit as never),
    truncated_normal: ({ std }) => Initializer.truncatedNormal(std as never),
    orthogonal: ({ gain }) => Initializer.orthogonal(gain),
    identity: ({ gain }) => Initializer.identity(gain),
    xavier_normal: ({ gain }) => Initializer.xavier("normal", gain),
    xavier_uniform: ({ gain }) => Initializer.xavier("uniform", gain),
    glorot_normal: ({ gain }) => Initializer.xavier("normal", gain),
    glorot_uniform: ({ gain }) => Initializer.xavier("uniform", gain),
    he_normal: ({ mode }) => Initializer.he("normal", 1, mode),
    he_uniform: ({ mode }) => Initializer.he("uniform", 1, mode),
    kaiming_normal: ({ mode }) => Initializer.he("normal", 1, mode),
    kaiming_uniform: ({ mode }) => Initializer.he("uniform", 1, mode),
  },
  layer: {
    dense: (o) => Layers.dense(o as never),
    maxout: (o) => Layers.maxout(o as never),
    conv1d: (o) => Layers.conv1d(o as never),
    conv2d: (o) => Layers.conv2d(o as never),
    conv_transpose2d: ({ output_padding, ...o }) => Layers.convTranspose2d({ ...o, outputPadding: output_padding } as never),
    max_pool: (o) => Layers.maxPool(o as never),
    avg_pool: (o) => Layers.avgPool(o as never),
    reshape: ({ shape }) => Layers.reshape((typeof shape === "number" ? [shape] : shape) as never),
    embedding: (o) => Layers.embedding(o as never),
    batch_norm: (o) => Layers.batchNorm(o),
    layer_norm: (o) => Layers.layerNorm(o),
    group_norm: (o) => Layers.groupNorm(o as never),
    rms_norm: (o) => Layers.rmsNorm(o),
    dropout: ({ rate }) => Layers.dropout(rate as never),
    spatial_dropout: ({ rate }) => Layers.spatialDropout(rate as never),
    alpha_dropout: ({ rate }) => Layers.alphaDropout(rate as never),
    gaussian_noise: ({ std }) => Layers.gaussianNoise(std as never),
    random_flip: (o) => Layers.randomFlip(o),
    random_shift: ({ most }) => Layers.randomShift(most as never),
    random_rotate: ({ degrees }) => Layers.randomRotate(degrees as never),
    random_zoom: ({ amount }) => Layers.randomZoom(amount as never),
    random_erase: ({ size }) => Layers.randomErase(size as never),
    simple_rnn: (o) => Layers.simpleRnn(o as never),
    lstm: ({ forget_bias, ...o }) => Layers.lstm({ ...o, forgetBias: forget_bias } as never),
    gru: (o) => Layers.gru(o as never),
    multi_head_attention: (o) => Layers.multiHeadAttention(o as never),
    positions: (o) => Layers.positions(o),
    transformer_encoder: (o) => Layers.transformerEncoder(o as never),
  },
  loss: {
    huber: ({ delta }) => Loss.huber(delta),
    categorical_cross_entropy: ({ label_smoothing }) =>
      Loss.categoricalCrossEntropy({ labelSmoothing: label_smoothing as never }),
    binary_cross_entropy: ({ label_smoothing }) => Loss.binaryCrossEntropy({ labelSmoothing: label_smoothing as never }),
    hinge: (o) => Loss.hinge(o),
  },
  optimizer: {
    sgd: ({ lr, momentum, ...o }) =>
      momentum === 0 ? Optimizer.sgd(lr as never) : Optimizer.momentum(lr as never, { ...o, momentum: momentum as never }),
    momentum: ({ lr, ...o }) => Optimizer.momentum(lr as never, o),
    nesterov: ({ lr, ...o }) => Optimizer.nesterov(lr as never, o),
    adagrad: ({ lr, eps_place, ...o }) => Optimizer.adagrad(lr as never, { ...o, epsPlace: eps_place as never }),
    rmsprop: ({ lr, eps_place, ...o }) => Optimizer.rmsprop(lr as never, { ...o, epsPlace: eps_place as never }),
    adadelta: ({ lr, ...o }) => Optimizer.adadelta(lr as never, o),
    adam: ({ lr, ...o }) => Optimizer.adam(lr as never, o),
    adamw: ({ lr, weight_decay, ...o }) => Optimizer.adamw(lr as never, { ...o, weightDecay: weight_decay as never }),
    amsgrad: ({ lr, ...o }) => Optimizer.amsgrad(lr as never, o),
    adamax: ({ lr, ...o }) => Optimizer.adamax(lr as never, o),
    nadam: ({ lr, momentum_decay, ...o }) => Optimizer.nadam(lr as never, { ...o, momentumDecay: momentum_decay as never }),
    radam: ({ lr, ...o }) => Optimizer.radam(lr as never, o),
    lion: ({ lr, weight_decay, ...o }) => Optimizer.lion(lr as never, { ...o, weightDecay: weight_decay as never }),
    lamb: ({ lr, weight_decay, ...o }) => Optimizer.lamb(lr as never, { ...o, weightDecay: weight_decay as never }),
  },
  schedule: {
    step: ({ factor }) => LearningRate.step({ lr: rate, every: 5, factor: factor as never }),
    exponential: ({ factor }) => LearningRate.exponential({ lr: rate, factor: factor as never }),
    cosine: ({ min_lr }) => LearningRate.cosine({ ...steps, min: min_lr as never }),
    polynomial: ({ min_lr, power }) => LearningRate.polynomial({ ...steps, min: min_lr as never, power: power as never }),
    inverse_time: ({ decay }) => LearningRate.inverseTime({ lr: rate, decay: decay as never }),
    cosine_restarts: ({ growth, min_lr }) =>
      LearningRate.cosineRestarts({ ...steps, growth: growth as never, min: min_lr as never }),
    one_cycle: ({ final_divide, ...o }) => LearningRate.oneCycle({ ...steps, ...o, finalDivide: final_divide as never }),
    warmup_cosine: ({ min_lr }) => LearningRate.cosine({ ...steps, min: min_lr as never }),
  },
  regularizer: {
    l1: ({ lambda }) => Regularizer.l1(lambda as never),
    l2: ({ lambda }) => Regularizer.l2(lambda as never),
    clip_value: ({ largest }) => Optimizer.clipByValue(largest as never),
    clip_layer_norm: ({ largest }) => Optimizer.clipByLayerNorm(largest as never),
    clip_norm: ({ largest }) => Optimizer.clipByGlobalNorm(largest as never),
    max_norm: ({ largest }) => Optimizer.maxNorm(largest as never),
  },
  combination: { elastic_net: (o) => Regularizer.elasticNet(o as never) },
  score: {
    top_k: ({ k }) => Score.topK(k as never),
    precision: ({ average }) => Score.precision(average),
    recall: ({ average }) => Score.recall(average),
    f1: ({ average }) => Score.f1(average),
    calibration_error: ({ bins }) => Score.calibrationError(bins),
  },
  report: { reliability: ({ bins }) => Score.reliability(bins) },
  wrapper: {
    lookahead: (o) => Optimizer.lookahead(sgd, o),
    average: (o) => Optimizer.average(sgd, o),
    accumulate: ({ batches }) => Optimizer.accumulate(batches as never, sgd),
  },
  toy: Object.fromEntries(
    Object.entries(toys).map(([name, toy]): [string, Construct] => [name, (options) => toy(Key.make(1), few(options))]),
  ),
  callback: {
    early_stop: ({ min_delta, patience }) => configured({ earlyStop: { ...watched, minDelta: min_delta, patience } as never }),
    watch_layers: ({ steps }) => configured({ watch: Watch.layers({ steps: steps as never }) }),
    reduce_on_plateau: ({ cooldown, factor, least, min_delta, patience }) =>
      configured({ plateau: { ...watched, minDelta: min_delta, cooldown, factor, least, patience } as never }),
  },
  sampler: {
    grid: Sampler.grid,
    latin_hypercube: Sampler.latinHypercube,
    coarse_to_fine: Sampler.coarseToFine,
    tpe: Sampler.tpe,
    gaussian_process: Sampler.gaussianProcess,
    cma_es: Sampler.cmaEs,
    evolution: Sampler.evolution,
    nsga: Sampler.nsga,
  },
  pruner: { median: Pruner.median, asha: Pruner.asha, hyperband: Pruner.hyperband },
}

/** Kinds of option whose values can be out of bounds by themselves. */
const bounded: ReadonlySet<Option["kind"]> = new Set(["number", "integer", "duration", "sizes", "choice"])

/** Options of layers over sequences, for which programs have constructors of their own in `Sequence`. */
const ofSequences = new Set(["give", "bidirectional", "initial_state", "key_heads", "rotary", "memory"])

/** Model files alone have these: times in epochs, an axis counted from the last, the mode `auto`, the guard's one action. */
const ofFilesOnly = (name: string, kind: Option["kind"]): boolean =>
  kind === "duration" || name === "axis" || name === "mode" || name === "action" || ofSequences.has(name)

const rows = Object.entries(tables).flatMap(([table, entries]) =>
  Object.entries(entries).flatMap(([name, entry]) =>
    Object.entries(entry.options)
      .filter(([, { kind }]) => bounded.has(kind))
      .map(([option, of]): [string, AnyEntry<unknown>, string, Option] => [`${table} ${name}`, entry, option, of]),
  ),
)

/** Numbers near the bounds and far from them, and values that are not numbers. */
const candidate = (option: Option): fc.Arbitrary<unknown> => {
  const edges = "minimum" in option || "maximum" in option || "exclusiveMinimum" in option || "exclusiveMaximum" in option
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum } = (edges ? option : {}) as { readonly [bound: string]: number }
  const at = [minimum, maximum, exclusiveMinimum, exclusiveMaximum, 0, 1].filter((n) => n !== undefined)
  const near = at.flatMap((n) => [n, n - 1, n + 1, n - 0.5, n + 0.5, n - 1e-9, n + 1e-9])
  const number = fc.oneof(fc.constantFrom(...near), fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity))
  if (option.kind === "choice") return fc.constantFrom(...option.of, "nothing", "", "toString")
  if (option.kind === "sizes") return fc.oneof(number, fc.array(number, { minLength: 2, maxLength: 2 }))
  if (option.kind === "duration") return fc.oneof(number, fc.constantFrom("5%", "-5%", "x%", "%", "NaN%"))
  return number
}

/** Rules that relate options are checked after the bounds of each. */
const isOfRule = (error: OptionError): boolean => error.option.includes(" and ")

const refusal = (call: () => unknown): OptionError | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    if (error instanceof OptionError) return isOfRule(error) ? undefined : error
    throw error
  }
}

describe.each(rows)("%s", (title, entry, option, of) => {
  const [table = "", name = ""] = title.split(" ")
  const others = { ...required, ...entry.options }
  const given = Object.fromEntries(
    Object.entries(fill(entry.options, { ...required, [option]: 0 })).filter(([key]) => key in others && key !== option),
  )

  /** The table's use of the entry, as far as it checks. */
  const ofTable = (value: unknown): OptionError | undefined =>
    refusal(() => make({ [name]: entry }, { name, options: { ...given, [option]: value } }))

  test(`${option}: the table refuses what is out of bounds, and names what it wants`, () => {
    fc.assert(
      fc.property(candidate(of), (value) => {
        const error = ofTable(value)
        expect(error === undefined).toBe(isWithin(value, of))
        if (error !== undefined)
          expect([error.operation, error.option, error.wanted]).toEqual([name, option, refusalOf(value, of)])
      }),
    )
  })

  if (!ofFilesOnly(option, of.kind) && table !== "stage" && table !== "method")
    test(`${option}: the constructor refuses the same`, () => {
      const construct = constructors[table]?.[name]
      if (construct === undefined) throw new Error(`no constructor of ${title} is tried`)
      const plain = Object.fromEntries(
        Object.entries(given).filter(
          ([key]) =>
            !["activation", "init", "bias_init", "recurrent_init", "nonlinearity"].includes(key) && !ofSequences.has(key),
        ),
      )
      let refused = 0
      fc.assert(
        fc.property(candidate(of), (value) => {
          const error = refusal(() => construct({ ...plain, [option]: value } as Given))
          expect(error === undefined, String(error?.message)).toBe(isWithin(value, of))
          if (error !== undefined) expect(error.wanted).toBe(refusalOf(value, of))
          if (error !== undefined) refused++
        }),
      )
      expect(refused).toBeGreaterThan(0)
    })
})

describe("constructors without an entry of their own", () => {
  const inner = Optimizer.sgd(0.1)
  const machine = { visible: "bernoulli", method: { cd: 1 }, learningRate: 0.1, key: Key.make(1) } as const
  const weights = { w: Tensor.zeros([2, 3]), b: Tensor.zeros([3]), a: Tensor.zeros([2]) }
  test.each<readonly [string, () => unknown]>([
    ["adam got -1 for rate; it wants a number above 0", () => Optimizer.adam(-1)],
    ["scaleByAdam got 1 for beta2; it wants a number of at least 0 and below 1", () => Optimizer.scaleByAdam({ beta2: 1 })],
    ["scaleByLearningRate got NaN for rate", () => Optimizer.scaleByLearningRate(Number.NaN)],
    ["accumulateMomentum got 1 for decay", () => Optimizer.accumulateMomentum({ decay: 1 })],
    ["accumulate got 0.5 for k; it wants a whole number of at least 1", () => Optimizer.accumulate(0.5, inner)],
    ["lookahead got 2 for alpha; it wants a number above 0 and at most 1", () => Optimizer.lookahead(inner, { alpha: 2 })],
    ["lookahead got 0 for every", () => Optimizer.lookahead(inner, { every: 0 })],
    ["average got 1 for decay", () => Optimizer.average(inner, { decay: 1 })],
    ["clipByGlobalNorm got -1 for max", () => Optimizer.clipByGlobalNorm(-1)],
    ["clipByLayerNorm got NaN for max", () => Optimizer.clipByLayerNorm(Number.NaN)],
    ["clipByValue got -1 for max", () => Optimizer.clipByValue(-1)],
    ["maxNorm got -1 for max", () => Optimizer.maxNorm(-1)],
    ["addDecayedWeights got -1 for lambda", () => Optimizer.addDecayedWeights(-1)],
    ["addWeightSigns got Infinity for lambda", () => Optimizer.addWeightSigns(Infinity)],
    ["constant got -0.1 for lr", () => LearningRate.constant(-0.1)],
    ["step got 2.5 for every; it wants a whole number of at least 1", () => LearningRate.step({ lr: 1, every: 2.5 })],
    ["cosine got 0 for steps", () => LearningRate.cosine({ lr: 1, steps: 0 })],
    ["warmup got -1 for steps", () => LearningRate.warmup(-1, LearningRate.constant(1))],
    ["dense got 0.5 for units; it wants a whole number of at least 1", () => Layers.dense({ units: 0.5 })],
    ["hardTanh got [-1, 1] for max and min; it wants `min` below `max`", () => Activation.hardTanh(x, 1, -1)],
    ["rrelu got [2, 1] for lower and upper", () => Activation.rrelu({ lower: 2, upper: 1 })],
    ["step got 0 for learningRate; it wants a number above 0", () => Rbm.step({ ...machine, learningRate: 0 })],
    ["step got -1 for l2", () => Rbm.step({ ...machine, l2: -1 })],
    ["step got 0.5 for cd", () => Rbm.step({ ...machine, method: { cd: 0.5 } })],
    [
      "step got 1 for target; it wants a number above 0 and below 1",
      () => Rbm.step({ ...machine, sparsity: { target: 1, cost: 1 } }),
    ],
    ["step got -1 for cost", () => Rbm.step({ ...machine, sparsity: { target: 0.5, cost: -1 } })],
    ["lookahead got 0 for alpha", () => Optimizer.lookahead(inner, { alpha: 0 })],
    ["average got 0 for decay; it wants a number above 0 and below 1", () => Optimizer.average(inner, { decay: 0 })],
    ["Optimizer.freeze got [] for layers; it wants the name of a layer, one or more", () => Optimizer.freeze([])],
    ["Optimizer.scaleByLayer got [] for layers", () => Optimizer.scaleByLayer({})],
    ["Optimizer.scaleByLayer got -1 for out; it wants a number of at least 0", () => Optimizer.scaleByLayer({ out: -1 })],
    ["begin got 0 for particles", () => Rbm.begin(weights, { ...machine, method: { pcd: { steps: 1, particles: 0 } } })],
  ])("%s", (message, construct) => {
    expect(construct).toThrow(OptionError)
    expect(construct).toThrow(message)
  })

  test("omitted options pass, also under names that are no options", () => {
    expect(() => checkOptions("f", { a: { kind: "number", minimum: 0 } }, { a: undefined, b: undefined })).not.toThrow()
  })

  test("an option without bounds passes by its name, in the spelling of either language", () => {
    const bounds = { weight_decay: { kind: "number", minimum: 0 } }
    expect(() => checkOptions("f", bounds, { weightDecay: 1, weight_decay: 1, other: 2 }, ["other"])).not.toThrow()
  })
})

const machine = { visible: "bernoulli", method: { cd: 1 }, learningRate: 0.1, key: Key.make(1) } as const
const units = { visible: 2, hidden: 3, units: "bernoulli" } as const

/** Options as they are written in JavaScript, where no type refuses a name. */
const untyped = (options: object): never => options as never

describe("names that are no options", () => {
  test.each<readonly [string, () => unknown]>([
    [
      "f got -1 for toString; it wants one of its options: a",
      () => checkOptions("f", { a: { kind: "number" } }, { toString: -1 }),
    ],
    ["dense got 3 for unitz; it wants one of its options: units, ", () => Layers.dense(untyped({ unitz: 3 }))],
    ["maxout got 3 for piece; it wants one of its options: units, ", () => Layers.maxout(untyped({ units: 2, piece: 3 }))],
    ["conv2d got 3 for filter; it wants one of its options: ", () => Layers.conv2d(untyped({ filter: 3, kernel: 3 }))],
    ["maxPool got 2 for size; it wants one of its options: ", () => Layers.maxPool(untyped({ size: 2 }))],
    ["batchNorm got 0.001 for epsilon; it wants one of its options: ", () => Layers.batchNorm(untyped({ epsilon: 1e-3 }))],
    ["layerNorm got 0.001 for epsilon; it wants one of its options: ", () => Layers.layerNorm(untyped({ epsilon: 1e-3 }))],
    ["groupNorm got 2 for group; it wants one of its options: ", () => Layers.groupNorm(untyped({ group: 2 }))],
    ["rmsNorm got 0.001 for epsilon; it wants one of its options: eps", () => Layers.rmsNorm(untyped({ epsilon: 1e-3 }))],
    ["embedding got 9 for vocabulary; it wants one of its options: ", () => Layers.embedding(untyped({ vocabulary: 9 }))],
    ["lstm got 9 for hidden; it wants one of its options: units, ", () => Layers.lstm(untyped({ hidden: 9 }))],
    ['positions got "waves" for kinds; it wants one of its options: ', () => Layers.positions(untyped({ kinds: "waves" }))],
    ["multiHeadAttention got 2 for head; it wants one of its options: ", () => Layers.multiHeadAttention(untyped({ head: 2 }))],
    ["Sequence.gru got 9 for unit; it wants one of its options: ", () => Sequence.gru(untyped({ unit: 9 }))],
    ["Sequence.lstm got 9 for unit; it wants one of its options: ", () => Sequence.lstm(untyped({ unit: 9 }))],
    ["Sequence.attention got 2 for head; it wants one of its options: ", () => Sequence.attention(untyped({ head: 2 }))],
    ["Sequence.transformer got 2 for head; it wants one of its options: ", () => Sequence.transformer(untyped({ head: 2 }))],
    ["Sequence.decoder got 2 for head; it wants one of its options: ", () => Sequence.decoder(untyped({ head: 2 }))],
    ["Sequence.draw got 2 for top_n; it wants one of its options: ", () => Sequence.draw(untyped({ top_n: 2 }))],
    ["adam got 0.9 for beta; it wants one of its options: ", () => Optimizer.adam(0.1, untyped({ beta: 0.9 }))],
    ["momentum got true for nesterof; it wants one of its", () => Optimizer.momentum(0.1, untyped({ nesterof: true }))],
    [
      "cosine got 9 for step; it wants one of its options: lr, steps, min",
      () => LearningRate.cosine(untyped({ lr: 1, step: 9 })),
    ],
    [
      "oneCycle got 9 for warm; it wants one of its options: ",
      () => LearningRate.oneCycle(untyped({ lr: 1, steps: 5, warm: 9 })),
    ],
    [
      "adam got 0.1 for weightDecay; it wants one of its options: beta1, beta2, eps, biasCorrection",
      () => Optimizer.adam(0.1, untyped({ weightDecay: 0.1 })),
    ],
    [
      "scaleByLion got 1 for beta3; it wants one of its options: beta1, beta2",
      () => Optimizer.scaleByLion(untyped({ beta3: 1 })),
    ],
    ["hinge got 2 for margins; it wants one of its options: margin, power", () => Loss.hinge(untyped({ margins: 2 }))],
    [
      "categoricalCrossEntropy got 0.1 for smoothing; it wants one of its options: labelSmoothing",
      () => Loss.categoricalCrossEntropy(untyped({ smoothing: 0.1 })),
    ],
    [
      'Sequence.loss got "row" for over; it wants one of steps, rows',
      () => Sequence.loss(Loss.hinge(), untyped({ over: "row" })),
    ],
    ["prelu got 0 for slope; it wants one of its options: init, share", () => Activation.prelu(untyped({ slope: 0 }))],
    ["rrelu got 0 for low; it wants one of its options: lower, upper", () => Activation.rrelu(untyped({ low: 0 }))],
    [
      'withVariance got "gauss" for distribution; it wants one of normal, uniform',
      () => Initializer.lecun(untyped("gauss" as never)),
    ],
    ["elasticNet got 1 for L2; it wants one of its options: l1, l2", () => Regularizer.elasticNet(untyped({ l1: 1, L2: 1 }))],
    ["moons got 9 for size; it wants one of its options: ", () => Toys.moons(Key.make(1), untyped({ size: 9 }))],
    ["init got 3 for hiddens; it wants one of its options: ", () => Rbm.init(Key.make(1), untyped({ ...units, hiddens: 3 }))],
    [
      'init got "bernouli" for units; it wants one of bernoulli, ',
      () => Rbm.init(Key.make(1), { ...units, units: untyped("bernouli" as never) }),
    ],
    [
      "step got 0.1 for lr; it wants one of its options: l2, learningRate, visible, ",
      () => Rbm.step(untyped({ ...machine, lr: 0.1 })),
    ],
    [
      'step got "binary" for visible; it wants one of bernoulli, gaussian',
      () => Rbm.step(untyped({ ...machine, visible: "binary" })),
    ],
    ["step got 1 for ct; it wants one of its options: cd, pcd", () => Rbm.step(untyped({ ...machine, method: { ct: 1 } }))],
    [
      "step got 9 for chains; it wants one of its options: steps, particles",
      () => Rbm.step(untyped({ ...machine, method: { pcd: { steps: 1, chains: 9 } } })),
    ],
  ])("%s", (message, make) => {
    expect(make).toThrow(OptionError)
    expect(make).toThrow(message)
  })

  /** Constructors of one number or choice each, which has no name in a program. */
  const positional = new Set(
    [
      "activation hard_tanh leaky_relu elu softplus swish silu gelu swiglu",
      "initializer constant normal uniform truncated_normal orthogonal identity",
      "initializer xavier_normal xavier_uniform glorot_normal glorot_uniform he_normal he_uniform kaiming_normal kaiming_uniform",
      "layer reshape dropout spatial_dropout alpha_dropout gaussian_noise random_shift random_rotate random_zoom random_erase",
      "loss huber",
      "regularizer l1 l2 clip_value clip_layer_norm clip_norm max_norm",
      "score top_k precision recall f1 calibration_error",
      "report reliability",
      "wrapper accumulate",
      // The cases above call them with the options of their entries alone.
      "optimizer sgd",
      "schedule step exponential cosine polynomial inverse_time cosine_restarts warmup_cosine",
      "loss categorical_cross_entropy binary_cross_entropy",
      // Runs have the settings of programs beside their own.
      "callback early_stop watch_layers reduce_on_plateau",
    ].flatMap((line) => {
      const [table = "", ...names] = line.split(" ")
      return names.map((name) => `${table} ${name}`)
    }),
  )
  const named = Object.entries(constructors).flatMap(([table, all]) =>
    Object.entries(all).flatMap(([name, construct]): ReadonlyArray<readonly [string, AnyEntry<unknown>, Construct]> => {
      const entry = (tables as { readonly [table: string]: { readonly [name: string]: AnyEntry<unknown> } })[table]?.[name]
      return entry === undefined || positional.has(`${table} ${name}`) ? [] : [[`${table} ${name}`, entry, construct]]
    }),
  )

  test.each(named)("%s refuses a name that no option has", (_, entry, construct) => {
    const given = Object.entries(fill(entry.options, required)).filter(
      ([key, value]) => !ofSequences.has(key) && (Array.isArray(value) || typeof value !== "object"),
    )
    const construction = (): unknown => construct(Object.fromEntries([...given, ["misspelt", 1]]) as Given)
    expect(construction).toThrow("got 1 for misspelt; it wants one of its options: ")
  })
})

describe("numbers as the 32-bit floats that tensors hold", () => {
  test.each<readonly [string, () => unknown]>([
    ["adam got 1e+39 for rate; it wants a number above 0: as a 32-bit float it is Infinity", () => Optimizer.adam(1e39)],
    ["adam got 1e-50 for rate; it wants a number above 0: as a 32-bit float it is 0", () => Optimizer.adam(1e-50)],
    [
      "dropout got 0.99999999999 for rate; it wants a number of at least 0 and below 1: as a 32-bit float it is 1",
      () => Layers.dropout(0.99999999999),
    ],
  ])("%s", (message, construct) => {
    expect(construct).toThrow(expect.objectContaining({ message }) as Error)
  })

  test("a number that is excluded anyway has no reason besides", () => {
    expect(roundingOf(-1e39, { kind: "number", minimum: 0 })).toBeUndefined()
    expect(roundingOf(Number.NaN, { kind: "number" })).toBeUndefined()
    expect(roundingOf(-1e39, { kind: "number" })).toBe("as a 32-bit float it is -Infinity")
  })

  test("whole numbers are counts, which no tensor holds", () => {
    expect(isWithin(1e300, { kind: "integer" })).toBe(true)
  })
})

describe("options of their own", () => {
  const guard = (rewind: object) =>
    make(Callback.table, { name: "nan_guard", options: { rewind } })(() => ({ monitor: "val.loss", mode: "min" }))

  test("have their defaults", () => {
    expect(guard({ times: 2 })).toEqual({ rewind: { factor: 0.5, times: 2 } })
    expect(guard({})).toEqual({ rewind: { factor: 0.5, times: 3 } })
    expect(make(Callback.table, { name: "nan_guard", options: {} })(() => ({ monitor: "val.loss", mode: "min" }))).toEqual({})
  })

  test("have their bounds", () => {
    expect(() => guard({ factor: 1 })).toThrow("nan_guard.rewind got 1 for factor; it wants a number above 0 and below 1")
  })
})
