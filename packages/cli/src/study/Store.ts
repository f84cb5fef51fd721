/**
 * The studies of a database: what each searches, and its finished trials. A trial is written once, whoever finishes it first;
 * a trial is a function of its number, so every process that runs it again finds the same result.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { DataFile } from "./DataFile.ts"
import { TrialRecord } from "./TrialRecord.ts"

/** What a study searches. It never changes; more trials extend it. */
export const Definition = Schema.Struct({
  version: Schema.Literal(1),
  /** The text of the model file, its path, and the folder that its paths are relative to. */
  text: Schema.String,
  file: Schema.String,
  directory: Schema.String,
  set: Schema.Array(Schema.String),
  /** What computes, where it is not the usual: its results have other bits. */
  engine: Schema.optionalKey(Schema.Literals(["wasm", "reference"])),
  numerics: Schema.optionalKey(Schema.Literals(["portable", "fast"])),
  /** The model file with its markers, the data and the search, as a hash: processes with another hash do not join. */
  fingerprint: Schema.String,
  started: Schema.String,
  /** How its trials are shown. */
  board: Schema.Struct({
    dimensions: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        title: Schema.String,
        /** The words of the alternatives of a choice. */
        names: Schema.optionalKey(Schema.Array(Schema.String)),
      }),
    ),
    objectives: Schema.Array(Schema.Struct({ name: Schema.String, mode: Schema.Literals(["min", "max"]) })),
  }),
})
export type Definition = typeof Definition.Type

/** A study in a store. */
export interface Study {
  readonly name: string
  readonly definition: Definition
  /** The number of trials that are wanted. */
  readonly trials: number
}

export class Store extends Context.Service<
  Store,
  {
    /** Writes a study with the files of its data, unless there is one of its name. Gives the study that is in the store. */
    readonly create: (study: Study, data: ReadonlyArray<DataFile>) => Effect.Effect<Study, SqlError | Schema.SchemaError>
    /** The files of the data of a study, by their paths. */
    readonly data: (name: string) => Effect.Effect<ReadonlyArray<DataFile>, SqlError | Schema.SchemaError>
    readonly studies: Effect.Effect<ReadonlyArray<Study>, SqlError | Schema.SchemaError>
    readonly study: (name: string) => Effect.Effect<Study | undefined, SqlError | Schema.SchemaError>
    /** The number of trials that are wanted of a study; 0 if there is none. */
    readonly wanted: (name: string) => Effect.Effect<number, SqlError>
    /** Raises the number of trials that are wanted. */
    readonly extend: (name: string, trials: number) => Effect.Effect<void, SqlError>
    /** Writes the result of a trial, unless it is there. */
    readonly record: (name: string, trial: TrialRecord) => Effect.Effect<void, SqlError | Schema.SchemaError>
    /** Runs statements as one transaction: a file is synced once for all of them. */
    readonly together: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | SqlError, R>
    /** The finished trials whose number is at least `from`, by their number, without those that the caller has. */
    readonly finished: (
      name: string,
      from: number,
      has?: (number: number) => boolean,
    ) => Effect.Effect<ReadonlyArray<TrialRecord>, SqlError | Schema.SchemaError>
  }
>()("@adjoint/cli/Store") {}

// SQLite and PostgreSQL both read these.
const tables = [
  "CREATE TABLE IF NOT EXISTS adjoint_study (name TEXT PRIMARY KEY, definition TEXT NOT NULL, trials INTEGER NOT NULL)",
  `CREATE TABLE IF NOT EXISTS adjoint_trial (
    study TEXT NOT NULL REFERENCES adjoint_study (name), number INTEGER NOT NULL, trial TEXT NOT NULL, PRIMARY KEY (study, number)
  )`,
  `CREATE TABLE IF NOT EXISTS adjoint_data (
    study TEXT NOT NULL REFERENCES adjoint_study (name), path TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (study, path)
  )`,
]

/** Rows that one statement writes: SQLite and PostgreSQL both allow 32,766 values. */
const rowsEach = 1000

const definitionJson = Schema.fromJsonString(Definition)
const trialJson = Schema.fromJsonString(TrialRecord)
const dataJson = Schema.fromJsonString(DataFile)

interface StudyRow {
  readonly name: string
  readonly definition: string
  readonly trials: number
}

const studyOf = ({ definition, name, trials }: StudyRow) =>
  Effect.map(
    Schema.decodeUnknownEffect(definitionJson)(definition),
    (decoded): Study => ({ name, definition: decoded, trials: Number(trials) }),
  )

/** The store in the database of the SQL client, SQLite or PostgreSQL. It creates its tables where they are missing. */
export const layer: Layer.Layer<Store, SqlError, SqlClient.SqlClient> = Layer.effect(
  Store,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const alone = sql.onDialectOrElse({
      // Two processes that create the same table at the same time would both fail to.
      pg: () => Effect.asVoid(sql`SELECT pg_advisory_xact_lock(hashtext('adjoint_study'))`),
      orElse: () => Effect.void,
    })
    yield* sql.withTransaction(
      Effect.andThen(
        alone,
        Effect.forEach(tables, (table) => sql.unsafe(table), { discard: true }),
      ),
    )
    const study: Store["Service"]["study"] = (name) =>
      Effect.flatMap(sql<StudyRow>`SELECT name, definition, trials FROM adjoint_study WHERE name = ${name}`, ([row]) =>
        row === undefined ? Effect.undefined : studyOf(row),
      )
    return {
      study,
      studies: Effect.flatMap(sql<StudyRow>`SELECT name, definition, trials FROM adjoint_study ORDER BY name`, (rows) =>
        Effect.forEach(rows, studyOf),
      ),
      wanted: (name) =>
        Effect.map(sql<Pick<StudyRow, "trials">>`SELECT trials FROM adjoint_study WHERE name = ${name}`, ([row]) =>
          Number(row?.trials ?? 0),
        ),
      create: (created, data) =>
        sql.withTransaction(
          Effect.gen(function* () {
            const definition = yield* Schema.encodeEffect(definitionJson)(created.definition)
            const [isNew] = yield* sql`
              INSERT INTO adjoint_study (name, definition, trials) VALUES (${created.name}, ${definition}, ${created.trials})
              ON CONFLICT (name) DO NOTHING RETURNING name
            `
            if (isNew === undefined) return (yield* study(created.name)) ?? created
            for (let from = 0; from < data.length; from += rowsEach) {
              const [first, ...others] = yield* Effect.forEach(data.slice(from, from + rowsEach), (file) =>
                Effect.map(Schema.encodeEffect(dataJson)(file), (encoded) => ({
                  study: created.name,
                  path: file.path,
                  file: encoded,
                })),
              )
              if (first !== undefined) yield* sql`INSERT INTO adjoint_data ${sql.insert([first, ...others])}`
            }
            return created
          }),
        ),
      data: (name) =>
        Effect.flatMap(
          sql<{ readonly file: string }>`SELECT file FROM adjoint_data WHERE study = ${name} ORDER BY path`,
          (rows) => Effect.forEach(rows, ({ file }) => Schema.decodeUnknownEffect(dataJson)(file)),
        ),
      extend: (name, trials) =>
        Effect.asVoid(sql`UPDATE adjoint_study SET trials = ${trials} WHERE name = ${name} AND trials < ${trials}`),
      record: (name, trial) =>
        Effect.gen(function* () {
          const encoded = yield* Schema.encodeEffect(trialJson)(trial)
          yield* sql`
            INSERT INTO adjoint_trial (study, number, trial) VALUES (${name}, ${trial.number}, ${encoded})
            ON CONFLICT (study, number) DO NOTHING
          `
        }),
      together: sql.withTransaction,
      finished: (name, from, has = () => false) =>
        Effect.flatMap(
          sql<{ readonly number: number; readonly trial: string }>`
            SELECT number, trial FROM adjoint_trial WHERE study = ${name} AND number >= ${from} ORDER BY number
          `,
          (rows) =>
            Effect.forEach(
              rows.filter(({ number }) => !has(number)),
              ({ trial }) => Schema.decodeUnknownEffect(trialJson)(trial),
            ),
        ),
    }
  }),
)
