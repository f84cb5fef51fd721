import { describe, expect, test } from "vitest"
import { folded, picture, type Screen, screen } from "../scripts/terminal-picture.ts"

const text = (shown: Screen): ReadonlyArray<string> => shown.map((line) => line.map(({ character }) => character).join(""))

describe("the screen that output leaves", () => {
  test.each([
    ["lines, with and without returns", "a\r\nb\nc\n", ["a", "b", "c"]],
    ["a line drawn over", "12%\r99%\n", ["99%"]],
    ["a line erased from the cursor on", "loading\r\u001b[K\u001b[32mdone\u001b[39m\n", ["done"]],
    ["a whole line erased", "loading\u001b[2K\rok\n", ["ok"]],
    ["lines above drawn over", "a\nb\n\u001b[2Axyz\n", ["xyz", "b"]],
    ["what is not shown", "\u001b]0;title\u0007a\u001b[?25lb\u0007\n", ["ab"]],
    ["empty lines between, none after", "a\n\nb\n\n \n", ["a", "", "b"]],
    ["characters beyond 16 bits", "\u{1f600}b\n", ["\u{1f600}b"]],
  ])("%s", (_, output, lines) => {
    expect(text(screen(output))).toEqual(lines)
  })

  test("remembers how each character looks", () => {
    const [line = []] = screen("\u001b[1;36ma\u001b[22mb\u001b[0mc\u001b[38;2;1;2;3;48;5;255md\u001b[38;5;196me")
    expect(line.map(({ look }) => [look.colour, look.ground, look.bold])).toEqual([
      ["#56d4dd", undefined, true],
      ["#56d4dd", undefined, false],
      [undefined, undefined, false],
      ["#010203", "#eeeeee", false],
      ["#ff0000", "#eeeeee", false],
    ])
  })
})

test("lines can be left out, which is shown", () => {
  expect(text(folded(screen("1\n2\n3\n4\n5\n"), 2, 4))).toEqual(["1", "    ⋮", "5"])
})

describe("its picture", () => {
  test("holds its text, as one run for each style", () => {
    expect(picture(screen("  a < b\u001b[32m ok\u001b[39m\n"))).toMatch(
      /x="32\.8"[^>]*>a\u00a0&lt;\u00a0b<\/text>.*#7ee787">ok<\/text>/,
    )
  })

  test("draws blocks as shapes, so that they meet", () => {
    const [first, second] = [
      ...picture(screen("\u2580\u2588")).matchAll(/<rect x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"/g),
    ]
    expect(first?.slice(1).map(Number)).toEqual([16, 16, 8.4, 9])
    expect(second?.slice(1).map(Number)).toEqual([24.4, 16, 8.4, 18])
  })
})
