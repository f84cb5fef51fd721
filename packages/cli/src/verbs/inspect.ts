/** `adjoint inspect`: the layers of a model file or a run, with their shapes, parameters and work, and what a search may choose. */
import { join } from "node:path"
import { checkShapes } from "@adjoint/core/engines/Compile"
import * as Shape from "@adjoint/core/types/Shape"
import { netOf } from "@adjoint/dsl/build/Build"
import { modelRows, type Row, work } from "@adjoint/dsl/build/LayerRows"
import * as Memory from "@adjoint/dsl/build/Memory"
import { steppable } from "@adjoint/dsl/build/Steppable"
import type { Report } from "@adjoint/dsl/check/Check"
import type { ModelFile } from "@adjoint/dsl/Document"
import { type Diagnostic, hasErrors, locate } from "@adjoint/dsl/diagnostic/Diagnostic"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { type Facts, isOne, layerInputs, type Sample } from "@adjoint/dsl/prepare/Facts"
import type { Positions } from "@adjoint/dsl/source/Positions"
import type { Source } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { emit } from "../json/Emit.ts"
import { open } from "../model/ModelFile.ts"
import { spaceData, spaceLines } from "../model/SpaceTable.ts"
import { Refused, UsageError } from "../report/Failure.ts"
import { find } from "../run/Find.ts"
import { openRun } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import type { Style } from "../terminal/Style.ts"
import { shortenedApart } from "../terminal/Text.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"

export interface Options {
  /** A model file, or a run. */
  readonly subject: string
  readonly runs: string
  /** Values that take the place of those in the file. */
  readonly set?: ReadonlyArray<string>
  readonly json: boolean
}

const isFile = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.stat(path)).type === "File"
  }).pipe(Effect.orElseSucceed(() => false))

const looksLikeFile = (subject: string): boolean => /\.(ya?ml|json)$/i.test(subject)

const subjectOf = ({ runs, set, subject }: Options) =>
  Effect.gen(function* () {
    if (looksLikeFile(subject) || (yield* isFile(subject))) return yield* open(subject, { sets: set })
    const { command, directory } = yield* openRun(yield* find(subject, runs))
    return yield* open(join(directory, files.resolved), { directory: command.directory, sets: set })
  })

const total = (layers: ReadonlyArray<Row>, of: "parameters" | "multiplyAdds"): number =>
  layers.reduce((sum, layer) => sum + layer[of], 0)

/** Names of layers are not cut to fewer columns than this. */
const leastName = 8

const gap = 2

/** The table, in as many columns as there are: without the shapes that go in, and with shorter names, where they have no room. */
const print = (sample: Sample, layers: ReadonlyArray<Row>, width: number, style: Style): string => {
  const input = isOne(sample)
    ? Shape.print(sample)
    : Object.entries(sample)
        .map(([name, shape]) => `${name} ${Shape.print(shape)}`)
        .join(" ")
  const sums = ["total", "", "", Format.count(total(layers, "parameters")), Format.count(total(layers, "multiplyAdds"))]
  const rowsOf = (names: ReadonlyArray<string>, hasInputs: boolean) => [
    ["layer", "kind", hasInputs ? `${isOne(sample) ? "input " : ""}${input}` : `${input} →`, "parameters", "multiply-adds"],
    ...layers.map(({ inputs, kind, multiplyAdds, output, parameters }, i) => [
      names[i] ?? "",
      kind,
      `${hasInputs ? `${inputs.map(Shape.print).join(" ")} ` : ""}→ ${Shape.print(output)}`,
      Format.count(parameters),
      Format.count(multiplyAdds),
    ]),
    sums,
  ]
  const widthsOf = (cells: ReadonlyArray<ReadonlyArray<string>>) =>
    sums.map((_, i) => Math.max(...cells.map((line) => (line[i] ?? "").length)))
  const widthOf = (cells: ReadonlyArray<ReadonlyArray<string>>) => widthsOf(cells).reduce((sum, each) => sum + each + gap, -gap)
  const names = layers.map(({ name }) => name)
  const full = rowsOf(names, true)
  const narrow = rowsOf(names, false)
  const room = Math.max(...names.map(({ length }) => length)) - (widthOf(narrow) - width)
  const fitting = [full, narrow].find((cells) => widthOf(cells) <= width)
  const cells = fitting ?? rowsOf(shortenedApart(names, Math.max(leastName, room)), false)
  const widths = widthsOf(cells)
  const laid = (line: ReadonlyArray<string>) =>
    line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" ".repeat(gap))
  const looks = (text: string, i: number) =>
    i === 0 ? style("faint", text) : i === cells.length - 1 ? style("strong", text) : text
  return cells.map((line, i) => looks(laid(line), i)).join("\n")
}

/** What a step of training takes, or what it wants too much of. */
type Step =
  | { readonly rows: number; readonly bytes: number; readonly kernels: number; readonly multiplyAdds: number }
  | { readonly rows: number; readonly diagnostics: ReadonlyArray<Diagnostic> }

/** Plans a step of training, where the document can be built. */
const stepOf = (document: ModelFile, facts: Facts, positions: Positions, report: Report): Step | undefined => {
  const step = steppable(document, facts, report)
  if (step === undefined) return undefined
  const { built, data } = step
  const rows = Memory.batchOf(built, data)
  const found = Memory.check(document, built, data)
  if (found.length > 0) {
    const diagnostics = found.map((finding) => locate(finding, positions))
    return { rows, diagnostics }
  }
  const planned = Memory.plan(built, data, rows, { held: false })
  if (Memory.isShortage(planned)) return undefined
  const { bytes, kernels, program } = planned
  return { rows, bytes, kernels, multiplyAdds: work(program) }
}

const printStep = (step: Step | undefined, source: Source, colour: boolean): ReadonlyArray<string> => {
  if (step === undefined) return []
  if ("diagnostics" in step) return ["", own(Render.all(step.diagnostics, source, { colour }))]
  const { bytes, kernels, multiplyAdds, rows } = step
  const name = `a step of training on ${Format.counted(rows, "row")}`
  return [
    "",
    `${name}: ${Format.count(multiplyAdds)} multiply-adds in ${Format.counted(kernels, "kernel")}, ${Format.counted(bytes, "byte")} of memory`,
  ]
}

/** Prints the layers. Fails when the shape of the data, or what is to be predicted, is not known. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const { facts, reading } = yield* subjectOf(options)
    const { diagnostics, document, positions, report, source } = reading
    if (document === undefined || hasErrors(diagnostics)) return yield* new Refused({ diagnostics, source })
    const { sample, target } = facts
    if (sample === undefined || target === undefined)
      return yield* new UsageError({
        message: "the shape of the data is not known without reading all of it",
        hint: "say it in the model file: `model: { input: [784] }`",
      })
    const space = reading.searched?.file
    const step = stepOf(document, facts, positions, report)
    // Of layers too large for any memory not even the parameters can be written down.
    const layers = yield* checkShapes(() => modelRows(netOf(document, facts), sample)).pipe(
      Effect.mapError((error) =>
        step !== undefined && "diagnostics" in step ? new Refused({ diagnostics: step.diagnostics, source }) : error,
      ),
    )
    if (options.json)
      yield* emit({
        event: "inspected",
        file: source.file,
        input: layerInputs(sample, facts),
        layers,
        parameters: total(layers, "parameters"),
        multiplyAdds: total(layers, "multiplyAdds"),
        ...(step === undefined ? {} : { step }),
        ...(space === undefined ? {} : { space: spaceData(space) }),
      })
    else {
      const { env, stdout } = yield* World
      const colour = hasColour(env, stdout)
      const width = stdout.isTerminal ? stdout.columns() : Number.POSITIVE_INFINITY
      const searched = (style: Style) => (space === undefined ? [] : ["", ...spaceLines(space, width, style)])
      yield* result((style) =>
        [print(layerInputs(sample, facts), layers, width, style), ...printStep(step, source, colour), ...searched(style)].join(
          "\n",
        ),
      )
    }
  })
