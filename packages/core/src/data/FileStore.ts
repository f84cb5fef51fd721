/**
 * The bytes of a file, read by offset on a thread of their own, while the calling thread computes. Each read checks that the file
 * is still the one that was opened. Node alone has files: a page gets a typed error.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { type ArrayRows, maxHeaderBytes } from "./ArrayRows.ts"
import { DataError, inFile, type Reason } from "./DataError.ts"
import * as Idx from "./Idx.ts"
import * as Npy from "./Npy.ts"
import { type ByteStore, StoredArray } from "./StoredArray.ts"

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

const codeOf = (error: unknown): string =>
  error instanceof Error ? String(Reflect.get(error, "code") ?? error.message) : String(error)

const refused = (file: string, reason: Reason): DataError => new DataError({ file, reason })

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
      if ("short" in answer) throw refused(file, { _tag: "Changed", got: `it has ${answer.size} bytes instead of ${size}` })
      if (answer.links === 0) throw refused(file, { _tag: "Changed", got: "it was deleted or replaced" })
      if (answer.state !== first)
        throw refused(file, {
          _tag: "Changed",
          got: answer.size === size ? "it was written to" : `it has ${answer.size} bytes instead of ${size}`,
        })
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

/** An array of rows in a file, as it stands there, until the scope ends. */
const arrayIn = (
  file: string,
  header: (first: Uint8Array) => Result.Result<ArrayRows | undefined, DataError>,
  wanted: string,
): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* open(file)
    const first = yield* Effect.tryPromise({
      try: () => store.read(Float64Array.of(0), Math.min(store.size, maxHeaderBytes)),
      catch: (error) => error as DataError,
    })
    const rows = yield* Effect.fromResult(Result.mapError(header(first), (error) => inFile(error, file)))
    if (rows?.dtype === undefined)
      return yield* refused(file, {
        _tag: "BadSpec",
        at: "the array",
        got: "elements that have to be converted, or columns first",
        wanted,
        hint: "convert the file once",
      })
    const { dtype, offset, rowBytes, shape } = rows
    const [count = 0] = shape
    if (store.size < offset + count * rowBytes)
      return yield* refused(file, {
        _tag: "BadLength",
        offset,
        got: store.size - offset,
        wanted: BigInt(count * rowBytes),
        why: `${count} rows`,
      })
    return new StoredArray(dtype, shape, { store, start: offset, stride: rowBytes }, 0)
  })

/**
 * The array of an .npy file of any size, row-major `f4`, `i4`, `u1` or `b1`, whose rows stay there. Fails as `open` and `Npy.openRows` do, with
 * `BadSpec` for other elements and `BadLength` for a file that is too short.
 */
export const npy = (file: string): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  arrayIn(file, Npy.openRows, "rows of f4, i4, u1 or b1 in the order of the host's bytes")

/** The array of an idx file of bytes, not gzipped, whose rows stay there. Fails as `npy` does. */
export const idx = (file: string): Effect.Effect<StoredArray, DataError, Scope.Scope> =>
  arrayIn(file, Idx.openRows, "rows of bytes")
