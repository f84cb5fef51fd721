import { editDistance, letters, maxLength, nearest } from "@adjoint/core/data/Nearest"
import * as fc from "fast-check"
import { expect, test } from "vitest"

const word = fc.stringMatching(/^[a-zа-я0-9]{3,12}$/u)

test("a word of which one letter is wrong, missing or too many is found, first among words less near", () => {
  const mistakes = fc.constantFrom(
    (text: string, at: number) => `${text.slice(0, at)}_${text.slice(at)}`,
    (text: string, at: number) => text.slice(0, at) + text.slice(at + 1),
    (text: string, at: number) => `${text.slice(0, at)}ж${text.slice(at + 1)}`,
  )
  fc.assert(
    fc.property(word, fc.nat(), mistakes, fc.array(word, { maxLength: 5 }), (name, place, mistake, others) => {
      const typed = mistake(name, place % name.length)
      const distance = (other: string) => editDistance(letters(typed), letters(other))
      const [first = ""] = nearest(typed, [...others, name])
      expect(distance(first)).toBeLessThanOrEqual(distance(name))
      expect(distance(first)).toBeLessThanOrEqual(1)
    }),
  )
})

test("letters are those of any script, and what stands between them does not count", () => {
  expect(nearest("Цена дома", ["площадь", "цена_дома"])).toEqual(["цена_дома"])
  expect(nearest("цина", ["цена"])).toEqual(["цена"])
  expect(nearest("%", ["$", "#"])).toEqual([])
})

test("what is much further than the nearest is not offered, nor anything for a word too long to compare", () => {
  expect(nearest("titanik.csv", ["titanic.csv", "titanic.csv.gz"])).toEqual(["titanic.csv"])
  const long = "a".repeat(maxLength + 1)
  expect(nearest(long, [long])).toEqual([])
})
