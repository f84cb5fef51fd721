/** `adjoint diagnose`: why a net does or does not learn, from untrained weights of a model file or the trained ones of a run. */
import { join } from "node:path"
import * as Diagnosis from "@adjoint/core/diagnosis/Diagnosis"
import { nodesOf } from "@adjoint/dsl/build/Build"
import { findings } from "@adjoint/dsl/diagnose/Findings"
import { type Diagnostic, locate, sort } from "@adjoint/dsl/diagnostic/Diagnostic"
import * as Render from "@adjoint/dsl/diagnostic/Render"
import { suggest } from "@adjoint/dsl/diagnostic/Suggest"
import * as Effect from "effect/Effect"
import { concernsOf, diagnoses, fits, type Made, type Numbers, usual } from "../diagnose/Diagnoses.ts"
import { pictureOf } from "../diagnose/Figures.ts"
import { type Columns, isLine, line, table } from "../diagnose/Show.ts"
import { type Diagnosed, subjectOf } from "../diagnose/Subject.ts"
import { emit } from "../json/Emit.ts"
import type { Said } from "../json/Events.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { located } from "../model/Step.ts"
import { svg } from "../plot/Svg.ts"
import { UsageError } from "../report/Failure.ts"
import { makeFolder, writeWhole } from "../run/Files.ts"
import { hasColour } from "../terminal/Capability.ts"
import { own } from "../terminal/Guard.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

export interface Options extends Choice {
  /** A model file, or a run. */
  readonly subject: string
  readonly runs: string
  readonly set: ReadonlyArray<string>
  /** The diagnoses to make, with commas between them. */
  readonly only: string | undefined
  /** The folder for pictures. */
  readonly plot: string | undefined
  readonly json: boolean
}

type Name = Diagnosis.Name

const names = Object.keys(Diagnosis.table) as ReadonlyArray<Name>

const isName = (text: string): text is Name => Object.hasOwn(Diagnosis.table, text)

/** The diagnoses that are asked for. Fails with `UsageError` for one that does not exist, or looks at other weights. */
const wanted = (
  only: string | undefined,
  diagnosed: Pick<Diagnosed, "isTrained">,
): Effect.Effect<ReadonlyArray<Name>, UsageError> =>
  Effect.gen(function* () {
    if (only === undefined) return usual(diagnosed)
    const asked = only.split(",").map((text) => text.trim())
    for (const text of asked) {
      if (!isName(text)) {
        const near = suggest(text, names)
        const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean \`${near}\`?`
        return yield* new UsageError({ message: `there is no diagnosis \`${text}\``, hint })
      }
      if (!fits(text, diagnosed))
        return yield* new UsageError({
          message: `\`${text}\` looks at ${Diagnosis.table[text].weights} weights`,
          hint: diagnosed.isTrained ? "adjoint diagnose MODEL" : "train the model, then adjoint diagnose RUN",
        })
    }
    return names.filter((name) => asked.includes(name))
  })

/** One diagnosis with its findings and, where it was asked for, its picture. */
interface Reported extends Made {
  readonly diagnostics: ReadonlyArray<Diagnostic>
  readonly file?: string
}

/** Writes the picture of a diagnosis into a folder, which is created. */
const draw = (folder: string, { name, numbers }: Made) =>
  Effect.gen(function* () {
    const picture = pictureOf(name, numbers as never)
    if (picture === undefined) return {}
    yield* makeFolder(folder)
    const file = join(folder, `${name.replaceAll("_", "-")}.svg`)
    yield* writeWhole(file, svg(picture))
    return { file }
  })

const eventOf = (subject: string, { concerns: _, diagnostics, file, name, numbers }: Reported): Said =>
  ({
    event: "diagnosed",
    subject,
    diagnosis: name,
    healthy: diagnostics.length === 0,
    diagnostics,
    ...(file === undefined ? {} : { file }),
    ...(numbers === undefined ? {} : { [name]: numbers }),
  }) as Said

/** The diagnoses that share a table of layers. */
const inTable: ReadonlySet<Name> = new Set(["layers", "gradients", "updates", "dead_units"])

/** Prints lines, then the table of layers, then what was found in the model file. */
const print = (all: ReadonlyArray<Reported>, { source }: Diagnosed) =>
  Effect.gen(function* () {
    const { env, stdout } = yield* World
    yield* result((style) => {
      const marked = (isHealthy: boolean, text: string) => `${isHealthy ? style("good", "✓") : style("bad", "✗")} ${text}`
      const lines = all.flatMap(({ diagnostics, name, numbers }) =>
        isLine(name) ? [marked(diagnostics.length === 0, line(name, numbers as never))] : [],
      )
      const layers = all.filter(({ name }) => inTable.has(name))
      if (layers.length === 0) return lines.join("\n")
      const columns: Columns = Object.fromEntries(layers.map(({ name, numbers }) => [name, numbers]))
      const [head = "", ...rows] = table(columns)
      const names = layers.map(({ name }) => name.replaceAll("_", " ")).join(", ")
      const isHealthy = layers.every(({ diagnostics }) => diagnostics.length === 0)
      return [...lines, marked(isHealthy, names), style("faint", head), ...rows].join("\n")
    })
    const found = sort(all.flatMap(({ diagnostics }) => diagnostics))
    if (found.length > 0) yield* result(own(`\n${Render.all(found, source, { colour: hasColour(env, stdout) })}`))
    for (const { file } of all) if (file !== undefined) yield* message(`wrote ${file}`)
  })

/** Diagnoses a model file or a run, and reports what is wrong. No weight and no file of a run changes. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const diagnosed = yield* subjectOf(options)
    const { positions, training } = diagnosed
    const { checked, sound } = training
    const asked = yield* wanted(options.only, diagnosed)
    const effects = yield* diagnoses(diagnosed)
    const nodes = nodesOf(sound.document, checked.facts, checked.catalogue)
    const make = <N extends Name>(name: N) =>
      Effect.gen(function* () {
        const numbers = (yield* effects[name]) as Numbers[N]
        const concerns = concernsOf(name, numbers)
        const made: Made = { name, numbers, concerns }
        const found = findings({ document: sound.document, nodes }, name, concerns)
        const diagnostics = found.map((finding) => locate(finding, positions))
        const drawn: { readonly file?: string } = options.plot === undefined ? {} : yield* draw(options.plot, made)
        const reported: Reported = { ...made, diagnostics, ...drawn }
        if (options.json) yield* emit(eventOf(options.subject, reported))
        return reported
      })
    const all = yield* Effect.forEach(asked, make).pipe(Effect.mapError(located(training)))
    if (!options.json) yield* print(all, diagnosed)
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
