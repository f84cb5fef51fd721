/**
 * Downloads a file: in pieces, beside its place, and renamed into it when its bytes are those that were published. A part of a
 * file stays where it is, and the next download resumes after it.
 */
import { createHash } from "node:crypto"
import { Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { TaggedError } from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Stream from "effect/Stream"
import type { DatasetFile } from "./Datasets.ts"

/** The bytes that a file must have. One whose name ends with `.gz` has them unpacked. */
export type Content = Pick<DatasetFile, "name" | "bytes" | "sha256">

/** Why an address does not give a file. */
export class Undelivered extends TaggedError("Undelivered")<{
  readonly address: string
  readonly reason: string
  /**
   * Nothing answered there, as without a network; the server answered that it has no such file; not all bytes came; or others than
   * those that were published.
   */
  readonly kind: "unreachable" | "refused" | "incomplete" | "forged"
}> {}

/** Called with the bytes that are there, and how many there will be, if the server says so. */
export type OnProgress = (done: number, total: number | undefined) => Effect.Effect<void>

/** Milliseconds that a server may take to answer, and between two pieces. */
const patience = 30_000

/** What a server may send beyond the bytes of a file: packing never makes it longer by more. */
const slack = 2 ** 16

const isPacked = ({ name }: Content): boolean => name.endsWith(".gz")

/** Whether a file on the disk has the published bytes, unpacked; never unpacks more than those. */
export const isGenuine = (path: string, file: Content): Effect.Effect<boolean, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(path))) return false
    const hash = createHash("sha256")
    let length = 0
    const counted = new Transform({
      transform: (chunk: Uint8Array, _, done) => {
        length += chunk.length
        hash.update(chunk)
        done(length > file.bytes ? new Error("too long") : null)
      },
    })
    const source = Stream.toAsyncIterable(Stream.orDie(fs.stream(path)))
    const ended = yield* Effect.exit(
      Effect.tryPromise(() => (isPacked(file) ? pipeline(source, createGunzip(), counted) : pipeline(source, counted))),
    )
    return ended._tag === "Success" && length === file.bytes && hash.digest("hex") === file.sha256
  })

/** The size and the SHA-256 of a file, which is read once. */
export const sha256Of = (path: string): Effect.Effect<Pick<Content, "bytes" | "sha256">, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const hash = createHash("sha256")
    let bytes = 0
    yield* Stream.runForEach(fs.stream(path, { chunkSize: 2 ** 18 }), (piece) =>
      Effect.sync(() => {
        bytes += piece.length
        hash.update(piece)
      }),
    )
    return { bytes, sha256: hash.digest("hex") }
  })

/** The reason of a failed request: `fetch` says only that it failed, and why in its cause. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause : error
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined
  return code !== undefined && !cause.message.includes(code) ? `${code} ${cause.message}`.trim() : cause.message
}

/** A request for the bytes of a file from `from` on. */
const request = (address: string, from: number): Effect.Effect<Response, Undelivered> =>
  Effect.tryPromise({
    try: (signal) => fetch(address, { headers: from > 0 ? { Range: `bytes=${from}-` } : {}, signal }),
    catch: (error) => new Undelivered({ address, reason: reasonOf(error), kind: "unreachable" }),
  }).pipe(
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => Effect.fail(new Undelivered({ address, reason: `no answer in ${patience / 1000} s`, kind: "unreachable" })),
    }),
  )

const undelivered = (address: string, reason: string): Undelivered => new Undelivered({ address, reason, kind: "incomplete" })

/** The first byte of a partial answer: 100 of `bytes 100-199/200`. */
const firstByte = (range: string | null): number | undefined => {
  const first = /^bytes (\d+)-/.exec(range ?? "")?.[1]
  return first === undefined ? undefined : Number(first)
}

/** Downloads what a part of a file lacks. */
const complete = (part: string, address: string, file: Content, onProgress: OnProgress) =>
  Effect.scoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const before = Option.getOrUndefined(yield* Effect.option(fs.stat(part)))
      const have = before === undefined ? 0 : Number(before.size)
      const response = yield* request(address, have)
      const { body, headers, status } = response
      yield* Effect.addFinalizer(() => Effect.promise(async () => (response.bodyUsed ? undefined : body?.cancel())))
      // Nothing is left to send.
      if (status === 416 && have > 0) return
      const from = status === 206 ? firstByte(headers.get("content-range")) : 0
      if ((status !== 200 && status !== 206) || body === null || (from !== 0 && from !== have))
        return yield* new Undelivered({
          address,
          reason: `the server answered ${status}${response.statusText === "" ? "" : ` ${response.statusText}`}`,
          kind: "refused",
        })
      const length = headers.get("content-length")
      const total = length === null ? undefined : from + Number(length)
      const limit = file.bytes + slack
      if (total !== undefined && total > limit)
        return yield* undelivered(address, `it sends ${total} bytes, more than the file has`)
      const handle = yield* fs.open(part, { flag: from === 0 ? "w" : "a" })
      let done = from
      yield* onProgress(done, total)
      yield* Stream.fromReadableStream({
        evaluate: () => body as ReadableStream<Uint8Array>,
        onError: (error) => undelivered(address, `it broke off after ${done} bytes: ${reasonOf(error)}`),
      }).pipe(
        Stream.timeoutOrElse({
          duration: patience,
          orElse: () => Stream.fail(undelivered(address, `it sent nothing for ${patience / 1000} s`)),
        }),
        Stream.runForEach((chunk) =>
          Effect.gen(function* () {
            done += chunk.length
            if (done > limit) return yield* undelivered(address, `it sends more than the ${file.bytes} bytes of the file`)
            yield* handle.writeAll(chunk)
            yield* onProgress(done, total)
          }),
        ),
      )
      if (total !== undefined && done < total) return yield* undelivered(address, `it broke off after ${done} of ${total} bytes`)
      yield* handle.sync
    }),
  )

/**
 * Downloads a file from one address to `path`. Fails with `Undelivered` if the address does not give it, or gives other bytes
 * than those that were published.
 */
export const download = (
  path: string,
  address: string,
  file: Content,
  onProgress: OnProgress,
): Effect.Effect<void, Undelivered | PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const part = `${path}.part`
    const isResumed = yield* fs.exists(part)
    const attempt = Effect.gen(function* () {
      yield* complete(part, address, file, onProgress)
      if (yield* isGenuine(part, file)) return yield* fs.rename(part, path)
      yield* fs.remove(part, { force: true })
      const reason = "it gives other bytes than those that were published"
      return yield* new Undelivered({ address, reason, kind: "forged" })
    })
    // The part may be of another server, or damaged.
    yield* attempt.pipe(
      Effect.catchTag("Undelivered", (error) => (isResumed && error.kind === "forged" ? attempt : Effect.fail(error))),
    )
  })
