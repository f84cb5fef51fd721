/** `adjoint explain`: what a diagnostic's code means, with a wrong and a right example. */
import { type Code, codes, isCode, phaseOf, phases } from "@adjoint/dsl/diagnostic/Codes"
import { Effect } from "effect"
import { UsageError } from "../Failure.ts"
import type { Style } from "../terminal/Style.ts"
import { result } from "../terminal/Write.ts"

const indented = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .map((row) => `    ${row}`)
    .join("\n")

/** Words on lines of at most so many letters. */
const wrapped = (text: string, width: number): string => {
  const rows: Array<string> = []
  for (const word of text.split(" ")) {
    const row = rows.pop()
    if (row === undefined) rows.push(word)
    else if (row.length + 1 + word.length > width) rows.push(row, word)
    else rows.push(`${row} ${word}`)
  }
  return rows.join("\n")
}

const print = (code: Code, style: Style): string => {
  const { explanation, severity, title, ...examples } = codes[code]
  const { right, wrong } = examples as { readonly right?: string; readonly wrong?: string }
  return [
    `${style(severity === "error" ? "bad" : "warn", `${severity}[${code}]`)}${style("strong", `: ${title}`)} ${style("faint", `(${phases[phaseOf(code)]})`)}`,
    "",
    wrapped(explanation, 80),
    ...(wrong === undefined ? [] : ["", "wrong", indented(wrong)]),
    ...(right === undefined ? [] : ["", "right", indented(right)]),
  ].join("\n")
}

/** Prints what a code means. Fails with `UsageError` for a code that is not there. */
export const run = ({ code }: { readonly code: string }) => {
  const upper = code.toUpperCase()
  if (isCode(upper)) return result((style) => print(upper, style))
  const near = Object.keys(codes).filter((known) => known.startsWith(upper.slice(0, 1)))
  const hint = `there are ${(near.length > 0 ? near : Object.keys(codes)).join(", ")}`
  return Effect.fail(new UsageError({ message: `there is no diagnostic ${code}`, hint }))
}
