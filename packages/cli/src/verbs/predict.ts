/** `adjoint predict`: what a run's model says of rows, one line of JSON a row, as the rows come. */
import { dirname } from "node:path"
import { DataError, dataError, inFile } from "@adjoint/core/data/DataError"
import * as FileStore from "@adjoint/core/data/FileStore"
import { isGzip } from "@adjoint/core/data/Gzip"
import { pieces } from "@adjoint/core/data/GzipPieces"
import * as Load from "@adjoint/core/data/Load"
import { escaped } from "@adjoint/core/types/escaped"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { line } from "../json/Line.ts"
import { type Choice, engineOf } from "../model/Engines.ts"
import { folderRows } from "../predict/images.ts"
import { type Outcome, predictor } from "../predict/Predictor.ts"
import type { Read, Reader } from "../predict/Rows.ts"
import { groupsOf, kindNames, readerByContent, readerOf } from "../predict/Source.ts"
import { Unanswered, UsageError } from "../report/Failure.ts"
import { find } from "../run/Find.ts"
import { load, type Trained } from "../run/Trained.ts"
import { World } from "../terminal/World.ts"
import { drained, message, result } from "../terminal/Write.ts"

export interface Options extends Choice {
  readonly run: string
  readonly runs: string
  /** A file, or `-` for what is piped in. */
  readonly input: string
  readonly json: boolean
}

/** Rows that fail are named on stderr up to so many. */
const mostNamed = 20

/** Rows that are read one after the other. */
interface Opened {
  readonly name: string
  readonly rows: AsyncIterable<Read>
}

/** The rows that a reader gives for bytes, gzipped or not. */
async function* read(bytes: AsyncIterable<Uint8Array>, reader: Reader): AsyncGenerator<Read> {
  for await (const piece of pieces(bytes)) yield reader.push(piece)
  yield await reader.end()
}

/** Reads the files that rows name, in a folder. */
const openIn = (folder: string) =>
  Effect.map(
    Effect.all([Effect.context<FileSystem.FileSystem>(), Load.below(folder)]),
    ([services, files]) =>
      (path: string) =>
        Effect.runPromiseWith(services)(Effect.result(files.bytes(path))),
  )

const openFile = (trained: Trained, file: string) =>
  Effect.gen(function* () {
    if (yield* Load.isFolder(file))
      return { name: file, rows: folderRows(trained.run.fitted, yield* Load.folder(file)) } satisfies Opened
    const run = { run: trained.run, open: yield* openIn(dirname(file)) }
    const groups = groupsOf(run, file)
    if (groups !== undefined && !isGzip(yield* Load.start(file, 2)))
      return { name: file, rows: groups(yield* FileStore.open(file)) } satisfies Opened
    const reader = yield* Effect.promise(() => readerOf(run, file))
    if (reader === undefined) {
      const hint = `a name that ends in ${kindNames}, with or without .gz`
      return yield* new UsageError({ message: `${file}: what kind of file is it?`, hint })
    }
    const bytes = yield* Stream.toAsyncIterableEffect(Load.stream(file))
    return { name: file, rows: read(bytes, reader) } satisfies Opened
  })

const openPipe = (trained: Trained) =>
  Effect.gen(function* () {
    const { stdin } = yield* World
    if (stdin.isTerminal) {
      const hint = "adjoint predict RUN FILE, or … | adjoint predict RUN -"
      return yield* new UsageError({ message: "which rows? nothing is piped in", hint })
    }
    return {
      name: "stdin",
      rows: read(stdin.bytes(), readerByContent({ run: trained.run, open: yield* openIn(".") })),
    } satisfies Opened
  })

/** What a source of bytes threw. */
const thrown =
  (name: string) =>
  (error: unknown): DataError =>
    inFile(error instanceof DataError ? error : dataError({ _tag: "NotReadable", cause: String(error) }), name)

const bare = (value: unknown): string => escaped(JSON.stringify(value))

/** The line of a row. Without `--json` every line is a row, so it says nothing but that. */
const lineOf = ({ answer, ...id }: Outcome, row: number, asJson: boolean): string =>
  Result.match(answer, {
    onSuccess: (found) => (asJson ? line({ event: "predicted", row, ...id, ...found }) : bare({ row, ...id, ...found })),
    onFailure: (message) => (asJson ? line({ event: "row_failed", row, ...id, message }) : bare({ row, ...id, error: message })),
  })

/** Writes outcomes, and counts them. */
const teller = (asJson: boolean) => {
  let failed = 0
  let rows = 0
  const tell = (outcomes: ReadonlyArray<Outcome>) =>
    Effect.gen(function* () {
      const lines = outcomes.map((outcome, i) => lineOf(outcome, rows + i + 1, asJson))
      rows += outcomes.length
      for (const { answer } of outcomes) {
        if (Result.isSuccess(answer)) continue
        failed++
        if (failed <= mostNamed) yield* message((style) => `${style("bad", "error")}: ${printable(answer.failure)}`)
      }
      yield* result(lines.join("\n"))
      yield* drained
    })
  return { tell, counted: () => ({ failed, rows }) }
}

/**
 * Prints one line of JSON for each row. A row that cannot be used, or whose prediction is not finite, is a line with an
 * `error`, and the verb fails with `Unanswered` in the end. Fails with `DataError` where no further row can be read.
 */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const trained = yield* load(yield* find(options.run, options.runs))
    const { name, rows: opened } = yield* options.input === "-" ? openPipe(trained) : openFile(trained, options.input)
    const predict = yield* predictor(trained, name)
    const { counted, tell } = teller(options.json)
    const world = yield* World
    const each = (outcomes: ReadonlyArray<Outcome>) => Effect.provideService(tell(outcomes), World, world)
    const answer = (read: Read) =>
      Effect.gen(function* () {
        const some = yield* Effect.fromResult(Result.mapError(read, (error) => inFile(error, name)))
        for (const rows of some) yield* predict(rows, counted().rows + 1, each)
      })
    yield* Stream.runForEach(Stream.fromAsyncIterable(opened, thrown(name)), answer)
    const { failed, rows } = counted()
    if (failed > 0) return yield* new Unanswered({ failed, rows, named: Math.min(failed, mostNamed) })
  }).pipe(Effect.scoped, Effect.provide(engineOf(options)))
