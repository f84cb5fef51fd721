/** Decimal numbers from bytes: bit for bit those of `Number`. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { readDecimal } from "../src/data/csv/decimal.ts"

const out = new Float64Array(1)
const encoder = new TextEncoder()

/** The number that is read from a text followed by a comma; `undefined` if it is left to `Number`. */
const read = (text: string, mark = "."): number | undefined => {
  const end = readDecimal(encoder.encode(`${text},`), 0, mark.charCodeAt(0), out, 0)
  if (end < 0) return undefined
  expect(end).toBe(text.length)
  return out[0]
}

/** Random numbers from a seed (Lehmer, 1951). */
const below = (seed: number) => {
  let state = (seed % 2147483646) + 1
  return (limit: number): number => {
    state = (state * 48271) % 2147483647
    return Math.floor((state / 2147483647) * limit)
  }
}

describe("a decimal number", () => {
  it("is that of Number, or is left to it", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = below(seed)
        const digits = (count: number) => Array.from({ length: count }, () => random(10)).join("")
        const sign = () => ["", "-", "+"][random(3)] ?? ""
        for (let i = 0; i < 200; i++) {
          const value = (random(2 ** 30) / 2 ** 30 + random(2 ** 30)) * 10 ** (random(40) - 20)
          for (const text of [
            `${sign()}${digits(random(12))}.${digits(1 + random(12))}`,
            `${sign()}${digits(1 + random(20))}${random(2) === 0 ? "" : `e${sign()}${random(40)}`}`,
            String(value),
            value.toExponential(random(19)),
            value.toPrecision(15 + random(7)),
          ]) {
            const got = read(text)
            if (got !== undefined && !Object.is(got, Number(text))) expect([text, got]).toEqual([text, Number(text)])
          }
        }
      }),
      { numRuns: 50 },
    )
  })
  it("is rounded to even where it is halfway between two doubles, and left to Number where the bound leaves it open", () => {
    const random = below(7)
    for (let i = 0; i < 20_000; i++) {
      // Odd numbers of 54 bits are halfway; a decimal mark anywhere makes quotients of them.
      const half = 2n ** 53n + BigInt(random(2 ** 30)) * 2n + 1n
      const digits = String(half * 2n ** BigInt(random(9)) + BigInt(random(3) - 1))
      const at = random(digits.length)
      for (const text of [String(half), digits, `${digits.slice(0, at)}.${digits.slice(at)}`]) {
        const got = read(text)
        if (got !== undefined && got !== Number(text)) expect([text, got]).toEqual([text, Number(text)])
      }
    }
  })
  it("of up to 17 digits with small exponents is read without Number, nearly always", () => {
    const random = below(3)
    let left = 0
    for (let i = 0; i < 10_000; i++) {
      const text = String((random(2 ** 30) + random(2 ** 30) / 2 ** 30) / 2 ** random(20))
      if (read(text) === undefined) left += 1
    }
    expect(left).toBeLessThan(100)
  })
  it("has the decimal mark that is given, and ends where it ends", () => {
    expect([read("1,5", ","), read("-0"), read(".5"), read("5."), read("+7")]).toEqual([1.5, -0, 0.5, 5, 7])
    expect(["", "-", ".", "e5", "1e", "1e+", "x", "NaN", "1e99999", "12345678901234567890"].map((text) => read(text))).toEqual(
      Array(10).fill(undefined),
    )
    expect(readDecimal(encoder.encode("12-3,"), 0, 46, out, 0)).toBe(2)
    expect(readDecimal(encoder.encode("1.2.3,"), 0, 46, out, 0)).toBe(3)
  })
})
