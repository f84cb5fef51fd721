/** `adjoint init`: writes a commented model file for a user's table or folder of images. */
import { basename, dirname, extname, join, relative } from "node:path"
import { inFile } from "@adjoint/core/data/DataError"
import * as Gzip from "@adjoint/core/data/Gzip"
import { table as guessed } from "@adjoint/core/data/Infer"
import * as Load from "@adjoint/core/data/Load"
import { nearest } from "@adjoint/core/data/Nearest"
import { isTable } from "@adjoint/core/data/Preprocess"
import * as Source from "@adjoint/core/data/Source"
import type { AnyKind } from "@adjoint/core/data/sources/Kind"
import type { Table } from "@adjoint/core/data/Table"
import * as Text from "@adjoint/core/data/Text"
import { hasErrors } from "@adjoint/dsl/diagnostic/Diagnostic"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { type Arrays, arraysFile, idxBeside, ofIdx, ofNpz } from "../init/Arrays.ts"
import { type Choices, choose } from "../init/Choose.ts"
import { imageColumns, imageFolders, imagesFile } from "../init/Images.ts"
import { type Sniffed, sniff } from "../init/Sniff.ts"
import { tableFile } from "../init/Write.ts"
import { quoted, scalar } from "../init/Yaml.ts"
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
const endings = /\.(?:(?:csv|tsv|jsonl|ndjson)(?:\.gz)?|parquet|pq|arrow|arrows|feather)$/i

/** A dollar sign in a value starts a variable unless it is doubled. */
const doubled = (_: string, value: unknown): unknown => (typeof value === "string" ? value.replaceAll("$", "$$$$") : value)

/** A source as a model file has it. */
const sourceText = (path: string, { delimiter, options }: Sniffed): string => {
  const given = Object.entries(options).map(([key, value]) => `${key}: ${quoted(value, doubled)}`)
  // A source by its ending `.tsv` has tabs between its cells.
  const isTabs = !/\.tsv(?:\.gz)?$/i.test(path) || delimiter === "\t"
  if (given.length === 0 && endings.test(path) && isTabs) return scalar(path)
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

/** A model file that was composed, and what is printed and reported about it. */
interface Composed {
  readonly text: string
  readonly headline: string
  readonly lines: (style: Style) => ReadonlyArray<string>
  readonly target: string
  readonly rows: number
  readonly columns: ReadonlyArray<{ readonly name: string; readonly value: string; readonly why: string }>
}

/** Where the data is, and where the model file goes. */
interface Place {
  readonly data: string
  readonly file: string
  readonly name: string
}

const fromTable = ({ data, file, name }: Place, sniffed: Sniffed, target: string | undefined) =>
  Effect.gen(function* () {
    const { table } = sniffed
    yield* checkTarget(target, table)
    if (table.size < leastRows)
      return yield* new UsageError({
        message: `${printable(data)} has ${Format.counted(table.size, "row")}, wanted ${leastRows} or more: some to learn from, some to validate and some to test`,
        hint: "a file with more rows, or a model file of your own",
      })
    const services = yield* Effect.context<FileSystem.FileSystem>()
    const beside = yield* Load.below(dirname(data))
    const images = yield* Effect.promise(() =>
      imageColumns(table, (path) => Effect.runPromiseWith(services)(Effect.result(beside.bytes(path)))),
    )
    const choices = choose(table, { guesses: sniffed.guesses, images }, target)
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
    const source = sourceText(pathFrom(dirname(file), data), sniffed)
    const composed: Composed = {
      text: tableFile(name, { source, remarks }, choices, table.size),
      headline: [...remarks, Format.counted(table.columns.length, "column")].join(" · "),
      lines: (style) => printChoices(choices, style),
      target: choices.target.name,
      rows: table.size,
      columns: choices.columns.map(({ name, value, why }) => ({ name, value, why })),
    }
    return composed
  })

const fromImages = ({ data, file, name }: Place) =>
  Effect.gen(function* () {
    const folder = yield* Load.folder(data)
    const found = yield* Effect.flatMap(
      Effect.promise(() => imageFolders(folder)),
      Effect.fromResult,
    )
    if (found === undefined)
      return yield* new UsageError({
        message: `${printable(data)} has no folders of PNG or JPEG images`,
        hint: "a folder for each class, with its images",
      })
    const { channels, classes, images, size } = found
    const composed: Composed = {
      text: imagesFile(name, scalar(pathFrom(dirname(file), data)), found),
      headline: `${printable(basename(data))} · ${Format.counted(images, "image")} · ${size.join("×")}×${channels} · ${classes.length} classes`,
      lines: () => [`  ${classes.slice(0, 20).map(printable).join(" · ")}${classes.length > 20 ? " · …" : ""}`],
      target: "label",
      rows: images,
      columns: [],
    }
    return composed
  })

/** The arrays of an npz file, or of the idx files that one of images belongs to; undefined for other files. */
const arraysIn = ({ data, file }: Place) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const beside = idxBeside(data)
    if (beside !== undefined) {
      const folder = dirname(data)
      const pathOf = (name: string): string => scalar(pathFrom(dirname(file), join(folder, name)))
      const sourceOf = (images: string, labels: string): string =>
        `{ idx: { images: ${pathOf(images)}, labels: ${pathOf(labels)} } }`
      const { labels, test } = beside
      const hasTest =
        test !== undefined && (yield* Effect.forEach(test, (name) => fs.exists(join(folder, name)))).every((exists) => exists)
      const [images, targets] = [yield* Load.bytes(data), yield* Load.bytes(join(folder, labels))]
      return yield* Effect.fromResult(
        ofIdx(images, targets, {
          source: sourceOf(basename(data), labels),
          ...(hasTest ? { test: sourceOf(...test) } : {}),
        }),
      )
    }
    if (/\.npy$/i.test(data))
      return yield* new UsageError({
        message: `${printable(data)} is one array, wanted inputs and targets`,
        hint: "both in one file: np.savez(FILE, x=…, y=…)",
      })
    if (!/\.npz$/i.test(data)) return undefined
    const found = yield* Effect.mapError(
      Effect.fromResult(ofNpz(yield* Load.bytes(data), pathFrom(dirname(file), data))),
      (error) => inFile(error, data),
    )
    if (found !== undefined) return found
    return yield* new UsageError({
      message: `${printable(data)}: the names of its arrays do not tell which are inputs and which are targets`,
      hint: "np.savez(FILE, x=…, y=…), or a model file of your own: adjoint explain npz",
    })
  })

const fromArrays = ({ data, name }: Place, arrays: Arrays): Composed => {
  const { headline, rows, text } = arraysFile(name, arrays)
  return {
    text,
    headline: `${printable(basename(data))} · ${printable(headline)}`,
    lines: () => [],
    target: "label",
    rows,
    columns: [],
  }
}

/** The table in a file: of a kind that has types, by the end of its name, or else delimited text. */
const tableIn = (data: string) =>
  Effect.gen(function* () {
    const bytes = yield* Load.bytes(data)
    const ending = extname(data.replace(/\.gz$/i, "")).slice(1).toLowerCase()
    const [name, kind] =
      Object.entries<AnyKind>(Source.kinds).find(
        ([own, { endings }]) => endings.includes(ending) && own !== "csv" && own !== "tsv",
      ) ?? []
    if (name === undefined || kind === undefined) {
      const text = yield* Effect.fromResult(Gzip.unpack(bytes, Text.limit))
      return yield* Effect.mapError(Effect.fromResult(sniff(text)), (error) => inFile(error, data))
    }
    const reading = Source.read(kind, { name, options: { path: data } }, { path: bytes })
    const read = reading instanceof Promise ? yield* Effect.promise(() => reading) : reading
    const raw = yield* Effect.mapError(Effect.fromResult(read), ({ error }) => error)
    if (!isTable(raw))
      return yield* new UsageError({
        message: `${printable(data)} has arrays that init writes no model file for`,
        hint: "np.savez(FILE, x=…, y=…), or a model file of your own: adjoint explain npz",
      })
    return { options: {}, remarks: [name], guesses: guessed(raw, Number.POSITIVE_INFINITY), table: raw }
  })

/** Writes the model file, after checking that it can be used. */
export const run = ({ data, json, output, target }: Options) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const isFolder = yield* fs.stat(data).pipe(
      Effect.map(({ type }) => type === "Directory"),
      Effect.orElseSucceed(() => false),
    )
    const own = basename(data).replace(/\.gz$/i, "")
    const stem = isFolder ? own : own.slice(0, own.length - extname(own).length)
    const file = output ?? join(dirname(data), `${stem}.yaml`)
    if (yield* fs.exists(file).pipe(Effect.orElseSucceed(() => false)))
      return yield* new UsageError({ message: `${printable(file)} is there already`, hint: "another name: -o FILE" })
    const place = { data, file, name: /^[A-Za-z][\w-]*$/.test(stem) ? stem : "model" }
    const arrays = isFolder ? undefined : yield* arraysIn(place)
    if (target !== undefined && (isFolder || arrays !== undefined))
      return yield* new UsageError({
        message: `--target: ${printable(data)} has no columns: its target is \`label\``,
        hint: "leave it out",
      })
    const composed = isFolder
      ? yield* fromImages(place)
      : arrays !== undefined
        ? fromArrays(place, arrays)
        : yield* fromTable(place, yield* tableIn(data), target)
    const { columns, headline, lines, rows, target: chosen, text } = composed
    const { reading } = yield* ofSource(fromText(file, text))
    if (hasErrors(reading.diagnostics)) return yield* new Refused({ diagnostics: reading.diagnostics, source: reading.source })
    yield* writeWhole(file, text)
    if (json) return yield* emit({ event: "initialized", file, target: chosen, rows, columns })
    yield* result((style) => [headline, ...lines(style)].join("\n"))
    const shown = printable(file)
    yield* message((style) => `wrote ${shown}\n  ${style("faint", "next:")} adjoint data ${shown} · adjoint train ${shown}`)
  })
