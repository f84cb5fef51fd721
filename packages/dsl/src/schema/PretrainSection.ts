/** `pretrain`: the RBMs that are trained first, in order; the layers start from their weights. */
import * as Schema from "effect/Schema"
import type * as Document from "../Document.ts"
import { type Codec, note, type Verdict } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, fields, members } from "./FromEntry.ts"
import { type Member, oneOf, options } from "./OneOf.ts"
import * as Synonyms from "./Synonyms.ts"
import * as Vocabulary from "./Vocabulary.ts"

type Contents = { readonly [name: string]: Codec }

const share = Fields.number({ minimum: 0, exclusiveMaximum: 1 })
const pair = note(Schema.Array(share).check(Schema.isMinLength(2), Schema.isMaxLength(2)), {
  wanted: "two numbers >= 0 and < 1",
})

const momentum = note(Schema.Union([share, pair]), {
  wanted: "a number >= 0 and < 1, or a list of the first and the last",
  dispatch: (value): Verdict => ({
    _tag: "Meant",
    schema: Array.isArray(value) ? pair : share,
    input: value,
  }),
})

const sparsity = options({
  target: Fields.described(
    Fields.number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    "The fraction of rows for which a hidden unit should be active.",
  ),
  cost: Fields.usually(Fields.number({ minimum: 0 }), 0.1, "The weight of this penalty."),
}) as Codec<NonNullable<Document.Rbm["sparsity"]>>

/** The options of a stage that are not options of its entry. */
const beside = (method: Codec): Contents => ({
  layer: Fields.described(Fields.name, "The name of the dense layer that starts from the RBM's weights; it needs a sigmoid."),
  method: Fields.usuallyNamed(method, "cd", "How samples of the RBM are drawn."),
  momentum: Fields.usually(
    momentum,
    [0.5, 0.9],
    "The momentum of the updates: one value, or the first and the last, changed in even steps over the epochs.",
  ),
  sparsity: Schema.optionalKey(Fields.described(sparsity, "How rarely hidden units should be active.")),
})

/** The schema of `pretrain`. */
export const pretrainSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Pretrain> => {
  const method = oneOf("method", members(catalogue.method, choices), { identifier: "Method" })
  const stages = Object.entries(catalogue.stage).map(([name, entry]): readonly [string, Member] => [
    name,
    {
      doc: entry.doc,
      bare: false,
      content: options({ ...beside(method), ...fields(entry, choices) }, "layer", {
        synonyms: { ...Synonyms.ofOptions(entry), ...Vocabulary.stage.synonyms },
      }),
      synonyms: Synonyms.ofEntry(entry),
    },
  ])
  const stage = oneOf("stage", Object.fromEntries(stages), { identifier: "Stage" })
  return note(Schema.Array(stage as Codec<Document.Pretrain[number]>), {
    wanted: "a list of stages such as `- rbm: { layer: h1 }`",
  })
}
