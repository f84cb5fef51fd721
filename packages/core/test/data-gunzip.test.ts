import { constants, gzipSync } from "node:zlib"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { gunzip, inPage, type Refused } from "../src/data/gunzip.ts"

/** The result, in a form that can be compared. */
const outcome = (made: Uint8Array | Refused): unknown =>
  made instanceof Uint8Array ? Buffer.from(made).toString("hex") : made._tag

/** Bytes that pack well, badly, and not at all. */
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.nat(20_000)).map(([few, times]) => {
    const out = new Uint8Array(few.length * times)
    for (let i = 0; i < out.length; i++) out[i] = few[i % few.length] as number
    return out
  }),
)

const packed = (members: ReadonlyArray<Uint8Array>): Uint8Array => Buffer.concat(members.map((member) => gzipSync(member)))

const limit = 2 ** 20

describe("gzip is unpacked in a page as zlib does it", () => {
  it("whole, of one member and of several", () => {
    fc.assert(
      fc.property(fc.array(contents, { minLength: 1, maxLength: 3 }), (members) => {
        const bytes = packed(members)
        expect(outcome(inPage(bytes, limit, false))).toEqual(Buffer.concat(members).toString("hex"))
        expect(outcome(inPage(bytes, limit, false))).toEqual(outcome(gunzip(bytes, limit, false)))
      }),
      { numRuns: 60 },
    )
  })

  it("cut off, where that is a mistake and where it is not", () => {
    fc.assert(
      fc.property(contents, fc.nat(), (member, choice) => {
        const bytes = packed([member])
        const some = bytes.subarray(0, 10 + (choice % (bytes.length - 10)))
        if (member.length > 0) expect(outcome(inPage(some, limit, false))).toMatch(/^(Truncated|Corrupt)$/)
        expect(outcome(gunzip(some, limit, false))).toEqual("Truncated")
        // A part unpacks to a beginning of the whole; how far it gets is the unpacker's.
        expect(
          Buffer.from(member)
            .toString("hex")
            .startsWith(String(outcome(inPage(some, limit, true)))),
        ).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it("with a wrong checksum or length", () => {
    for (const fromEnd of [1, 4, 5, 8]) {
      const bytes = new Uint8Array(packed([new Uint8Array(5000).fill(7)]))
      bytes[bytes.length - fromEnd] = (bytes[bytes.length - fromEnd] as number) ^ 1
      expect(gunzip(bytes, limit, false)).toMatchObject({ _tag: "Corrupt" })
      expect(inPage(bytes, limit, false)).toMatchObject({ _tag: "Corrupt" })
    }
  })

  it("no further than its bound", () => {
    const bytes = gzipSync(new Uint8Array(10 * limit), { level: constants.Z_BEST_COMPRESSION })
    for (const unpack of [gunzip, inPage]) expect(unpack(bytes, limit, false)).toEqual({ _tag: "TooLarge" })
    for (const unpack of [gunzip, inPage])
      expect(outcome(unpack(gzipSync(new Uint8Array(limit)), limit, false))).toHaveLength(2 * limit)
  })
})
