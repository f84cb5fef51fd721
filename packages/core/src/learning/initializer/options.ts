/** The options of initializers with their bounds. Entries and constructors share them. */

export const gainOption = {
  kind: "number",
  doc: "The gain of the activation that follows: 1 for linear and sigmoid, 5/3 for tanh, 1.414 for relu.",
  default: 1,
  exclusiveMinimum: 0,
  usual: [0.01, 10],
} as const

export const modeOption = {
  kind: "choice",
  doc: "`fan_in` preserves the variance of signals in the forward pass, `fan_out` that of gradients in the backward pass.",
  of: ["fan_in", "fan_out"],
  default: "fan_in",
} as const

export const constantOptions = {
  value: { kind: "number", doc: "The number.", synonyms: ["val", "fill_value"], default: 0.01 },
} as const

export const normalOptions = {
  std: {
    kind: "number",
    doc: "The standard deviation.",
    synonyms: ["stddev", "sigma", "standard_deviation"],
    default: 0.01,
    minimum: 0,
    usual: [0, 2],
  },
} as const

export const uniformOptions = {
  limit: {
    kind: "number",
    doc: "The largest absolute value.",
    synonyms: ["bound", "range"],
    default: 0.05,
    minimum: 0,
    usual: [0, 2],
  },
} as const

export const truncatedNormalOptions = {
  std: {
    kind: "number",
    doc: "The standard deviation before the cut.",
    synonyms: ["stddev", "sigma", "standard_deviation"],
    default: 0.02,
    minimum: 0,
    usual: [0, 2],
  },
} as const
