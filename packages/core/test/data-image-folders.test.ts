/** Folders of images: the order of the rows, their classes, one size for all, and files that are no images. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import type { DataError } from "../src/data/DataError.ts"
import { byBytes } from "../src/data/Folder.ts"
import { decode } from "../src/data/image/decode.ts"
import { resize } from "../src/data/image/resize.ts"
import * as Load from "../src/data/Load.ts"
import * as NDArray from "../src/types/NDArray.ts"

const { cases } = JSON.parse(readFileSync(new URL("recorded/images-pillow.json", import.meta.url), "utf8")) as {
  readonly cases: ReadonlyArray<{ readonly name: string; readonly file: string }>
}
const fileOf = (name: string): Uint8Array => {
  const found = cases.find((each) => each.name === name)
  if (found === undefined) throw new Error(name)
  return new Uint8Array(Buffer.from(found.file, "base64"))
}
const grey = fileOf("png grey")
const colours = fileOf("png colours")
const jpeg = fileOf("jpeg grey")

const roots: Array<string> = []
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true })
})
const folderOf = (files: { readonly [path: string]: Uint8Array | string }): string => {
  const root = mkdtempSync(join(tmpdir(), "adjoint-images-"))
  roots.push(root)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}
const run = <A>(load: Effect.Effect<A, DataError, FileSystem>): Promise<Result.Result<A, DataError>> =>
  Effect.runPromise(Effect.result(load).pipe(Effect.provide(NodeFileSystem.layer)))
const refusal = async (root: string, load: Effect.Effect<unknown, DataError, FileSystem>): Promise<string> =>
  Result.match(await run(load), { onFailure: ({ message }) => message.replaceAll(root, "DIR"), onSuccess: () => "read" })

it("texts are in the order of their UTF-8 bytes", () => {
  const text = fc.string({ unit: "binary" })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byBytes(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

describe("rows", () => {
  it("are in the order of the bytes of their paths; classes are the sorted names of folders", async () => {
    const root = folderOf({
      "b/10.png": grey,
      "b/9.png": grey,
      "a/x/deep.jpg": jpeg,
      "a/Z.JPEG": jpeg,
      "é/1.png": grey,
      ".hidden/x.png": "",
      "a/._x.png": "",
    })
    const { classes, inputs, targets } = Result.getOrThrow(await run(Load.images(root)))
    expect(inputs.shape).toEqual([5, 19, 21, 1])
    expect([classes, [...(targets?.data ?? [])]]).toEqual([
      ["a", "b", "é"],
      [0, 0, 1, 1, 2],
    ])
    const [png, jpg] = [grey, jpeg].map((file) => Result.getOrThrow(decode(file)).data)
    const size = 19 * 21
    const rows = [0, 1, 2].map((row) => inputs.data.slice(row * size, (row + 1) * size))
    expect(rows).toEqual([jpg, jpg, png])
    const listed = Result.getOrThrow(await run(Load.folder(root)))
    expect(listed.files).toEqual(["a/Z.JPEG", "a/x/deep.jpg", "b/10.png", "b/9.png", "é/1.png"])
    expect(["é", "z", "a/b", "a.b"].sort(byBytes)).toEqual(["a.b", "a/b", "z", "é"])
  })
  it("have the size and the channels that are wanted", async () => {
    const root = folderOf({ "a/1.png": grey, "b/2.png": colours })
    const { inputs } = Result.getOrThrow(await run(Load.images(root, { size: [6, 4], channels: 3 })))
    const wanted = resize(Result.getOrThrow(decode(colours)), 6, 4).data
    expect(NDArray.make("u8", [6, 4, 3], inputs.data.slice(72) as Uint8Array)).toEqual(NDArray.make("u8", [6, 4, 3], wanted))
  })
  it("of other sizes need a size", async () => {
    const root = folderOf({ "a/1.png": grey, "b/2.png": colours })
    expect(await refusal(root, Load.images(root))).toBe(
      "DIR/b/2.png: the image has the shape [19, 21, 3]; wanted [19, 21, 1], as the first one; set the size of all with `image: { size: [19, 21], channels: 1 }`",
    )
  })
})

describe("what is wrong names the file", () => {
  const cut = colours.subarray(0, 60)
  it.each<[string, { readonly [path: string]: Uint8Array | string }, string]>([
    [
      "another file",
      { "a/1.png": grey, "notes.txt": "x" },
      "DIR/notes.txt: got a file that is no image; wanted names that end in .png, .jpg or .jpeg; try: remove it, or set `others: skip`",
    ],
    [
      "an image in no folder",
      { "1.png": grey, "a/1.png": grey },
      "DIR/1.png: got an image beside the folders; wanted a folder for each class, with its images; try: move it into the folder of its class",
    ],
    [
      "a broken image",
      { "a/1.png": grey, "a/2.png": cut },
      "DIR/a/2.png: the file ends at byte 60, in the middle of its chunks; try: fetch or copy it again",
    ],
    ["an empty file", { "a/1.png": "" }, "DIR/a/1.png: it is empty; wanted a PNG or JPEG image"],
    ["no images", { "a/.x": "" }, "DIR: there are no images in it; wanted PNG or JPEG files"],
  ])("%s", async (_, files, message) => {
    const root = folderOf(files)
    expect(await refusal(root, Load.images(root))).toBe(message)
  })
  it("what is skipped is left out", async () => {
    const root = folderOf({ "a/1.png": cut, "a/2.png": grey, "b/3.png": grey, "b/readme.txt": "x" })
    const { classes, inputs, targets } = Result.getOrThrow(
      await run(Load.images(root, undefined, { broken: "skip", others: "skip" })),
    )
    expect([inputs.shape[0], classes, [...(targets?.data ?? [])]]).toEqual([2, ["a", "b"], [0, 1]])
  })
  it("a file in place of a folder, a link to a folder above, and too many channels", async () => {
    const root = folderOf({ "a/1.png": grey })
    expect(await refusal(root, Load.images(join(root, "a/1.png")))).toBe(
      "DIR/a/1.png: the file cannot be read: it is a file, not a folder",
    )
    expect(await refusal(root, Load.images(root, { size: [2, 2], channels: 5 }))).toBe(
      "DIR: image: got 5 channels, wanted 1 (grey), 2 (grey and alpha), 3 (colours) or 4 (colours and alpha)",
    )
    symlinkSync(root, join(root, "a", "up"))
    expect(await refusal(root, Load.images(root))).toContain(": there are more than 16 folders within each other")
  })
  it("links are followed inside the folder alone", async () => {
    const root = folderOf({ "a/1.png": grey, "a/2.png": grey, "b/1.png": grey })
    const beside = folderOf({ "1.png": grey })
    symlinkSync(join(root, "a/1.png"), join(root, "b/2.png"))
    symlinkSync("../a", join(root, "b/more"))
    expect(Result.getOrThrow(await run(Load.images(root))).inputs.shape[0]).toBe(6)
    const linked = `${root}-linked`
    symlinkSync(root, linked)
    expect(Result.getOrThrow(await run(Load.images(linked))).inputs.shape[0]).toBe(6)
    symlinkSync(join(beside, "1.png"), join(root, "b/3.png"))
    const out = "the file cannot be read: a link leads out of the folder; try: a copy of the file"
    expect(await refusal(root, Load.images(root))).toBe(`DIR/b/3.png: ${out}`)
    symlinkSync(beside, join(root, "c"))
    expect(await refusal(root, Load.images(root))).toBe(`DIR/c: ${out}`)
    // The name of another folder may begin with that of this one.
    const longer = `${root}-longer`
    mkdirSync(longer)
    writeFileSync(join(longer, "1.png"), grey)
    rmSync(join(root, "c"))
    rmSync(join(root, "b/3.png"))
    symlinkSync(join(longer, "1.png"), join(root, "b/3.png"))
    expect(await refusal(root, Load.images(root))).toBe(`DIR/b/3.png: ${out}`)
  })
})
