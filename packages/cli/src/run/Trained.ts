/** A run's model, ready to be used: what it was built as, with the weights that the run stands for. */
import { join } from "node:path"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { ScratchError } from "@adjoint/core/data/ScratchError"
import type { Params } from "@adjoint/core/learning/Params"
import type { CheckpointError } from "@adjoint/core/training/CheckpointError"
import type { Weights } from "@adjoint/core/training/Evaluate"
import { type Built, build } from "@adjoint/dsl/build/Build"
import { type Checked, checked } from "@adjoint/dsl/check/Checked"
import type { ModelFile } from "@adjoint/dsl/Document"
import { headsOf } from "@adjoint/dsl/prepare/Facts"
import type { Part, Prepared } from "@adjoint/dsl/prepare/Prepared"
import { targetOf } from "@adjoint/dsl/prepare/Target"
import { type Reading, read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { dataOf } from "../model/ModelFile.ts"
import { type Refused, RunError } from "../report/Failure.ts"
import type { World } from "../terminal/World.ts"
import { readText } from "./Records.ts"
import { openRun, type Run, sameRows, weightsOf } from "./Run.ts"
import { files } from "./RunFolder.ts"

export interface Trained {
  readonly run: Run
  readonly document: ModelFile
  readonly reading: Reading
  readonly checked: Checked
  readonly built: Built
  readonly weights: Weights<Params, Params>
}

const broken = (directory: string, why: string): RunError =>
  new RunError({ message: `${join(directory, files.resolved)}: ${why}`, hint: "it was written by another version; train again" })

/** Codes of wrong bounds of scores: earlier versions trained such model files, and their runs are whole. */
const ofBounds: ReadonlySet<string> = new Set(["T523", "T524"])

/** Reads a run's model and weights; its data need not be there. */
export const load = (directory: string): Effect.Effect<Trained, RunError | CheckpointError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const run = yield* openRun(directory)
    const file = join(directory, files.resolved)
    const reading = read(fromText(file, yield* readText(directory, files.resolved)))
    const { decoded } = reading
    const wrong = reading.diagnostics.find(({ code, severity }) => severity === "error" && !ofBounds.has(code))
    if (decoded === undefined || wrong !== undefined) return yield* broken(directory, wrong?.message ?? "it is not a model file")
    // What scores are held to is no part of the model.
    const document = {
      ...decoded,
      evaluate: reading.document?.evaluate ?? { ...decoded.evaluate, fail_under: {}, fail_above: {} },
    }
    const target = targetOf(run.fitted)
    if (target === undefined) return yield* broken(directory, "the data has no target")
    const { fitted, lock } = run
    const right = checked(document, { sample: PreprocessTree.sample(fitted), input: fitted.input, target, rows: lock.rows })
    if (Result.isFailure(right)) return yield* broken(directory, right.failure[0]?.message ?? "it cannot be built")
    const built = build(right.success)
    return { run, document, reading, checked: right.success, built, weights: yield* weightsOf(run, built) }
  })

/** The rows that a run was trained and is judged on, with the slices of a part. Fails when they are no longer the same. */
export const rowsOf = (
  { document, reading, run }: Trained,
  split = document.evaluate.split,
): Effect.Effect<Prepared, RunError | Refused | ScratchError, FileSystem.FileSystem | Scope.Scope | World> =>
  Effect.gen(function* () {
    const { command, fitted } = run
    const evaluate = { ...document.evaluate, split }
    const prepared = yield* dataOf(
      { document: { ...document, evaluate }, reading, directory: command.directory, facts: {} },
      { fitted },
    )
    yield* sameRows(run, prepared.lock)
    return prepared
  })

/** The loss of a model whose heads have these counts of training rows by class, which may weigh classes. */
const weighed = (right: Checked, countsOf: (head: string) => ReadonlyArray<number> | undefined): Built["loss"] => {
  const heads = right.heads.map((head) => {
    const counts = countsOf(head.name ?? "")
    return counts === undefined ? head : { ...head, counts }
  })
  return build({ ...right, heads }).loss
}

/** The loss that the run was trained by, which may weigh classes by how many rows each has. */
export const lossOver = ({ checked: right }: Trained, { facts }: Prepared): Built["loss"] => {
  const counts = new Map(headsOf(facts).map(({ counts, name }) => [name ?? "", counts]))
  return weighed(right, (head) => counts.get(head))
}

/** The same by the classes that the run recorded, where its rows are not at hand. Runs of older versions recorded none: no class is weighed. */
export const recordedLoss = ({ checked: right, run: { lock } }: Trained): Built["loss"] =>
  weighed(right, (head) => {
    const record = lock.targets !== undefined && Object.hasOwn(lock.targets, head) ? lock.targets[head] : undefined
    return record !== undefined && "counts" in record ? record.counts : undefined
  })

/** The rows of one part. Fails when the run has none. */
export const partOf = (prepared: Prepared, part: "train" | "val" | "test", directory: string): Effect.Effect<Part, RunError> => {
  const dataset = prepared[part]
  return dataset === undefined
    ? Effect.fail(new RunError({ message: `${directory} has no ${part} rows`, hint: "another --split" }))
    : Effect.succeed(dataset)
}
