/** The data of a document: read, divided, prepared, and what is wrong with it said of the document. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type * as Dataset from "@adjoint/core/data/Dataset"
import { type Arrays, arrayOf } from "@adjoint/core/data/PreprocessTree"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Result } from "effect"
import { afterAll, describe, expect, test } from "vitest"
import type { Data } from "../src/Document.ts"
import { baseline } from "../src/prepare/Baseline.ts"
import { divide, partOf } from "../src/prepare/Division.ts"
import { prepare } from "../src/prepare/Prepare.ts"
import type { Prepared } from "../src/prepare/Prepared.ts"
import { preview } from "../src/prepare/Preview.ts"
import { refusal } from "../src/prepare/Unpacked.ts"

const examples = join(import.meta.dirname, "../../../examples")
const scratch = mkdtempSync(join(tmpdir(), "adjoint-prepare-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const prepared = (data: Data | undefined, directory = examples, options = {}) =>
  Effect.runPromise(prepare(data === undefined ? {} : { data }, directory, options).pipe(Effect.provide(NodeFileSystem.layer)))
const refused = (data: Data | undefined, directory = examples) =>
  Effect.runPromise(
    prepare(data === undefined ? {} : { data }, directory).pipe(Effect.flip, Effect.provide(NodeFileSystem.layer)),
  ).then(({ findings }) => findings)
const surveyed = (data: Data, directory = examples) =>
  Effect.runPromise(preview({ data }, directory).pipe(Effect.provide(NodeFileSystem.layer)))

const csv = (path: string) => ({ csv: { path, delimiter: "auto" } })
const iris: Data = {
  source: csv("data/iris.csv"),
  columns: { "*": { type: "number", scale: "standard" }, species: { type: "class" } },
  split: { val: "20%", test: "20%", stratify: "species", seed: 4 },
}
const digits: Data = {
  source: { idx: { images: "data/digits-images.idx.gz", labels: "data/digits-labels.idx.gz" } },
  image: { size: [8, 8], scale: { max: 16 } },
  split: { val: "10%", test: "20%", stratify: "label", seed: 1 },
}
const moons: Data = { source: { moons: { count: 50, noise: 0.1 } }, split: { val: 10, test: 10, seed: 1 } }

describe("prepare", () => {
  test("reads, divides and prepares a table, learning from the training rows alone", async () => {
    const { facts, fitted, lock, origins, test: held, train, val } = await prepared(iris)
    expect(facts).toEqual({
      sample: [4],
      dtype: "f32",
      target: { type: "class", name: "species", classes: ["setosa", "versicolor", "virginica"] },
      rows: { train: 90, val: 30, test: 30 },
      counts: [30, 30, 30],
      input: fitted.input,
    })
    expect([train, val, held].map((part) => part && arrayOf(part.inputs, "").shape)).toEqual([
      [90, 4],
      [30, 4],
      [30, 4],
    ])
    const column = ({ inputs }: Prepared<Arrays>["train"], i: number) =>
      [...arrayOf(inputs, "").data].filter((_, at) => at % 4 === i)
    const mean = (values: ReadonlyArray<number>) => values.reduce((sum, x) => sum + x, 0) / values.length
    for (const i of [0, 1, 2, 3]) expect(Math.abs(mean(column(train, i)))).toBeLessThan(1e-6)
    expect(fitted.input).toMatchObject({ type: "columns" })
    expect(lock.files).toEqual([
      { path: "data/iris.csv", bytes: readFileSync(join(examples, "data/iris.csv")).length, sha256: lock.files[0]?.sha256 },
    ])
    expect(origins.train?.line?.(0)).toBe(2)
    expect(origins.train?.rows).toHaveLength(90)
  })

  test("the same document gives the same rows, another seed others", async () => {
    const [first, again, other] = await Promise.all([
      prepared(digits),
      prepared(digits),
      prepared({ ...digits, split: { ...digits.split, seed: 2 } }),
    ])
    expect(NDArray.equals(arrayOf(first.train.inputs, ""), arrayOf(again.train.inputs, ""))).toBe(true)
    expect(first.lock).toEqual(again.lock)
    expect(other.lock.split).not.toBe(first.lock.split)
    expect(other.lock.files).toEqual(first.lock.files)
  })

  test("images stay bytes, and what prepares them is among the facts", async () => {
    const { facts, fitted, test: held, train, val } = await prepared(digits)
    expect([train, val, held].map((part) => part && arrayOf(part.inputs, "").dtype)).toEqual(["u8", "u8", "u8"])
    expect(arrayOf(train.inputs, "").shape.slice(1)).toEqual(facts.sample)
    expect(facts.input).toEqual(fitted.input)
    expect(fitted.input).toMatchObject({ type: "array", divide: [16] })
  })

  test("with a fitted record nothing is learned", async () => {
    const { fitted } = await prepared(iris)
    const doubled = JSON.parse(JSON.stringify(fitted))
    for (const column of doubled.input.columns) column.divide *= 2
    const halved = await prepared(iris, examples, { fitted: doubled })
    const whole = await prepared(iris)
    expect(halved.fitted).toEqual(doubled)
    const first = ({ train }: Prepared<Arrays>) => arrayOf(train.inputs, "").data[0] ?? 0
    expect(first(halved)).toBeCloseTo(first(whole) / 2, 6)
  })

  test("rows to test on may have a source of their own, prepared by what the training rows say", async () => {
    const lines = readFileSync(join(examples, "data/iris.csv"), "utf8").trim().split("\n")
    writeFileSync(join(scratch, "train.csv"), lines.join("\n"))
    writeFileSync(join(scratch, "test.csv"), [...lines.slice(0, 3), lines[60], lines[120]].join("\n"))
    const {
      facts,
      lock,
      test: held,
    } = await prepared({ ...iris, source: csv("train.csv"), test: csv("test.csv"), split: { val: "20%", seed: 4 } }, scratch)
    expect(facts.rows).toEqual({ train: 120, val: 30, test: 4 })
    expect([...(held === undefined ? [] : arrayOf(held.targets, "").data)]).toEqual([0, 0, 1, 2])
    expect(lock.files.map(({ path }) => path)).toEqual(["train.csv", "test.csv"])
  })

  test("toys and arrays of NumPy are rows like any other", async () => {
    expect((await prepared(moons)).facts).toMatchObject({ sample: [2], rows: { train: 30, val: 10, test: 10 } })
    expect((await prepared(moons)).lock.files).toEqual([])
  })
})

describe("what is wrong is said of the document", () => {
  const at = async (data: Data | undefined, directory = examples) =>
    (await refused(data, directory)).map(({ at, code }) => [code, at.path.join(".")])

  test("every column that is absent or forgotten, at once", async () => {
    const data: Data = {
      ...iris,
      columns: { sepal_lenght: { type: "number" }, petal_width: { type: "number" }, specie: { type: "class" } },
      split: { ...iris.split, stratify: "kind" },
    }
    const findings = await refused(data)
    expect(findings.map(({ at, code }) => [code, at.path.join(".")])).toEqual([
      ["D301", "data.columns.sepal_lenght"],
      ["D301", "data.columns.specie"],
      ["D302", "data.columns"],
      ["D301", "data.split.stratify"],
    ])
    expect(findings[0]?.fix).toMatchObject({ text: "sepal_length" })
    expect(findings[2]?.message).toBe("`data.columns` does not declare `sepal_width`, `petal_length`")
    expect(findings[2]?.help).toBe('they look like `sepal_width: number, petal_length: number`; or add `"*": ignore`')
  })

  test("columns that are not declared are proposed as their cells suggest", async () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) => `${i};${i % 2 === 0 ? `${i},5` : "NA"};${["a", "b", "c"][i % 3]};2024-01-0${(i % 9) + 1};y`,
    )
    writeFileSync(join(scratch, "odd.csv"), `row;size;my kind;day;same\n${rows.join("\n")}\n`)
    const source = csv("odd.csv")
    const [none] = await refused({ source, split: { seed: 1 } }, scratch)
    expect(none?.help).toBe(
      'the columns look like `row: id, size: { type: number, decimal: ",", missing: median }, "my kind": category, day: date, same: ignore`; give the one to predict the type `class`, or `role: target`',
    )
    const columns: Data["columns"] = {
      row: { type: "ignore" },
      "my kind": { type: "class" },
      day: { type: "ignore" },
      same: { type: "ignore" },
    }
    const [one] = await refused({ source, columns, split: { seed: 1 } }, scratch)
    expect(one?.help).toBe(
      'it looks like `size: { type: number, decimal: ",", missing: median }` (numbers from 0.5 to 28.5, with decimals after ","); or add `"*": ignore`',
    )
  })

  test.each<[string, Data | undefined, ReadonlyArray<readonly [string, string]>]>([
    ["no data", undefined, [["D300", "data"]]],
    ["a missing file", { ...iris, source: csv("data/irs.csv") }, [["D305", "data.source.csv.path"]]],
    [
      "missing labels",
      { ...digits, source: { idx: { images: "data/digits-images.idx.gz", labels: "none" } } },
      [["D305", "data.source.idx.labels"]],
    ],
    ["images of another size", { ...digits, image: { size: [8, 9] } }, [["D305", "data.image.size"]]],
    [
      "parts of more rows than there are",
      { ...iris, split: { val: "70%", test: "40%", seed: 1 } },
      [["D304", "data.split.test"]],
    ],
    ["no rows left to learn from", { ...iris, split: { val: "60%", test: "40%", seed: 1 } }, [["D304", "data.split.train"]]],
    [
      "no target",
      { ...iris, columns: { "*": { type: "number" }, species: { type: "ignore" } }, split: { seed: 1 } },
      [["D303", "data.columns"]],
    ],
    ["no columns", { source: iris.source, split: { seed: 1 } }, [["D302", "data"]]],
    ["two sets of test rows", { ...iris, test: iris.source }, [["D304", "data.split.test"]]],
    [
      "nothing to stratify by",
      { ...digits, split: { val: "10%", stratify: "digit", seed: 1 } },
      [["D301", "data.split.stratify"]],
    ],
    [
      "cells that are no numbers",
      { ...iris, columns: { "*": { type: "number" }, petal_width: { type: "class" } }, split: { seed: 1 } },
      [["D305", "data.source.csv.path"]],
    ],
  ])("%s", async (_, data, wanted) => {
    expect(await at(data)).toEqual(wanted)
  })

  test("a wrong cell names file, line, row and column", async () => {
    writeFileSync(join(scratch, "cells.csv"), "x,label\n1,a\nfoo,b\n3,a\n4,b\n")
    const data: Data = {
      source: csv("cells.csv"),
      columns: { x: { type: "number" }, label: { type: "class" } },
      split: { seed: 1 },
    }
    const [finding] = await refused(data, scratch)
    expect(finding?.message).toBe(`${join(scratch, "cells.csv")}:3: row 2, column \`x\`: got "foo", wanted a finite number`)
    expect(finding?.related).toEqual([{ at: { path: ["data", "columns", "x"] }, label: "the type of the column" }])
  })
})

describe("preview", () => {
  test("small sources are known exactly", async () => {
    const { extents, inputEnds, ...facts } = (await surveyed(iris)).facts
    expect(facts).toEqual((await prepared(iris)).facts)
    expect(extents?.map(({ column }) => column)).toEqual(["sepal_length", "sepal_width", "petal_length", "petal_width"])
    expect(inputEnds?.[""]?.test?.largest).toMatchObject({ column: "sepal_width", place: "line 17" })
  })

  test("what the document says counts even where a file is missing", async () => {
    const { facts, findings } = await surveyed({ ...digits, source: { idx: { images: "none.idx", labels: "none.idx" } } })
    expect(facts).toEqual({ sample: [8, 8, 1] })
    expect(findings).toMatchObject([{ code: "D305" }])
  })

  test("a small gzip file that unpacks to too many cells is refused", async () => {
    const [member, rows] = [gzipSync(`${",".repeat(127)}\n`.repeat(50_000)), 550_000]
    const header = `${Array.from({ length: 127 }, (_, i) => `x${i}`).join(",")},c\n`
    writeFileSync(join(scratch, "packed.csv.gz"), Buffer.concat([gzipSync(header), ...Array(rows / 50_000).fill(member)]))
    const columns: Data["columns"] = { "*": { type: "number" }, c: { type: "class" } }
    const { findings } = await surveyed({ source: csv("packed.csv.gz"), columns, split: { seed: 1 } }, scratch)
    expect(findings.map(({ at, code, message }) => [code, message.replace(/^.*: /u, ""), at.path])).toEqual([
      ["D305", "the table is at least 50,000,128 cells; the limit is 50,000,000 cells", ["data", "source", "csv", "path"]],
    ])
  })

  test.each([
    ["a,b\n1,2\n3,4\n5,6\n", undefined],
    ["a,b\n1,2\n3,4\n5,6\n7,8\n", "the table is at least 8 cells; the limit is 6 cells"],
    ['a\n1\n"a\nb\nc\nd"\n', undefined],
    ["a,b\n1,2\n3\n", "line 3: row 2 has 1 cell, wanted 2, one for each column"],
    [`a\n${"x".repeat(57)}\n`, undefined],
    [`a\n${"x".repeat(58)}\n`, "the text is at least 61 bytes; the limit is 60 bytes"],
  ])("the unpacked text %j", async (text, message) => {
    const found = async (bytes: Uint8Array) => (await Effect.runPromise(refusal(bytes, { cells: 6 }, 60)))?.message
    expect(await found(gzipSync(text))).toBe(message)
    // A file may have several members, which end anywhere in a line.
    for (let at = 1; at < text.length; at++)
      expect(await found(Buffer.concat([gzipSync(text.slice(0, at)), gzipSync(text.slice(at))]))).toBe(message)
    expect(await found(gzipSync(text).subarray(0, 12))).toMatch(/the file ends at byte 12, in the middle of its gzip data/)
  })

  test("of large sources the header is read", async () => {
    const rows = 1_400_000
    const header = Buffer.from([0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2])
    header.writeUInt32BE(rows, 4)
    writeFileSync(join(scratch, "images.idx"), Buffer.concat([header, Buffer.alloc(rows * 4)]))
    copyFileSync(join(examples, "data/digits-labels.idx.gz"), join(scratch, "labels.idx"))
    const source = { idx: { images: "images.idx", labels: "labels.idx" } }
    // Labels are a byte a row, so they are read.
    const target = { type: "class", name: "label", classes: [..."0123456789"] }
    const { facts, findings } = await surveyed({ source, split: { seed: 1 } }, scratch)
    expect(facts).toEqual({ sample: [2, 2], target, extents: [{ extent: [0, 0] }] })
    expect(findings).toMatchObject([
      { code: "D305", message: "there are 1,400,000 inputs but 1,797 targets; wanted one target for each input" },
    ])

    writeFileSync(join(scratch, "large.csv"), `a,b,label\n${"1,2,x\n1,2,y\n".repeat(400_000)}`)
    const table: Data = {
      source: csv("large.csv"),
      columns: { "*": { type: "number" }, label: { type: "class" } },
      split: { seed: 1 },
    }
    expect(await surveyed(table, scratch)).toEqual({
      facts: {
        sample: [2],
        target: { type: "class", name: "label" },
        extents: [
          { column: "a", extent: [1, 1] },
          { column: "b", extent: [2, 2] },
        ],
      },
      findings: [],
    })
    const wrong: Data = { ...table, columns: { a: { type: "number" }, lable: { type: "class" } } }
    expect((await surveyed(wrong, scratch)).findings.map(({ code }) => code)).toEqual(["D301", "D302"])
  })
})

describe("division", () => {
  test("shares and counts", () => {
    expect(partOf("12.5%")).toEqual({ share: 0.125 })
    expect(partOf(40)).toEqual({ count: 40 })
  })

  test("every row is in one part, and a part of nothing is no part", () => {
    const raw = { inputs: NDArray.make("f32", [100, 1], new Float32Array(100)) }
    const parts = Result.getOrThrow(divide(raw, { val: "20%", test: 0, seed: 9 }))
    expect(Object.keys(parts).sort()).toEqual(["train", "val"])
    expect([...(parts.train ?? []), ...(parts.val ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test("a larger test part leaves the validation rows as they are", () => {
    const raw = { inputs: NDArray.make("f32", [100, 1], new Float32Array(100)) }
    const val = (test: string) => [...(Result.getOrThrow(divide(raw, { val: "20%", test, seed: 9 })).val ?? [])]
    expect(val("30%")).toEqual(val("10%"))
  })
})

describe("baseline", () => {
  const classes = (labels: ReadonlyArray<number>): Dataset.Dataset => ({
    inputs: NDArray.make("f32", [labels.length, 1], new Float32Array(labels.length)),
    targets: NDArray.make("i32", [labels.length], Int32Array.from(labels)),
    classes: ["a", "b"],
  })
  const numbers = (values: ReadonlyArray<number>): Dataset.Dataset => ({
    inputs: NDArray.make("f32", [values.length, 1], new Float32Array(values.length)),
    targets: NDArray.make("f32", [values.length, 1], Float32Array.from(values)),
  })

  test("the most common class, and the mean", () => {
    expect(baseline(classes([1, 1, 0]), classes([1, 0, 0, 0]))).toEqual({ kind: "majority", class: "b", accuracy: 0.25 })
    expect(baseline(numbers([1, 3]), numbers([2, 4]))).toEqual({ kind: "mean", mse: 2 })
  })

  test("rows count by their weights, as in scores", () => {
    const weighted = (dataset: Dataset.Dataset, ...weights: ReadonlyArray<number>): Dataset.Dataset => ({
      ...dataset,
      weights: NDArray.make("f32", [weights.length], Float32Array.from(weights)),
    })
    const on = weighted(classes([0, 1, 0]), 3, 1, 0)
    expect(baseline(weighted(classes([1, 1, 0]), 1, 1, 4), on)).toEqual({ kind: "majority", class: "a", accuracy: 0.75 })
    // The mean of 1 and 5 with the weights 3 and 1 is 2, and the errors are 0 and 4.
    expect(baseline(weighted(numbers([1, 5]), 3, 1), weighted(numbers([2, 4]), 1, 3))).toEqual({ kind: "mean", mse: 3 })
  })

  test("the mean of what was measured, beside that of what is learned", () => {
    const scaled = { scale: 10, shift: 5, curve: "none" } as const
    expect(baseline(numbers([1, 3]), numbers([2, 4]), [scaled])).toEqual({ kind: "mean", mse: 200, scaled: 2 })
    const logarithm = { scale: Math.LN2, shift: 0, curve: "expm1" } as const
    const { mse } = baseline(numbers([0, 2]), numbers([1]), [logarithm]) as { readonly mse: number }
    // Of 0 and 3 the mean is 1.5, and what is asked for is 1.
    expect(mse).toBeCloseTo(0.25, 12)
  })
})

describe("columns beside inputs and targets", () => {
  const write = (name: string, text: string): string => {
    writeFileSync(join(scratch, name), text)
    return name
  }
  const patients = Array.from({ length: 60 }, (_, i) => `p${i % 13},${i},${1 + (i % 3)},${i % 2 === 0 ? "no" : "yes"}`)
  const file = write("patients.csv", `patient,x,w,y\n${patients.join("\n")}\n`)
  const data = (columns: Data["columns"], split: Data["split"] = { val: "20%", test: "20%", seed: 1 }, path = file): Data => ({
    source: csv(path),
    columns: columns ?? {},
    split,
  })
  const columns = { x: { type: "number" }, w: { type: "weight" }, y: { type: "class" } } as const

  test("rows of a group stay in one part, by the type of a column or by the split, to the same parts", async () => {
    const typed = await prepared(data({ ...columns, patient: { type: "group" } }), scratch)
    const split = { val: "20%", test: "20%", seed: 1, group: "patient" } as const
    const named = await prepared(data({ ...columns, patient: { type: "ignore" } }, split), scratch)
    expect(named.lock.split).toBe(typed.lock.split)
    const groupsOf = (part: "train" | "val" | "test") =>
      new Set(Array.from(typed.origins[part]?.rows ?? [], (row) => patients[row]?.split(",")[0] ?? ""))
    const parts = [groupsOf("train"), groupsOf("val"), groupsOf("test")]
    expect(parts.map(({ size }) => size).reduce((sum, size) => sum + size, 0)).toBe(13)
    expect(parts.every(({ size }) => size > 0)).toBe(true)
    expect(typed.facts.sample).toEqual([1])
  })

  test("rows of a group stay in one part in a stratified split and in folds too", async () => {
    for (const split of [
      { val: "20%", test: "20%" },
      { folds: 4, fold: 3, test: "20%" },
    ] as const) {
      const wanted = { ...split, stratify: "y", seed: 1 }
      const { origins } = await prepared(data({ ...columns, patient: { type: "group" } }, wanted), scratch)
      const parts = (["train", "val", "test"] as const).map((part) =>
        Array.from(origins[part]?.rows ?? [], (row) => patients[row] ?? ""),
      )
      const groups = parts.map((rows) => new Set(rows.map((row) => row.split(",")[0])))
      expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(13)
      for (const rows of parts) expect(rows.filter((row) => row.endsWith("yes")).length / rows.length).toBeCloseTo(0.5, 0)
    }
  })

  test("weights are in every part, with a mean of 1 over the training rows", async () => {
    const { test: held, train, val } = await prepared(data({ ...columns, patient: { type: "id" } }), scratch)
    const weights = [...(train.weights?.data ?? [])]
    expect(weights).toHaveLength(36)
    expect(weights.reduce((sum, weight) => sum + weight, 0) / 36).toBeCloseTo(1, 6)
    expect([val?.weights?.shape, held?.weights?.shape]).toEqual([[12], [12]])
  })

  test.each([
    [
      data({ ...columns, patient: { type: "group" } }, { val: "20%", by: "order", seed: 1 }),
      "a split in the order of the rows cannot keep groups together",
      ["data", "split", "by"],
    ],
    [
      data({ ...columns, patient: { type: "ignore" } }, { val: "20%", group: "patent", seed: 1 }),
      "the data has no column `patent`",
      ["data", "split", "group"],
    ],
    [
      data({ ...columns, patient: { type: "weight" } }),
      "`patient` is a second weight: a row has one",
      ["data", "columns", "patient"],
    ],
    [
      data({
        ...columns,
        patient: { type: "ordinal", order: ["p0", "p1"], role: "target", missing: "median" },
        y: { type: "ignore" },
      }),
      "`patient` is a target: replacing blanks by `median` would score rows against an invented value",
      ["data", "columns", "patient", "missing"],
    ],
  ])("%# is refused: %s", async (wrong, message, path) => {
    const findings = await refused(wrong, scratch)
    const found = findings.find((each) => each.message === message)
    expect(found?.at.path).toEqual(path)
  })

  test("a blank group is located", async () => {
    const blank = write("blank-group.csv", `patient,x,w,y\np1,1,1,no\n,2,1,yes\n${patients.join("\n")}\n`)
    const [found] = await refused(data({ ...columns, patient: { type: "group" } }, undefined, blank), scratch)
    expect(found?.message).toContain("3: row 2, column `patient`: got a blank, wanted the group of the row")
    const dropped = data({ ...columns, patient: { type: "group", missing: "drop" } }, undefined, blank)
    expect((await prepared(dropped, scratch)).facts.dropped).toEqual([{ column: "patient", rows: 1 }])
  })
})
