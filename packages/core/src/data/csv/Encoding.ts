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

/** Bytes as UTF-8, piece by piece. Fails with `BadSpec` for an encoding that the host does not have. */
export interface Transcoder {
  readonly push: (bytes: Uint8Array) => Result.Result<Uint8Array, DataError>
  readonly end: () => Result.Result<Uint8Array, DataError>
  /** The encoding that is decoded, with `malformed` at the first wrong character; absent for the file's own bytes, which may be no UTF-8. */
  readonly encoding: () => Encoding | undefined
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
type Decode = (bytes: Uint8Array, stream: boolean) => Uint8Array

/** Stands for bytes that are no text in their encoding: UTF-8 never has this byte. */
export const malformed = 0xff

/** UTF-8 up to the first malformed character, which the mark stands for. */
const withMark = (bytes: Uint8Array, end: number): Uint8Array => concatBytes([bytes.subarray(0, end), Uint8Array.of(malformed)])

/** The position of the first U+FFFD in UTF-8, which decoders write for what is malformed; -1 if there is none. */
const replacedAt = (bytes: Uint8Array): number => {
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1))
    if (bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) return at
  return -1
}

/** Decodes with a decoder of the host. Encodings other than those of Unicode have no U+FFFD of their own. */
const replacing = (decoder: InstanceType<typeof TextDecoder>): Decode => {
  return (bytes, stream) => {
    const out = encoder.encode(decoder.decode(bytes, { stream }))
    const at = replacedAt(out)
    return at < 0 ? out : withMark(out, at)
  }
}

/** The position of the first surrogate without its other half among 16-bit units; -1 if there is none. */
const unpairedAt = (bytes: Uint8Array, high: 0 | 1): number => {
  for (let at = 0; at < bytes.length; at += 2) {
    const kind = (bytes[at + high] ?? 0) & 0xfc
    if (kind === 0xdc) return at
    if (kind !== 0xd8) continue
    if (((bytes[at + 2 + high] ?? 0) & 0xfc) !== 0xdc) return at
    at += 2
  }
  return -1
}

/** Decodes UTF-16, which may have U+FFFD of its own: each piece is whole characters, so that a wrong one is found. */
const decodingUtf16 = (decoder: InstanceType<typeof TextDecoder>, high: 0 | 1): Decode => {
  let rest: Uint8Array = nothing
  return (bytes, stream) => {
    const all = concatBytes([rest, bytes])
    let whole = all.length - (all.length % 2)
    if (((all[whole - 2 + high] ?? 0) & 0xfc) === 0xd8 && stream) whole -= 2
    rest = all.slice(whole)
    const units = all.subarray(0, whole)
    const wrong = unpairedAt(units, high)
    const out = encoder.encode(decoder.decode(units.subarray(0, wrong < 0 ? units.length : wrong)))
    return wrong >= 0 || (!stream && rest.length > 0) ? withMark(out, out.length) : out
  }
}

/** Decodes an encoding. Fails with `BadSpec` for one that the host does not have. */
const decoding = (encoding: Encoding): Result.Result<Decode, DataError> => {
  try {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true })
    if (encoding === "utf-16le" || encoding === "utf-16be")
      return Result.succeed(decodingUtf16(decoder, encoding === "utf-16le" ? 1 : 0))
    return Result.succeed(replacing(decoder))
  } catch {
    const wanted = "an encoding that this JavaScript engine has"
    return Result.fail(
      dataError({ _tag: "BadSpec", at: "the encoding", got: quote(encoding), wanted, hint: "save the file as UTF-8" }),
    )
  }
}

/** A transcoder from an encoding. A byte order mark of UTF-8 or UTF-16 goes before `encoding`, and is left out. */
export const transcoder = (encoding: Encoding): Transcoder => {
  /** The first bytes, until they show whether there is a byte order mark. */
  let start: Uint8Array | undefined = nothing
  let decode: Decode | undefined
  let decoded: Encoding | undefined
  let skipped = 0

  const begin = (bytes: Uint8Array): Result.Result<Uint8Array, DataError> => {
    const [marked, length] = markOf(bytes)
    const own = marked === "auto" ? encoding : marked
    start = undefined
    skipped = length
    if (own === "auto" || own === "utf-8") return Result.succeed(bytes.subarray(length))
    return Result.map(decoding(own), (push) => {
      decode = push
      decoded = own
      return push(bytes.subarray(length), true)
    })
  }

  return {
    push: (bytes) => {
      if (start === undefined) return Result.succeed(decode === undefined ? bytes : decode(bytes, true))
      start = concatBytes([start, bytes])
      return start.length < longestMark ? Result.succeed(nothing) : begin(start)
    },
    end: () =>
      Result.gen(function* () {
        const first = start === undefined ? nothing : yield* begin(start)
        return decode === undefined ? first : concatBytes([first, decode(nothing, false)])
      }),
    encoding: () => decoded,
    skipped: () => skipped,
  }
}
