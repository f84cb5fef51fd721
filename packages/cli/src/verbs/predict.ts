/** `adjoint predict`: what a run's model says of rows, one line of JSON a row. */
import { printableJson } from "@adjoint/dsl/diagnostic/Printable"
import { DataError, inFile } from "@adjoint/core/data/DataError"
import * as Load from "@adjoint/core/data/Load"
import type * as Preprocess from "@adjoint/core/data/Preprocess"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Choice, engineOf } from "../Engines.ts"
import { UsageError } from "../Failure.ts"
import { answers } from "../predict/Answer.ts"
import * as Samples from "../predict/Samples.ts"
import { find } from "../run/Find.ts"
import { load, type Trained } from "../run/Trained.ts"
import { World } from "../terminal/World.ts"
import { result } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly run: string
  readonly runs: string
  /** A file, or `-` for what is piped in. */
  readonly input: string
}

/** What is wrong with rows, said of where they came from. */
const from =
  (name: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.mapError(effect, (error) => (error instanceof DataError ? (inFile(error, name) as E & DataError) : error))

/** Prints the predictions of some rows, the first of which has this number. */
const tell = (trained: Trained, raw: Preprocess.Raw | undefined, first: number) =>
  Effect.gen(function* () {
    if (raw === undefined) return first
    const made = yield* answers(trained, raw)
    yield* result(made.map((answer, i) => printableJson({ row: first + i, ...answer })).join("\n"))
    return first + made.length
  })

const fromFile = (trained: Trained, file: string) =>
  Effect.gen(function* () {
    const rows = Samples.fromFile(trained.run.fitted, file, yield* Load.bytes(file))
    if (rows === undefined) {
      const message = `${file}: what kind of file is it?`
      return yield* new UsageError({ message, hint: `a name that ends in ${Samples.kinds}` })
    }
    yield* tell(trained, yield* Effect.fromResult(rows), 1)
  }).pipe(from(file))

const isJson = (text: string): boolean => /^\s*[[{]/.test(text)

/** Lines of JSON are answered as they come; anything else is read to its end first. */
const fromPipe = (trained: Trained) =>
  Effect.gen(function* () {
    const { stdin } = yield* World
    if (stdin.isTerminal) {
      const message = "which rows? nothing is piped in"
      return yield* new UsageError({ message, hint: "adjoint predict RUN FILE, or … | adjoint predict RUN -" })
    }
    const { fitted } = trained.run
    const decoder = new TextDecoder()
    const chunks: Array<Uint8Array> = []
    let json: boolean | undefined
    let text = ""
    let [line, row] = [1, 1]

    const answer = (lines: string) =>
      Effect.gen(function* () {
        row = yield* tell(trained, yield* Effect.fromResult(Samples.fromJsonLines(fitted, lines, line)), row)
        line += lines.split("\n").length - 1
      })

    yield* Stream.runForEach(
      Stream.fromAsyncIterable(stdin.bytes(), (cause) => new UsageError({ message: `stdin cannot be read: ${String(cause)}` })),
      (chunk) =>
        Effect.gen(function* () {
          text += decoder.decode(chunk, { stream: true })
          if (json === undefined && text.trim() !== "") json = isJson(text)
          if (json !== true) {
            chunks.push(chunk)
            return
          }
          const end = text.lastIndexOf("\n") + 1
          const whole = text.slice(0, end)
          text = text.slice(end)
          if (whole !== "") yield* answer(whole)
        }),
    )
    if (json === true) return yield* answer(text)
    yield* tell(trained, yield* Effect.fromResult(Samples.fromPipe(fitted, Buffer.concat(chunks))), 1)
  }).pipe(from("stdin"))

/** Prints one line of JSON for each row. Fails with `DataError` at the first row that cannot be used. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const trained = yield* load(yield* find(options.run, options.runs))
    yield* options.input === "-" ? fromPipe(trained) : fromFile(trained, options.input)
  }).pipe(Effect.provide(engineOf(options)))
