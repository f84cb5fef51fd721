/** Activations along an axis: softmax and its logarithm. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type * as Shape from "../../types/Shape.ts"
import { named, refuse } from "../../types/ShapeError.ts"
import { type Net, pure } from "../Net.ts"
import { type Activation, type FactsOf, linearGain, make, maker, type Section } from "./Activation.ts"

/** x minus its largest element along an axis, which does not change softmax. An empty axis needs no shift. */
const shifted = (x: Tensor, axis: number): Tensor =>
  x.shape.at(axis) === 0 ? x : T.sub(x, T.stopGradient(T.max(x, { axes: axis, keepAxes: true })))

/** eˣ / Σ eˣ along an axis: positive numbers that sum to 1. `Tensor.print(Activation.softmax(Tensor.make([1e4, 1e4]))) // => "[0.5, 0.5]"` */
export const softmax = named("softmax", (x: Tensor, axis = -1): Tensor => {
  const powers = T.exp(shifted(x, axis))
  return T.div(powers, T.sum(powers, { axes: axis, keepAxes: true }))
})

/** The logarithm of softmax, accurate even where softmax underflows to 0. `Tensor.print(Activation.logSoftmax(Tensor.make([0, 1e4]))) // => "[-10000, 0]"` */
export const logSoftmax = named("logSoftmax", (x: Tensor, axis = -1): Tensor => {
  const y = shifted(x, axis)
  return T.sub(y, T.log(T.sum(T.exp(y), { axes: axis, keepAxes: true })))
})

const axis = {
  kind: "integer",
  doc: "The axis along which the probabilities sum to 1, counted from the end: -1 is the last.",
  synonyms: ["dim"],
  default: -1,
  maximum: -1,
} as const

/** A variable and a single 0 along an axis, which is counted from the end. */
const againstZero = (formula: string, along: number): Section => ({
  formula,
  input: (z) => {
    const pairs = T.stack([z, T.zerosLike(z)], -1)
    return T.reshape(pairs, [...pairs.shape, ...Array<number>(-along - 1).fill(1)])
  },
})

/** A layer whose axis, counted from the last, is one of the sample: the batch is none of its axes. Its shape throws `ShapeError` otherwise. */
const within = (name: string, axis: number, apply: (x: Tensor) => Tensor): Net =>
  pure(name, apply, (input: Shape.Shape) =>
    input.length + axis < 0
      ? refuse(name, [{ dtype: "f32", shape: input }], `at least ${-axis} axes for \`axis: ${axis}\``, "`axis: -1`, the last")
      : input,
  )

const source = "Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990"

/** Activations by name. */
export const makers = {
  softmax: maker({
    options: { axis },
    main: "axis",
    make: (options): Activation =>
      make((x) => softmax(x, options.axis), {
        gain: linearGain,
        suits: "xavier",
        net: within("softmax", options.axis, (x) => softmax(x, options.axis)),
        section: againstZero("softmax(z, 0)₁", options.axis),
      }),
  }),
  log_softmax: maker({
    options: { axis },
    main: "axis",
    make: (options): Activation =>
      make((x) => logSoftmax(x, options.axis), {
        gain: linearGain,
        suits: "xavier",
        net: within("log_softmax", options.axis, (x) => logSoftmax(x, options.axis)),
        section: againstZero("log_softmax(z, 0)₁", options.axis),
      }),
  }),
}

/** What is documented of each. */
export const facts = {
  softmax: {
    doc: "Turns numbers into probabilities that sum to 1 along an axis.",
    formula: "f(z)ᵢ = e^(zᵢ - max z) / Σⱼ e^(zⱼ - max z)",
    derivative: "∂fᵢ/∂zⱼ = fᵢ(δᵢⱼ - fⱼ)",
    source,
    advice:
      "For the probabilities of several classes. Do not put it before a cross-entropy from logits, which already contains it; applied twice it makes gradients small.",
    traits: { slope: 1 / 4, role: "probabilities" },
  },
  log_softmax: {
    doc: "The logarithms of the softmax probabilities.",
    formula: "f(z)ᵢ = zᵢ - max z - log Σⱼ e^(zⱼ - max z)",
    derivative: "∂fᵢ/∂zⱼ = δᵢⱼ - softmax(z)ⱼ",
    source,
    advice: "For log-probabilities: accurate even where the probability underflows to 0.",
    traits: { slope: 1, role: "probabilities" },
  },
} satisfies FactsOf<typeof makers>
