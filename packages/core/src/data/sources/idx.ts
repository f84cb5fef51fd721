/** Images and labels in two idx files, like MNIST. */
import * as Result from "effect/Result"
import * as Idx from "../Idx.ts"
import { about, kind } from "./Kind.ts"

/** Two files in the format of MNIST. */
export const idx = kind({
  doc: "Two files in the format of MNIST, gzipped or not.",
  advice: "Bytes stay bytes until the net casts them, a quarter of the memory of floats.",
  endings: [],
  fields: {
    images: { kind: "path", doc: "The file of the inputs, relative to the model file.", synonyms: ["x", "inputs", "features"] },
    labels: { kind: "path", doc: "The file of the targets, relative to the model file.", synonyms: ["y", "targets"] },
  },
  read: (_, files) =>
    Result.flatMap(about("images", Idx.decode(files.images)), (inputs) =>
      Result.map(about("labels", Idx.decode(files.labels)), (targets) => ({ inputs, targets })),
    ),
  first: (_, files) =>
    Result.map(about("images", Idx.start(files.images)), ({ first, shape }) => {
      const labels = Idx.decode(files.labels)
      const targets = Result.isSuccess(labels) ? { targets: labels.success } : {}
      return { raw: { inputs: first }, rows: shape[0] ?? 0, ...targets }
    }),
})
