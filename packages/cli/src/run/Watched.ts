/** What a run's folder says of its epochs: the scores of each, and the statistics of layers where it recorded them. */
import { join } from "node:path"
import { type EpochRecord, Score } from "@adjoint/core/training/Progress"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { files } from "./RunFolder.ts"

const Spread = Schema.Struct({ mean: Score, deviation: Score })

/** What is read of a layer's statistics; the record may have more. */
const Layer = Schema.Struct({
  layer: Schema.String,
  output: Spread,
  gradient: Spread,
  units: Schema.Int,
  dead: Schema.Int,
  weights: Schema.optionalKey(Schema.Struct({ weights: Score, gradient: Score, update: Score, ratio: Score })),
})

const LayersLine = Schema.Struct({ event: Schema.Literal("layers"), epoch: Schema.Int, layers: Schema.Array(Layer) })
/** The statistics of the layers after an epoch. */
export type WatchedEpoch = Omit<typeof LayersLine.Type, "event">

/** The records of a run. */
export interface Watched {
  readonly epochs: ReadonlyArray<EpochRecord>
  readonly layers: ReadonlyArray<WatchedEpoch>
}

const decode = Schema.decodeUnknownResult(LayersLine, { onExcessProperty: "ignore" })

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const linesOf = (file: string): Effect.Effect<ReadonlyArray<string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(file)).pipe(
    Effect.map((text) => text.split("\n")),
    Effect.orElseSucceed(() => []),
  )

const MetricsRow = Schema.Record(Schema.String, Score)

/** The scores of a part in a row of metrics.jsonl. */
const partOf = (row: { readonly [name: string]: number }, part: string): { readonly [score: string]: number } =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => (name.startsWith(`${part}.`) ? [[name.slice(part.length + 1), value]] : [])),
  )

/** The epochs of metrics.jsonl, which a resumed run has all of. */
const epochsOf = (lines: ReadonlyArray<string>): ReadonlyArray<EpochRecord> => {
  const read = Schema.decodeUnknownResult(MetricsRow)
  return lines.flatMap((line) => {
    const row = read(parsed(line))
    if (Result.isFailure(row)) return []
    const { epoch = 0, lr = 0, step = 0 } = row.success
    const [train, validation] = [partOf(row.success, "train"), partOf(row.success, "val")]
    return [
      { epoch, step, learningRate: lr, train, ...(Object.keys(validation).length === 0 ? {} : { validation }) } as EpochRecord,
    ]
  })
}

/** Reads the records of a run. Lines that are damaged are left out: they cost a point of a picture alone. */
export const watched = (directory: string): Effect.Effect<Watched, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const metrics = yield* linesOf(join(directory, files.metrics))
    const events = yield* linesOf(join(directory, files.events))
    const layers = events.flatMap((line) => {
      const event = line.includes('"layers"') ? decode(parsed(line)) : undefined
      return event !== undefined && Result.isSuccess(event) ? [event.success] : []
    })
    return { epochs: epochsOf(metrics), layers }
  })
