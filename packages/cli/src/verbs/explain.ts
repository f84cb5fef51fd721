/** `adjoint explain`: what a name of the catalogue is and when to use it, or what a diagnostic's code means. */
import { type Code, codes, isCode, phaseOf, phases } from "@adjoint/dsl/diagnostic/Codes"
import { nearestNames, suggest } from "@adjoint/dsl/diagnostic/Suggest"
import { standard } from "@adjoint/dsl/schema/Catalogue"
import * as Synonyms from "@adjoint/dsl/schema/Synonyms"
import * as Effect from "effect/Effect"
import { UsageError } from "../Failure.ts"
import type { Style } from "../terminal/Style.ts"
import { indented, wrapped } from "../terminal/Text.ts"
import { World } from "../terminal/World.ts"
import { json, result } from "../terminal/Write.ts"
import { data, explain, find, names } from "./explainEntry.ts"

const widest = 88

const example = (title: string, text: string | undefined): ReadonlyArray<string> =>
  text === undefined ? [] : ["", title, ...indented(text.trimEnd().split("\n"), "    ")]

const printCode = (code: Code, width: number, style: Style): string => {
  const { explanation, severity, title, ...examples } = codes[code]
  const { right, wrong } = examples as { readonly right?: string; readonly wrong?: string }
  return [
    `${style(severity === "error" ? "bad" : "warn", `${severity}[${code}]`)}${style("strong", `: ${title}`)} ${style("faint", `(${phases[phaseOf(code)]})`)}`,
    "",
    ...wrapped(explanation, width),
    ...example("wrong", wrong),
    ...example("right", right),
  ].join("\n")
}

const looksLikeCode = /^[a-z]\d+$/i

const unknown = (name: string): UsageError => {
  if (looksLikeCode.test(name)) {
    const near = Object.keys(codes).filter((known) => known.startsWith(name.slice(0, 1).toUpperCase()))
    const hint = `there are ${(near.length > 0 ? near : Object.keys(codes)).join(", ")}`
    return new UsageError({ message: `there is no diagnostic ${name}`, hint })
  }
  const meant = suggest(name, names, Synonyms.ofCatalogue(standard))
  const hint = meant === undefined ? `near it are ${nearestNames(name, names, 5).join(", ")}` : `did you mean ${meant}?`
  return new UsageError({ message: `there is nothing called ${name}`, hint })
}

interface Options {
  readonly name: string
  readonly json: boolean
}

/** Prints what a name or a code means; a name that two tables have, in both. Fails with `UsageError` for what is neither. */
export const run = ({ name, json: asJson }: Options) =>
  Effect.gen(function* () {
    const { stdout } = yield* World
    const width = Math.max(40, Math.min(stdout.columns(), widest))
    const code = name.toUpperCase()
    const found = [name, name.toLowerCase()].map(find).find(({ length }) => length > 0) ?? []
    if (found.length === 0 && !isCode(code)) return yield* unknown(name)
    if (asJson)
      return yield* json({ version: 1, found: isCode(code) ? [{ kind: "diagnostic", code, ...codes[code] }] : found.map(data) })
    if (isCode(code)) return yield* result((style) => printCode(code, width, style))
    return yield* result((style) => found.map((each) => explain(each, width, style)).join("\n\n\n"))
  })
