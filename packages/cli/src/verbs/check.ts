/** `adjoint check`: everything that can be said about a model file before it is trained. */
import { mayExceed } from "@adjoint/dsl/build/Footprint"
import { type Diagnostic, hasErrors, locate, promote, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import { apply } from "@adjoint/dsl/diagnostic/Fix"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import type { Source } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import * as ModelFile from "../model/ModelFile.ts"
import { checked } from "../report/Checked.ts"
import { Refused } from "../report/Failure.ts"
import { writeWhole } from "../run/Files.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options {
  readonly file: string
  readonly fix: boolean
  readonly json: boolean
  readonly strict: boolean
  /** Values that take the place of those in the file. */
  readonly set?: ReadonlyArray<string>
}

/** A model file with all that can be said of it. Its step of training is planned only where it might not fit into memory. */
const open = (file: string, sets: ReadonlyArray<string> | undefined) =>
  Effect.gen(function* () {
    const opened = yield* ModelFile.open(file, { sets })
    const { facts, reading } = opened
    const { document, positions } = reading
    if (document === undefined || !mayExceed(document, facts)) return opened
    const { check } = yield* Effect.promise(() => import("../model/Step.ts"))
    const found = check(document, facts, reading.report).map((finding) => locate(finding, positions))
    const diagnostics = sort([...reading.diagnostics, ...found])
    return { ...opened, reading: { ...reading, diagnostics } }
  })

/** Applies the edits that diagnostics offer, as long as there are any: one may uncover another. */
const mend = (file: string, sets: ReadonlyArray<string> | undefined, opened: ModelFile.Opened) =>
  Effect.gen(function* () {
    let now = opened
    let edits = 0
    for (let round = 0; round < 10; round++) {
      const { applied, text } = apply(now.reading.source.text, now.reading.diagnostics)
      if (applied.length === 0) break
      for (const { span, title } of applied) yield* message(`${file}:${span.line}: ${title}`)
      yield* writeWhole(file, text)
      edits += applied.length
      now = yield* open(file, sets)
    }
    yield* message(edits === 0 ? "nothing to fix" : `${Format.counted(edits, "edit")} written to ${file}`)
    return now
  })

/** Diagnostics are what this verb is asked for, so they go where results go. */
const tell = (options: Options, diagnostics: ReadonlyArray<Diagnostic>, source: Source | undefined) =>
  Effect.gen(function* () {
    const { env, stdout } = yield* World
    if (options.json) yield* emit(checked(options.file, diagnostics))
    else if (diagnostics.length > 0) yield* result(own(Render.all(diagnostics, source, { colour: hasColour(env, stdout) })))
    if (hasErrors(diagnostics)) return yield* new Refused({ diagnostics, isTold: true })
    if (!options.json) yield* result((style) => `${style("good", "ok")} ${options.file}`)
  })

/** Prints what is wrong with a file and what could be better. Fails with `Refused` when it cannot be used. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const opened = yield* open(options.file, options.set)
    const { reading } = options.fix ? yield* mend(options.file, options.set, opened) : opened
    return { diagnostics: options.strict ? promote(reading.diagnostics) : reading.diagnostics, source: reading.source }
  }).pipe(
    Effect.catchTag("Refused", ({ diagnostics }) => Effect.succeed({ diagnostics, source: undefined })),
    Effect.flatMap(({ diagnostics, source }) => tell(options, diagnostics, source)),
  )
