/** The first event of a run, and the attributes of its span: what it runs on, how much, and with which engine. */
import * as Effect from "effect/Effect"
import { Engine } from "../engines/Engine.ts"
import type { Attributes } from "../engines/observe.ts"
import { tensors } from "../language/TensorTree.ts"
import * as Shape from "../types/Shape.ts"
import type { Started } from "./TrainEvent.ts"

/** The facts about a run that has started. */
interface Facts extends Pick<Started, "epochs" | "rows" | "batchesPerEpoch" | "from"> {
  /** The tree whose numbers are counted. */
  readonly params: unknown
  readonly engine: Engine["Service"]
}

/** The event that a run has started. */
export const startedEvent = ({ engine: { lanes, name, numerics, threads }, from, params, ...facts }: Facts): Started => ({
  _tag: "Started",
  parameters: tensors(params).reduce((sum, { shape }) => sum + Shape.size(shape), 0),
  ...facts,
  engine: name,
  numerics,
  ...(lanes === undefined ? {} : { lanes }),
  threads,
  from,
})

/** The attributes of a run's span: its settings and the engine. */
export const runAttributes =
  (settings: { readonly seed: number; readonly epochs?: number; readonly batch?: number }) =>
  (): Effect.Effect<Attributes, never, Engine> =>
    Effect.map(Engine.current, ({ name, numerics, threads }) => ({
      "adjoint.seed": settings.seed,
      ...(settings.epochs === undefined ? {} : { "adjoint.epochs": settings.epochs }),
      ...(settings.batch === undefined ? {} : { "adjoint.batch.size": settings.batch }),
      "adjoint.engine.name": name,
      "adjoint.engine.numerics": numerics,
      "adjoint.engine.threads": threads,
    }))
