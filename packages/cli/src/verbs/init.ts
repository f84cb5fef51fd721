/** `adjoint init`: writes a commented model file for a user's data. */
import { basename, dirname, extname, join, relative } from "node:path"
import { inFile } from "@adjoint/core/data/DataError"
import * as Gzip from "@adjoint/core/data/Gzip"
import * as Load from "@adjoint/core/data/Load"
import { nearest } from "@adjoint/core/data/Nearest"
import type { Table } from "@adjoint/core/data/Table"
import * as Text from "@adjoint/core/data/Text"
import { hasErrors } from "@adjoint/dsl/diagnostic/Diagnostic"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { type Choices, choose } from "../init/Choose.ts"
import { type Sniffed, sniff } from "../init/Sniff.ts"
import { scalar, tableFile } from "../init/Write.ts"
import { emit } from "../json/Emit.ts"
import { ofSource } from "../model/ModelFile.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import { writeWhole } from "../run/Files.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { shortened } from "../terminal/Text.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options {
  readonly data: string
  readonly target: string | undefined
  readonly output: string | undefined
  readonly json: boolean
}

/** The path of a file as a model file in a folder has it. */
const pathFrom = (folder: string, file: string): string => {
  const path = relative(folder, file)
  return path.startsWith(".") ? path : `./${path}`
}

/** Endings that a source is recognized by. */
const endings = /\.(?:csv|tsv)(?:\.gz)?$/i

/** A dollar sign in a value starts a variable unless it is doubled. */
const doubled = (_: string, value: unknown): unknown => (typeof value === "string" ? value.replaceAll("$", "$$$$") : value)

/** A source as a model file has it. */
const sourceText = (path: string, { options }: Sniffed): string => {
  const given = Object.entries(options).map(([key, value]) => `${key}: ${JSON.stringify(value, doubled)}`)
  if (given.length === 0 && endings.test(path)) return scalar(path)
  return `{ csv: ${given.length === 0 ? scalar(path) : `{ path: ${[scalar(path), ...given].join(", ")} }`} }`
}

/** Rows of which all three parts of the split have some, at least. */
const leastRows = 6

const checkTarget = (target: string | undefined, { columns }: Table) =>
  target === undefined || columns.includes(target)
    ? Effect.void
    : Effect.fail(
        new UsageError({
          message: `--target: there is no column \`${printable(target)}\``,
          hint: `one of ${(nearest(target, columns).length > 0 ? nearest(target, columns) : columns).slice(0, 20).map(printable).join(", ")}`,
        }),
      )

const printChoices = ({ columns }: Choices, style: Style): ReadonlyArray<string> => {
  const names = columns.map(({ name }) => shortened(printable(name), 24))
  const width = Math.max(...names.map((name) => name.length))
  const values = columns.map(({ value }) => shortened(value, 64))
  return columns.map(({ part, why }, i) => {
    const line = `  ${(names[i] ?? "").padEnd(width)}  ${values[i]}${why === "" ? "" : style("faint", `  ${why}`)}`
    return part === "none" ? style("faint", line) : line
  })
}

/** Writes the model file, after checking that it can be used. */
export const run = ({ data, json, output, target }: Options) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const name = basename(data, extname(data)).replace(/\.(?:csv|tsv)$/i, "")
    const file = output ?? join(dirname(data), `${name}.yaml`)
    if (yield* fs.exists(file).pipe(Effect.orElseSucceed(() => false)))
      return yield* new UsageError({ message: `${printable(file)} is there already`, hint: "another name: -o FILE" })
    const bytes = yield* Effect.flatMap(Load.bytes(data), (content) => Effect.fromResult(Gzip.unpack(content, Text.limit)))
    const sniffed = yield* Effect.mapError(Effect.fromResult(sniff(bytes)), (error) => inFile(error, data))
    const { table } = sniffed
    if (table.size < leastRows)
      return yield* new UsageError({
        message: `${printable(data)} has ${Format.counted(table.size, "row")}, wanted ${leastRows} or more: some to learn from, some to validate and some to test`,
        hint: "a file with more rows, or a model file of your own",
      })
    yield* checkTarget(target, table)
    const choices = choose(table, target)
    if (choices.columns.every(({ part }) => part === "none" || part === "target"))
      return yield* new UsageError({
        message: `${printable(data)} has no column to learn \`${printable(choices.target.name)}\` from`,
        hint: `${choices.columns
          .filter(({ part }) => part === "none")
          .slice(0, 5)
          .map(({ name, why }) => `\`${printable(name)}\`: ${why}`)
          .concat("another target: --target COLUMN")
          .join("; ")}`,
      })
    const remarks = [basename(data), Format.counted(table.size, "row"), ...sniffed.remarks].map(printable)
    const text = tableFile(
      /^[\w-]+$/.test(name) ? name : "model",
      { source: sourceText(pathFrom(dirname(file), data), sniffed), remarks },
      choices,
      table.size,
    )
    const { reading } = yield* ofSource(fromText(file, text))
    if (hasErrors(reading.diagnostics)) return yield* new Refused({ diagnostics: reading.diagnostics, source: reading.source })
    yield* writeWhole(file, text)
    if (json)
      return yield* emit({
        event: "initialized",
        file,
        target: choices.target.name,
        rows: table.size,
        columns: choices.columns.map(({ name, value, why }) => ({ name, value, why })),
      })
    yield* result((style) =>
      [
        `${remarks[0]} · ${remarks.slice(1).join(" · ")} · ${Format.counted(table.columns.length, "column")}`,
        ...printChoices(choices, style),
      ].join("\n"),
    )
    yield* message(
      (style) =>
        `wrote ${printable(file)}\n  ${style("faint", "next:")} adjoint data ${printable(file)} · adjoint train ${printable(file)}`,
    )
  })
