/** Arrays saved by NumPy. */
import * as Result from "effect/Result"
import * as Npz from "../Npz.ts"
import { about, kind } from "./Kind.ts"

/** Inputs and targets in one npz file. */
export const npz = kind({
  doc: "Arrays saved by NumPy's `savez`.",
  advice: "Only the two named arrays are read.",
  endings: ["npz"],
  fields: {
    path: { kind: "path", doc: "The file, relative to the model file.", synonyms: ["file", "filename", "file_path"] },
    inputs: { kind: "text", doc: "The name of the array of inputs.", synonyms: ["x", "features", "images"], default: "inputs" },
    targets: { kind: "text", doc: "The name of the array of targets.", synonyms: ["y", "labels"], default: "targets" },
  },
  main: "path",
  read: ({ inputs, targets }, files) =>
    Result.flatMap(about("path", Npz.open(files.path)), (archive) =>
      Result.flatMap(about("inputs", Npz.read(archive, inputs)), (rows) =>
        Result.map(about("targets", Npz.labels(archive, targets)), (labels) => ({ inputs: rows, ...labels })),
      ),
    ),
})
