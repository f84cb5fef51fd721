/** `pretrain`: the RBMs that are trained first, in order; the layers start from their weights. */
import { stageOptions } from "@adjoint/core/learning/Rbm"
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

const { layer, method: methodOption, momentum: momentumOption, sparsity: sparsityOption } = stageOptions

const one = Fields.number(momentumOption)
const pair = note(Schema.Array(one).check(Schema.isMinLength(2), Schema.isMaxLength(2)), {
  wanted: `two numbers${Fields.range(momentumOption)}`,
})

const momentum = note(Schema.Union([one, pair]), {
  wanted: `a number${Fields.range(momentumOption)}, or a list of the first and the last`,
  dispatch: (value): Verdict => ({
    _tag: "Meant",
    schema: Array.isArray(value) ? pair : one,
    input: value,
  }),
})

/** The options of a stage that are not options of its entry. */
const beside = (method: Codec, choices: Choices): Contents => ({
  layer: Fields.described(Fields.name, layer.doc),
  method: Fields.usuallyNamed(method, methodOption.default, methodOption.doc),
  momentum: Fields.usually(momentum as Codec, momentumOption.default, momentumOption.doc),
  sparsity: Schema.optionalKey(Fields.described(options(fields(sparsityOption, choices)), sparsityOption.doc)),
})

/** The schema of `pretrain`. */
export const pretrainSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Pretrain> => {
  const method = oneOf("method", members(catalogue.method, choices), { identifier: "Method" })
  const stages = Object.entries(catalogue.stage).map(([name, entry]): readonly [string, Member] => [
    name,
    {
      doc: entry.doc,
      bare: false,
      content: options({ ...beside(method, choices), ...fields(entry, choices) }, "layer", {
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
