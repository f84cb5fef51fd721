/** The database of a study: a file of SQLite, or a PostgreSQL that several machines share. */

import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Sqlite from "./Sqlite.ts"

/** Whether a store is the address of a PostgreSQL. `isAddress("postgres://lab@host/search") // => true` */
export const isAddress = (store: string): boolean => /^postgres(?:ql)?:\/\//i.test(store)

/** A store as it is shown: without the password of an address. `shownStore("postgres://me:secret@host/db") // => "postgres://me:…@host/db"` */
export const shownStore = (store: string): string =>
  printable(isAddress(store) ? store.replace(/(:\/\/[^:@/]*):[^@]*@/, "$1:…@") : store)

/** The SQL client of a store. Fails with `SqlError` where there is no database. */
export const layer = (store: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  isAddress(store) ? PgClient.layer({ url: Redacted.make(store), applicationName: "adjoint" }) : Sqlite.layer(store)
