/** `adjoint check`: everything that is wrong with model files and what could be better, before they are trained. */
import { mayExceed } from "@adjoint/dsl/build/Footprint"
import { layerCount } from "@adjoint/dsl/check/Size"
import { type Diagnostic, hasErrors, locate, promote, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import { apply } from "@adjoint/dsl/diagnostic/Fix"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { fromText, type Source } from "@adjoint/dsl/source/Source"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import * as ModelFile from "../model/ModelFile.ts"
import * as Event from "../report/Checked.ts"
import { Refused } from "../report/Failure.ts"
import { rewrite } from "../run/Rewrite.ts"
import { hasColour } from "../terminal/Capability.ts"
import * as Format from "../terminal/Format.ts"
import { own } from "../terminal/Guard.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

/** What `--fix` applies: the fixes of errors, or those of advice too. */
export type Fixing = "errors" | "advice"

export interface Options {
  readonly files: ReadonlyArray<string>
  readonly fix: Fixing | undefined
  readonly json: boolean
  readonly strict: boolean
  /** Values that take the place of those in the file. */
  readonly set?: ReadonlyArray<string>
}

/** The step of a model with more layers is not planned here, which would take longer than a second: `train` and `inspect` do. */
const maxPlanned = 300

/** A model file with its diagnostics. Its training step is planned only where it might not fit into memory. */
const look = (opened: ModelFile.Opened) =>
  Effect.gen(function* () {
    const { facts, reading } = opened
    const { document, positions } = reading
    if (document === undefined || layerCount(document.model) > maxPlanned || !mayExceed(document, facts)) return opened
    const { check } = yield* Effect.promise(() => import("../model/Step.ts"))
    const found = check(document, facts, reading.report).map((finding) => locate(finding, positions))
    const diagnostics = sort([...reading.diagnostics, ...found])
    return { ...opened, reading: { ...reading, diagnostics } }
  })

/** A text with its fixes applied, as long as there are any (one may uncover another), and what they were. */
interface Mended {
  readonly opened: ModelFile.Opened
  readonly edits: ReadonlyArray<string>
}

/** Which fixes are applied, and the values that take the place of those in the file. */
interface Mending {
  readonly fixing: Fixing
  readonly sets: ReadonlyArray<string> | undefined
}

const rounds = 10

const mend = (file: string, start: Mended, { fixing, sets }: Mending) =>
  Effect.gen(function* () {
    let now = start
    for (let round = 0; round < rounds; round++) {
      const { diagnostics, source } = now.opened.reading
      const wanted = diagnostics.filter(({ severity }) => severity === "error" || fixing === "advice")
      const { applied, text } = apply(source.text, wanted)
      if (applied.length === 0) break
      const opened = yield* look(yield* ModelFile.ofSource(fromText(file, text), { sets }))
      now = { opened, edits: [...now.edits, ...applied.map(({ span, title }) => `${file}:${span.line}: ${title}`)] }
    }
    return now
  })

const isSound = ({ opened }: Mended): boolean => !hasErrors(opened.reading.diagnostics)

/** Writes the fixed text if the file then checks; a file that would still have errors stays as it is. */
const fixed = (file: string, opened: ModelFile.Opened, { fixing, sets }: Mending) =>
  Effect.gen(function* () {
    const errors = yield* mend(file, { opened, edits: [] }, { fixing: "errors", sets })
    const advice = fixing === "advice" && isSound(errors) ? yield* mend(file, errors, { fixing: "advice", sets }) : errors
    const best = isSound(advice) ? advice : errors
    const count = Format.counted(best.edits.length, "edit")
    if (best.edits.length === 0) {
      yield* message(`${file}: nothing to fix`)
      return { opened, edits: 0 }
    }
    if (!isSound(best)) {
      const left = best.opened.reading.diagnostics.filter(({ severity }) => severity === "error")
      yield* message(`${file}: nothing written, since ${count} would leave ${Format.counted(left.length, "error")}`)
      for (const { code, message: text, span } of left)
        yield* message(`  ${code}${span === undefined ? "" : ` in line ${span.line}`}: ${text}`)
      return { opened, edits: 0 }
    }
    for (const edit of best.edits) yield* message(edit)
    yield* rewrite(file, best.opened.reading.source.text)
    yield* message(`${count} written to ${file}`)
    return { opened: best.opened, edits: best.edits.length }
  })

interface Checked {
  readonly file: string
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly source: Source | undefined
  /** How many edits `--fix` wrote to it. */
  readonly edits?: number
}

/** One file with what is to be reported of it. */
const checked = (file: string, { fix, set: sets, strict }: Options) =>
  Effect.gen(function* () {
    const opened = yield* look(yield* ModelFile.open(file, { sets }))
    const done = fix === undefined ? { opened } : yield* fixed(file, opened, { fixing: fix, sets })
    const { diagnostics, source } = done.opened.reading
    const edits = "edits" in done ? { edits: done.edits } : {}
    return { file, diagnostics: strict ? promote(diagnostics) : diagnostics, source, ...edits }
  }).pipe(Effect.catchTag("Refused", ({ diagnostics }) => Effect.succeed<Checked>({ file, diagnostics, source: undefined })))

/** Diagnostics are what this verb is asked for, so they go where results go. */
const report = (options: Options, files: ReadonlyArray<Checked>) =>
  Effect.gen(function* () {
    const { env, stdout } = yield* World
    const diagnostics = files.flatMap((each) => each.diagnostics)
    for (const each of files)
      if (options.json) yield* emit(Event.checked(each.file, each.diagnostics, each.edits))
      else {
        if (each.diagnostics.length > 0)
          yield* result(own(Render.all(each.diagnostics, each.source, { colour: hasColour(env, stdout) })))
        if (!hasErrors(each.diagnostics)) yield* result((style) => `${style("good", "ok")} ${each.file}`)
      }
    if (hasErrors(diagnostics)) return yield* new Refused({ diagnostics, isTold: true })
  })

/** Prints what is wrong with files and what could be better. Fails with `Refused` when one of them cannot be used. */
export const run = (options: Options) =>
  Effect.flatMap(
    Effect.forEach(options.files, (file) => checked(file, options)),
    (files) => report(options, files),
  )
