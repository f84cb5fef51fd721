/** The database of studies, opened for a verb. Its failures are those of the command. */
import { dirname } from "node:path"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { PersistedQueueError } from "effect/persistence/PersistedQueue"
import * as Schema from "effect/Schema"
import { SqlError } from "effect/sql/SqlError"
import { RunError } from "../report/Failure.ts"
import { makeFolder } from "../run/Files.ts"
import { layer as database, isAddress, shownStore } from "./Database.ts"
import { queues } from "./Join.ts"
import { layer as storeLayer } from "./Store.ts"

type DatabaseError = SqlError | Schema.SchemaError | PersistedQueueError

const isOfDatabase = (error: unknown): error is DatabaseError =>
  error instanceof SqlError || error instanceof PersistedQueueError || Schema.isSchemaError(error)

/** What the database itself said: the queue puts words of its own before it. */
const messageOf = (error: DatabaseError): string => {
  const origin = error instanceof PersistedQueueError && Cause.isCause(error.cause) ? Cause.squash(error.cause) : error
  return origin instanceof Error ? origin.message : error.message
}

/** What to do about a failure of a database. */
const hintOf = (message: string, store: string): string => {
  if (/is locked/.test(message)) return "another process has held it for ten seconds: end that one, and go on with --resume"
  if (/is full/.test(message)) return "free some space, and go on with --resume"
  if (/was deleted/.test(message)) return "begin again: what it had is gone"
  return isAddress(store)
    ? "a PostgreSQL that runs, by the address of a role that may create tables: --store postgres://user@host/database"
    : "name another database with --store, or move this file away"
}

/** The queue of trials dies where it cannot write to its database. */
const failing = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | DatabaseError, R> =>
  Effect.catchCause(self, (cause): Effect.Effect<never, E | DatabaseError> => {
    const defects = cause.reasons.flatMap((reason) => (Cause.isDieReason(reason) ? [reason.defect] : []))
    const died = defects.find(isOfDatabase)
    return died === undefined || Cause.hasFails(cause) ? Effect.failCause(cause) : Effect.fail(died)
  })

/** Runs an effect with the studies of a database, a file or the address of a PostgreSQL. */
export const inStore =
  (store: string) =>
  <A, E, R>(self: Effect.Effect<A, E | DatabaseError, R>) =>
    Effect.provide(self, Layer.mergeAll(storeLayer, queues).pipe(Layer.provideMerge(database(store)))).pipe(
      failing,
      Effect.mapError((error) =>
        isOfDatabase(error)
          ? new RunError({
              message: `${shownStore(store)}: ${printable(messageOf(error))}`,
              hint: hintOf(messageOf(error), store),
            })
          : (error as Exclude<E, DatabaseError>),
      ),
    )

/** Makes the folder of a database that is a file. */
export const makeRoom = (store: string) =>
  isAddress(store)
    ? Effect.void
    : Effect.mapError(
        makeFolder(dirname(store)),
        () =>
          new RunError({
            message: `${shownStore(store)}: its folder cannot be made`,
            hint: "name another database with --store",
          }),
      )
