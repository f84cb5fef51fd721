/** Arrays saved by NumPy. */
import * as Result from "effect/Result"
import * as Npz from "../Npz.ts"
import { fields, named, type Open, read } from "./archive.ts"
import { kind } from "./Kind.ts"

const open: Open = (bytes) =>
  Result.map(Npz.open(bytes), (archive) => ({
    read: (name) => Npz.read(archive, name),
    labels: (name) => Npz.labels(archive, name),
  }))

/** Inputs and targets in one npz file. */
export const npz = kind({
  doc: "Arrays saved by NumPy's `savez`.",
  advice: "Only the named arrays are read: `inputs` and `targets`, or those of `data.arrays`.",
  endings: ["npz"],
  magic: ["PK"],
  fields,
  main: "path",
  named: named(open),
  read: read(open),
})
