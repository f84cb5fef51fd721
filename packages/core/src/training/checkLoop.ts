/** Checks of a loop's configuration. Its step is called once on shapes, to know the names of its outputs. */
import * as Dataset from "../data/Dataset.ts"
import { isStored } from "../data/storedRows.ts"
import * as Compile from "../engines/Compile.ts"
import { changes, type Tensors, tensors } from "../language/TensorTree.ts"
import { zeros } from "../tensor/create.ts"
import * as Key from "../tensor/Key.ts"
import * as Tree from "../types/Tree.ts"
import { type Known, resuming, watching } from "./checkConfig.ts"
import { count, equalRows, inputs, type Problem, problem } from "./checkData.ts"
import { knownOfLoop } from "./knownSettings.ts"
import type { Config } from "./LoopConfig.ts"
import { namedNumbers } from "./loopStep.ts"
import { defaultMonitor, type Monitor } from "./Monitor.ts"
import { rateOf } from "./Rate.ts"
import { rewinding } from "./Rewind.ts"

/** A problem, or the score that decides which epoch is the best. */
export type CheckedLoop =
  | { readonly problem: Exclude<Problem, undefined> }
  | { readonly problem?: never; readonly monitor: Monitor }

const rows = (argument: string, tree: unknown): Problem => inputs(argument, tree) ?? equalRows(argument, tree)

/** Every optimizer of a run with a plateau must have a rate. */
const slowed = <S extends object>(optimizers: NonNullable<Config<S, unknown, unknown>["optimizers"]>): Problem => {
  const fields = Object.entries(optimizers as { readonly [field: string]: { readonly rate?: unknown } })
  if (fields.length === 0)
    return problem("plateau", "no optimizers", "the optimizers whose rates it lowers", "optimizers: { optimizer }")
  const still = fields.find(([, optimizer]) => optimizer.rate === undefined)
  return (
    still &&
    problem(
      "plateau",
      `the optimizer ${still[0]}, whose state has no learning rate`,
      "optimizers with a learning rate in their states",
      "end the chain with Optimizer.scaleByLearningRate, or pass on `rate` in an optimizer of your own",
    )
  )
}

/** The state of a checkpoint must be like the one that the loop starts from. */
const alike = (state: unknown, saved: unknown): Problem => {
  const [change] = changes(state, saved)
  return change === undefined
    ? undefined
    : problem("resume.last", `another state: ${change}`, "a checkpoint of a state like `state`", "the checkpoints of this loop")
}

/** Checks a loop. Throws the `ShapeError` of a step that does not fit its state or its data. */
export const checkLoop = <S extends object, D, O, V, R>(config: Config<S, D, O, V, R>): CheckedLoop => {
  const { batch, data, epochs, optimizers = {}, plateau, saving, seed, state, validation } = config
  const early =
    knownOfLoop(config) ??
    rows("data", data) ??
    (validation === undefined ? undefined : rows("validation.data", validation.data)) ??
    count("seed", seed, 0) ??
    count("epochs", epochs, 0) ??
    count("batch", batch, 1) ??
    count("saving.every", saving?.every ?? 1, 1) ??
    Object.keys(optimizers)
      .filter((field) => !Object.hasOwn(state, field))
      .map((field) =>
        problem(
          `optimizers.${field}`,
          "a field that the state does not have",
          `one of ${Object.keys(state).join(", ")}`,
          "the field with this optimizer's state",
        ),
      )[0] ??
    (tensors(state).length === 0 ? problem("state", "no tensor", "a record or list of tensors", "state: { params }") : undefined)
  if (early !== undefined) return { problem: early }
  const of = <T>(tree: T): Tensors<T> => {
    const rows = Math.min(batch, Dataset.rowsIn(tree))
    // Only shapes matter here, so nothing is read from a store.
    return Tree.map(tree as unknown, (leaf: Dataset.RowArray) =>
      isStored(leaf) ? zeros([rows, ...leaf.shape.slice(1)], leaf.dtype) : Dataset.slice(leaf, 0, rows),
    ) as Tensors<T>
  }
  const trained = Compile.program(
    (s: S, b: Tensors<D>) => namedNumbers("Loop.run", config.step(s, b, Key.make(seed)).output),
    state,
    of(data),
  )
  const known: Known = {
    train: Object.keys(trained.result),
    ...(validation === undefined
      ? {}
      : {
          val: Object.keys(
            Compile.program(
              (s: S, b: Tensors<V>) => namedNumbers("Loop.run", validation.scores(s, b)),
              state,
              of(validation.data),
            ).result,
          ),
        }),
  }
  const found =
    watching(config, known) ??
    (plateau === undefined ? undefined : slowed<S>(optimizers)) ??
    rewinding(config.rewind, rateOf<S>(optimizers) !== undefined) ??
    resuming(config) ??
    (config.resume && alike(state, config.resume.last.state.params))
  const monitor = config.earlyStop ?? config.best ?? defaultMonitor(known.val?.includes("loss") === true)
  return found === undefined ? { monitor } : { problem: found }
}
