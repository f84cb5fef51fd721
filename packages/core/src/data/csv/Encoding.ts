/** From the bytes of a file to UTF-8, piece by piece. UTF-8 passes as it is; UTF-16 is recognized by its byte order mark. */
import * as Result from "effect/Result"
import { concatBytes } from "../concatBytes.ts"
import { type DataError, dataError, quote } from "../DataError.ts"

/** The encodings that a file may have, besides UTF-8 and what a byte order mark says. */
export const encodings = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "latin1",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "iso-8859-2",
  "iso-8859-5",
  "iso-8859-7",
  "iso-8859-15",
  "koi8-r",
  "macintosh",
  "shift_jis",
  "euc-jp",
  "euc-kr",
  "gb18030",
  "big5",
] as const

/** The name of an encoding, or `auto`: UTF-8, or UTF-16 with a byte order mark. */
export type Encoding = (typeof encodings)[number] | "auto"

/** Bytes as UTF-8, piece by piece. Fails with `BadSpec` for an encoding that the host does not have, and for bytes that are no text in it. */
export interface Transcoder {
  readonly push: (bytes: Uint8Array) => Result.Result<Uint8Array, DataError>
  readonly end: () => Result.Result<Uint8Array, DataError>
  /** Whether the pieces are the file's own bytes, which may be no UTF-8. */
  readonly isOriginal: () => boolean
  /** The length of the byte order mark, which is left out. */
  readonly skipped: () => number
}

/** The encoding and the length of a byte order mark. */
const markOf = ([a, b, c]: Uint8Array): readonly [encoding: Encoding, length: number] =>
  a === 0xff && b === 0xfe
    ? ["utf-16le", 2]
    : a === 0xfe && b === 0xff
      ? ["utf-16be", 2]
      : a === 0xef && b === 0xbb && c === 0xbf
        ? ["utf-8", 3]
        : ["auto", 0]

/** The bytes of the longest byte order mark. */
const longestMark = 3

const encoder = /* @__PURE__ */ new TextEncoder()

const nothing = new Uint8Array(0)

/** Decodes a piece as UTF-8; after the last one `stream` is false. */
type Decode = (bytes: Uint8Array, stream: boolean) => Result.Result<Uint8Array, DataError>

/** Decodes with the host's decoder. */
const decoding = (encoding: Encoding): Result.Result<Decode, DataError> => {
  let decoder: InstanceType<typeof TextDecoder>
  try {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  } catch {
    const wanted = "an encoding that this JavaScript engine has"
    return Result.fail(
      dataError({ _tag: "BadSpec", at: "the encoding", got: quote(encoding), wanted, hint: "save the file as UTF-8" }),
    )
  }
  let before = 0
  return Result.succeed((bytes, stream) => {
    const from = before
    before += bytes.length
    try {
      return Result.succeed(encoder.encode(decoder.decode(bytes, { stream })))
    } catch {
      const got = `${encoding}, in which the bytes from ${from} to ${before} are no text`
      const wanted = "the encoding that the file was saved in"
      return Result.fail(dataError({ _tag: "BadSpec", at: "the encoding", got, wanted, hint: "" }))
    }
  })
}

/** A transcoder from an encoding. A byte order mark of UTF-8 or UTF-16 goes before `encoding`, and is left out. */
export const transcoder = (encoding: Encoding): Transcoder => {
  /** The first bytes, until they show whether there is a byte order mark. */
  let start: Uint8Array | undefined = nothing
  let decode: Decode | undefined
  let skipped = 0

  const begin = (bytes: Uint8Array): Result.Result<Uint8Array, DataError> => {
    const [marked, length] = markOf(bytes)
    const own = marked === "auto" ? encoding : marked
    start = undefined
    skipped = length
    if (own === "auto" || own === "utf-8") return Result.succeed(bytes.subarray(length))
    return Result.flatMap(decoding(own), (push) => {
      decode = push
      return push(bytes.subarray(length), true)
    })
  }

  return {
    push: (bytes) => {
      if (start === undefined) return decode === undefined ? Result.succeed(bytes) : decode(bytes, true)
      start = concatBytes([start, bytes])
      return start.length < longestMark ? Result.succeed(nothing) : begin(start)
    },
    end: () =>
      Result.gen(function* () {
        const first = start === undefined ? nothing : yield* begin(start)
        return decode === undefined ? first : concatBytes([first, yield* decode(nothing, false)])
      }),
    isOriginal: () => decode === undefined,
    skipped: () => skipped,
  }
}
