/** `pretrain`: the machines whose weights the layers start from, in the order in which they learn. */
import * as Schema from "effect/Schema"
import type * as Document from "../Document.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import * as Fields from "./Fields.ts"
import { oneOf, options } from "./OneOf.ts"

type Contents = { readonly [name: string]: Codec }

const withDefault = <T>(codec: Codec<T>, value: T, description: string) =>
  Fields.withDefault(Fields.described(codec, description), () => value)

const steps = withDefault(Fields.count, 1, "Rounds of Gibbs sampling a step. Default: 1.")

const method = oneOf("method", {
  cd: {
    doc: "Contrastive divergence: samples of the machine start from the rows of the batch.",
    bare: true,
    content: options({ steps } as unknown as Contents, "steps"),
  },
  pcd: {
    doc: "Persistent contrastive divergence: samples of the machine go on from step to step.",
    bare: true,
    content: options({
      steps,
      particles: withDefault(Fields.count, 100, "How many samples there are. Default: 100."),
    } as unknown as Contents),
  },
}) as Codec<Document.Rbm["method"]>

const share = Fields.number({ minimum: 0, exclusiveMaximum: 1 })
const pair = note(Schema.Array(share).check(Schema.isMinLength(2), Schema.isMaxLength(2)), {
  wanted: "two numbers >= 0 and < 1",
})

const momentum = note(Schema.Union([share, pair]), {
  wanted: "a number >= 0 and < 1, or two between which it goes over the epochs",
  dispatch: (value): Verdict => ({
    _tag: "Meant",
    schema: (Array.isArray(value) ? pair : share) as unknown as Codec,
    input: value,
  }),
}) as unknown as Codec<Document.Rbm["momentum"]>

const sparsity = options({
  target: Fields.described(
    Fields.number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    "The share of the rows for which a hidden unit is to be on.",
  ),
  cost: withDefault(Fields.number({ minimum: 0 }), 0.1, "How much it counts. Default: 0.1."),
} as unknown as Contents) as Codec<NonNullable<Document.Rbm["sparsity"]>>

const rbm = {
  layer: Fields.described(Fields.name, "The name of the dense layer that the machine's weights are for; sigmoid follows it."),
  visible: withDefault(
    Fields.choice(["bernoulli", "gaussian"]),
    "bernoulli",
    "What the machine sees: `bernoulli`, numbers from 0 to 1; `gaussian`, standardized quantities. Default: bernoulli.",
  ),
  method: Fields.withDefault(Fields.described(method, "Where samples of the machine come from. Default: cd."), () =>
    Schema.decodeSync(method)("cd"),
  ),
  epochs: withDefault(Fields.count, 10, "How often the rows are gone through. Default: 10."),
  batch: withDefault(Fields.count, 32, "Rows in one step. Default: 32."),
  lr: withDefault(
    Fields.number({ exclusiveMinimum: 0 }),
    0.05,
    "The learning rate; Gaussian units want a tenth of it or less. Default: 0.05.",
  ),
  momentum: withDefault(
    momentum,
    [0.5, 0.9],
    "How much of a step goes on in the next: a number, or two between which it goes over the epochs. Default: [0.5, 0.9].",
  ),
  l2: withDefault(Fields.number({ minimum: 0 }), 2e-4, "Decay of the weights: λw is taken from the gradient. Default: 0.0002."),
  sparsity: Schema.optionalKey(Fields.described(sparsity, "How seldom hidden units are to be on.")),
} as unknown as Contents

/** The schema of `pretrain`. */
export const pretrainSection = (): Codec<Document.Pretrain> => {
  const stage = oneOf(
    "stage",
    {
      rbm: {
        doc: "A restricted Boltzmann machine: learns what its rows are like, on what the stages before it make of them.",
        bare: false,
        content: options(rbm, "layer"),
      },
    },
    { identifier: "Stage" },
  )
  return note(Schema.Array(stage), {
    wanted: "a list of stages such as `- rbm: { layer: h1 }`",
  }) as unknown as Codec<Document.Pretrain>
}
