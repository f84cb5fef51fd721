/** Parquet files. */
import * as Result from "effect/Result"
import * as Gzip from "../Gzip.ts"
import { about, kind } from "./Kind.ts"
import { blanks, path } from "./options.ts"

/** A table that is stored by column. */
export const parquet = kind({
  doc: "A table in a Parquet file.",
  advice:
    "Columns keep their types: a date is its ISO 8601 text, and a list of numbers is one cell. All usual compressions are read.",
  endings: ["parquet", "pq"],
  magic: ["PAR1"],
  fields: { path, blanks },
  main: "path",
  isPacked: true,
  read: async (_, files, { isUsed }) => {
    const { decode } = await import("../Parquet.ts")
    const bytes = Gzip.unpack(files.path)
    return about("path", Result.isFailure(bytes) ? Result.fail(bytes.failure) : await decode(bytes.success, isUsed))
  },
  groups: async function* (_, store, { isUsed, keeps = "all" }) {
    const { groups } = await import("../Parquet.ts")
    yield* groups(store, { isUsed, ...(keeps === "used" ? { isRead: isUsed } : {}) })
  },
})
