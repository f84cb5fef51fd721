/** Steps of a run on whole batches. */
import * as Effect from "effect/Effect"
import * as Compile from "../engines/Compile.ts"
import type { Tensors } from "../language/TensorTree.ts"
import { batchLoader } from "./BatchLoader.ts"
import type { TrainState } from "./Checkpoint.ts"
import type { Config } from "./Config.ts"
import { stepKey } from "./stepKey.ts"
import type { Stepping } from "./stepping.ts"
import { trainStep } from "./trainStep.ts"

/** Steps on whole batches. The scope releases their memory. */
export const wholeSteps = <P, S, O, R, X, Y, T>(config: Config<P, S, O, R, X, Y, T>, first: TrainState<P, S, O>) =>
  Effect.map(batchLoader(config), (loader): Stepping<TrainState<P, S, O>, X, Tensors<T>> => {
    const step = Compile.step(trainStep(config), first)
    return {
      loader,
      inputs: loader.inputs,
      step: Effect.map(step, (compiled) => ({
        ...compiled,
        run: (batches) =>
          Effect.map(compiled.run(batches as Parameters<typeof compiled.run>[0]), (outputs) =>
            outputs.map(({ cost, sums }) => ({ cost, sums: [sums] })),
          ),
      })),
      pieces: (rows, number) =>
        Effect.map(loader.samples(rows), (samples) => [{ samples, rows: [...rows], key: stepKey(config.seed, number) }]),
    }
  })
