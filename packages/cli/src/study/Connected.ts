/** The database of studies, opened for a verb. Its failures are those of the command. */
import { dirname } from "node:path"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
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

/** Runs an effect with the studies of a database, a file or the address of a PostgreSQL. */
export const inStore =
  (store: string) =>
  <A, E, R>(self: Effect.Effect<A, E | DatabaseError, R>) =>
    Effect.provide(self, Layer.mergeAll(storeLayer, queues).pipe(Layer.provideMerge(database(store)))).pipe(
      Effect.mapError((error) =>
        isOfDatabase(error)
          ? new RunError({
              message: `${shownStore(store)}: ${printable(error.message)}`,
              hint: isAddress(store)
                ? "a PostgreSQL that runs, by the address of a role that may create tables: --store postgres://user@host/database"
                : "name another database with --store, or move this file away",
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
