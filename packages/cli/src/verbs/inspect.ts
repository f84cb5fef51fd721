/** `adjoint inspect`: the layers of a model file or a run, with their shapes, parameters and work. */
import { join } from "node:path"
import * as Shape from "@adjoint/core/words/Shape"
import { build, type Needed, netOf } from "@adjoint/dsl/build/Build"
import type { ModelFile } from "@adjoint/dsl/Document"
import { hasErrors } from "@adjoint/dsl/diagnostic/Diagnostic"
import type { Facts } from "@adjoint/dsl/prepare/Facts"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import { Refused, UsageError } from "../Failure.ts"
import { type Row, rows, work } from "../Layers.ts"
import { open } from "../ModelFile.ts"
import { find } from "../run/Find.ts"
import { openRun } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"
import { planned } from "../Step.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { json, result } from "../terminal/Write.ts"

export interface Options {
  /** A model file, or a run. */
  readonly subject: string
  readonly runs: string
  readonly json: boolean
}

const isFile = (path: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    return (yield* fs.stat(path)).type === "File"
  }).pipe(Effect.orElseSucceed(() => false))

const looksLikeFile = (subject: string): boolean => /\.(ya?ml|json)$/i.test(subject)

const subjectOf = ({ runs, subject }: Options) =>
  Effect.gen(function* () {
    if (looksLikeFile(subject) || (yield* isFile(subject))) return yield* open(subject)
    const { command, directory } = yield* openRun(yield* find(subject, runs))
    return yield* open(join(directory, files.resolved), { directory: command.directory })
  })

const total = (layers: ReadonlyArray<Row>, of: "parameters" | "multiplyAdds"): number =>
  layers.reduce((sum, layer) => sum + layer[of], 0)

const print = (input: Shape.Shape, layers: ReadonlyArray<Row>, style: Style): string => {
  const cells = layers.map(({ inputs, kind, multiplyAdds, name, output, parameters }) => [
    name,
    kind,
    `${inputs.map(Shape.print).join(" ")} → ${Shape.print(output)}`,
    Format.count(parameters),
    Format.count(multiplyAdds),
  ])
  const sums = ["total", "", "", Format.count(total(layers, "parameters")), Format.count(total(layers, "multiplyAdds"))]
  const header = ["layer", "kind", `input ${Shape.print(input)}`, "parameters", "multiply-adds"]
  const all = [header, ...cells, sums]
  const widths = header.map((_, i) => Math.max(...all.map((line) => (line[i] ?? "").length)))
  const laid = (line: ReadonlyArray<string>) =>
    line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")
  return [style("faint", laid(header)), ...cells.map(laid), style("strong", laid(sums))].join("\n")
}

/** What a step of training takes, or why it cannot be done. */
type Step =
  | { readonly rows: number; readonly bytes: number; readonly kernels: number; readonly multiplyAdds: number }
  | { readonly rows: number; readonly error: string }

/** Plans a step of training, where the document can be built: the net may stand there before the rest does. */
const stepOf = (document: ModelFile, { rows: known, ...facts }: Omit<Needed, "rows"> & Pick<Facts, "rows">) =>
  Effect.gen(function* () {
    const rows = Math.min(document.train.batch, known?.train ?? document.train.batch)
    const built = build(document, { ...facts, rows: known ?? { train: rows, val: 0, test: 0 } })
    if (Result.isFailure(built)) return undefined
    return yield* planned(built.success, facts, rows).pipe(
      Effect.map(({ bytes, kernels, program }): Step => ({ rows, bytes, kernels, multiplyAdds: work(program) })),
      Effect.catch(({ message }) => Effect.succeed<Step>({ rows, error: message })),
    )
  })

const printStep = (step: Step | undefined, style: Style): ReadonlyArray<string> => {
  if (step === undefined) return []
  const name = `a step of training on ${Format.counted(step.rows, "row")}`
  if ("error" in step) return ["", `${style("bad", name)}: ${step.error}`]
  const { bytes, kernels, multiplyAdds } = step
  return [
    "",
    `${name}: ${Format.count(multiplyAdds)} multiply-adds in ${Format.counted(kernels, "kernel")}, ${Format.counted(bytes, "byte")} of memory`,
  ]
}

/** Prints the layers. Fails when the shape of the data, or what is to be predicted, is not known. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const { facts, reading } = yield* subjectOf(options)
    const { diagnostics, document, source } = reading
    if (document === undefined || hasErrors(diagnostics)) return yield* new Refused({ diagnostics, source })
    const { sample, target } = facts
    if (sample === undefined || target === undefined)
      return yield* new UsageError({
        message: "the shape of the data is not known without reading all of it",
        hint: "say it in the model file: `model: { input: [784] }`",
      })
    const layers = rows(netOf(document, facts), sample)
    const step = yield* stepOf(document, { ...facts, sample, target })
    if (options.json)
      yield* json({
        version: 1,
        input: sample,
        layers,
        parameters: total(layers, "parameters"),
        multiplyAdds: total(layers, "multiplyAdds"),
        step,
      })
    else yield* result((style) => [print(sample, layers, style), ...printStep(step, style)].join("\n"))
  })
