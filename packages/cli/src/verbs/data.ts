/** `adjoint data`: what the rows of a model file hold, how they go with the target, and what looks wrong with them. */
import { isTable } from "@adjoint/core/data/Preprocess"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import { type Diagnostic, hasErrors, locate, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { type Profiled, profiled, rowsOf } from "@adjoint/dsl/prepare/Profiled"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { open, streaming } from "../model/ModelFile.ts"
import { arraysOf, classesOf, printArrays } from "../profile/Arrays.ts"
import { columnEvent, columnsOf, inputNames, printColumns } from "../profile/Columns.ts"
import { printSamples } from "../profile/SampleLines.ts"
import { drawSamples } from "../profile/SamplePictures.ts"
import { type Named, type Sample, samplesOf } from "../profile/Samples.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { loading } from "../terminal/Loading.ts"
import type { Style } from "../terminal/Style.ts"
import { hanging } from "../terminal/Text.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options {
  readonly file: string
  readonly set?: ReadonlyArray<string>
  readonly sample: number | undefined
  /** The folder for pictures of the samples. */
  readonly plot: string | undefined
  readonly json: boolean
}

/** Samples that fit on a screen and in memory. */
const mostSamples = 100

const printRows = ({ ownTest, parts: { test, train, val }, raw }: Profiled): string => {
  const shares = [
    `${Format.count(train.length)} to learn from`,
    ...(val.length > 0 ? [`${Format.count(val.length)} to validate`] : []),
    ...(ownTest !== undefined
      ? [`${Format.count(ownTest)} in a source of their own to test`]
      : test.length > 0
        ? [`${Format.count(test.length)} to test`]
        : []),
  ]
  return `${Format.counted(PreprocessTree.size(raw), "row")}: ${shares.join(", ")}`
}

/** Names of inputs that are listed: those of a photograph are tens of thousands. */
const mostNames = 100

const printInputs = (names: ReadonlyArray<string>, width: number, style: Style): ReadonlyArray<string> => {
  if (names.length === 0) return []
  const left = names.length - mostNames
  const shown = [...names.slice(0, mostNames).map(printable), ...(left > 0 ? [`${Format.count(left)} more`] : [])]
  return ["", ...hanging(`inputs (${names.length}): ${shown.join(" · ")}`, width, "").map((line) => style("faint", line))]
}

/** A sample as it is reported. */
const eventOf = ({ cells, given, line, read, row, target }: Sample) => {
  const plain = (named: Named) =>
    Object.fromEntries(named.map(([name, { numbers, shape }]) => [name, { shape, numbers: Array.from(numbers, Number) }]))
  return {
    row,
    ...(line === undefined ? {} : { line }),
    ...(cells === undefined ? {} : { cells: Object.fromEntries(cells) }),
    ...(target === undefined ? {} : { target }),
    ...(read.length === 0 ? {} : { read: plain(read) }),
    ...(given === undefined ? {} : { given: plain(given) }),
  }
}

/** The diagnostics of a model file's data: those that keep its section from being read, or those of the profile. */
const dataDiagnostics = (diagnostics: ReadonlyArray<Diagnostic>): ReadonlyArray<Diagnostic> =>
  diagnostics.filter(({ code, path, severity }) => severity === "error" && (code.startsWith("Y") || path[0] === "data"))

/** Samples of a call with `--plot` alone. */
const usualSamples = 16

export const run = ({ file, json, plot, sample: wanted, set }: Options) =>
  Effect.gen(function* () {
    const sample = wanted ?? (plot === undefined ? undefined : usualSamples)
    if (sample !== undefined && !(sample >= 1 && sample <= mostSamples))
      return yield* new UsageError({ message: `--sample: got ${sample}, wanted a number of rows from 1 to ${mostSamples}` })
    const opened = yield* open(file, { sets: set })
    const { diagnostics, positions, sections, source } = opened.reading
    const { data, model } = sections
    if (data === undefined) {
      const found = dataDiagnostics(diagnostics)
      return yield* new Refused({ diagnostics: found.length > 0 ? found : diagnostics, source })
    }
    const described = { data, ...(model === undefined ? {} : { model }) }
    const reading = streaming(rowsOf(data, opened.directory), { data }, opened.directory)
    const found = yield* loading(Effect.flatMap(reading, (rows) => profiled(described, rows))).pipe(
      Effect.catchTag("PrepareError", ({ findings }) =>
        Effect.fail(new Refused({ diagnostics: findings.map((finding) => locate(finding, positions)), source })),
      ),
    )
    const suspicions = sort(found.findings.map((finding) => locate(finding, positions)))
    const columns = found.table === undefined ? undefined : columnsOf(data, found.table)
    const inputs = inputNames(found)
    const arrays = isTable(found.raw) ? undefined : arraysOf(found.raw, found.parts.train, found.fitted)
    const classes = classesOf(found)
    const samples = sample === undefined ? undefined : samplesOf(found, sample)
    const pictures = plot === undefined || samples === undefined ? undefined : yield* drawSamples(plot, samples)
    if (json)
      return yield* emit({
        event: "profiled",
        file,
        rows: { train: found.parts.train.length, val: found.parts.val.length, test: found.ownTest ?? found.parts.test.length },
        ...(found.target === undefined ? {} : { target: found.target }),
        ...(columns === undefined ? {} : { columns: columns.map(columnEvent) }),
        ...(arrays === undefined ? {} : { arrays }),
        ...(classes === undefined ? {} : { classes }),
        ...(inputs.length === 0 ? {} : { inputs }),
        ...(samples === undefined ? {} : { samples: samples.rows.map(eventOf) }),
        ...(pictures === undefined ? {} : { pictures }),
        diagnostics: Render.shown(suspicions),
      })
    const { env, stderr, stdout } = yield* World
    const width = stdout.columns()
    yield* result((style) =>
      [
        printRows(found),
        "",
        ...(columns === undefined ? [] : printColumns(columns, found.target, width, style)),
        ...(arrays === undefined ? [] : printArrays(arrays, classes, width, style)),
        ...printInputs(inputs, width, style),
        ...(samples === undefined || wanted === undefined
          ? []
          : ["", ...printSamples(samples, { width, colour: hasColour(env, stdout) }, style)]),
      ].join("\n"),
    )
    for (const picture of pictures ?? []) yield* message(`wrote ${printable(picture)}`)
    if (suspicions.length > 0) {
      const colour = hasColour(env, stderr)
      yield* message(`\n${own(Render.all(suspicions, source, { colour }))}`)
    }
    if (hasErrors(suspicions)) return yield* new Refused({ diagnostics: suspicions, source, isTold: true })
  }).pipe(Effect.scoped)
