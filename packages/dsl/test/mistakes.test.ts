/**
 * Mistakes that people make who come from another library: each is reported at its place, with what to do, and where
 * there is a fix, the fixed file is right and says what was meant.
 */
import { describe, expect, test } from "vitest"
import { hasErrors } from "../src/diagnostic/Diagnostic.ts"
import * as Fix from "../src/diagnostic/Fix.ts"
import { read, withFacts } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"

/** A right file, in the parts that the mistakes replace. */
const right = {
  split: "{ train: 60%, val: 20%, test: 20% }",
  first: "dense: { units: 8, activation: relu }",
  second: "dropout: 0.1",
  last: "head: label",
  train: "optimizer: { adam: { lr: 0.01 } }",
  metrics: "[accuracy]",
  callbacks: "[{ early_stop: { patience: 3 } }]",
  evaluate: "fail_under: { accuracy: 0.5 }",
}

type Parts = typeof right

const file = (parts: Partial<Parts> = {}): string => {
  const { callbacks, evaluate, first, last, metrics, second, split, train } = { ...right, ...parts }
  return `schema: 1
data:
  source: { blobs: { count: 120 } }
  split: ${split}
model:
  layers:
    - ${first}
    - ${second}
    - ${last}
train:
  epochs: 20
  batch: 16
  ${train}
  metrics: ${metrics}
  callbacks: ${callbacks}
evaluate: { ${evaluate} }
`
}

const reading = (text: string) => read(fromText("m.yaml", text))

/** What is wrong, where, and what to do. */
const told = (text: string) =>
  reading(text)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, help, span }) => [code, `${span?.line}:${span?.column}`, help] as const)

/** The text with the fixes of its errors, which must leave none; `undefined` where there is nothing to apply. */
const mended = (text: string): string | undefined => {
  let now = text
  for (let round = 0; round < 10; round++) {
    const errors = reading(now).diagnostics.filter(({ severity }) => severity === "error")
    const { applied, text: next } = Fix.apply(now, errors)
    if (applied.length === 0) break
    now = next
  }
  if (now === text) return undefined
  expect(reading(now).diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
  return now
}

test("the right file is right", () => {
  expect(reading(file()).diagnostics).toEqual([])
})

type Case = readonly [
  name: string,
  wrong: Partial<Parts>,
  code: string,
  at: string,
  help: string,
  right: Partial<Parts> | undefined,
]

const options: ReadonlyArray<Case> = [
  [
    "an option of an optimizer",
    { train: "optimizer: { adam: { learning_rate: 0.01 } }" },
    "S101",
    "13:24",
    "did you mean `lr`?",
    {},
  ],
  ["the width of a layer", { first: "dense: { hidden_size: 8, activation: relu }" }, "S101", "7:16", "did you mean `units`?", {}],
  [
    "a share with another name",
    { second: "dropout: { p: 0.1 }" },
    "S101",
    "8:18",
    "did you mean `rate`?",
    { second: "dropout: { rate: 0.1 }" },
  ],
  ["a misspelt option", { first: "dense: { unit: 8, activation: relu }" }, "S101", "7:16", "did you mean `units`?", {}],
  [
    "a slope",
    { first: "dense: { units: 8, activation: { leaky_relu: { negative_slope: 0.1 } } }" },
    "S101",
    "7:54",
    "did you mean `alpha`?",
    { first: "dense: { units: 8, activation: { leaky_relu: { alpha: 0.1 } } }" },
  ],
  [
    "two options for one list",
    { train: "optimizer: { adam: { betas: [0.8, 0.99] } }" },
    "S101",
    "13:24",
    "these are two options: `beta1: 0.9, beta2: 0.999`",
    { train: "optimizer: { adam: { beta1: 0.8, beta2: 0.99 } }" },
  ],
  [
    "an option that is an optimizer",
    { train: "optimizer: { adam: { amsgrad: true } }" },
    "S101",
    "13:24",
    "`amsgrad` is a separate optimizer: `optimizer: { amsgrad: { lr: 0.001 } }`",
    undefined,
  ],
  [
    "what is inferred",
    { first: "dense: { in_features: 2, out_features: 8, activation: relu }" },
    "S101",
    "7:16",
    "the input size is inferred from the layer above or the data: remove it",
    {},
  ],
  [
    "a name inside the options",
    { first: "dense: { units: 8, activation: relu, name: h1 }" },
    "S101",
    "7:44",
    "`name` belongs beside the layer: `{ dense: 8, name: h1 }`",
    { first: "dense: { units: 8, activation: relu }\n      name: h1" },
  ],
  [
    "a penalty on one layer",
    { first: "dense: { units: 8, kernel_regularizer: l2 }" },
    "S101",
    "7:26",
    "weight penalties apply to the whole model: `train: { regularize: { l2: 0.01 } }` adds ½·0.01·w² for every weight",
    undefined,
  ],
  [
    "layers by their number",
    { first: "lstm: { units: 8, num_layers: 2 }" },
    "S101",
    "7:25",
    "each layer is an item of its own: use `repeat: { times: 2, layers: [ … ] }`",
    undefined,
  ],
  [
    "what a checkpoint keeps",
    { callbacks: "[{ checkpoint: { save_best_only: true } }]" },
    "S101",
    "15:31",
    "`keep: [best]` keeps only the best state",
    { callbacks: "[{ checkpoint: { keep: [best] } }]" },
  ],
  [
    "how often a block is repeated",
    { second: "repeat: { n: 2, layers: [{ dense: 8 }, relu] }" },
    "S101",
    "8:17",
    "did you mean `times`?",
    { second: "repeat: { times: 2, layers: [{ dense: 8 }, relu] }" },
  ],
  [
    "two options of a schedule",
    { train: "schedule: { step: { step_size: 5, gamma: 0.5 } }" },
    "S101",
    "13:23",
    "did you mean `every`?",
    { train: "schedule: { step: { every: 5, factor: 0.5 } }" },
  ],
]

const places: ReadonlyArray<Case> = [
  [
    "the learning rate",
    { train: "optimizer: sgd\n  learning_rate: 0.1" },
    "S101",
    "14:3",
    "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`",
    { train: "optimizer: { sgd: { lr: 0.1 } }" },
  ],
  [
    "the learning rate beside options",
    { train: "optimizer: { sgd: { momentum: 0.9 } }\n  lr: 0.1" },
    "S101",
    "14:3",
    "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`",
    { train: "optimizer: { sgd: { momentum: 0.9, lr: 0.1 } }" },
  ],
  [
    "the learning rate without an optimizer",
    { train: "lr: 0.1" },
    "S101",
    "13:3",
    "the learning rate is an option of the optimizer: `optimizer: { adam: { lr: 0.001 } }`",
    { train: "optimizer: { adam: { lr: 0.1 } }" },
  ],
  [
    "clipping",
    { train: "gradient_clip_val: 1" },
    "S101",
    "13:3",
    "`clip_norm` belongs in `train.regularize`",
    { train: "regularize: { clip_norm: 1 }" },
  ],
  [
    "clipping beside other penalties",
    { train: "regularize: { l2: 1e-4 }\n  clipnorm: 1" },
    "S101",
    "14:3",
    "`clip_norm` belongs in `train.regularize`",
    { train: "regularize: { l2: 1e-4, clip_norm: 1 }" },
  ],
  [
    "weight decay of plain descent",
    { train: "optimizer: { sgd: { lr: 0.1, weight_decay: 1e-4 } }" },
    "S101",
    "13:32",
    "with `sgd`, weight decay is the penalty ½λw² on the loss: `train: { regularize: { l2: 1e-4 } }`",
    { train: "optimizer: { sgd: { lr: 0.1 } }", callbacks: `${right.callbacks}\n  regularize: { l2: 1e-4 }` },
  ],
  [
    "weight decay of adam, which has two readings",
    { train: "optimizer: { adam: { weight_decay: 1e-4 } }" },
    "S101",
    "13:24",
    "`adam` has no weight decay: use `adamw: { weight_decay: 0.01 }`, or the penalty `train: { regularize: { l2: 1e-4 } }`",
    undefined,
  ],
  [
    "a part of the split",
    { split: "{ train: 60%, test: 20% }", train: "validation_split: 0.2" },
    "S101",
    "13:3",
    "validation rows are part of the split: `data: { split: { val: 20% } }`",
    { split: "{ train: 60%, test: 20%, val: 20% }", train: "" },
  ],
  [
    "a part of the split that says the same",
    { train: "validation_split: 0.2" },
    "S101",
    "13:3",
    "validation rows are part of the split: `data: { split: { val: 20% } }`",
    { train: "" },
  ],
  [
    "a part of the split that says another thing",
    { train: "validation_split: 0.1" },
    "S101",
    "13:3",
    "validation rows are part of the split: `data: { split: { val: 20% } }`",
    undefined,
  ],
  [
    "a callback",
    { train: "reduce_on_plateau: { patience: 2 }" },
    "S101",
    "13:3",
    "callbacks are written as a list: `callbacks: [reduce_on_plateau]`",
    { train: "", callbacks: "[{ early_stop: { patience: 3 } }, { reduce_on_plateau: { patience: 2 } }]" },
  ],
  [
    "an option of a callback",
    { train: "patience: 5" },
    "S101",
    "13:3",
    "`patience` is an option of a callback: `callbacks: [{ early_stop: { patience: … } }]`",
    undefined,
  ],
  [
    "what is always so",
    { train: "shuffle: true" },
    "S101",
    "13:3",
    "the training rows are shuffled before every epoch: remove it",
    { train: "" },
  ],
  [
    "what cannot be otherwise",
    { train: "shuffle: false" },
    "S101",
    "13:3",
    "the training rows are shuffled before every epoch: remove it",
    undefined,
  ],
  [
    "where it is computed",
    { train: "device: cuda" },
    "S101",
    "13:3",
    "a run uses the CPU; `--threads` sets the number of threads: remove it",
    { train: "" },
  ],
  [
    "a key of the data",
    { train: "stratify: label" },
    "S101",
    "13:3",
    "`stratify` belongs in `data.split`",
    { split: "{ train: 60%, val: 20%, test: 20%, stratify: label }", train: "" },
  ],
  [
    "label smoothing",
    { train: "label_smoothing: 0.1" },
    "S101",
    "13:3",
    "label smoothing is an option of the loss: `loss: { categorical_cross_entropy: { label_smoothing: 0.1 } }`",
    undefined,
  ],
]

const names: ReadonlyArray<Case> = [
  [
    "an activation with its module",
    { first: "dense: { units: 8, activation: nn.ReLU }" },
    "S104",
    "7:38",
    "did you mean `relu`?",
    {},
  ],
  [
    "an optimizer in capitals",
    { train: "optimizer: Adam" },
    "S104",
    "13:14",
    "did you mean `adam`?",
    { train: "optimizer: adam" },
  ],
  [
    "a loss",
    { train: "loss: sparse_categorical_crossentropy" },
    "S104",
    "13:9",
    "did you mean `categorical_cross_entropy`?",
    { train: "loss: categorical_cross_entropy" },
  ],
  [
    "a schedule with its options",
    { train: "schedule: { CosineAnnealingLR: { T_max: 10 } }" },
    "S104",
    "13:15",
    "did you mean `cosine`?",
    { train: "schedule: { cosine: { epochs: 10 } }" },
  ],
  [
    "a schedule that is a callback",
    { train: "schedule: { ReduceLROnPlateau: { patience: 5 } }" },
    "S104",
    "13:15",
    "this is a callback: `callbacks: [{ reduce_on_plateau: { patience: 5 } }]`",
    undefined,
  ],
  [
    "a layer that the value tells from an activation",
    { first: "Linear: 8" },
    "S104",
    "7:7",
    "did you mean `dense`?",
    { first: "dense: 8" },
  ],
  [
    "a layer that takes no value here",
    { second: "BatchNorm1d: 8" },
    "S104",
    "8:7",
    "did you mean `batch_norm`? It needs no value here",
    { second: "batch_norm" },
  ],
  [
    "a layer without a counterpart",
    { second: "Lambda: 8" },
    "S104",
    "8:7",
    "a model file contains no code: each layer is one of the catalogue",
    undefined,
  ],
  [
    "an initializer by its first author",
    { first: "dense: { units: 8, init: xavier, activation: relu }" },
    "S104",
    "7:32",
    "did you mean `xavier_uniform`?",
    { first: "dense: { units: 8, init: xavier_uniform, activation: relu }" },
  ],
  [
    "a callback by another name",
    { callbacks: "[{ EarlyStopping: { patience: 3 } }]" },
    "S104",
    "15:17",
    "did you mean `early_stop`?",
    {},
  ],
  [
    "a misspelt name",
    { first: "dense: { units: 8, activation: eluu }" },
    "S104",
    "7:38",
    "did you mean `elu`?",
    { first: "dense: { units: 8, activation: elu }" },
  ],
]

const values: ReadonlyArray<Case> = [
  [
    "a percentage for a number",
    { second: "dropout: 50%" },
    "S103",
    "8:16",
    "write the share as a fraction: `0.5`",
    { second: "dropout: 0.5" },
  ],
  [
    "a number for a percentage",
    { split: "{ train: 0.6, val: 20%, test: 20% }" },
    "S103",
    "4:19",
    "write the share as `60%`; a whole number counts rows",
    {},
  ],
  [
    "a part of the split with its name and value",
    { split: "{ train: 60%, val_split: 0.2, test: 20% }" },
    "S101",
    "4:24",
    "did you mean `val`?",
    {},
  ],
  [
    "shares without names",
    { split: "{ probabilities: [0.6, 0.2, 0.2] }" },
    "S101",
    "4:12",
    "the parts have names: `train: 70%, val: 10%, test: 20%`",
    {},
  ],
  [
    "a share that is out of bounds",
    { second: "dropout: 1.5" },
    "S103",
    "8:16",
    "The fraction that is dropped. Default: 0.5.",
    undefined,
  ],
  [
    "a percentage without its sign",
    { second: "dropout: 20" },
    "S103",
    "8:16",
    "write a fraction from 0 to 1: 20% is `0.2`",
    undefined,
  ],
  ["a fraction of an epoch", { train: "accumulate: 2.5" }, "S103", "13:15", "write `2` or `3`", undefined],
  [
    "a rate that overflows",
    { train: "optimizer: { adam: { lr: 1e39 } }" },
    "S103",
    "13:28",
    "as a 32-bit float it is Infinity",
    undefined,
  ],
  [
    "a rate that vanishes",
    { train: "optimizer: { adam: { lr: 1e-50 } }" },
    "S103",
    "13:28",
    "as a 32-bit float it is 0",
    undefined,
  ],
  [
    "a penalty that overflows",
    { train: "regularize: { l2: 1e300 }" },
    "S103",
    "13:21",
    "as a 32-bit float it is Infinity",
    undefined,
  ],
  ["a sign too many", { train: "optimizer: { adam: { lr: -0.01 } }" }, "S103", "13:28", "did you mean `0.01`?", undefined],
  [
    "a warm-up in steps",
    { train: "schedule: { warmup_cosine: { warmup: 100 steps } }" },
    "S103",
    "13:40",
    "times are not counted in steps: write `2 epochs`, or a percentage of the run such as `5%`",
    undefined,
  ],
  ["one metric instead of a list", { metrics: "acc" }, "S103", "14:12", "write a list: `[accuracy]`", {}],
  [
    "one callback instead of a list",
    { callbacks: "early_stop" },
    "S103",
    "15:14",
    "write a list: `[early_stop]`",
    { callbacks: "[early_stop]" },
  ],
  [
    "one callback with options instead of a list",
    { callbacks: "{ early_stop: { patience: 3 } }" },
    "S103",
    "15:14",
    "write a list: a `-` before each, on a line of its own, or `[{ … }, { … }]`",
    {},
  ],
  [
    "callbacks as a map",
    { callbacks: "\n    early_stop:\n      patience: 3\n    checkpoint: { keep: [best] }" },
    "S103",
    "16:5",
    "write a list: a `-` before each, on a line of its own, or `[{ … }, { … }]`",
    { callbacks: "\n    - early_stop:\n        patience: 3\n    - checkpoint: { keep: [best] }" },
  ],
  [
    "weights of classes by name",
    { train: "regularize: { class_weight: { 2: 3, 0: 1, 1: 2 } }" },
    "S103",
    "13:31",
    "write the weights as a list, in the sorted order of the classes: `[1, 2, 3]`",
    { train: "regularize: { class_weight: [1, 2, 3] }" },
  ],
  [
    "a score without its name",
    { evaluate: "fail_under: 0.9" },
    "S103",
    "16:25",
    "name the score: `fail_under: { accuracy: 0.9 }`",
    undefined,
  ],
  [
    "a word that is longer here",
    { callbacks: "[{ early_stop: { patience: 3, mode: minimum } }]" },
    "S103",
    "15:50",
    "did you mean `min`?",
    { callbacks: "[{ early_stop: { patience: 3, mode: min } }]" },
  ],
  [
    "a layer without its width",
    { first: "dense" },
    "S102",
    "7:7",
    "`units`: The number of outputs. Example: `dense: 16`.",
    undefined,
  ],
]

const scores: ReadonlyArray<Case> = [
  [
    "a score by Keras' name",
    { callbacks: "[{ early_stop: { monitor: val_loss } }]" },
    "T503",
    "15:40",
    "did you mean `val.loss`?",
    { callbacks: "[{ early_stop: { monitor: val.loss } }]" },
  ],
  [
    "a metric by Keras' name",
    { callbacks: "[{ early_stop: { monitor: val_acc } }]" },
    "T503",
    "15:40",
    "did you mean `val.accuracy`?",
    { callbacks: "[{ early_stop: { monitor: val.accuracy } }]" },
  ],
  [
    "a metric that is not computed",
    { callbacks: "[{ early_stop: { monitor: val.f1 } }]" },
    "T503",
    "15:40",
    "`f1` is not in `train.metrics`: add it there",
    { callbacks: "[{ early_stop: { monitor: val.f1 } }]", metrics: "[accuracy, f1]" },
  ],
  [
    "a floor under a metric by another name",
    { evaluate: "fail_under: { acc: 0.5 }" },
    "T503",
    "16:27",
    "did you mean `accuracy`?",
    {},
  ],
  [
    "a minimum of a score that is better the lower",
    { evaluate: "fail_under: { loss: 0.5 }" },
    "T523",
    "16:27",
    "write it under `fail_above`, which sets the maximum",
    { evaluate: "fail_under: {}, fail_above: { loss: 0.5 }" },
  ],
  [
    "a maximum of a score that is better the higher",
    { evaluate: "fail_above: { accuracy: 0.5 }" },
    "T523",
    "16:27",
    "write it under `fail_under`, which sets the minimum",
    { evaluate: "fail_above: {}, fail_under: { accuracy: 0.5 }" },
  ],
]

const shapes: ReadonlyArray<Case> = [
  [
    "a head in the middle",
    { second: "head: label", last: "dense: 8" },
    "G403",
    "8:7",
    "move it to the end; for a hidden layer write `dense`",
    { second: "dense: 8" },
  ],
  [
    "softmax in the head",
    { last: "head: { target: label, activation: softmax }" },
    "T501",
    "9:42",
    "remove `softmax`: predictions are still converted to probabilities",
    { last: "head: { target: label }" },
  ],
  [
    "softmax in the last layer",
    { last: "dense: { units: 3, activation: softmax }" },
    "T501",
    "9:38",
    "remove `softmax`: predictions are still converted to probabilities",
    { last: "dense: { units: 3 }" },
  ],
  [
    "softmax as the last layer",
    { last: "dense: 3\n    - softmax" },
    "T501",
    "10:7",
    "remove `softmax`: predictions are still converted to probabilities",
    { last: "dense: 3" },
  ],
  [
    "no head",
    { last: "relu" },
    "G404",
    "9:7",
    "end with `head: label`: it has as many outputs as the target needs",
    { last: "relu\n    - head: label" },
  ],
  [
    "outputs of another number",
    { last: "dense: 5" },
    "G404",
    "9:7",
    "write `head: label` in its place: it has as many outputs as the target needs",
    undefined,
  ],
  [
    "a convolution of a table",
    { first: "conv2d: 8" },
    "G402",
    "7:7",
    "try: dense, which takes any row of numbers; or a reshape before it, where the numbers are an image or a sequence",
    undefined,
  ],
  [
    "a loss of numbers for classes",
    { train: "loss: mse" },
    "T507",
    "13:9",
    "write `auto`, which chooses the default loss of the target, or `categorical_cross_entropy`, `hinge` or `kl_divergence`",
    { train: "loss: auto" },
  ],
  [
    "parts that are more than all",
    { split: "{ train: 80%, val: 20%, test: 20% }" },
    "D304",
    "4:19",
    "make a part smaller: the others leave `train: 60%`",
    undefined,
  ],
]

/** Lines that a fix leaves empty count for nothing. */
const squeezed = (text: string | undefined) => text?.replaceAll(/\n\s*(?=\n)/g, "")

describe.each([
  ["options", options],
  ["places", places],
  ["names", names],
  ["values", values],
  ["scores", scores],
  ["shapes", shapes],
])("mistakes of %s", (_, cases) => {
  test.each(cases)("%s", (_name, wrong, code, at, help, fixed) => {
    const text = file(wrong)
    expect(told(text)).toContainEqual([code, at, help])
    if (fixed === undefined) {
      const errors = reading(text).diagnostics.filter(({ severity }) => severity === "error")
      expect(errors.every(({ fix }) => fix === undefined)).toBe(true)
    } else expect(squeezed(mended(text))).toBe(squeezed(file(fixed)))
  })
})

describe("text that is not YAML", () => {
  test.each([
    ["no space after a colon", "  epochs: 20", "  epochs:20", "11:3", "there is no space after the colon of `epochs:`", true],
    [
      "a brace that never closes",
      "units: 8, activation: relu }",
      "units: 8, activation: relu",
      "7:14",
      "the bracket `{` that opens here is not closed",
      true,
    ],
    [
      "braces that never close, before a comment",
      "{ adam: { lr: 0.01 } }",
      "{ adam: { lr: 0.01 # slow",
      "13:14",
      "the bracket `{` that opens here is not closed",
      false,
    ],
    [
      "a bracket that never closes",
      "metrics: [accuracy]",
      "metrics: [accuracy",
      "14:12",
      "the bracket `[` that opens here is not closed",
      true,
    ],
    ["a tab for an indentation", "  batch: 16", "\tbatch: 16", "12:1", "tabs are not allowed as indentation", true],
  ])("%s", (_, part, wrong, at, message, isSame) => {
    const text = file().replace(part, wrong)
    const [only, ...others] = reading(text).diagnostics
    expect(others).toEqual([])
    expect([only?.code, `${only?.span?.line}:${only?.span?.column}`, only?.message]).toEqual(["Y001", at, message])
    const fixed = mended(text)
    if (isSame) expect(fixed).toBe(file())
    else expect(fixed).toContain("{ adam: { lr: 0.01 } } # slow")
  })

  test("a fix that would not make it YAML is not offered", () => {
    const [only] = reading("a: [1, 2\nb: { c: 3\n").diagnostics
    expect(only).toMatchObject({ code: "Y001", span: { line: 1, column: 4 } })
    expect(only?.fix).toBeUndefined()
  })
})

describe("keys of a whole file", () => {
  test.each([
    ["trainer: { epochs: 3 }", "1:1", "did you mean `train`?"],
    [
      "input_features: []",
      "1:1",
      "the inputs are the columns of the data that are not targets: `data: { columns: { age: number, city: category } }`; named inputs belong under `model`: `model: { inputs: { person: [age, city] } }`",
    ],
    ["epochs: 3", "1:1", "`epochs` belongs in `train`"],
    ["optimizer: adam", "1:1", "`optimizer` belongs in `train`"],
    ["variables: { n: 3 }", "1:1", "did you mean `vars`?"],
    [
      "sections: 3",
      "1:1",
      "it can be `schema`, `name`, `data`, `model`, `pretrain`, `train`, `evaluate`, `search`, `lint` or `vars`",
    ],
    [
      "train: { whatever: 3 }",
      "1:10",
      expect.stringMatching(
        /^it can be `seed`, `epochs`, `batch`, `shards`, `loss`, `losses`, `optimizer`, .*`metrics` or `callbacks`$/,
      ),
    ],
  ])("%s", (line, at, help) => {
    const text = `${line}\nschema: 1\ndata: { source: moons }\nmodel: { layers: [{ head: label }] }\n`
    expect(told(text)).toEqual([["S101", at, help]])
  })

  test("move to the section that has a place for them", () => {
    const text = "schema: 1\nepochs: 3\ndata: { source: moons }\nmodel: { layers: [{ head: label }] }\n"
    expect(mended(text)).toBe("schema: 1\ntrain: { epochs: 3 }\ndata: { source: moons }\nmodel: { layers: [{ head: label }] }\n")
  })
})

test("what a mistyped target column leads to is not reported beside it", () => {
  const text = `schema: 1
data: { source: a.csv, columns: { kinde: class, x: number } }
model: { layers: [{ head: kind }] }
`
  const source = fromText("m.yaml", text)
  const at = { path: ["data", "columns", "kinde"], on: "key" } as const
  const absent = { code: "D301", message: "absent", at, fix: { title: "", at, text: "kind" } } as const
  const facts = { target: { type: "class", name: "kinde" } } as const
  const { diagnostics } = withFacts(read(source), { facts, findings: [absent] })
  expect(diagnostics.filter(({ code }) => code === "D303")).toEqual([])
  expect(hasErrors(diagnostics)).toBe(true)
})

test("shares as the bounds of a column are quantiles, and not fractions of one", () => {
  const text = `schema: 1
data: { source: a.csv, columns: { kind: class, x: { type: number, clip: [1%, 99%] } } }
model: { layers: [{ head: kind }] }
`
  const help = "shares of the training rows are quantiles: `{ quantiles: [0.01, 0.99] }`"
  expect(told(text)).toEqual([
    ["S103", "2:74", help],
    ["S103", "2:78", help],
  ])
  expect(mended(text)).toBeUndefined()
})

test("two metrics of one name have one score: the second is refused", () => {
  const wanted = "keep one of them, with all its options"
  expect(told(file({ metrics: "[{ top_k: 1 }, accuracy, { top_k: 2 }]" }))).toEqual([["T520", "14:39", wanted]])
  expect(told(file({ metrics: "[{ f1: macro }, { f1: weighted }, accuracy]" }))).toEqual([["T520", "14:30", wanted]])
})
