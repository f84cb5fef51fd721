/** `search`: what a search looks for, how it chooses its trials, and which of them it stops or refuses. */
import { defaultPending } from "@adjoint/core/search/Study"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type * as Document from "../Document.ts"
import { type Codec, note } from "./Annotation.ts"
import type { Catalogue } from "./Catalogue.ts"
import * as Fields from "./Fields.ts"
import { type Choices, members } from "./FromEntry.ts"
import { oneOf } from "./OneOf.ts"
import * as Words from "./SearchWords.ts"

/** One text, or a list of them, with its description for editors. */
const texts = (wanted: string, help: string, description: string): Codec<ReadonlyArray<string>> => {
  const either = note(Schema.Union([Schema.String, Schema.Array(Schema.String)]), { wanted, help, description })
  return either.pipe(
    Schema.decodeTo(
      Schema.Array(Schema.String),
      SchemaTransformation.transform({
        decode: (value: string | ReadonlyArray<string>): ReadonlyArray<string> => (typeof value === "string" ? [value] : value),
        encode: (value: ReadonlyArray<string>): string | ReadonlyArray<string> => value,
      }),
    ),
  ) as unknown as Codec<ReadonlyArray<string>>
}

/** The scores that are searched for on one side. */
const scores = (side: "maximize" | "minimize", example: string, description: string) =>
  Fields.withDefault(
    texts(`a score such as ${example}, or a list of them`, `name a score of the run: \`${side}: ${example}\``, description),
    () => [],
  )

/** How many trials run unless the file says it. */
export const usualTrials = 60

/** The keys of `search`. */
export const searchFields = (catalogue: Catalogue, choices: Choices) => {
  const sampler = oneOf("sampler", members(catalogue.sampler, choices), {
    identifier: "Sampler",
    elsewhere: Words.samplerNames,
  }) as Codec<Document.Named>
  const pruner = oneOf("pruner", members(catalogue.pruner, choices), {
    identifier: "Pruner",
    elsewhere: Words.prunerNames,
  }) as Codec<Document.Named>
  return {
    maximize: scores(
      "maximize",
      "val.auroc",
      "The scores that are better the higher: `val.auroc`. With several objectives, a search looks for those points that no other is better than in all of them.",
    ),
    minimize: scores(
      "minimize",
      "val.loss",
      "The scores that are better the lower, or sizes such as `model.params`. Default: val.loss, if nothing is maximized.",
    ),
    sampler: Fields.usuallyNamed(sampler, "tpe", "How points are chosen."),
    trials: Schema.optionalKey(
      Fields.described(Fields.count, `How many trials run. Default: ${usualTrials}, of a grid all of its points.`),
    ),
    seed: Fields.usually(Fields.seed, 0, "The seed of the sampler. Trainings have the seed of `train`."),
    pending: Fields.usually(
      Fields.count,
      defaultPending,
      "How many trials may be under way when another is chosen. It decides which trials a search tries; how many run at a time does not.",
    ),
    folds: Schema.optionalKey(
      Fields.described(
        Fields.integer({ minimum: 2 }),
        "Cross-validation: the score of a trial is the mean over so many folds of the rows that are not test rows.",
      ),
    ),
    seeds: Fields.usually(
      Fields.count,
      1,
      "How many times each trial is trained, with the seed of `train` and those after it; its score is the mean.",
    ),
    pruner: Fields.usuallyNamed(pruner, "none", "Which trials are stopped early."),
    where: Fields.withDefault(
      texts(
        "a condition such as model.params <= 50000, or a list of them",
        '`where: ["model.params <= 50000"]`',
        "Conditions on sizes that are known before a training: points that break one are not tried.",
      ),
      () => [],
    ),
    parallel: Schema.optionalKey(
      Fields.described(
        Fields.count,
        "How many trials run at a time, at most `pending`. Default: as many as there are cores for.",
      ),
    ),
    store: Schema.optionalKey(
      Fields.described(
        Fields.text,
        "Where the trials are recorded: a file such as `study.sqlite`, or a database `postgres://…` that several machines share.",
      ),
    ),
  }
}

/** The schema of `search`. */
export const searchSection = (catalogue: Catalogue, choices: Choices): Codec<Document.Search> =>
  note(Schema.Struct(searchFields(catalogue, choices)), Words.search)
