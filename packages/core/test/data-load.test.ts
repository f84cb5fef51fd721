import { execFileSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Result from "effect/Result"
import { zipSync } from "fflate"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { DataError } from "../src/data/DataError.ts"
import * as Load from "../src/data/Load.ts"
import * as Table from "../src/data/Table.ts"
import { cellsOf } from "./table-cells.ts"

const folder = mkdtempSync(join(tmpdir(), "adjoint-load-"))
const at = (name: string): string => join(folder, name)

beforeAll(() => {
  const idx = Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3])
  mkdirSync(at("folder"))
  writeFileSync(at("titanic.csv"), "Age,Sex\n1,f\n")
  writeFileSync(at("titanic.csv.gz"), gzipSync("Age,Sex\n1,f\n"))
  writeFileSync(at("wide.csv"), "Age,Sex\n1,f,3\n")
  writeFileSync(at("empty.csv"), "")
  writeFileSync(at("binary.csv"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]))
  writeFileSync(at("images.idx"), idx)
  writeFileSync(at("cut.idx.gz"), gzipSync(idx).subarray(0, 20))
  writeFileSync(at("bad.npz"), zipSync({ "W1.npy": Buffer.from("hello") }))
  if (process.platform !== "win32") execFileSync("mkfifo", [at("pipe.csv")])
  writeFileSync(at("secret.csv"), "a\n1\n", { mode: 0o000 })
})
afterAll(() => {
  chmodSync(at("secret.csv"), 0o600)
  rmSync(folder, { recursive: true })
})

const run = <A>(load: Effect.Effect<A, DataError, FileSystem>): Promise<Result.Result<A, DataError>> =>
  Effect.runPromise(Effect.result(load).pipe(Effect.provide(NodeFileSystem.layer)))

const refusal = async (load: Effect.Effect<unknown, DataError, FileSystem>): Promise<string> =>
  Result.match(await run(load), {
    onFailure: (error) => error.message.replaceAll(folder, "DIR"),
    onSuccess: () => "read",
  })

describe("files that cannot be used are named with the reason", () => {
  it.each<[string, () => Effect.Effect<unknown, DataError, FileSystem>, string]>([
    [
      "a missing file",
      () => Load.csv(at("titanik.csv")),
      "DIR/titanik.csv: there is no such file; did you mean `DIR/titanic.csv`?",
    ],
    [
      "a missing file whose name others have",
      () => Load.bytes(at("titanic.parquet")),
      "DIR/titanic.parquet: there is no such file; there is `DIR/titanic.csv`",
    ],
    ["a missing file like no other", () => Load.idx(at("x")), "DIR/x: there is no such file"],
    ["a file in a folder that is missing", () => Load.idx(at("none/images.idx")), "DIR/none/images.idx: there is no such file"],
    ["a folder", () => Load.csv(at("folder")), "DIR/folder: the file cannot be read: it is a folder, not a regular file"],
    ["an empty file", () => Load.csv(at("empty.csv")), "DIR/empty.csv: it is empty; wanted a header and rows of cells"],
    ["an empty idx", () => Load.idx(at("empty.csv")), "DIR/empty.csv: it is empty; wanted an idx file"],
    ["a binary file", () => Load.csv(at("binary.csv")), "DIR/binary.csv:1: this is not UTF-8 text: byte 4 is 0x00"],
    ["a row too long", () => Load.csv(at("wide.csv")), "DIR/wide.csv:2: row 1 has 3 cells, wanted 2, one for each column"],
    [
      "a cut .gz",
      () => Load.idx(at("cut.idx.gz")),
      "DIR/cut.idx.gz: the file ends at byte 20, in the middle of its gzip data; try: fetch or copy it again",
    ],
    [
      "a damaged array in an archive",
      () => Load.npz(at("bad.npz")),
      'DIR/bad.npz/W1.npy: the file starts with "hello" at byte 0; wanted \\x93NUMPY, as an .npy array does',
    ],
    ["a path that can be none", () => Load.csv("a\0b"), "the file cannot be read"],
  ])("%s", async (_, load, message) => expect(await refusal(load())).toContain(message))

  it.skipIf(process.platform === "win32").each([
    [
      "a named pipe, which nobody writes to",
      at("pipe.csv"),
      "DIR/pipe.csv: the file cannot be read: it is a named pipe, not a regular file",
    ],
    ["a device that never ends", "/dev/zero", "/dev/zero: the file cannot be read: it is a character device, not a regular file"],
  ])("%s, without opening it", async (_, file, message) => {
    expect(await refusal(Load.csv(file))).toBe(message)
    expect(await refusal(Load.start(file, 100))).toBe(message)
    expect(await refusal(Load.size(file))).toBe(message)
  })

  it.skipIf(!existsSync("/proc/kmsg"))("a file of /proc, which says that it holds nothing, without opening it", async () => {
    expect(await refusal(Load.csv("/proc/kmsg"))).toBe("/proc/kmsg: it is empty; wanted a header and rows of cells")
  })

  it.skipIf(process.getuid?.() === 0)("a file that may not be read", async () => {
    expect(await refusal(Load.csv(at("secret.csv")))).toContain("DIR/secret.csv: the file cannot be read: ")
  })
})

describe("files are read", () => {
  it("csv, gzipped or not", async () => {
    const table = { columns: ["Age", "Sex"], rows: [["1", "f"]], lines: [2] }
    expect(Result.map(await run(Load.csv(at("titanic.csv"))), cellsOf)).toEqual(Result.succeed(table))
    expect(Result.map(await run(Load.csv(at("titanic.csv.gz"))), cellsOf)).toEqual(Result.succeed(table))
  })
  it("idx", async () => {
    expect(Result.getOrThrow(await run(Load.idx(at("images.idx")))).data).toEqual(Uint8Array.of(1, 2, 3))
  })
})

const examples = join(import.meta.dirname, "../../../examples/data")
const originals = join(import.meta.dirname, "../../../../shared/data/tabular")

describe("the data of the examples", () => {
  it("1,797 digits, as many of each as the source says", async () => {
    const images = Result.getOrThrow(await run(Load.idx(join(examples, "digits-images.idx.gz"))))
    const labels = Result.getOrThrow(await run(Load.idx(join(examples, "digits-labels.idx.gz"))))
    expect([images.dtype, images.shape, Math.max(...images.data)]).toEqual(["u8", [1797, 8, 8], 16])
    const counts = new Array<number>(10).fill(0)
    for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1
    expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
  })
  it("150 irises, 50 of each species", async () => {
    const iris = Result.getOrThrow(await run(Load.csv(join(examples, "iris.csv"))))
    const { columns } = iris
    const rows = Table.rows(iris)
    expect(columns).toEqual(["sepal_length", "sepal_width", "petal_length", "petal_width", "species"])
    for (const species of ["setosa", "versicolor", "virginica"]) expect(rows.filter((row) => row[4] === species).length).toBe(50)
  })
  it.skipIf(!existsSync(originals))("number by number those of UCI and scikit-learn (../shared/data/tabular)", async () => {
    const images = Result.getOrThrow(await run(Load.idx(join(examples, "digits-images.idx.gz"))))
    const labels = Result.getOrThrow(await run(Load.idx(join(examples, "digits-labels.idx.gz"))))
    const lines = (name: string) => readFileSync(join(originals, name), "utf8").trim().split("\n")
    const digits = Array.from(labels.data, (label, i) => [...images.data.slice(64 * i, 64 * i + 64), label].join(","))
    expect(digits).toEqual(lines("optdigits.tes"))
    const iris = Result.getOrThrow(await run(Load.csv(join(examples, "iris.csv"))))
    const species = ["setosa", "versicolor", "virginica"]
    expect(Table.rows(iris).map((row) => [...row.slice(0, 4), species.indexOf(row[4] ?? "")].join(","))).toEqual(
      lines("sklearn-iris.csv").slice(1),
    )
  })
})

describe("the first bytes of a file", () => {
  it("are at most as many as there are", async () => {
    const text = async (most: number) =>
      new TextDecoder().decode(Result.getOrThrow(await run(Load.start(at("titanic.csv"), most))))
    expect([await text(7), await text(100), await text(0)]).toEqual(["Age,Sex", "Age,Sex\n1,f\n", ""])
    expect(Result.getOrThrow(await run(Load.size(at("titanic.csv"))))).toBe(12)
  })
})
