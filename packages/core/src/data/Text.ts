/** Decodes bytes as text. Only UTF-8, because a wrongly guessed encoding corrupts names silently. */
import * as Result from "effect/Result"
import { type DataError, dataError, type Reason } from "./DataError.ts"

/** The longest string V8 can hold; larger text has to be split before it is read. */
export const limit = 2 ** 29 - 24

/**
 * UTF-8 bytes as text, without a byte order mark. Fails with `NotText`, which names the first wrong byte, and with `TooLarge`. Bytes
 * that are not the start of their file cannot show that it is UTF-16.
 */
export const decode = (bytes: Uint8Array, isStart = true): Result.Result<string, DataError> => {
  if (bytes.length > limit)
    return Result.fail(dataError({ _tag: "TooLarge", what: "the text", got: BigInt(bytes.length), limit, unit: "bytes" }))
  const nul = bytes.indexOf(0)
  const before = nul < 0 ? bytes : bytes.subarray(0, nul)
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(before)
    return nul < 0 ? Result.succeed(text) : Result.fail(dataError(notText(bytes, nul, isStart)))
  } catch {
    // The decoder does not report the position.
    return Result.fail(dataError(notText(bytes, firstMalformed(before), isStart)))
  }
}

const notText = (bytes: Uint8Array, offset: number, isStart: boolean): Reason => {
  const [a, b] = bytes
  const utf16 = isStart && ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
  const at = utf16 ? 0 : offset
  const got = bytes[at] ?? 0
  const hint = utf16 ? "save the file as UTF-8; this is UTF-16" : got === 0 ? "" : "save the file as UTF-8"
  return { _tag: "NotText", offset: at, line: lineOf(bytes, at), got, hint }
}

/** The line of a byte, counted from 1. */
const lineOf = (bytes: Uint8Array, offset: number): number => {
  let line = 1
  for (let at = bytes.indexOf(10); at >= 0 && at < offset; at = bytes.indexOf(10, at + 1)) line++
  return line
}

/** The position of the first malformed byte: the lenient decoder writes U+FFFD there, where the bytes are not those of U+FFFD. */
export const firstMalformed = (bytes: Uint8Array): number => {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
  let offset = 0
  let start = 0
  for (let at = text.indexOf("\uFFFD"); at >= 0; at = text.indexOf("\uFFFD", start)) {
    offset += new TextEncoder().encode(text.slice(start, at)).length
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset
    offset += 3
    start = at + 1
  }
  return offset
}
