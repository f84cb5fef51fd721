/**
 * Serves the files of the data of a study over HTTP: `GET /SHA-256`, whole or from a byte on. A request names a hash and never a path,
 * so nothing else of this machine can be read.
 */
import { createReadStream } from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { RunError, UsageError } from "../report/Failure.ts"
import { print, reachable } from "../shards/Address.ts"
import type { DataFile } from "./DataFile.ts"

/** Where a server listens. */
export interface Listening {
  readonly host: string
  readonly port: number
}

/** `HOST:PORT`, or a port of this machine alone. */
export const listeningOf = (text: string): Effect.Effect<Listening, UsageError> => {
  const found = /^(?:(\[[\da-f:.]+\]|[^\s:/[\]]+):)?(\d{1,5})$/i.exec(text)
  const port = Number(found?.[2])
  return found === null || port > 65_535
    ? Effect.fail(
        new UsageError({
          message: "no address to serve the data at",
          hint: "--serve-data 127.0.0.1:8123, or 0.0.0.0:8123 for other machines",
        }),
      )
    : Effect.succeed({ host: (found[1] ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port })
}

/** The bytes that are asked for, as `bytes=FROM-`; from 0 without it, and undefined for a range that is none of the file. */
const startOf = (range: string | undefined, bytes: number): number | undefined => {
  if (range === undefined) return 0
  const from = /^bytes=(\d{1,15})-$/.exec(range)?.[1]
  return from === undefined ? 0 : Number(from) < bytes ? Number(from) : undefined
}

const answer = (
  files: ReadonlyMap<string, DataFile>,
  { headers, method, url }: IncomingMessage,
  response: ServerResponse,
): void => {
  const file = files.get((url ?? "").replace(/^.*\//, ""))
  if (method !== "GET" && method !== "HEAD") return void response.writeHead(405, { allow: "GET, HEAD" }).end()
  if (file === undefined) return void response.writeHead(404).end()
  const { bytes, path } = file
  const start = startOf(headers.range, bytes)
  if (start === undefined) return void response.writeHead(416, { "content-range": `bytes */${bytes}` }).end()
  response.writeHead(start > 0 ? 206 : 200, {
    "content-type": "application/octet-stream",
    "content-length": bytes - start,
    "accept-ranges": "bytes",
    ...(start > 0 ? { "content-range": `bytes ${start}-${bytes - 1}/${bytes}` } : {}),
  })
  if (method === "HEAD" || bytes === 0) return void response.end()
  // A file that changed has other bytes, which the worker refuses; one that is gone ends the answer.
  const stream = createReadStream(path, { start, end: bytes - 1 })
  stream.on("error", () => response.destroy())
  response.on("close", () => stream.destroy())
  stream.pipe(response)
}

const addressOf = (server: Server, host: string): string => {
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return `http://${print(reachable({ host, port }))}`
}

/** Serves files until the scope ends, and gives the address. Fails with `RunError` where the address is taken. */
export const serve = (files: ReadonlyArray<DataFile>, { host, port }: Listening): Effect.Effect<string, RunError, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server, RunError>((resume) => {
        const byHash = new Map(files.map((file) => [file.sha256, file]))
        const server = createServer((request, response) => answer(byHash, request, response))
        server.once("error", (error) =>
          resume(
            Effect.fail(
              new RunError({
                message: `the data cannot be served at ${host}:${port}: ${error.message}`,
                hint: "another port: --serve-data HOST:PORT",
              }),
            ),
          ),
        )
        server.listen(port, host, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        }),
    ),
    (server) => addressOf(server, host),
  )
