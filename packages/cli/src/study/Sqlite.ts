/** An SQL client of Effect over Node's own SQLite: one embedded file, which several processes may open. */
import { statSync } from "node:fs"
import { resolve } from "node:path"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection, Row } from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"

/** How long a statement waits for another process that writes, in milliseconds. */
const busyTimeout = 10_000

/**
 * Write-ahead logging lets others read while one writes. `FULL` keeps a committed transaction also through a loss of power.
 * The timeout comes first: to change the mode of a new file needs a lock, for which another process that begins may have to wait.
 */
const settings = [`busy_timeout = ${busyTimeout}`, "journal_mode = WAL", "synchronous = FULL"]

const sqlError = (cause: unknown): SqlError.SqlError => {
  // Effect classifies by the field `errno`; Node calls it `errcode`.
  const known = cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause
  const message = cause instanceof Error ? cause.message : "SQLite"
  return new SqlError.SqlError({ reason: SqlError.classifySqliteError(known, { message, operation: "execute" }) })
}

const attempt = <A>(run: () => A): Effect.Effect<A, SqlError.SqlError> => Effect.try({ try: run, catch: sqlError })

/** Which file a path names, if any. */
const identityOf = (path: string): string | undefined => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

/**
 * The statements of a database. Node prepares and runs them synchronously. `check` throws where the file is no longer there: SQLite
 * itself would write to the deleted file, and all would be lost at the end.
 */
const connectionOf = (database: DatabaseSync, check: () => void): Connection => {
  const rows = (sql: string, params: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError> =>
    attempt(() => {
      check()
      const statement = database.prepare(sql)
      const values = params as ReadonlyArray<SQLInputValue>
      if (statement.columns().length > 0) return statement.all(...values)
      statement.run(...values)
      return []
    })
  const values = (
    sql: string,
    params: ReadonlyArray<unknown>,
  ): Effect.Effect<ReadonlyArray<ReadonlyArray<unknown>>, SqlError.SqlError> =>
    Effect.map(rows(sql, params), (found) => found.map((row) => Object.values(row)))
  const execute: Connection["execute"] = (sql, params, transform) =>
    Effect.map(rows(sql, params), (found) => (transform === undefined ? found : transform(found)))
  return {
    execute,
    executeUnprepared: execute,
    executeRaw: (sql, params) => attempt(() => database.prepare(sql).run(...(params as ReadonlyArray<SQLInputValue>))),
    executeValues: values,
    executeValuesUnprepared: values,
    executeStream: (sql, params, transform) => Stream.unwrap(Effect.map(execute(sql, params, transform), Stream.fromIterable)),
  }
}

/** The client over the file at `path`, which is created where it is missing. Fails with `SqlError` if it is not a database. */
export const layer = (path: string): Layer.Layer<SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.gen(function* () {
      const database = yield* Effect.acquireRelease(
        attempt(() => new DatabaseSync(resolve(path))),
        (opened) => Effect.sync(() => opened.close()),
      )
      yield* attempt(() => database.exec(settings.map((setting) => `PRAGMA ${setting};`).join("\n")))
      const opened = identityOf(path)
      const check = () => {
        if (identityOf(path) !== opened) throw new Error("the file was deleted or replaced while it was in use")
      }
      const acquirers = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connectionOf(database, check)),
        semaphore: yield* Semaphore.make(1),
        isTransaction: () => database.isTransaction,
      })
      return yield* SqlClient.make({
        ...acquirers,
        driver: "sqlite-node",
        compiler: Statement.makeCompilerSqlite(),
        // A transaction that reads and then writes would otherwise fail when another process has written in between.
        beginTransaction: "BEGIN IMMEDIATE",
        spanAttributes: [["db.system.name", "sqlite"]],
      })
    }),
  ).pipe(Layer.provide(Reactivity.layer))
