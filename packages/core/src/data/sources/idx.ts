/** Images and labels in two idx files, like MNIST. */
import * as Result from "effect/Result"
import * as ArrayFile from "../ArrayFile.ts"
import { maxHeaderBytes } from "../ArrayRows.ts"
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
  inFiles: async (_, { images, labels }, { limit }) =>
    Result.gen(function* () {
      const rows = yield* about("images", Idx.openRows(ArrayFile.headerOf(images)))
      const inputs = yield* about("images", ArrayFile.open(images, rows, Idx.decode, limit))
      return { inputs, targets: yield* about("labels", Idx.decode(ArrayFile.bytesOf(labels))) }
    }),
  declared: (first) =>
    Result.match(Idx.openRows(first.subarray(0, maxHeaderBytes)), {
      onSuccess: ({ offset, rowBytes, shape: [count = 0] }) => offset + count * rowBytes,
      onFailure: () => undefined,
    }),
})
