/** A run's pre-training: the rows it learns from, the machines that are there already, and the weights that come of it. */
import * as Compile from "@adjoint/core/engines/Compile"
import type { Params } from "@adjoint/core/learning/Params"
import type * as Rbm from "@adjoint/core/learning/Rbm"
import type { Weights } from "@adjoint/core/training/Evaluate"
import * as Pretrain from "@adjoint/core/training/Pretrain"
import type { PretrainEvent } from "@adjoint/core/training/PretrainEvent"
import * as Train from "@adjoint/core/training/Train"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { prepared, rowsOf } from "../model/PretrainRows.ts"
import type { Training } from "../model/Training.ts"
import type { Config } from "./Config.ts"
import * as Machines from "./Machines.ts"
import * as Pictures from "./Pictures.ts"

/**
 * The weights that a run starts from where its model is pre-trained: those of the seed, with the machines' in their
 * layers. Machines that are `done` do not learn again. Leaves each machine, and pictures of them, in the run's folder.
 */
export const start = <E, R>(
  directory: string,
  training: Training,
  config: Config,
  done: ReadonlyArray<Rbm.Params>,
  tell: (event: PretrainEvent) => Effect.Effect<void, E, R>,
) =>
  Effect.gen(function* () {
    const { built, prepared: rows } = training
    const stages = built.pretrain ?? []
    const inputs = rowsOf(rows)
    const validation = rows.val === undefined ? undefined : prepared(rows, rows.val)
    let machines: ReadonlyArray<Rbm.Params> = done
    const run = Pretrain.run({
      inputs,
      ...(validation === undefined ? {} : { validation }),
      stages,
      seed: built.seed,
      done,
      save: (stage, params) => Machines.save(directory, stage, stages[stage - 1]?.layer ?? "", params),
    })
    yield* Stream.runForEach(run, (event) => {
      if (event._tag === "Pretrained") machines = event.machines
      return tell(event)
    })
    yield* Pictures.draw(directory, validation ?? inputs, machines, stages)
    return yield* Compile.checkShapes((): Weights<Params, Params> => {
      const { params, state } = Train.initial(config)
      const learned = machines.map((machine, i) => ({ layer: [stages[i]?.layer ?? ""], machine }))
      return { params: Pretrain.unroll(params, learned), state }
    })
  })
