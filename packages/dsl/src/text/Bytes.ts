/** From the bytes of a file to its text. Files that cannot be model files are refused before parsing. */
import * as DataError from "@adjoint/core/data/DataError"
import * as Text from "@adjoint/core/data/Text"
import * as Result from "effect/Result"
import { type Diagnostic, diagnostic } from "../diagnostic/Diagnostic.ts"
import { fromText, type Source, span } from "../source/Source.ts"

/** A model file larger than this is refused before it is parsed. */
export const maxBytes = 448 * 1024

/** The diagnostic for a file that is empty or too large. */
export const ofSize = (file: string, bytes: number): Diagnostic =>
  bytes === 0
    ? diagnostic({ code: "Y005", message: "the file is empty", file, path: [], help: "a model file starts with `schema: 1`" })
    : diagnostic({
        code: "Y006",
        message: `the file has ${bytes} bytes; a model file has at most ${maxBytes}`,
        file,
        path: [],
        help: "keep the data in a separate file, and name it in `data.source`",
      })

const ofKind = "a model file is YAML or JSON saved as UTF-8"

/** The position of the first byte that is not text. */
const notText = (file: string, bytes: Uint8Array, reason: DataError.Reason): Diagnostic => {
  const offset = reason._tag === "NotText" ? reason.offset : 0
  const before = new TextDecoder().decode(bytes.subarray(0, offset))
  return diagnostic({
    code: "Y004",
    message: DataError.print(reason._tag === "NotText" ? { ...reason, hint: "" } : reason),
    file,
    path: [],
    span: span(fromText(file, before), before.length, before.length + 1),
    // Text in another encoding has no zeros: this is a file of another kind.
    help: bytes.includes(0) || reason._tag !== "NotText" || reason.hint === "" ? ofKind : reason.hint,
  })
}

// YAML 1.2 allows no other control character, and one of these in a message could drive the reader's terminal.
const control = /(?![\t\n\r])\p{Cc}/u

/** The text of a file from its bytes. Fails for files that are too large, empty, not UTF-8 or not text. */
export const fromBytes = (file: string, bytes: Uint8Array): Result.Result<Source, Diagnostic> => {
  if (bytes.length > maxBytes || bytes.length === 0) return Result.fail(ofSize(file, bytes.length))
  const decoded = Text.decode(bytes)
  if (Result.isFailure(decoded)) return Result.fail(notText(file, bytes, decoded.failure.reason))
  const text = decoded.success
  if (text.trim() === "") return Result.fail(ofSize(file, 0))
  const source = fromText(file, text)
  const found = control.exec(text)
  if (found !== null) {
    const hex = text.charCodeAt(found.index).toString(16).toUpperCase().padStart(4, "0")
    return Result.fail(
      diagnostic({
        code: "Y004",
        message: `the file contains the control character U+${hex}, which is not text`,
        file,
        path: [],
        span: span(source, found.index, found.index + 1),
        help: "delete it, or write it as an escape in a quoted string",
      }),
    )
  }
  return Result.succeed(source)
}
