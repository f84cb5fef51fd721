/**
 * The bytes of a file, read by offset on a thread of their own, while the calling thread computes. Each read checks that the file
 * is still the one that was opened. Node alone has files: a page gets a typed error.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { bytes as bytesOf, type DType } from "../types/DType.ts"
import * as Shape from "../types/Shape.ts"
import { type ArrayRows, maxHeaderBytes } from "./ArrayRows.ts"
import { DataError, inFile, type Reason } from "./DataError.ts"
import { changed, codeOf, refused } from "./fileFailure.ts"
import * as Idx from "./Idx.ts"
import { nearest } from "./Nearest.ts"
import * as Npy from "./Npy.ts"
import { type ByteStore, StoredArray } from "./StoredArray.ts"
import * as Safetensors from "./safetensorsArrays.ts"
import { entryOf } from "./zipEntry.ts"

type Threads = typeof import("node:worker_threads")

/** What the thread answers: the bytes with the state of the file after they were read, or why they could not be read. */
type Answer = { readonly id: number } & (
  | { readonly bytes: Uint8Array; readonly state: string; readonly links: number; readonly size: number }
  | { readonly short: number; readonly size: number }
  | { readonly failure: string }
)

/**
 * The program of the thread: neighbouring records are read by one call. It is text, so that a bundle needs no file for it.
 * `state` changes when the file is written to; `links` is 0 after it was deleted or replaced.
 */
const program = `
const { parentPort } = require("node:worker_threads")
const { fstatSync, readSync } = require("node:fs")
const stateOf = (fd) => {
  const { mtimeNs, nlink, size } = fstatSync(fd, { bigint: true })
  return { state: size + ":" + mtimeNs, links: Number(nlink), size: Number(size) }
}
const read = ({ fd, length, offsets }) => {
  const bytes = new Uint8Array(offsets.length * length)
  for (let i = 0; i < offsets.length; ) {
    let next = i + 1
    while (next < offsets.length && offsets[next] === offsets[i] + (next - i) * length) next++
    let position = offsets[i]
    for (let at = i * length; at < next * length; ) {
      const count = readSync(fd, bytes, at, next * length - at, position)
      if (count === 0) return { short: position, size: stateOf(fd).size }
      at += count
      position += count
    }
    i = next
  }
  return { bytes, ...stateOf(fd) }
}
parentPort.on("message", (request) => {
  try {
    const answer = read(request)
    parentPort.postMessage({ id: request.id, ...answer }, answer.bytes === undefined ? [] : [answer.bytes.buffer])
  } catch (error) {
    parentPort.postMessage({ id: request.id, failure: String(error.code ?? error.message) })
  }
})
`

/** The thread that reads all files of this process, and who waits for it. */
interface Reader {
  readonly post: (request: { readonly fd: number; readonly offsets: Float64Array; readonly length: number }) => Promise<Answer>
  readonly close: () => Promise<void>
}

const startReader = ({ Worker }: Threads): Reader => {
  const waiting = new Map<number, { readonly resolve: (answer: Answer) => void }>()
  const worker = new Worker(program, { eval: true, execArgv: [], name: "@adjoint/core files" })
  let ended: string | undefined
  let ids = 0
  const settle = (answer: Answer): void => {
    waiting.get(answer.id)?.resolve(answer)
    waiting.delete(answer.id)
    // It keeps the process alive only while somebody waits for it.
    if (waiting.size === 0) worker.unref()
  }
  const end = (reason: string): void => {
    ended ??= reason
    for (const id of [...waiting.keys()]) settle({ id, failure: `the thread that reads files ended: ${ended}` })
  }
  worker.unref()
  worker.on("message", settle)
  worker.on("error", (error: unknown) => end(error instanceof Error ? error.message : String(error)))
  worker.on("exit", () => end("it was stopped"))
  return {
    post: (request) =>
      new Promise((resolve) => {
        const id = ids++
        waiting.set(id, { resolve })
        if (ended !== undefined) return end(ended)
        worker.ref()
        worker.postMessage({ id, ...request }, [request.offsets.buffer as ArrayBuffer])
      }),
    close: async () => {
      worker.ref()
      await worker.terminate()
    },
  }
}

let shared: { readonly reader: Reader; users: number } | undefined

/** The thread of this process; it ends with the last file. */
const acquire = (threads: Threads): Reader => {
  shared ??= { reader: startReader(threads), users: 0 }
  shared.users++
  return shared.reader
}

const release = async (): Promise<void> => {
  if (shared === undefined || --shared.users > 0) return
  const { reader } = shared
  shared = undefined
  await reader.close()
}

/** The reason of a failed call of the system, by its code. */
const failed = (code: string): Reason =>
  code === "ENOENT" ? { _tag: "NotFound", nearest: [] } : { _tag: "NotReadable", cause: code }

interface Opened {
  readonly store: ByteStore
  readonly close: () => Promise<void>
}

const openIn = (file: string): Opened => {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs")
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads")
  if (fs === undefined || threads === undefined)
    throw refused(file, { _tag: "NotReadable", cause: "this host has no files; a page has a `ByteStore` of its own" })
  const fd = fs.openSync(file, "r")
  try {
    const stat = fs.fstatSync(fd, { bigint: true })
    if (!stat.isFile()) throw refused(file, { _tag: "NotReadable", cause: "it is not a regular file" })
    const size = Number(stat.size)
    const first = `${stat.size}:${stat.mtimeNs}`
    const reader = acquire(threads)
    const read: ByteStore["read"] = async (offsets, length) => {
      const answer = await reader.post({ fd, offsets, length })
      if ("failure" in answer) throw refused(file, failed(answer.failure))
      if ("short" in answer) throw refused(file, changed(size, { links: 1, size: answer.size }))
      if (answer.links === 0 || answer.state !== first) throw refused(file, changed(size, answer))
      return answer.bytes
    }
    return {
      store: { name: file, size, read },
      close: async () => {
        fs.closeSync(fd)
        await release()
      },
    }
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

/**
 * Opens a file until the scope ends. Fails with `NotFound` and `NotReadable`. A read fails with `Changed` once the file is shorter,
 * was written to, deleted or replaced.
 */
export const open = (file: string): Effect.Effect<ByteStore, DataError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.try({
        try: () => openIn(file),
        catch: (error) => (error instanceof DataError ? error : refused(file, failed(codeOf(error)))),
      }),
      ({ close }) => Effect.promise(close),
    ),
    ({ store }) => store,
  )

/** The bytes of a file by offset and length. */
const readerOf =
  ({ read }: ByteStore) =>
  (offset: number, length: number): Promise<Uint8Array> =>
    read(Float64Array.of(offset), length)

/** Runs a function that reads a file. Fails with what it gives, and with what reading rejects with. */
const reading = <A>(file: string, read: () => Promise<Result.Result<A, DataError>>): Effect.Effect<A, DataError> =>
  Effect.tryPromise({ try: read, catch: (error) => error as DataError }).pipe(
    Effect.flatMap((result) => Effect.fromResult(Result.mapError(result, (error) => inFile(error, file)))),
  )

/** Rows in a part of a file, from byte `start` on, as their header describes them. */
const storedIn = (
  store: ByteStore,
  rows: Omit<ArrayRows, "read" | "written"> | undefined,
  wanted: string,
  { end = store.size, start = 0 }: { readonly start?: number; readonly end?: number } = {},
): Result.Result<StoredArray, DataError> => {
  const refuse = (reason: Reason) => Result.fail(refused(store.name, reason))
  if (rows?.dtype === undefined)
    return refuse({
      _tag: "BadSpec",
      at: "the array",
      got: "elements that have to be converted, or columns first",
      wanted,
      hint: "convert the file once",
    })
  const { dtype, offset, rowBytes, shape } = rows
  const [count = 0] = shape
  if (end < start + offset + count * rowBytes)
    return refuse({
      _tag: "BadLength",
      offset: start + offset,
      got: end - start - offset,
      wanted: BigInt(count * rowBytes),
      why: `${count} rows`,
    })
  return Result.succeed(new StoredArray(dtype, shape, { store, start: start + offset, stride: rowBytes }, 0))
}

/** An array of rows in a file, as it stands there, until the scope ends. */
const arrayIn = (
  file: string,
  header: (first: Uint8Array) => Result.Result<ArrayRows | undefined, DataError>,
  wanted: string,
): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  Effect.flatMap(open(file), (store) =>
    reading(file, async () =>
      Result.flatMap(header(await readerOf(store)(0, Math.min(store.size, maxHeaderBytes))), (rows) =>
        storedIn(store, rows, wanted),
      ),
    ),
  )

/**
 * The array of an .npy file of any size, row-major `f4`, `i4`, `u1` or `b1`, whose rows stay there. Fails as `open` and `Npy.openRows` do, with
 * `BadSpec` for other elements and `BadLength` for a file that is too short.
 */
export const npy = (file: string): Effect.Effect<StoredArray, DataError, Scope.Scope> => arrayIn(file, Npy.openRows, rowsOfNpy)

const rowsOfNpy = "rows of f4, i4, u1 or b1 in the order of the host's bytes"

/**
 * An array of an .npz file that `np.savez` wrote, of any size, whose rows stay there. Fails as `npy` does, with `NoArray`, which lists
 * the nearest names, with `BadSpec` for an array that is packed, and with `Truncated`, `Corrupt` and `TooLarge`.
 */
export const npz = (file: string, name: string): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  Effect.flatMap(open(file), (store) =>
    reading(file, async () => {
      const read = readerOf(store)
      const entry = await entryOf(read, store.size, { name, ending: ".npy" })
      if (Result.isFailure(entry)) return Result.fail(entry.failure)
      const { isPacked, offset: start, size } = entry.success
      if (isPacked)
        return Result.fail(
          refused(file, {
            _tag: "BadSpec",
            at: `the array \`${name}\``,
            got: "an array that is packed",
            wanted: "one that is stored as it is, so that its rows can be read one by one",
            hint: "np.savez, which packs nothing",
          }),
        )
      return Result.flatMap(Npy.openRows(await read(start, Math.min(size, maxHeaderBytes))), (rows) =>
        storedIn(store, rows, rowsOfNpy, { start, end: start + size }),
      )
    }),
  )

/** The dtypes whose bytes safetensors has as they are stored here. */
const sameDtypes: { readonly [code: string]: DType } = { F32: "f32", I32: "i32", U8: "u8" }

/**
 * An array of a safetensors file of any size, of F32, I32 or U8, whose rows stay there. Fails as `npz` does, with `Corrupt` for a
 * wrong header.
 */
export const safetensors = (file: string, name: string): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  Effect.flatMap(open(file), (store) =>
    reading(file, async () => {
      const read = readerOf(store)
      const wrong = ({ got, wanted }: Safetensors.Wrong) =>
        refused(file, { _tag: "Corrupt", format: "safetensors", got: `${got}; wanted ${wanted}` })
      const first = await read(0, Math.min(store.size, Safetensors.lengthBytes))
      const length = Safetensors.headerLength(first, store.size)
      if (Result.isFailure(length)) return Result.fail(wrong(length.failure))
      const start = Safetensors.lengthBytes + length.success
      const header = await read(Safetensors.lengthBytes, length.success)
      return Result.flatMap(Result.mapError(Safetensors.entriesOf(header, store.size - start), wrong), (entries) => {
        const names = entries.map(([each]) => each)
        const [, entry] = entries.find(([each]) => each === name) ?? []
        if (entry === undefined)
          return Result.fail(refused(file, { _tag: "NoArray", name, nearest: nearest(name, names), names }))
        const { data_offsets, dtype, shape } = entry
        const sample = shape.slice(1)
        const own = Object.hasOwn(sameDtypes, dtype) && shape.length > 0 ? sameDtypes[dtype] : undefined
        const [offset, end] = [start + data_offsets[0], start + data_offsets[1]]
        const rowBytes = Shape.size(sample) * (own === undefined ? 0 : bytesOf[own])
        return storedIn(store, { shape, offset: 0, rowBytes, dtype: own }, "rows of F32, I32 or U8", { start: offset, end })
      })
    }),
  )

/** The array of an idx file of bytes, not gzipped, whose rows stay there. Fails as `npy` does. */
export const idx = (file: string): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  arrayIn(file, Idx.openRows, "rows of bytes")
