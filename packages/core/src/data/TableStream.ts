/** The blocks of rows of a table in a file of any size, gzipped or not: memory holds one block. */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { DataError, dataError, inFile } from "./DataError.ts"
import { pieces } from "./GzipPieces.ts"
import * as Load from "./Load.ts"
import type { BlockReader, Groups } from "./sources/Kind.ts"
import type { Table } from "./Table.ts"

/** An error of reading a file, with its name. */
const thrown =
  (file: string) =>
  (error: unknown): DataError =>
    inFile(error instanceof DataError ? error : dataError({ _tag: "NotReadable", cause: String(error) }), file)

/** The blocks of a file that are read where they are, in order. Fails as the reader does. */
export const groups = (file: string, all: Groups): Stream.Stream<Table, DataError> =>
  Stream.fromAsyncIterable(all, thrown(file)).pipe(
    Stream.mapEffect((table) => Effect.fromResult(Result.mapError(table, (error) => inFile(error, file)))),
  )

/** The blocks of a file, in order; `seen` gets its bytes as they are on disk. Fails as `Load.stream` and the reader do. */
export const blocks = (
  file: string,
  reader: BlockReader,
  seen: (bytes: Uint8Array) => void,
): Stream.Stream<Table, DataError, FileSystem.FileSystem> => {
  const read = (result: Result.Result<Table | undefined, DataError>): Effect.Effect<ReadonlyArray<Table>, DataError> =>
    Result.isFailure(result)
      ? Effect.fail(inFile(result.failure, file))
      : Effect.succeed(result.success === undefined ? [] : [result.success])
  const source = Load.stream(file).pipe(Stream.tap((bytes) => Effect.sync(() => seen(bytes))))
  return Stream.unwrap(
    Effect.map(Stream.toAsyncIterableEffect(source), (bytes) =>
      Stream.fromAsyncIterable(pieces(bytes), thrown(file)).pipe(
        Stream.mapEffect((piece) => read(reader.push(piece))),
        Stream.concat(Stream.fromEffect(Effect.suspend(() => read(reader.end())))),
        Stream.flatMap(Stream.fromIterable),
      ),
    ),
  )
}
