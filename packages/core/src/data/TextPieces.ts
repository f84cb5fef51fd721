/** Decodes UTF-8 that arrives in pieces. A piece may end within a character; errors have the offset and the line in the whole text. */
import * as Result from "effect/Result"
import { concatBytes } from "./concatBytes.ts"
import { incomplete } from "./csv/invalid.ts"
import { type DataError, dataError } from "./DataError.ts"
import * as Text from "./Text.ts"

/** A decoder that is given the pieces of bytes in order. Both functions fail with `NotText`. */
export interface Decoder {
  /** The characters that this piece completes. */
  readonly push: (bytes: Uint8Array) => Result.Result<string, DataError>
  /** Ends the text. An incomplete last character is an error. */
  readonly end: () => Result.Result<string, DataError>
}

/** The bytes of the longest byte order mark. */
const longestMark = 3

/** A new decoder. A byte order mark at the beginning is left out. Characters before a wrong byte come before its error. */
export const decoder = (): Decoder => {
  let rest = new Uint8Array(0) as Uint8Array
  let offset = 0
  let lines = 0
  let failure: DataError | undefined

  const decode = (bytes: Uint8Array): Result.Result<string, DataError> => {
    const read = Text.decode(bytes, offset === 0)
    if (Result.isFailure(read)) {
      const { reason } = read.failure
      if (reason._tag !== "NotText") return read
      const error = dataError({ ...reason, offset: reason.offset + offset, line: reason.line + lines })
      if (reason.offset === 0) return Result.fail(error)
      const before = decode(bytes.subarray(0, reason.offset))
      failure = error
      return before
    }
    const text = read.success
    const isMark = offset > 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    offset += bytes.length
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
    return Result.succeed(isMark ? `\uFEFF${text}` : text)
  }

  return {
    push: (bytes) => {
      if (failure !== undefined) return Result.fail(failure)
      const all = rest.length === 0 ? bytes : concatBytes([rest, bytes])
      // The first bytes together show what kind of text it is.
      const whole = offset === 0 && all.length < longestMark ? 0 : all.length - incomplete(all)
      rest = all.slice(whole)
      return whole === 0 ? Result.succeed("") : decode(all.subarray(0, whole))
    },
    end: () => {
      if (failure !== undefined) return Result.fail(failure)
      const last = rest.length === 0 ? Result.succeed("") : decode(rest)
      return failure === undefined ? last : Result.fail(failure)
    },
  }
}
