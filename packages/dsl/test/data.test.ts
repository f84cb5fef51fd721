/** The section `data`: how sources, columns, targets and splits are written, and what becomes of the rows. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Dataset from "@adjoint/core/data/Dataset"
import * as Npz from "@adjoint/core/data/Npz"
import * as Source from "@adjoint/core/data/Source"
import * as NDArray from "@adjoint/core/types/NDArray"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Result } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as Model from "../src/Model.ts"
import { known } from "../src/prepare/Known.ts"
import { prepare } from "../src/prepare/Prepare.ts"
import type { Prepared } from "../src/prepare/Prepared.ts"
import { preview } from "../src/prepare/Preview.ts"
import * as Progress from "../src/prepare/Progress.ts"
import { read, withFacts } from "../src/Read.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { fromText } from "../src/source/Source.ts"
import { completed, shown } from "./reading.ts"

const scratch = mkdtempSync(join(tmpdir(), "adjoint-data-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
beforeAll(() => {
  writeFileSync(
    join(scratch, "rows.data"),
    Array.from({ length: 40 }, (_, i) => `${i} ${i % 7} ${i % 2 ? "up" : "down"}\n`).join(""),
  )
  const gaps = Array.from(
    { length: 40 },
    (_, i) => `${i},${i % 5 === 0 ? "NA" : i % 7},${i % 10 === 3 ? "" : i % 2 ? "up" : "down"}\n`,
  )
  writeFileSync(join(scratch, "gaps.csv"), `a,b,y\n${gaps.join("")}`)
  writeFileSync(join(scratch, "test.csv"), "a,b,y\n1,2,up\n2,NA,down\n3,4,\n5,6,down\n")
  const x = NDArray.make(
    "f32",
    [20, 2],
    Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)),
  )
  const y = NDArray.make(
    "f32",
    [20],
    Float32Array.from({ length: 20 }, (_, i) => i % 3),
  )
  writeFileSync(
    join(scratch, "rows.bin"),
    Npz.encode([
      ["x", x],
      ["y", y],
      ["other", NDArray.make("u8", [1], Uint8Array.of(1))],
    ]),
  )
  const large = Array.from({ length: 60 }, (_, i) => `${i},${1e6 * i}\n`)
  writeFileSync(join(scratch, "large.csv"), `a,y\n${large.join("")}`)
})

/** The section as it is decoded, whatever the checks say of the model beside it. */
const dataOf = (section: string) => read(fromText("m.yaml", completed(`data: ${section}\n`))).decoded?.data
const run = <A, E>(effect: Effect.Effect<A, E, never>) => Effect.runPromise(effect)
const prepared = (section: string) =>
  run(
    prepare({ ...(dataOf(section) === undefined ? {} : { data: dataOf(section) as never }) }, scratch).pipe(
      Effect.provide(NodeFileSystem.layer),
    ),
  )
/** All that is said of a file once its data has been looked at. */
const looked = async (text: string): Promise<ReadonlyArray<string>> => {
  const reading = read(fromText("m.yaml", completed(`${text}train: { batch: 8 }\n`)))
  const known = await run(preview(reading.sections, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
  return withFacts(reading, known)
    .diagnostics.filter(({ message }) => !message.startsWith("the head predicts"))
    .map(({ code, help, message }) => `${code} ${message}${help === undefined ? "" : ` = ${help}`}`)
}

describe("sources", () => {
  test.each([
    ["rows.csv", { csv: { path: "rows.csv", delimiter: "auto" } }],
    ["rows.tsv.gz", { tsv: { path: "rows.tsv.gz" } }],
    ["{ csv: ./rows.data }", { csv: { path: "./rows.data", delimiter: "auto" } }],
    ["{ csv: { path: rows, delimiter: '|', header: false } }", { csv: { path: "rows", delimiter: "|", header: false } }],
    ["{ npz: rows.bin }", { npz: { path: "rows.bin", inputs: "inputs", targets: "targets" } }],
  ])("%s", (written, document) => {
    expect(dataOf(`{ source: ${written}, columns: { a: number, y: class } }`)?.source).toEqual(document)
  })
  test.each(["'||'", "''", "'\"'", "5"])("the delimiter %s is refused", (delimiter) => {
    expect(
      shown(completed(`data: { source: { csv: { path: a, delimiter: ${delimiter} } }, columns: { a: number, y: class } }\n`)),
    ).toContain("expected one character, or `auto`, got")
  })
  test("defaults are those of the entries", () => {
    for (const [name, { fields }] of Object.entries(Source.kinds)) {
      const files = Object.entries<{ readonly kind: string }>(fields).flatMap(([option, { kind }]) =>
        kind === "path" ? [`${option}: f`] : [],
      )
      const source = dataOf(`{ source: { ${name}: { ${files.join(", ")} } }, columns: { a: number, y: class } }`)?.source ?? {}
      expect(Source.recorded({ name, options: source[name] ?? {} })).toEqual(Source.recorded({ name, options: {} }))
    }
  })
  test("a file of any name is read as the kind that is named, and the record keeps how", async () => {
    const { facts, fitted } = await prepared(
      "{ source: { csv: { path: rows.data, header: false, delimiter: ' ' } }, columns: { c1: number, c2: number, c3: class } }",
    )
    expect([facts.sample, facts.rows]).toEqual([[2], { train: 28, val: 6, test: 6 }])
    expect(Source.tableOptions(fitted)).toEqual({ delimiter: " ", header: false })
    const arrays = await prepared("{ source: { npz: { path: rows.bin, inputs: x, targets: y } }, target: class }")
    expect(arrays.fitted.source).toEqual({ name: "npz", options: { inputs: "x", targets: "y" } })
  })
  test("a delimiter that makes one column is reported with the way out", async () => {
    expect(
      await looked(
        "data: { source: { csv: { path: rows.data, header: false, delimiter: ';' } }, columns: { c1: number, c2: number, c3: class } }\n",
      ),
    ).toEqual([
      'D301 the data has only one column, `c1` = set the character between the cells, as in `{ csv: { path: …, delimiter: " " } }` for spaces',
    ])
  })
  test("generated rows are no files", async () => {
    expect((await prepared("{ source: moons }")).fitted.source).toBeUndefined()
  })
})

describe("splits", () => {
  test.each([
    ["{ seed: 1 }", { val: "15%", test: "15%", seed: 1 }],
    ["{ stratify: y }", { val: "15%", test: "15%", stratify: "y", seed: 0 }],
    ["{ unlabelled: 10% }", { val: "15%", test: "15%", unlabelled: "10%", seed: 0 }],
    ["{}", { val: "15%", test: "15%", seed: 0 }],
    ["{ val: 20% }", { val: "20%", seed: 0 }],
    ["{ train: 80% }", { train: "80%", seed: 0 }],
    ["{ test: 0, seed: 3 }", { test: 0, seed: 3 }],
  ])("%s", (written, split) => {
    expect(dataOf(`{ source: a.csv, columns: { a: number, y: class }, split: ${written} }`)?.split).toEqual(split)
  })
  test("with test rows of their own, 15 % to validate", () => {
    const section = (split: string) => dataOf(`{ source: a.csv, test: b.csv, columns: { a: number, y: class }${split} }`)?.split
    expect([section(""), section(", split: { seed: 4 }")]).toEqual([
      { val: "15%", seed: 0 },
      { val: "15%", seed: 4 },
    ])
  })
  test("a document reads as itself", () => {
    const { split } = dataOf("{ source: moons, split: { seed: 1 } }") ?? {}
    expect(dataOf(`{ source: moons, split: ${JSON.stringify(split)} }`)?.split).toEqual(split)
  })
})

describe("columns and images", () => {
  test("one column may have a name or be replaced by its component", () => {
    const data = "data: { source: { csv: { path: a.csv, names: [a] } }, columns: { a: number, y: class }, pca: { columns: [a] } }"
    expect(shown(completed(`${data}\n`))).not.toContain("names or more")
  })

  test.each([
    ["columns: { a: { type: number, scale: standart }, y: class }", "data.columns.a.scale"],
    ["columns: { a: { type: number, clip: [3, 1] }, y: class }", "data.columns.a.clip: expected the lower bound first"],
    ["columns: { a: { type: number, clip: { quantiles: [0.9, 0.1] } }, y: class }", "expected the lower share first"],
    ["columns: { a: { type: number, missing: .nan }, y: class }", "data.columns.a.missing: expected a number, `error`"],
    ["columns: { a: { type: number, decimal: ';' }, y: class }", "data.columns.a.decimal: expected `.` or `,`, got"],
    [
      "columns: { a: { type: number, decimal: ',', thousands: ',' }, y: class }",
      "expected different marks for `decimal` and `thousands`",
    ],
    ["columns: { a: { type: class, missing: most_common } }", "data.columns.a.missing: expected `error` or `drop`, got"],
    ["columns: { a: { type: ignore, missing: drop }, y: class }", "unknown key `missing` in data.columns.a"],
    ["image: { size: [0, 8] }", "data.image.size[0]: expected a whole number > 0, got 0"],
    ["image: { size: [8, 8], scale: { max: 0 } }", "data.image.scale.max: expected a number > 0, got 0"],
    ["image: { size: [8, 8], colour: true }", "unknown key `colour` in data.image"],
    ["target: klass", "there is no target type `klass`"],
    ["target: { type: class, names: [a] }", "data.target.names: expected two names or more"],
    ["columns: { a: { type: ordinal, order: [low] }, y: class }", "data.columns.a.order: expected two names or more"],
    ["columns: { a: { type: date, parts: [] }, y: class }", "data.columns.a.parts: expected one word or more"],
    ["columns: { a: { type: number, bins: [] }, y: class }", "data.columns.a.bins: expected one edge or more"],
    ["columns: { a: number, y: class }, pca: { columns: [] }", "data.pca.columns: expected one name or more"],
    ["target: { type: class, names: [a, a] }", "expected every name once"],
    ["target: { names: [a, b] }", "`type` is missing"],
  ])("%s is refused", (written, message) => {
    expect(shown(completed(`data: { source: a.csv, ${written} }\n`))).toContain(message)
  })
})

describe("rows with blanks", () => {
  const columns = "columns: { a: number, b: { type: number, missing: drop }, y: { type: class, missing: drop } }"
  test("are left out before rows are divided, and counted", async () => {
    const {
      facts,
      origins: { train: origin = { rows: [] } },
      test: held,
      train,
      val,
    } = await prepared(`{ source: gaps.csv, ${columns} }`)
    // 8 rows lack `b`, 4 lack `y`, none both
    expect(facts.dropped).toEqual([
      { column: "b", rows: 8 },
      { column: "y", rows: 4 },
    ])
    expect([facts.rows, facts.counts]).toEqual([{ train: 20, val: 4, test: 4 }, expect.any(Array)])
    expect([train, val, held].map((part) => part && Dataset.size(part))).toEqual([20, 4, 4])
    for (const row of Array.from(origin.rows)) expect([row % 5 === 0, row % 10 === 3]).toEqual([false, false])
    expect(Array.from(origin.rows, (row) => origin.line?.(row))).toEqual(Array.from(origin.rows, (row) => row + 2))
  })
  test("of test rows of their own too", async () => {
    const { facts, test: held } = await prepared(`{ source: gaps.csv, test: test.csv, ${columns} }`)
    expect([facts.rows.test, held?.inputs.shape]).toEqual([2, [2, 2]])
    expect(facts.dropped).toEqual([
      { column: "b", rows: 9 },
      { column: "y", rows: 5 },
    ])
  })
  test("no word is said where none is left out", async () => {
    expect(
      (
        await prepared(
          "{ source: large.csv, columns: { a: { type: number, missing: drop }, y: { type: number, role: target } } }",
        )
      ).facts.dropped,
    ).toBeUndefined()
  })
  test("a target for which something is to stand is refused with the way out", async () => {
    const section =
      "data: { source: gaps.csv, columns: { a: { type: number, scale: standard }, y: ignore, b: { type: number, role: target, missing: mean } } }\n"
    expect(await looked(section)).toEqual([
      "D305 `b` is a target: replacing blanks by `mean` would score rows against an invented value = `missing: drop` removes rows without a target",
    ])
    expect(await looked(section.replace("mean", "drop"))).toEqual([])
  })
  test("a blank class says how its row is left out", async () => {
    expect((await looked("data: { source: gaps.csv, columns: { a: number, b: ignore, y: class } }\n")).join("\n")).toMatch(
      /D305 .*row 4, column `y`: got a blank, wanted one of "down", "up" = `missing: drop` leaves out rows with a blank/,
    )
  })
})

describe("targets", () => {
  const model = "model: { layers: [{ dense: 4 }, { head: label }] }\n"
  const source = "source: { npz: { path: rows.bin, inputs: x, targets: y } }"
  test("whole numbers in floats are asked about, unless the document says what they are", async () => {
    expect(await looked(`data: { ${source} }\n${model}`)).toEqual([
      "A630 the targets are the 3 whole numbers from 0 to 2, stored as floats, and are treated as quantities: are they class labels? = add `target: class` to `data` if they are class labels, `target: number` if they are quantities",
    ])
    for (const target of ["class", "number", "{ type: class, names: [a, b, c] }"])
      expect(await looked(`data: { ${source}, target: ${target} }\n${model}`)).toEqual([])
  })
  test("names of classes are known", async () => {
    const { facts } = await prepared(`{ ${source}, target: { type: class, names: [a, b, c] } }`)
    expect(facts.target).toMatchObject({ type: "class", name: "label", classes: ["a", "b", "c"] })
  })
  test("of a table are columns", async () => {
    expect(
      await looked(
        "data: { source: gaps.csv, target: class, columns: { a: number, b: ignore, y: { type: class, missing: drop } } }\n",
      ),
    ).toEqual([
      "D303 `target` is only for arrays; in a table, a column is the target = give a column the type `class`, or `role: target`",
    ])
  })
  test("that are large and not scaled get advice", async () => {
    const section = (options: string) =>
      looked(
        `data: { source: large.csv, columns: { a: { type: number, scale: standard }, y: { type: number, role: target${options} } } }\nmodel: { layers: [{ dense: 4 }, { head: y }] }\n`,
      )
    expect(await section("")).toEqual([
      "A611 the target `y` is not scaled: its values go from 0 to 57,000,000, but the first outputs of a net are near 0 = add `scale: standard`",
    ])
    expect(await section(", scale: standard")).toEqual([])
    expect(await section(", transform: log1p, scale: minmax")).toEqual([])
  })
})

describe("what inputs lose", () => {
  test("whole numbers that 32-bit floats round are reported, where nothing scales them", async () => {
    writeFileSync(
      join(scratch, "times.csv"),
      `t,y\n${Array.from({ length: 40 }, (_, i) => `${1_700_000_000 + i},${i % 2 ? "a" : "b"}\n`).join("")}`,
    )
    const found = await looked(
      "data: { source: times.csv, columns: { t: number, y: class } }\nmodel: { layers: [{ dense: 4 }, { head: y }] }\n",
    )
    expect(found.join("\n")).toContain("unscaled, whole numbers above 16,777,216 are rounded to 24 binary digits")
  })
})

describe("large tables", () => {
  test("are known by their first rows, those with a blank left out, and prepared when they are needed", async () => {
    const rows = Array.from({ length: 600_000 }, (_, i) => `${i % 50},${i % 3 === 0 ? "NA" : 1e6 + (i % 9)}\n`)
    writeFileSync(join(scratch, "long.csv"), `a,y\n${rows.join("")}`)
    const data = dataOf("{ source: long.csv, columns: { a: number, y: { type: number, role: target, missing: drop } } }")
    const found = await run(preview(data === undefined ? {} : { data }, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    expect(found.prepared).toBeUndefined()
    expect(found.facts.extents).toEqual([{ column: "a", extent: [0, 49] }])
    expect(found.facts.targetExtents).toEqual([{ column: "y", extent: [1e6 + 1, 1e6 + 8] }])
  })
})

describe("preparing", () => {
  test("reports what it is at, in order", async () => {
    const events: Array<Progress.Event> = []
    const data = dataOf(
      "{ source: gaps.csv, test: test.csv, columns: { a: number, b: ignore, y: { type: class, missing: drop } } }",
    )
    const effect = prepare(data === undefined ? {} : { data }, scratch)
    await run(
      effect.pipe(
        Progress.listening((event) => Effect.sync(() => events.push(event))),
        Effect.provide(NodeFileSystem.layer),
      ),
    )
    expect(events).toEqual([
      { _tag: "Reading", file: "gaps.csv", bytes: expect.any(Number) },
      { _tag: "Reading", file: "test.csv", bytes: expect.any(Number) },
      { _tag: "Preparing", rows: 44 },
      { _tag: "Prepared", part: "train", rows: 31 },
      { _tag: "Prepared", part: "val", rows: 5 },
      { _tag: "Prepared", part: "test", rows: 3 },
    ])
  })
  test("small sources are given with what is known of them, so that they need not be prepared again", async () => {
    const data = dataOf("{ source: large.csv, columns: { a: number, y: { type: number, role: target } } }")
    const found = await run(preview(data === undefined ? {} : { data }, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    const again = await run(prepare(data === undefined ? {} : { data }, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    const asData = ({ origins, ...prepared }: Prepared) => ({
      ...prepared,
      lines: Object.values(origins).map((origin) => Array.from(origin?.rows ?? [], (row) => origin?.line?.(row))),
    })
    expect(found.prepared && asData(found.prepared)).toEqual(asData(again))
  })
})

describe("in TypeScript", () => {
  const layers = [Model.head("y")]
  const data = (section: NonNullable<Model.Sections["data"]>) => {
    const made = Model.modelFile({ data: section, model: { layers } })
    return Result.isSuccess(made) ? made.success.data : made.failure.message
  }
  test("sources, columns and targets are typed by their entries", () => {
    expect(
      data({
        source: { csv: "./x.data" },
        columns: { a: { type: "number", thousands: "," }, y: { type: "class", missing: "drop" } },
      }),
    ).toMatchObject({
      source: { csv: { path: "./x.data", delimiter: "auto" } },
      columns: { a: { type: "number", thousands: "," }, y: { type: "class", missing: "drop" } },
    })
    expect(data({ source: "x.tsv.gz", columns: { a: "number", y: "class" } })).toMatchObject({
      source: { tsv: { path: "x.tsv.gz" } },
    })
  })
  test("what a file cannot say cannot be said", () => {
    // @ts-expect-error a kind of file that there is none of
    const feather: Model.Source = { feather: "x" }
    // @ts-expect-error an ending that says no kind
    const sheet: Model.Source = "x.xlsx"
    // @ts-expect-error a class takes nothing for a blank
    const columns: NonNullable<Model.Sections["data"]>["columns"] = { y: { type: "class", missing: "mean" } }
    expect([feather, sheet, columns]).toHaveLength(3)
  })
})

describe("columns of every kind", () => {
  const columnOf = (column: string) => {
    const text = `schema: 1\ndata: { source: a.csv, columns: { a: ${column}, y: class } }\nmodel: { layers: [{ head: y }] }\n`
    const { diagnostics, document } = read(fromText("m.yaml", text))
    return diagnostics[0]?.message ?? document?.data?.columns?.a
  }
  test.each([
    ["{ type: number, bins: [0, 18], encode: ordinal }", { type: "number", bins: [0, 18], encode: "ordinal" }],
    ["{ type: number, bins: { quantiles: 4 } }", { type: "number", bins: { quantiles: 4 } }],
    ["{ type: number, missing: { constant: -1 } }", { type: "number", missing: { constant: -1 } }],
    [
      "{ type: category, rare: 1%, missing: { constant: none } }",
      { type: "category", rare: "1%", missing: { constant: "none" } },
    ],
    ["{ type: date, parts: [month, elapsed], cyclic: true }", { type: "date", parts: ["month", "elapsed"], cyclic: true }],
    ["id", { type: "id" }],
    ["{ type: weight, missing: 1 }", { type: "weight", missing: 1 }],
    ["ordinal", "`order` is missing in data.columns.a"],
    ["{ type: ordinal, order: [low] }", /data\.columns\.a\.order/],
    ["{ type: number, bins: 1 }", /expected a number of bins, a list of rising edges or \{ quantiles/],
    ["{ type: number, bins: [2, 1] }", /expected a number of bins|expected rising edges/],
    ["{ type: number, bins: 3, scale: standard }", /`bins` without `transform` and `scale`/],
    ["{ type: number, role: target, transform: quantile }", /for a target neither `bins` nor a quantile transform/],
    ["{ type: number, transform: log2 }", /data\.columns\.a\.transform/],
    ["{ type: category, rare: 0 }", /expected a number of rows, or a share of them such as 1%/],
    ["{ type: category, missing: mean }", /expected `error`, `drop`, `most_common`, `category` or \{ constant: a text \}/],
    ["{ type: date, parts: [month, month] }", /expected every word once/],
    ["{ type: date, format: DD }", { type: "date", format: "DD" }],
    ["{ type: date, format: week }", /a `format` that is iso, unix, unix_ms or a pattern/],
    ["{ type: set, role: target, missing: indicator }", /for a target `missing: error`, `drop` or `empty`/],
    ["{ type: binary, names: [a, b, c] }", /two `names`/],
    ["datetime", "data.columns.a: there is no column type `datetime`"],
    ["{ type: weights }", "data.columns.a: there is no column type `weights`"],
  ] as const)("%s", (column, wanted) => {
    if (wanted instanceof RegExp) expect(columnOf(column)).toMatch(wanted)
    else expect(columnOf(column)).toEqual(wanted)
  })
})

describe("pca", () => {
  const arrays = (pca: string): string => `{ source: { npz: { path: rows.bin, inputs: x, targets: y } }, pca: ${pca} }`
  const columns = (pca: string): string =>
    `{ source: gaps.csv, columns: { a: number, b: { type: number, missing: mean }, y: { type: class, missing: drop } }, pca: ${pca} }`

  test("replaces the inputs of arrays, of columns and of named arrays", async () => {
    expect((await prepared(arrays("{ components: 1 }"))).facts.sample).toEqual([1])
    expect((await prepared(columns("{ components: 1, columns: [a, b] }"))).facts.sample).toEqual([1])
    expect((await prepared(columns("{ whiten: zca }"))).facts.sample).toEqual([2])
    const named = "arrays: { x: { type: number, pca: { variance: 100% } }, y: { type: number, role: target } }"
    expect((await prepared(`{ source: { npz: { path: rows.bin } }, ${named} }`)).facts.sample).toEqual([2])
  })

  test("says the shape of its result before any file is read, unless the rows decide", () => {
    const sampleOf = (section: string) => known(dataOf(section), undefined, standard).sample
    const image = "source: { idx: { images: a.idx, labels: b.idx } }, image: { size: [8, 8] }"
    expect(sampleOf(`{ ${image}, pca: { components: 5 } }`)).toEqual([5])
    expect(sampleOf(`{ ${image}, pca: { whiten: zca } }`)).toEqual([8, 8, 1])
    expect(sampleOf(`{ ${image}, pca: { variance: 90% } }`)).toBeUndefined()
    expect(sampleOf(columns("{ components: 1 }"))).toEqual([1])
    expect(
      sampleOf(
        "{ source: a.csv, columns: { a: number, b: number, c: number, y: class }, pca: { columns: [a, b], components: 1 } }",
      ),
    ).toEqual([2])
  })

  test.each([
    [arrays("{ components: 3 }"), "D309 pca: got 3 components of 2 numbers in a sample, wanted at most 2 = `components: 2`"],
    [arrays("{ columns: [a, b] }"), "D309 pca: got `columns` of arrays, wanted a table = remove `columns`"],
    [columns("{ columns: [a, z] }"), "D309 pca: got `z`, wanted columns of inputs: a, b = check its name and its role"],
  ])("is refused at its place: %s", async (section, message) => {
    expect(await looked(`data: ${section}\n`)).toContain(message)
  })
})
