/** Every diagnosis of a subject: its numbers, and what is wrong with them. */
import * as Diagnosis from "@adjoint/core/diagnosis/Diagnosis"
import { checkShapes } from "@adjoint/core/engines/Compile"
import type { Engine, EngineError } from "@adjoint/core/engines/Engine"
import * as LearningRate from "@adjoint/core/learning/LearningRate"
import type { ReadError } from "@adjoint/core/training/Samples"
import * as Train from "@adjoint/core/training/Train"
import { build, nodesOf, optimizerAt } from "@adjoint/dsl/build/Build"
import { type ModelFile, useOf } from "@adjoint/dsl/Document"
import { endsOf } from "@adjoint/dsl/net/ActivationEnds"
import { type Catalogue, traitsOf } from "@adjoint/dsl/schema/Catalogue"
import * as Effect from "effect/Effect"
import { configOf } from "../run/Config.ts"
import type { Diagnosed } from "./Subject.ts"

/** The numbers of each diagnosis. */
export interface Numbers {
  readonly initial_loss: Diagnosis.InitialLoss
  readonly overfit: Diagnosis.Overfit
  /** With the rate of the run. */
  readonly learning_rate: Diagnosis.RateRange & { readonly rate: number }
  readonly layers: ReadonlyArray<Diagnosis.LayerStatistics>
  readonly gradients: ReadonlyArray<Diagnosis.GradientNorm>
  readonly updates: ReadonlyArray<Diagnosis.UpdateRatio>
  readonly dead_units: ReadonlyArray<Diagnosis.DeadUnits>
  /** Absent without validation rows. */
  readonly gap: Diagnosis.Gap | undefined
  readonly baselines: Diagnosis.Baselines
}

/** The result of a diagnosis. */
export interface Made<N extends Diagnosis.Name = Diagnosis.Name> {
  readonly name: N
  readonly numbers: Numbers[N]
  readonly concerns: ReadonlyArray<Diagnosis.Concern>
}

type Diagnosing<N extends Diagnosis.Name> = Effect.Effect<Numbers[N], EngineError | ReadError, Engine>

/** The diagnoses of a subject that are made unless others are asked for: those of untrained weights, or of trained ones. */
export const usual = ({ isTrained }: Pick<Diagnosed, "isTrained">): ReadonlyArray<Diagnosis.Name> =>
  (Object.keys(Diagnosis.table) as ReadonlyArray<Diagnosis.Name>).filter((name) => fits(name, { isTrained }))

/** Whether a diagnosis looks at weights such as these. */
export const fits = (name: Diagnosis.Name, { isTrained }: Pick<Diagnosed, "isTrained">): boolean =>
  Diagnosis.table[name].weights === "any" || (Diagnosis.table[name].weights === "trained") === isTrained

/** The learning rate of a document's optimizer. */
const rateOf = ({ train }: ModelFile): number => {
  const { lr } = useOf(train.optimizer).options
  return typeof lr === "number" ? lr : 0
}

/** A document without what keeps a net from learning rows by heart: penalties, noise and changes of images. */
const unregularized = (document: ModelFile, { layer: table }: Catalogue): ModelFile => {
  const isNoise = (kind: string): boolean => {
    const role = traitsOf(table, kind)?.role
    return role === "noise" || role === "augmentation"
  }
  // A layer with a name may be the input of another one.
  const layers = document.model.layers.filter((layer) => "name" in layer || !Object.keys(layer).some(isNoise))
  return { ...document, model: { ...document.model, layers }, train: { ...document.train, regularize: {} } as ModelFile["train"] }
}

/** All diagnoses of a subject, each made when it runs; those of layers take the same step. */
export const diagnoses = ({ subject, training }: Diagnosed): Effect.Effect<{ readonly [N in Diagnosis.Name]: Diagnosing<N> }> =>
  Effect.gen(function* () {
    const { checked, sound } = training
    const { document } = sound
    const ends = endsOf(nodesOf(document, checked.facts, checked.catalogue), checked.catalogue)
    const layers = yield* Effect.cached(Diagnosis.layers(subject, ends))
    const plain = { ...checked, document: unregularized(document, checked.catalogue) }
    return {
      initial_loss: Diagnosis.initialLoss(subject),
      overfit: Effect.gen(function* () {
        const { penalty: _, ...config } = configOf({ ...training, built: build(plain) })
        const optimizer = optimizerAt(plain)(LearningRate.constant(rateOf(document)))
        const state = yield* checkShapes(() => Train.initial({ ...config, optimizer }))
        return yield* Diagnosis.overfit({ ...config, optimizer, state })
      }),
      learning_rate: Effect.map(Diagnosis.rateRange(subject, optimizerAt(checked)), (range): Numbers["learning_rate"] => ({
        ...range,
        rate: rateOf(document),
      })),
      layers,
      gradients: Effect.map(layers, Diagnosis.gradientNorms),
      updates: Effect.map(layers, Diagnosis.updateRatios),
      dead_units: Diagnosis.deadUnits(subject),
      gap: Diagnosis.gap(subject),
      baselines: Diagnosis.baselines(subject),
    }
  })

/** What is wrong with the numbers of a diagnosis. */
export const concernsOf = <N extends Diagnosis.Name>(name: N, numbers: Numbers[N]): ReadonlyArray<Diagnosis.Concern> => {
  const judges: { readonly [M in Diagnosis.Name]: (numbers: Numbers[M]) => ReadonlyArray<Diagnosis.Concern> } = {
    ...Diagnosis.concerns,
    learning_rate: (range) => Diagnosis.concerns.learning_rate(range, range.rate),
    gap: (gap) => (gap === undefined ? [] : Diagnosis.concerns.gap(gap)),
  }
  return judges[name](numbers)
}
