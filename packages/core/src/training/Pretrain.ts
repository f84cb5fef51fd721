/**
 * Pre-training as an initializer: a deep belief network is trained greedily, one restricted Boltzmann machine after the
 * other, each on the hidden probabilities of the one before, which is then frozen. Their weights and hidden biases become
 * those of a net's sigmoid layers, and ordinary training starts from them (Hinton, Osindero and Teh, A fast learning
 * algorithm for deep belief nets, 2006; Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks,
 * 2006).
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { DataError } from "../data/DataError.ts"
import type { Engine, EngineError } from "../engines/Engine.ts"
import { spanned } from "../engines/observe.ts"
import * as Net from "../learning/Net.ts"
import * as Params from "../learning/Params.ts"
import * as Rbm from "../learning/Rbm.ts"
import * as Key from "../tensor/Key.ts"
import type * as NDArray from "../types/NDArray.ts"
import * as Shape from "../types/Shape.ts"
import { refuse, type ShapeError } from "../types/ShapeError.ts"
import * as Tree from "../types/Tree.ts"
import type { CheckpointError } from "./CheckpointError.ts"
import type { ConfigError } from "./ConfigError.ts"
import { pretrain as check, type Pretraining } from "./checkPretrain.ts"
import { predict } from "./Evaluate.ts"
import { type Emit, eventStream } from "./eventStream.ts"
import type { NonFinite } from "./NonFinite.ts"
import type { PretrainEvent, StageInfo } from "./PretrainEvent.ts"
import { runAttributes } from "./startedEvent.ts"
import { flat, type Rows, trainRbm } from "./trainRbm.ts"

export type { MachineScores, PretrainEvent } from "./PretrainEvent.ts"
export type { StageConfig as Stage } from "./trainRbm.ts"

/** The description of pre-training: the machines, and the rows that they learn from. */
export interface Config<R = never> extends Pretraining {
  /** Saves a trained machine; `stage` is counted from 1. */
  readonly save?: (stage: number, params: Rbm.Params) => Effect.Effect<void, CheckpointError, R>
}

/** Every error of pre-training. */
export type PretrainError = ConfigError | ShapeError | EngineError | NonFinite | CheckpointError | DataError

/** The hidden probabilities of a machine, as a net. */
const hiddenNet = (hidden: number): Net.Net<Rbm.Params> =>
  Net.stateless<Rbm.Params>({
    kind: "rbm",
    shape: () => [hidden],
    init: (key, input) => Rbm.init(key, { visible: Shape.size(input), hidden, units: "bernoulli" }),
    apply: (params, x) => Rbm.hiddenProbabilities(params, flat(x)),
  })

/** The rows that the next machine learns from: the hidden probabilities of this one. */
const nextRows = (
  params: Rbm.Params,
  { train, validation }: Rows,
): Effect.Effect<Rows, ConfigError | DataError | EngineError | ShapeError, Engine> =>
  Effect.gen(function* () {
    const net = hiddenNet(params.b.shape[0] ?? 0)
    const pass = (rows: NDArray.NDArray) => predict(net, { params, state: {} }, rows)
    return {
      train: yield* pass(train),
      ...(validation === undefined ? {} : { validation: yield* pass(validation) }),
    }
  })

/** Trains all machines in order. */
const stack = <R>(
  { done = [], inputs, save, seed, stages, validation }: Config<R>,
  emit: Emit<PretrainEvent>,
): Effect.Effect<void, PretrainError, Engine | R> =>
  Effect.gen(function* () {
    const problem = check({ done, inputs, seed, stages, ...(validation === undefined ? {} : { validation }) })
    if (problem !== undefined) return yield* problem
    const key = Key.fold(Key.make(seed), "pretrain")
    const machines: Array<Rbm.Params> = []
    let rows: Rows = { train: inputs, ...(validation === undefined ? {} : { validation }) }
    for (const [i, stage] of stages.entries()) {
      const info: StageInfo = { stage: i + 1, stages: stages.length, layer: stage.layer }
      const known = done[i]
      const params =
        known ??
        (yield* spanned(trainRbm(stage, rows, Key.fold(key, stage.layer), info, emit), "Pretrain.stage", () => ({
          "adjoint.layer": stage.layer,
          "adjoint.stage": info.stage,
          "adjoint.epochs": stage.epochs,
          "adjoint.batch.size": stage.batch,
        })))
      if (known === undefined) {
        if (save !== undefined) yield* Effect.uninterruptible(save(i + 1, params))
        yield* emit({ _tag: "StageFinished", ...info, params })
      }
      machines.push(params)
      // No machine learns from the last one; if all machines are given, none is trained.
      if (i + 1 < stages.length && done.length < stages.length) rows = yield* nextRows(params, rows)
    }
    yield* emit({ _tag: "Pretrained", machines })
  })

/**
 * Trains the machines of a deep belief network one after the other, as a stream of events. It ends with `Pretrained`, or
 * fails with a typed error. An interruption loses the machine that is being trained. The machines before it were saved;
 * given as `done` they are not trained again, and the others get the same bits.
 */
export const run = <R = never>(config: Config<R>): Stream.Stream<PretrainEvent, PretrainError, Engine | R> =>
  eventStream((emit) => spanned(stack(config, emit), "Pretrain.run", runAttributes({ seed: config.seed })))

/**
 * The parameters of a net, with the weights w and biases b of layers replaced by those of machines. A layer is named by the
 * path of its parameters, such as `["h1"]`. Throws `ShapeError` if there is no such layer, or its size differs.
 */
export const unroll = <P>(
  params: P,
  machines: ReadonlyArray<{ readonly layer: Tree.Path; readonly machine: Pick<Rbm.Params, "w" | "b"> }>,
): P => {
  const found = new Map(
    machines.flatMap(({ layer, machine: { b, w } }) => [
      [Tree.printPath([...layer, "w"]), w] as const,
      [Tree.printPath([...layer, "b"]), b] as const,
    ]),
  )
  const used = new Set<string>()
  const replaced = Params.map(params, (leaf, path) => {
    const name = Tree.printPath(path)
    const learned = found.get(name)
    if (learned === undefined) return leaf
    used.add(name)
    return Shape.equals(leaf.shape, learned.shape)
      ? learned
      : refuse("Pretrain.unroll", [leaf, learned], `a machine that fits ${name}`, "as many hidden units as the layer has")
  })
  const missing = [...found.keys()].find((name) => !used.has(name))
  return missing === undefined
    ? replaced
    : refuse("Pretrain.unroll", [], `parameters by the name ${missing}`, "the path of a dense layer with a bias")
}
