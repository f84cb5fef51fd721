/** A run's model at work: rows in, an outcome for each of them out, in order. */
import { DataError, inFile, type Reason } from "@adjoint/core/data/DataError"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { EngineError } from "@adjoint/core/engines/Engine"
import { read } from "@adjoint/core/tensor/read"
import type { ConfigError } from "@adjoint/core/training/ConfigError"
import { predictor as compiled } from "@adjoint/core/training/Evaluate"
import type { NDArray } from "@adjoint/core/types/NDArray"
import type { ShapeError } from "@adjoint/core/types/ShapeError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Trained } from "../run/Trained.ts"
import { type Answer, answering } from "./Answer.ts"
import type { Id } from "./Id.ts"
import type { Rows } from "./Rows.ts"

/** The result of a row: an answer, or why there is none, with the place; and what the row is called. */
export interface Outcome {
  readonly id?: Id
  readonly answer: Result.Result<Answer, string>
}

/** Rows taken at a time: what is held of them does not grow with the file. */
const most = 4096

/** Reasons that lie in the file as a whole and not in one row. */
const ofFile: ReadonlySet<Reason["_tag"]> = new Set<Reason["_tag"]>(["NoColumn", "UnlistedColumns", "BadSpec", "BadShape"])

/** The same error with the row as it is counted in the file. */
const at = (error: DataError, file: string, row: number, line: number | undefined): DataError => {
  const { reason } = error
  const placed = "row" in reason ? { ...reason, row, ...(line === undefined ? {} : { line }) } : reason
  return inFile(new DataError({ ...(error.file === undefined ? {} : { file: error.file }), reason: placed }), file)
}

/** Inputs of those rows that can be used, which these are, and what is wrong with the others. */
interface Prepared {
  readonly usable: ReadonlyArray<number>
  readonly inputs: PreprocessTree.Arrays | undefined
  readonly refused: ReadonlyMap<number, DataError>
}

const none: ReadonlyMap<number, DataError> = new Map()

const prepared = (rows: Rows, places: ReadonlyArray<number>): Result.Result<Prepared, DataError> =>
  Result.gen(function* () {
    const all = rows.inputs(places)
    if (Result.isSuccess(all)) return { usable: places, inputs: all.success, refused: none }
    if (ofFile.has(all.failure.reason._tag)) return yield* Result.fail(all.failure)
    const refused = new Map<number, DataError>()
    for (const place of places) {
      const one = rows.inputs([place])
      if (Result.isFailure(one)) refused.set(place, one.failure)
    }
    const usable = places.filter((place) => !refused.has(place))
    return { usable, inputs: usable.length === 0 ? undefined : yield* rows.inputs(usable), refused }
  })

/** The numbers of each row. */
const rowsOf = ({ data, shape }: NDArray): ReadonlyArray<ReadonlyArray<number>> => {
  const width = data.length / Math.max(1, shape[0] ?? 1)
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => [...data.subarray(i * width, (i + 1) * width)])
}

/** Predicts rows, the first of which has this number in its file. Fails with `DataError` for what is wrong with all of them. */
export type Predict = (
  rows: Rows,
  first: number,
  each: (outcomes: ReadonlyArray<Outcome>) => Effect.Effect<void>,
) => Effect.Effect<void, ConfigError | DataError | EngineError | ShapeError>

/** The numbers of each row, a list for each head. */
const byRow = (heads: ReadonlyArray<NDArray>): ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>> => {
  const each = heads.map(rowsOf)
  return Array.from({ length: each[0]?.length ?? 0 }, (_, i) => each.map((rows) => rows[i] ?? []))
}

/** Compiles a run's model for rows of a file that is named in messages. What the engine holds is released with the scope. */
export const predictor = ({ built, run: { fitted }, weights }: Trained, file: string) =>
  Effect.map(compiled(built.net, weights), (run): Predict => {
    const answer = answering(built.heads)
    const targets = new Map(PreprocessTree.headsOf(fitted))
    const responses = (outputs: PreprocessTree.Arrays): ReadonlyArray<NDArray> =>
      built.heads.map(({ name = "", response }) => {
        const [own, target] = [PreprocessTree.arrayOf(outputs, name), targets.get(name)]
        return target?.type === "numbers" ? PreprocessTree.restore(target, own) : read(response(own))
      })

    const answerTo = (row: ReadonlyArray<ReadonlyArray<number>>, number: number, line: number | undefined): Outcome["answer"] => {
      const bad = row.flat().find((value) => !Number.isFinite(value))
      if (bad === undefined) return Result.succeed(answer(row))
      const place = line === undefined ? file : `${file}:${line}`
      return Result.fail(
        `${place}: row ${number}: the prediction is ${bad}, not a finite number; try: values like those of the training rows`,
      )
    }

    return Effect.fnUntraced(function* (rows, first, each) {
      for (let start = 0; start < rows.count; start += most) {
        const places = Array.from({ length: Math.min(most, rows.count - start) }, (_, i) => start + i)
        const { ready } = rows
        const own = ready === undefined ? Result.succeed(rows) : yield* Effect.promise(() => ready(places))
        const { inputs, refused, usable } = yield* Effect.fromResult(Result.flatMap(own, (each) => prepared(each, places))).pipe(
          Effect.mapError((error) => inFile(error, file)),
        )
        const outputs = inputs === undefined ? [] : byRow(responses(yield* run(inputs)))
        const made = new Map(usable.map((place, i) => [place, outputs[i] ?? []] as const))
        yield* each(
          places.map((place) => {
            const line = rows.line?.(place)
            const error = refused.get(place)
            const id = rows.id?.(place)
            const own = rows.files?.[place]
            const answer =
              error === undefined
                ? answerTo(made.get(place) ?? [], first + place, line)
                : Result.fail((rows.isPlaced === true ? inFile(error, file) : at(error, file, first + place, line)).message)
            return {
              ...(id === undefined ? {} : { id }),
              answer: own === undefined ? answer : Result.map(answer, (found) => ({ file: own, ...found })),
            }
          }),
        )
      }
    })
  })
