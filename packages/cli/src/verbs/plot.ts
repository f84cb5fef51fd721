/** `adjoint plot`: an activation and its derivative, drawn where the command was typed and as a picture in a file. */
import * as Activation from "@adjoint/core/learning/Activation"
import * as Entry from "@adjoint/core/learning/Entry"
import type { Named } from "@adjoint/dsl/Document"
import { suggest } from "@adjoint/dsl/diagnostic/Suggest"
import { use } from "@adjoint/dsl/net/Uses"
import { standard } from "@adjoint/dsl/schema/Catalogue"
import { choices } from "@adjoint/dsl/schema/FromEntry"
import { decode } from "@adjoint/dsl/schema/Issues"
import * as Synonyms from "@adjoint/dsl/schema/Synonyms"
import { print } from "@adjoint/dsl/source/Path"
import * as Override from "@adjoint/dsl/text/Override"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { emit } from "../json/Emit.ts"
import { type Caption, figure } from "../plot/Activation.ts"
import { braille } from "../plot/Braille.ts"
import { type Curves, curves, type Range } from "../plot/Curve.ts"
import { svg } from "../plot/Svg.ts"
import { UsageError } from "../report/Failure.ts"
import { writeWhole } from "../run/Files.ts"
import type { Style } from "../terminal/Style.ts"
import { wrapped } from "../terminal/Text.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

interface Options {
  readonly activation: string
  readonly set: ReadonlyArray<string>
  readonly output: string | undefined
  readonly range: string
  readonly json: boolean
}

const wrong = (text: string, hint?: string) =>
  Result.fail(new UsageError({ message: text, ...(hint === undefined ? {} : { hint }) }))

/** The activation that is meant, as a file would say it, and what of its options was said. */
const named = ({ activation: name, set }: Options): Result.Result<Named, UsageError> => {
  const names = Object.keys(Activation.table)
  if (!names.includes(name)) {
    const meant = suggest(name, names, Synonyms.ofTable(Activation.table))
    return wrong(
      `there is no activation \`${name}\``,
      meant === undefined ? `there are ${names.join(", ")}` : `did you mean \`${meant}\`?`,
    )
  }
  let options: { readonly [key: string]: unknown } = {}
  for (const text of set) {
    const override = Override.parse(text)
    if (Result.isFailure(override)) return wrong(override.failure, "as in --set alpha=0.1")
    options = { ...options, [print(override.success.path)]: override.success.value }
  }
  const decoded = decode(choices(standard).activation, { [name]: options })
  if (Result.isSuccess(decoded)) return Result.succeed(decoded.success as Named)
  const [first] = decoded.failure
  return wrong(first?.message ?? "the options do not fit", first?.help)
}

const rangePattern = /^(-?[\d.]+):(-?[\d.]+)$/

const rangeOf = (text: string): Result.Result<Range, UsageError> => {
  const [, low, high] = rangePattern.exec(text) ?? []
  const range = { low: Number(low), high: Number(high) }
  return range.low < range.high
    ? Result.succeed(range)
    : wrong(`\`${text}\` is not a range`, "the lower end, a colon, the upper end: --range=-8:8")
}

/** Options as they differ from what an entry has by itself: `leaky_relu (alpha 0.1)`. */
const titleOf = (name: string, options: { readonly [option: string]: unknown }): string => {
  const { options: own }: Entry.AnyEntry<unknown> = Activation.table[name as Activation.Name]
  const said = Object.entries(options).filter(([key, value]) => value !== own[key]?.default)
  return said.length === 0 ? name : `${name} (${said.map(([key, value]) => `${key} ${value}`).join(", ")})`
}

/** A formula without what follows its first semicolon outside of brackets: a remark, or another way to compute it. */
const brief = (formula: string): string => {
  let depth = 0
  for (const [at, character] of [...formula].entries()) {
    if (character === "(") depth++
    else if (character === ")") depth--
    else if (character === ";" && depth === 0) return [...formula].slice(0, at).join("")
  }
  return formula
}

const captionOf = (name: string, options: { readonly [option: string]: unknown }, section?: Activation.Section): Caption => {
  const { derivative, formula } = Activation.table[name as Activation.Name]
  return {
    title: titleOf(name, options),
    formula: section === undefined ? brief(formula) : `f(z) = ${section.formula}`,
    derivative: section === undefined ? brief(derivative) : "f′(z)",
  }
}

const rows = 20
const widest = 88

/** A line of the legend: how the curve looks, and its formula on as many lines as it takes. */
const legend = (mark: string, formula: string, columns: number): ReadonlyArray<string> =>
  wrapped(formula, columns - 3).map((row, i) => `${i === 0 ? mark : "  "} ${row}`)

const drawing = (drawn: Curves, caption: Caption, available: number, style: Style): string => {
  const columns = Math.max(24, Math.min(available, widest))
  return [
    style("strong", caption.title),
    ...legend(style("accent", "⠤⠤"), caption.formula, columns),
    ...legend(style("warn", "⠄⠄"), caption.derivative, columns),
    "",
    braille(drawn, { columns, rows }, style),
  ].join("\n")
}

/**
 * Writes the picture and says where. A file that is there already is only replaced when it was named, and then that is said.
 * Fails with `UsageError` for one that was not.
 */
const save = (picture: string, file: string, isNamed: boolean) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const before = yield* Effect.option(fs.readFileString(file))
    const isThere = yield* fs.exists(file)
    if (isThere && !isNamed && !(before._tag === "Some" && before.value === picture))
      return yield* new UsageError({ message: `${file} is there already`, hint: `-o ${file} replaces it` })
    yield* writeWhole(file, picture)
    const done = before._tag === "Some" && before.value === picture ? "unchanged" : isThere ? "replaced" : "wrote"
    yield* message((style) => `${style("good", done)} ${file}`)
  })

/** Draws an activation. Fails with `UsageError` for a name, an option or a range that is none. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const given = yield* Effect.fromResult(named(options))
    const range = yield* Effect.fromResult(rangeOf(options.range))
    const wanted = use(standard, Activation.table, given)
    const activation = Entry.make(Activation.table, wanted)
    const drawn = curves(activation, range)
    const caption = captionOf(wanted.name, wanted.options, activation.section)
    const { output } = options
    if (output !== undefined && !/\.svg$/i.test(output))
      return yield* new UsageError({ message: `${output} cannot be written: pictures are SVG`, hint: "a name that ends in .svg" })
    if (output !== undefined || !options.json)
      yield* save(svg(figure(drawn, caption)), output ?? `${wanted.name}.svg`, output !== undefined)
    if (options.json) {
      const { name, options: chosen } = wanted
      const file = output === undefined ? {} : { file: output }
      return yield* emit({ event: "plotted", name, options: chosen, ...caption, points: drawn, ...file })
    }
    const { stdout } = yield* World
    return yield* result((style) => drawing(drawn, caption, stdout.columns(), style))
  })
