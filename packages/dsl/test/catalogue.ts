/** A small catalogue of the tests' own, with one entry of every kind of option. */
import { type AnyEntry, type Entry, entry, type Options } from "@adjoint/core/learning/Entry"
import type { Catalogue } from "../src/schema/Catalogue.ts"

const thing = <const O extends Options>(options: O, main?: keyof O & string): AnyEntry<unknown> => {
  const made: Entry<O, unknown> = entry<O, unknown>({
    doc: "A thing.",
    formula: "x",
    source: "",
    advice: "",
    options,
    ...(main === undefined ? {} : { main }),
    make: (values) => values,
  })
  return made
}

const plain = thing({})
const lr = { kind: "number", doc: "The learning rate.", default: 1e-3, exclusiveMinimum: 0 } as const
const count = { kind: "integer", doc: "Rows.", default: 200, minimum: 2 } as const

export const catalogue: Catalogue = {
  activation: {
    identity: plain,
    step: plain,
    sigmoid: plain,
    tanh: plain,
    relu: plain,
    leaky_relu: thing({ alpha: { kind: "number", doc: "The slope below 0.", default: 0.01 } }, "alpha"),
    softmax: plain,
  },
  initializer: {
    auto: plain,
    zeros: plain,
    constant: thing({ value: { kind: "number", doc: "The number." } }, "value"),
    xavier_uniform: plain,
    he_normal: thing(
      {
        nonlinearity: { kind: "activation", doc: "What follows.", default: "relu" },
        mode: { kind: "choice", doc: "Which fan.", of: ["fan_in", "fan_out"], default: "fan_in" },
      },
      "nonlinearity",
    ),
  },
  layer: {
    dense: thing(
      {
        units: { kind: "integer", doc: "The number of outputs.", exclusiveMinimum: 0 },
        activation: { kind: "activation", doc: "Applied to the outputs.", default: "identity" },
        init: { kind: "initializer", doc: "The weights at the start.", default: "auto" },
        bias: { kind: "boolean", doc: "Whether there is a bias.", default: true },
      },
      "units",
    ),
    dropout: thing({ rate: { kind: "number", doc: "The share that is dropped.", minimum: 0, exclusiveMaximum: 1 } }, "rate"),
    flatten: plain,
    conv2d: thing({
      filters: { kind: "integer", doc: "The number of channels.", exclusiveMinimum: 0 },
      kernel: { kind: "sizes", doc: "The size of the window.", default: 3 },
    }),
  },
  loss: { mse: plain, binary_cross_entropy: plain, categorical_cross_entropy: plain },
  optimizer: {
    sgd: thing({ lr: { ...lr, default: 0.1 } }, "lr"),
    momentum: thing({ lr, momentum: { kind: "number", doc: "Momentum.", default: 0.9 } }, "lr"),
    adam: thing({ lr }, "lr"),
    adamw: thing({ lr, weight_decay: { kind: "number", doc: "Decay.", default: 0.01 } }, "lr"),
  },
  schedule: {
    constant: plain,
    cosine: plain,
    warmup: thing({
      steps: { kind: "integer", doc: "Steps until the full rate.", minimum: 1 },
      after: { kind: "schedule", doc: "What follows.", default: "constant" },
    }),
  },
  metric: { accuracy: plain, mse: plain, mae: plain },
  toy: {
    xor: thing({ copies: { kind: "integer", doc: "Copies.", default: 1, minimum: 1 } }),
    moons: thing({ count, noise: { kind: "number", doc: "Noise.", default: 0.1, minimum: 0 } }),
    spirals: thing({ count, classes: { kind: "integer", doc: "Arms.", default: 2, minimum: 2 } }),
  },
}
