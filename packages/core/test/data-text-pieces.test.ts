/** Text in pieces: the same characters as the bytes read at once, wherever they are cut. */
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { DataError } from "../src/data/DataError.ts"
import * as Text from "../src/data/Text.ts"
import * as TextPieces from "../src/data/TextPieces.ts"

const inPieces = (bytes: Uint8Array, cuts: ReadonlyArray<number>): Result.Result<string, DataError> => {
  const decoder = TextPieces.decoder()
  const bounds = [0, ...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  let text = ""
  const steps = [...bounds.slice(1).map((end, i) => () => decoder.push(bytes.subarray(bounds[i], end))), decoder.end]
  for (const step of steps) {
    const read = step()
    if (Result.isFailure(read)) return read
    text += read.success
  }
  return Result.succeed(text)
}

const pieces = fc.array(fc.nat(), { maxLength: 12 })

describe("UTF-8 in pieces", () => {
  it("gives the characters of the bytes read at once", () => {
    const character = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.constantFrom("\uFEFF", "é", "\u{1F600}", "\n"),
    )
    fc.assert(
      fc.property(fc.array(character, { maxLength: 20 }), pieces, (characters, cuts) => {
        const text = characters.join("").replaceAll("\0", "")
        expect(inPieces(new TextEncoder().encode(text), cuts)).toEqual(Text.decode(new TextEncoder().encode(text)))
      }),
    )
  })

  it("names the byte and the line of what is malformed", () => {
    const texts = [
      [0x61, 0x0a, 0xff, 0x62],
      [0x61, 0x0a, 0x0a, 0xe2, 0x82],
      [0xc3, 0x28],
      [0x61, 0x00, 0x62],
      [0xff, 0xfe, 0x61, 0x00],
    ]
    for (const bytes of texts)
      fc.assert(
        fc.property(pieces, (cuts) => {
          const whole = Text.decode(Uint8Array.from(bytes))
          const read = inPieces(Uint8Array.from(bytes), cuts)
          expect(Result.isFailure(read)).toBe(true)
          // A mark of UTF-16 that is cut in two is two malformed bytes.
          if (bytes[0] !== 0xff) expect(read).toEqual(whole)
        }),
      )
  })
})
