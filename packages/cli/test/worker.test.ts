/** What a worker reads: files by their content, from a folder or a server, and nothing else of its machine. */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as StoredArray from "@adjoint/core/data/StoredArray"
import * as Safetensors from "@adjoint/core/training/Safetensors"
import * as NDArray from "@adjoint/core/types/NDArray"
import { prepareStreamed, Streaming } from "@adjoint/dsl/prepare/Streamed"
import * as Read from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { expect, test } from "vitest"
import type { DataFile } from "../src/study/DataFile.ts"
import { hashed, mapped, recording, withData } from "../src/study/DataFiles.ts"
import { located } from "../src/study/DataPlace.ts"
import { listeningOf, serve } from "../src/study/DataServer.ts"
import { World } from "../src/terminal/World.ts"
import { folder, run } from "./world.ts"

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")

const fileOf = (path: string, text: string): DataFile => ({ path, bytes: Buffer.byteLength(text), sha256: sha256(text) })

const inWorld = <A, E>(effect: Effect.Effect<A, E, FileSystem.FileSystem | World>, cache = "/none") =>
  Effect.runPromise(
    effect.pipe(
      Effect.provide(NodeServices.layer),
      Effect.provideService(World, { env: { XDG_CACHE_HOME: cache } } as unknown as World["Service"]),
    ),
  )

const messageOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => String(Reflect.get(error as object, "message")))

test("files that are read are recorded with their content", async () => {
  const place = folder({ "a.csv": "1\n", "b.csv": "2\n", "c.csv": "3\n" })
  const files = await inWorld(
    Effect.gen(function* () {
      const { fs, seen } = recording(yield* FileSystem.FileSystem)
      yield* fs.readFile(join(place, "b.csv"))
      yield* fs.readFileString(join(place, ".", "a.csv"))
      yield* fs.exists(join(place, "c.csv"))
      return yield* hashed(seen)
    }),
  )
  expect(files).toEqual([fileOf(join(place, "a.csv"), "1\n"), fileOf(join(place, "b.csv"), "2\n")])
})

test("a recorded name leads to its content, and every other path is missing", async () => {
  const place = folder({ content: "1,2\n", secret: "no" })
  const read = await inWorld(
    Effect.gen(function* () {
      const fs = mapped(yield* FileSystem.FileSystem, [["/lab/data/train/a.csv", join(place, "content")]])
      const missing = (path: string) => Effect.map(Effect.flip(fs.readFile(path)), ({ reason }) => reason._tag)
      return {
        text: yield* fs.readFileString("/lab/data/../data/train/a.csv"),
        size: Number((yield* fs.stat("/lab/data/train/a.csv")).size),
        folder: (yield* fs.stat("/lab/data")).type,
        names: yield* fs.readDirectory("/lab/data"),
        missing: [yield* missing(join(place, "secret")), yield* missing("/etc/hostname"), yield* missing("/lab/data/b.csv")],
      }
    }),
  )
  expect(read).toEqual({
    text: "1,2\n",
    size: 4,
    folder: "Directory",
    names: ["train"],
    missing: ["NotFound", "NotFound", "NotFound"],
  })
})

test.each(["csv", "safetensors"])("large data is read under its recorded name where its content is: %s", async (kind) => {
  const numbers = Float32Array.from({ length: 40 }, (_, i) => i / 8)
  const content =
    kind === "csv"
      ? Buffer.from(`x,y\n${Array.from(numbers, (x) => `${x},${2 * x}\n`).join("")}`)
      : Safetensors.encode(new Map(["inputs", "targets"].map((name) => [name, NDArray.make("f32", [40, 1], numbers)] as const)))
  const place = folder()
  writeFileSync(join(place, "content"), content)
  const columns = kind === "csv" ? ", columns: { x: number, y: { type: number, role: target } }" : ", target: number"
  const text = `schema: 1\ndata: { source: rows.${kind}, split: { val: 8, test: 8, seed: 1 }${columns} }\nmodel: { layers: [head: label] }\n`
  const data = Read.read(fromText("m.yaml", text)).decoded?.data
  if (data === undefined) throw new Error("the section of data is wrong")
  const rows = await inWorld(
    Effect.flatMap(prepareStreamed({ data }, "/lab"), ({ lock, train }) =>
      Effect.promise(async () => ({ files: lock.files, inputs: await StoredArray.read(train.inputs, { start: 0, end: 24 }) })),
    ).pipe(
      Effect.scoped,
      Effect.provideService(Streaming, { from: 1, arraysFrom: 1, folder: join(place, "cache") }),
      withData([[`/lab/rows.${kind}`, join(place, "content")]]),
    ),
  )
  expect(rows.files).toMatchObject([{ path: `rows.${kind}`, bytes: content.length }])
  expect(rows.inputs).toMatchObject({ dtype: "f32", shape: [24, 1] })
})

test("in a folder a file has its name or its hash, and the recorded bytes", async () => {
  const place = folder({ "a.csv": "1\n", [sha256("2\n")]: "2\n", "d.csv": "other" })
  const at = (files: ReadonlyArray<DataFile>) => located(place, "/lab", files)
  const files = [fileOf("/lab/a.csv", "1\n"), fileOf("/elsewhere/b.csv", "2\n")]
  expect(await inWorld(at(files))).toEqual([
    ["/lab/a.csv", join(place, "a.csv")],
    ["/elsewhere/b.csv", join(place, sha256("2\n"))],
  ])
  expect(await inWorld(messageOf(at([fileOf("/lab/d.csv", "4\n")])))).toBe(`the study's file d.csv of 2 bytes is not in ${place}`)
  // A name that leads out of the folder is not followed.
  const inner = join(place, "inner")
  mkdirSync(inner)
  expect(await inWorld(messageOf(located(inner, "/lab/deep", [fileOf("/lab/a.csv", "1\n")])))).toContain("is not in")
})

test("where the study began, a file that has changed is not taken, and differs from one that is missing", async () => {
  const place = folder({ "a.csv": "2\n" })
  const said = (name: string) => inWorld(messageOf(located(undefined, place, [fileOf(join(place, name), "1\n")])))
  expect(await said("a.csv")).toContain(`has changed since the study began: ${join(place, "a.csv")} has other bytes`)
  expect(await said("b.csv")).toContain(`is not at ${join(place, "b.csv")} on this machine`)
})

test("a server gives files by their hashes, whole and from a byte on, and downloads are kept", async () => {
  const [place, cache] = [folder({ "a.csv": "0123456789" }), folder()]
  const file = fileOf(join(place, "a.csv"), "0123456789")
  const kept = join(cache, "adjoint/data/content", file.sha256)
  await inWorld(
    Effect.gen(function* () {
      const address = yield* serve([file], { host: "127.0.0.1", port: 0 })
      const get = (path: string, headers = {}) =>
        Effect.promise(async () => {
          const response = await fetch(`${address}/${path}`, { headers })
          return `${response.status} ${await response.text()}`
        })
      expect(yield* get(file.sha256)).toBe("200 0123456789")
      expect(yield* get(file.sha256, { range: "bytes=7-" })).toBe("206 789")
      expect(yield* get(file.sha256, { range: "bytes=10-" })).toBe("416 ")
      expect(yield* get("a.csv")).toBe("404 ")
      expect(yield* get(`..%2f${file.sha256}x`)).toBe("404 ")
      expect(yield* located(address, place, [file])).toEqual([[file.path, kept]])
      expect(readFileSync(kept, "utf8")).toBe("0123456789")
      // A file that changed since has other bytes.
      writeFileSync(file.path, "9876543210")
      writeFileSync(kept, "damaged")
      expect(yield* messageOf(located(address, place, [file]))).toContain("it gives other bytes than those that were published")
      expect(existsSync(`${kept}.part`)).toBe(false)
    }).pipe(Effect.scoped),
    cache,
  )
  // Without the server the file is there already.
  writeFileSync(kept, "0123456789")
  expect(await inWorld(located("http://127.0.0.1:9", place, [file]), cache)).toEqual([[file.path, kept]])
})

test("an address to serve at", async () => {
  const of = (text: string) => Effect.runPromise(Effect.orElseSucceed(listeningOf(text), () => undefined))
  expect(await of("8123")).toEqual({ host: "127.0.0.1", port: 8123 })
  expect(await of("0.0.0.0:81")).toEqual({ host: "0.0.0.0", port: 81 })
  expect(await of("[::1]:81")).toEqual({ host: "::1", port: 81 })
  for (const text of ["", "70000", "host", "a:b:1", ":5"]) expect(await of(text)).toBeUndefined()
})

test("a worker without a database or a study says so", async () => {
  const place = folder()
  const said = async (...flags: ReadonlyArray<string>) => {
    const { code, stderr } = await run(["worker", ...flags])
    return `${code} ${stderr.split("\n")[0]}`
  }
  const store = join(place, "s.sqlite")
  expect(await said("--store", store)).toBe(`2 error: ${store}: there is no such database`)
  writeFileSync(store, "")
  expect(await said("--store", store)).toBe(`2 error: ${store} has no study`)
  expect(await said("--store", store, "--study", "x")).toBe(`2 error: ${store} has no study x`)
  expect(await said("--store", store, "--parallel", "0")).toBe("2 error: 0 trials at a time")
  expect(await said("--store", store, "--memory", "3")).toBe("2 error: `3` is no size of memory")
})
