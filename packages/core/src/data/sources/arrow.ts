/** Arrow files. */
import * as Result from "effect/Result"
import * as Gzip from "../Gzip.ts"
import { about, kind } from "./Kind.ts"
import { blanks, path } from "./options.ts"

/** A table in Arrow's own format. */
export const arrow = kind({
  doc: "A table in an Arrow file or stream, or in Feather of version 2.",
  advice: "Columns keep their types, as those of `parquet`. Buffers may be packed by LZ4 or Zstandard.",
  endings: ["arrow", "arrows", "feather"],
  magic: ["ARROW1", "\xff\xff\xff\xff"],
  fields: { path, blanks },
  main: "path",
  isPacked: true,
  read: async (_, files, { isUsed }) => {
    const { decode } = await import("../Arrow.ts")
    return about(
      "path",
      Result.flatMap(Gzip.unpack(files.path), (bytes) => decode(bytes, isUsed)),
    )
  },
  blocks: async (_, { isUsed }) => {
    const { blocks } = await import("../Arrow.ts")
    return blocks(isUsed)
  },
})
