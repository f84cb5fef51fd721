/** Public datasets, downloaded from a server on this machine that fails in the ways that servers do. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { addressesOf, cacheOf } from "../src/fetch/Cache.ts"
import { datasets } from "../src/fetch/Datasets.ts"
import { download, isGenuine } from "../src/fetch/Download.ts"
import { root, spawned } from "./process.ts"
import { folder, run } from "./world.ts"

/** scikit-learn's file of iris, which has the numbers of ours. */
const iris = (() => {
  const names = ["setosa", "versicolor", "virginica"]
  const rows = readFileSync(join(root, "examples/data/iris.csv"), "utf8").trim().split("\n").slice(1)
  const numbered = rows.map((row) => row.replace(/[a-z]+$/, (name) => String(names.indexOf(name))))
  return Buffer.from(`150,4,${names.join(",")}\n${numbered.join("\n")}\n`)
})()

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** The bytes from where the request asks for them. */
const ranged =
  (content: Buffer): Answer =>
  ({ headers }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0)
    if (from >= content.length) return response.writeHead(416).end()
    const range = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }
    response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from, ...(from > 0 ? range : {}) })
    response.end(content.subarray(from))
  }

/** Some bytes, and then the connection breaks. */
const broken =
  (content: Buffer, after: number): Answer =>
  (_, response) => {
    response.writeHead(200, { "content-length": content.length })
    response.write(content.subarray(0, after), () => setTimeout(() => response.destroy(), 20))
  }

let answer: Answer = ranged(iris)
let requests: Array<string> = []
const server = createServer((request, response) => {
  requests.push(`${request.url} ${request.headers.range ?? ""}`.trim())
  answer(request, response)
})
let address = ""

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const fetching = (cache: string, args: ReadonlyArray<string>, env: { readonly [name: string]: string } = {}) => {
  requests = []
  return run(["data", "fetch", ...args], { env: { XDG_CACHE_HOME: cache, ADJOINT_MIRROR: address, ...env } })
}

describe("data fetch", () => {
  test("lists what it knows", async () => {
    const { code, stdout } = await fetching(folder(), [])
    expect(code).toBe(0)
    for (const name of Object.keys(datasets)) expect(stdout).toContain(name)
  })

  test("downloads once, checks, and shows the lines of a model file", async () => {
    answer = ranged(iris)
    const cache = folder()
    const path = join(cache, "adjoint/data/iris/iris.csv")
    const first = await fetching(cache, ["iris"])
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining(path) })
    expect(readFileSync(path)).toEqual(iris)
    expect(requests).toEqual(["/iris/iris.csv"])
    const again = await fetching(cache, ["iris", "--json"])
    expect(JSON.parse(again.stdout)).toMatchObject({ event: "fetched", dataset: "iris", files: [{ path, bytes: iris.length }] })
    expect(requests).toEqual([])
  })

  test("resumes after a connection that broke", async () => {
    const cache = folder()
    answer = broken(iris, 1000)
    const cut = await fetching(cache, ["iris"])
    expect(cut).toMatchObject({ code: 4, stderr: expect.stringContaining("it broke off after 1000") })
    answer = ranged(iris)
    expect(await fetching(cache, ["iris"])).toMatchObject({ code: 0 })
    expect(requests).toEqual(["/iris/iris.csv bytes=1000-"])
  })

  test("starts again when the part was damaged", async () => {
    const cache = folder()
    const directory = join(cache, "adjoint/data/iris")
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, "iris.csv.part"), "x".repeat(100))
    answer = ranged(iris)
    expect(await fetching(cache, ["iris"])).toMatchObject({ code: 0 })
    expect(requests).toEqual(["/iris/iris.csv bytes=100-", "/iris/iris.csv"])
  })

  test("keeps nothing of other bytes, of more bytes, or of an error", async () => {
    const wrong = Buffer.from(iris)
    wrong[500] = 88
    const answers: ReadonlyArray<readonly [Answer, string]> = [
      [ranged(wrong), "it gives other bytes than those that were published"],
      [ranged(Buffer.alloc(10_000_000)), "more than the file has"],
      [(_, response) => response.writeHead(200).end(Buffer.alloc(10_000_000)), "it sends more than the 2734 bytes"],
      [(_, response) => response.writeHead(404).end(), "the server answered 404"],
      [(_, response) => response.writeHead(200, { "content-length": 0 }).end(), "it gives other bytes"],
    ]
    for (const [next, reason] of answers) {
      answer = next
      const cache = folder()
      const { code, stderr, stdout } = await fetching(cache, ["iris"])
      expect({ code, stdout }).toEqual({ code: 4, stdout: "" })
      expect(stderr).toContain(reason)
      expect(existsSync(join(cache, "adjoint/data/iris/iris.csv"))).toBe(false)
    }
  })

  test("says so when there is no network", async () => {
    const { code, stderr } = await fetching(folder(), ["iris"], { ADJOINT_MIRROR: "http://127.0.0.1:9" })
    expect(code).toBe(4)
    expect(stderr).toContain("connect to a network")
  })

  test("follows a server to another address, and says so when that never ends", async () => {
    answer = (request, response) =>
      request.url?.startsWith("/moved") === true
        ? response.writeHead(302, { location: "/iris/iris.csv" }).end()
        : ranged(iris)(request, response)
    expect(await fetching(folder(), ["iris"], { ADJOINT_MIRROR: `${address}/moved` })).toMatchObject({ code: 0 })
    answer = (request, response) => response.writeHead(302, { location: request.url }).end()
    expect(await fetching(folder(), ["iris"])).toMatchObject({ code: 4, stderr: expect.stringContaining("redirect") })
  })

  test("names the file that cannot be written, and another place", async () => {
    answer = ranged(iris)
    const cache = join(folder({ file: "" }), "file")
    expect(await fetching(cache, ["iris"])).toMatchObject({
      code: 8,
      stderr: `error: ${join(cache, "adjoint/data/iris/iris.csv")}: not a directory\n  try: a folder on a disk with room, where you may write: --to DIR, or XDG_CACHE_HOME=DIR\n`,
    })
  })

  test("keeps what came until it was interrupted, and resumes after it", async () => {
    const cache = folder()
    let isSent = () => {}
    const sent = new Promise<void>((resolve) => (isSent = resolve))
    answer = (_, response) => {
      response.writeHead(200, { "content-length": iris.length })
      response.write(iris.subarray(0, 1500), () => isSent())
    }
    const part = join(cache, "adjoint/data/iris/iris.csv.part")
    const interrupted = await spawned(["data", "fetch", "iris"], {
      env: { XDG_CACHE_HOME: cache, ADJOINT_MIRROR: address },
      meanwhile: (child) =>
        void sent.then(async () => {
          while (!existsSync(part) || statSync(part).size < 1500) await new Promise((resolve) => setTimeout(resolve, 10))
          child.kill("SIGINT")
        }),
    })
    // The signal ends it, which a shell reports as 130.
    expect(interrupted).toMatchObject({ code: -1, stdout: "" })
    answer = ranged(iris)
    expect(await fetching(cache, ["iris"])).toMatchObject({ code: 0 })
    expect(requests).toEqual(["/iris/iris.csv bytes=1500-"])
  })

  test("takes the user's own folder in place of the network", async () => {
    const own = folder({ "iris.csv": iris })
    expect(await fetching(folder(), ["iris"], { ADJOINT_DATA: own })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(join(own, "iris.csv")),
    })
    const to = join(folder(), "here")
    expect(await fetching(folder(), ["iris", "--to", to], { ADJOINT_DATA: own })).toMatchObject({ code: 0 })
    expect(readFileSync(join(to, "iris.csv"))).toEqual(iris)
    const { code, stderr } = await fetching(folder(), ["wine"], { ADJOINT_DATA: own })
    expect({ code, requests }).toEqual({ code: 4, requests: [] })
    expect(stderr).toContain("there is no wine_data.csv")
  })

  test("proposes the nearest name", async () => {
    expect(await fetching(folder(), ["minst"])).toMatchObject({ code: 2, stderr: expect.stringContaining("mnist") })
  })
})

test("a packed file is known by its unpacked bytes, and never unpacked beyond them", async () => {
  const content = Buffer.from("the same bytes, packed by another program".repeat(50))
  const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex")
  const file = { name: "a.gz", addresses: [], bytes: content.length, sha256: hash(content) }
  const directory = folder({ "a.gz": gzipSync(content, { level: 1 }), "bomb.gz": gzipSync(Buffer.alloc(50_000_000)) })
  const genuine = (name: string) =>
    Effect.runPromise(isGenuine(join(directory, name), file).pipe(Effect.provide(NodeServices.layer)))
  expect(await Promise.all(["a.gz", "bomb.gz", "absent.gz"].map(genuine))).toEqual([true, false, false])
  answer = ranged(gzipSync(content, { level: 9 }))
  const path = join(directory, "b.gz")
  await Effect.runPromise(download(path, address, file, () => Effect.void).pipe(Effect.provide(NodeServices.layer)))
  expect(await genuine("b.gz")).toBe(true)
})

test("files have places", () => {
  expect(cacheOf({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/adjoint/data")
  expect(cacheOf({ XDG_CACHE_HOME: "relative" })).toBe(cacheOf({}))
  const file = { name: "iris.csv", addresses: ["https://there/iris.csv"] }
  expect(addressesOf({}, "iris", file)).toEqual(file.addresses)
  expect(addressesOf({ ADJOINT_MIRROR: "http://here/data/" }, "iris", file)).toEqual(["http://here/data/iris/iris.csv"])
  for (const { files } of Object.values(datasets)) for (const { name } of files) expect(name).toMatch(/^[\w-]+(?:\.[\w-]+)+$/)
})
