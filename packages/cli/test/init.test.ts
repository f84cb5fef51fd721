/** `init`: tables and folders of images that no model file describes yet. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Idx from "@adjoint/core/data/Idx"
import * as Npy from "@adjoint/core/data/Npy"
import * as Npz from "@adjoint/core/data/Npz"
import * as NDArray from "@adjoint/core/types/NDArray"
import { describe, expect, test } from "vitest"
import { png } from "../src/plot/Png.ts"
import { root } from "./process.ts"
import { folder, run } from "./world.ts"

const all = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Writes a model file for some data, and returns it. It must check, and train at once for a step. */
const written = async (name: string, content: string | Uint8Array, ...args: ReadonlyArray<string>) => {
  const directory = folder({ [name]: content })
  const { code, stderr, stdout } = await run(["init", join(directory, name), ...args])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const file = join(directory, name.replace(/\.[^.]+$/, ".yaml"))
  expect(await run(["check", file])).toMatchObject({ code: 0 })
  return { file, said: stdout, text: readFileSync(file, "utf8") }
}

const titanic = [
  "passenger,survived,pclass,sex,age,fare,embarked,town,alive,ship",
  ...all(120).map((i) => {
    const survived = i % 3 === 0 ? 1 : 0
    const town = i % 4 === 0 ? "C,Cherbourg" : "S,Southampton"
    const fare = i === 7 ? 512 : 5 + ((i * 7) % 11)
    return `${i + 1},${survived},${1 + (i % 3 === 0 ? i % 2 : i % 3)},${i % 2 ? "male" : "female"},${i % 6 ? 20 + (i % 31) : ""},${fare},${town},${survived ? "yes" : "no"},Titanic`
  }),
].join("\n")

describe("init", () => {
  test("says what each column is for, and why", async () => {
    const { said, text } = await written("titanic.csv", titanic)
    expect(said).toContain("titanic.csv · 120 rows · UTF-8 · `,` · 10 columns")
    for (const line of [
      /passenger: ignore +# it numbers the rows/,
      /survived: \{ type: binary, role: target \} +# the target/,
      /sex: binary\n/,
      /age: \{ type: number, missing: indicator, scale: standard \}/,
      /fare: \{ type: number, transform: log1p, scale: standard \}/,
      /town: ignore +# says the same as embarked/,
      /alive: ignore +# it alone tells the target/,
      /ship: ignore +# the same in all rows/,
      /stratify: survived/,
      /metrics: \[accuracy, auroc\]/,
    ])
      expect(text).toMatch(line)
  })

  test("reads Latin-1, semicolons and decimal commas", async () => {
    const rows = all(60).map((i) => `${i},5;${100 + ((i * i) % 17)};${i % 2 ? "Straße" : "Weg"}`)
    const { text } = await written("eu.csv", Buffer.from(`Größe;Preis;Ort\n${rows.join("\n")}\n`, "latin1"), "--target", "Preis")
    expect(text).toContain('source: { csv: { path: ./eu.csv, encoding: "windows-1252", decimal: "," } }')
    expect(text).toContain('"Größe": { type: number, scale: standard }')
    expect(text).toContain("metrics: [mae, r2]")
  })

  test("finds that there is no header, or a line of counts in its place", async () => {
    const rows = all(90).map((i) => `${i % 7}.5,${i % 5}.25,${i % 3}`)
    const bare = await written("bare.data", `${rows.join("\n")}\n`)
    expect(bare.text).toContain("source: { csv: { path: ./bare.data, header: false } }")
    expect(bare.text).toMatch(/c3: class +# the target/)
    const counted = await written("counted.csv", `90,2,a,b,c\n${rows.join("\n")}\n`)
    expect(counted.text).toContain("source: { csv: { path: ./counted.csv, skip: 1, header: false } }")
    const spaces = await written("spaces.txt", `${rows.map((row) => row.replaceAll(",", "  ")).join("\n")}\n`)
    expect(spaces.text).toContain('delimiter: " "')
  })

  test("keeps rows in the order of time", async () => {
    const rows = all(80).map((i) => `${new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10)},${(i * 7) % 13},${i}.5`)
    const { text } = await written("sales.csv", `day,visitors,sales\n${rows.join("\n")}\n`)
    expect(text).toMatch(/day: \{ type: date, parts: \[year, month, weekday\], cyclic: true \}/)
    expect(text).toContain("split: { by: order,")
  })

  test("gives text, sets and rare classes what they need", async () => {
    const words = ["a good soup", "bad tea again today", "what a lovely little place", "never ever come back here"]
    const rows = all(200).map(
      (i) => `${words[i % 4]} number ${i},${["red|blue", "red", "green|red"][i % 3]},${i % 25 === 0 ? "fraud" : "fine"}`,
    )
    const { text } = await written("notes.csv", `note,tags,label\n${rows.join("\n")}\n`)
    expect(text).toMatch(/note: \{ type: text, /)
    expect(text).toMatch(/tags: \{ type: set, separator: "\|", unknown: ignore \}/)
    expect(text).toContain('inputs: { note: [note], others: "*" }')
    expect(text).toMatch(/class_weight: balanced \} +# the rarest class has 4\.0% of the rows/)
  })

  test("predicts each name of a set", async () => {
    const rows = all(120).map((i) => `${i % 7},${(i * i) % 11},${["red;green", "", "blue", "green;blue"][i % 4]}`)
    const { file, text } = await written("posts.csv", `length,links,tags\n${rows.join("\n")}\n`)
    expect(text).toMatch(
      /tags: \{ type: set, separator: ";", missing: empty, role: target \} +# the target: several names in a cell/,
    )
    expect(text).toContain("split: { train: 70%, val: 15%, test: 15%, seed: 1 }")
    expect(text).toContain("metrics: [f1, auroc]")
    const trained = await run(["train", file, "--runs", join(file, "../runs"), "--set", "train.epochs=30"])
    expect(trained).toMatchObject({ code: 0 })
    expect(trained.stdout).toContain("test.auroc")
  })

  test("reads tables with types", async () => {
    const lines = all(40).map((i) => JSON.stringify({ age: 20 + (i % 9), city: i % 2 ? "Rome" : "Oslo", returned: i % 3 === 0 }))
    const { text } = await written("visits.jsonl", `${lines.join("\n")}\n`, "--target", "returned")
    expect(text).toContain("source: ./visits.jsonl")
    expect(text).toMatch(/returned: \{ type: binary, role: target \}/)
  })

  test("looks into a folder of images", async () => {
    const directory = folder()
    for (const name of ["cat", "dog"]) {
      mkdirSync(join(directory, "pets", name), { recursive: true })
      for (const i of all(8)) {
        const pixels = Uint8Array.from({ length: 32 * 16 }, (_, at) => (at * (i + 1)) % 251)
        writeFileSync(join(directory, "pets", name, `${i}.png`), png({ width: 32, height: 16, channels: 1, pixels }))
      }
    }
    const { code, stdout } = await run(["init", join(directory, "pets")])
    expect({ code, stdout }).toEqual({ code: 0, stdout: "pets · 16 images · 16×32×1 · 2 classes\n  cat · dog\n" })
    const file = join(directory, "pets.yaml")
    expect(readFileSync(file, "utf8")).toContain("image: { size: [16, 32], channels: 1 }")
    expect(await run(["check", file])).toMatchObject({ code: 0 })
  })

  test("sees the images that a table names", async () => {
    const directory = folder()
    mkdirSync(join(directory, "pictures"))
    const rows = all(24).map((i) => {
      const pixels = Uint8Array.from({ length: 12 * 8 }, (_, at) => (i % 2 === 0 ? 200 : 20) + ((at * (i + 1)) % 31))
      writeFileSync(join(directory, "pictures", `${i}.png`), png({ width: 12, height: 8, channels: 1, pixels }))
      return `pictures/${i}.png,${(i * 7) % 11},gone/${i}.jpg,${i % 2 === 0 ? "light" : "dark"}`
    })
    writeFileSync(join(directory, "pets.csv"), `photo,age,scan,kind\n${rows.join("\n")}\n`)
    const { code, stdout } = await run(["init", join(directory, "pets.csv")])
    expect(code).toBe(0)
    expect(stdout).toMatch(/photo +\{ type: image, size: \[8, 12\], channels: 1 \} {2}paths of images/)
    expect(stdout).toMatch(/scan +ignore {2}paths of images, and one cannot be read: .*gone\/0.jpg: there is no such file/)
    const text = readFileSync(join(directory, "pets.yaml"), "utf8")
    expect(text).toContain('inputs: { photo: [photo], others: "*" }')
    expect(text).toContain("- { reshape: [8, 12, 1], from: photo }")
    expect(text).toContain("- concat: [seen1, others]")
    expect(await run(["check", join(directory, "pets.yaml")])).toMatchObject({ code: 0 })
    const alone = rows.map((row) =>
      row
        .split(",")
        .filter((_, i) => i === 0 || i === 3)
        .join(","),
    )
    writeFileSync(join(directory, "alone.csv"), `photo,kind\n${alone.join("\n")}\n`)
    expect((await run(["init", join(directory, "alone.csv")])).code).toBe(0)
    expect(readFileSync(join(directory, "alone.yaml"), "utf8")).toContain("  layers:\n    - reshape: [8, 12, 1]\n    - conv2d")
    expect(await run(["check", join(directory, "alone.yaml")])).toMatchObject({ code: 0 })
  })

  test("reads arrays of images and of measurements, with their test rows", async () => {
    const array = (shape: ReadonlyArray<number>, of: (i: number) => number, dtype: "u8" | "f32" = "u8") => {
      const numbers = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => of(i))
      return NDArray.make(dtype, shape, dtype === "u8" ? Uint8Array.from(numbers) : Float32Array.from(numbers))
    }
    const images = array([60, 8, 6], (i) => (i * 7) % 256)
    const kinds = array([60], (i) => i % 3)
    const both = { x_train: images, y_train: kinds, x_test: images, y_test: kinds }
    const { said, text } = await written("scans.npz", Npz.encode(Object.entries(both)))
    expect(said).toBe("scans.npz · npz · `x_train` and `y_train` · 60 rows of 8×6 · 3 classes\n")
    expect(text).toContain("test: { npz: { path: ./scans.npz, inputs: x_test, targets: y_test } }")
    expect(text).toContain("image: { size: [8, 6], channels: 1, scale: { max: 255 } }")
    const values = { x: array([60, 4], (i) => (i * 13) % 17, "f32"), y: array([60], (i) => i / 7, "f32") }
    const measured = await written("values.npz", Npz.encode(Object.entries(values)))
    expect(measured.text).toContain("  scale: standard\n  target: { type: number, scale: standard }\n")

    const directory = folder({
      "train-images-idx3-ubyte": Idx.encode(images),
      "train-labels-idx1-ubyte": Idx.encode(kinds),
      "t10k-images-idx3-ubyte": Idx.encode(images),
      "t10k-labels-idx1-ubyte": Idx.encode(kinds),
      "odd.npz": Npz.encode([["a", images]]),
      "one.npy": Npy.encode(images),
    })
    const file = join(directory, "m.yaml")
    expect(await run(["init", join(directory, "train-images-idx3-ubyte"), "-o", file])).toMatchObject({ code: 0 })
    expect(readFileSync(file, "utf8")).toContain(
      "test: { idx: { images: ./t10k-images-idx3-ubyte, labels: ./t10k-labels-idx1-ubyte } }",
    )
    expect(await run(["check", file])).toMatchObject({ code: 0 })
    for (const [name, message] of [
      ["odd.npz", "the names of its arrays do not tell"],
      ["one.npy", "is one array, wanted inputs and targets"],
    ] as const)
      expect(await run(["init", join(directory, name)])).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  })

  test("trains at once, as well as a file that was written by hand", async () => {
    const { file } = await written("iris.csv", readFileSync(join(root, "examples/data/iris.csv")))
    const { code, stdout } = await run(["train", file, "--runs", join(file, "../runs"), "--json"])
    const summary = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")
    expect({ code, event: summary.event }).toEqual({ code: 0, event: "summary" })
    expect(summary.test.accuracy).toBeGreaterThan(0.9)
  })

  test("overwrites nothing, and refuses what it cannot use", async () => {
    const directory = folder({ "a.csv": "x,y\n1,2\n", "a.yaml": "mine", "b.csv": "", "c.npz": Uint8Array.of(80, 75, 5, 6) })
    const at = (name: string) => join(directory, name)
    expect(await run(["init", at("a.csv")])).toMatchObject({ code: 2, stderr: expect.stringContaining("is there already") })
    expect(readFileSync(at("a.yaml"), "utf8")).toBe("mine")
    expect(await run(["init", at("a.csv"), "-o", at("n.yaml"), "--target", "z"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no column `z`"),
    })
    expect(await run(["init", at("b.csv")])).toMatchObject({ code: 4 })
    expect(await run(["init", at("none.csv")])).toMatchObject({ code: 4, stderr: expect.stringContaining("no such file") })
    expect(await run(["init", directory, "-o", at("d.yaml")])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("folders of PNG"),
    })
    for (const name of ["n.yaml", "b.yaml", "d.yaml"]) expect(existsSync(at(name))).toBe(false)
  })
})
