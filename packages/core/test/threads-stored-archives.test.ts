/** Arrays of .npz and safetensors files whose rows stay in their file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { zipSync } from "fflate"
import * as Dataset from "../src/data/Dataset.ts"
import * as FileStore from "../src/data/FileStore.ts"
import * as Npy from "../src/data/Npy.ts"
import * as Npz from "../src/data/Npz.ts"
import * as StoredArray from "../src/data/StoredArray.ts"
import * as Safetensors from "../src/training/Safetensors.ts"
import * as NDArray from "../src/types/NDArray.ts"

const folder = mkdtempSync(join(tmpdir(), "adjoint-archives-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const numbers = NDArray.make(
  "f32",
  [4, 1, 3],
  Float32Array.from({ length: 12 }, (_, i) => i / 3),
)
const classes = NDArray.make("i32", [4], Int32Array.of(7, -1, 2, 3))
const bytes = NDArray.make("u8", [4, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 255))
const arrays = { numbers, classes, bytes }

const file = (name: string, content: Uint8Array): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const stored = zipSync(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, Npy.encode(array)])), {
  level: 0,
})

/** The same archive as one of more than 4 GiB has its directory: the numbers of 64 bits are beside those of 32. */
const withWideDirectory = (zip: Uint8Array): Uint8Array => {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength)
  const end = zip.length - 22
  const start = view.getUint32(end + 16, true)
  const entries: Array<Uint8Array> = []
  for (let at = start; at < end; ) {
    const length = view.getUint16(at + 28, true)
    const entry = Buffer.from(zip.subarray(at, at + 46 + length))
    const extra = Buffer.alloc(4 + 24)
    extra.writeUInt16LE(1, 0)
    extra.writeUInt16LE(24, 2)
    for (const [i, place] of [24, 20, 42].entries()) {
      extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(place)), 4 + 8 * i)
      entry.writeUInt32LE(0xffffffff, place)
    }
    entry.writeUInt16LE(extra.length, 30)
    entries.push(entry, extra)
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  const directory = Buffer.concat(entries)
  const wide = Buffer.alloc(56 + 20)
  wide.writeUInt32LE(0x06064b50, 0)
  wide.writeBigUInt64LE(BigInt(directory.length), 40)
  wide.writeBigUInt64LE(BigInt(start), 48)
  wide.writeUInt32LE(0x07064b50, 56)
  wide.writeBigUInt64LE(BigInt(start + directory.length), 64)
  const small = Buffer.from(zip.subarray(end))
  small.writeUInt32LE(0xffffffff, 12)
  small.writeUInt32LE(0xffffffff, 16)
  return Buffer.concat([zip.subarray(0, start), directory, wide, small])
}

const read = (array: StoredArray.StoredArray) => Effect.promise(() => StoredArray.read(array, [3, 0, 3]))
const refusal = (opened: ReturnType<typeof FileStore.npz>) =>
  Effect.map(Effect.flip(Effect.scoped(opened)), ({ message }) => message.replaceAll(folder, "DIR"))

describe("arrays whose rows stay in an archive", () => {
  it.live("are those of the archive", () =>
    Effect.gen(function* () {
      const wide = withWideDirectory(stored)
      const packed = file("all.safetensors", Safetensors.encode(new Map<string, NDArray.NDArray>(Object.entries(arrays))))
      for (const [name, array] of Object.entries(arrays))
        for (const opened of [
          FileStore.npz(file("all.npz", stored), name),
          FileStore.npz(file("wide.npz", wide), name),
          FileStore.npz(file("comment.npz", Buffer.concat([stored.subarray(0, -2), Buffer.from([3, 0, 1, 2, 3])])), name),
          FileStore.safetensors(packed, name),
        ]) {
          const found = yield* opened
          assert.deepStrictEqual([found.dtype, found.shape], [array.dtype, array.shape])
          assert.deepStrictEqual(yield* read(found), Dataset.takeRows(array, [3, 0, 3]))
        }
    }).pipe(Effect.scoped),
  )

  it.live("are refused where they are packed, converted, absent or cut off", () =>
    Effect.gen(function* () {
      const all = file("all.npz", stored)
      // The thread that reads lasts as long as one file is open.
      yield* FileStore.open(all)
      assert.strictEqual(
        yield* refusal(FileStore.npz(all, "number")),
        "DIR/all.npz: there is no array `number`; did you mean `numbers`? the arrays are `numbers`, `classes`, `bytes`",
      )
      assert.match(
        yield* refusal(FileStore.npz(file("packed.npz", Npz.encode(Object.entries(arrays))), "numbers")),
        /is packed, wanted one/,
      )
      const doubles = Npy.encode(NDArray.make("f32", [2], Float64Array.of(1 / 3, 2)))
      assert.match(
        yield* refusal(FileStore.npz(file("doubles.npz", zipSync({ "x.npy": doubles }, { level: 0 })), "x")),
        /got elements that have to be converted/,
      )
      const whole = readFileSync(all)
      for (let end = 0; end < whole.length; end += 83) {
        const message = yield* refusal(FileStore.npz(file("cut.npz", whole.subarray(0, end)), "numbers"))
        assert.match(message, /^DIR\/cut.npz: /)
      }
      const tensors = readFileSync(join(folder, "all.safetensors"))
      assert.match(yield* refusal(FileStore.safetensors(join(folder, "all.safetensors"), "x")), /there is no array `x`/)
      for (const end of [0, 7, 8, 100, tensors.length - 1])
        assert.match(
          yield* refusal(FileStore.safetensors(file("cut.safetensors", tensors.subarray(0, end)), "numbers")),
          /^DIR\/cut.safetensors: the safetensors data is damaged: /,
        )
      const half = Safetensors.encode(new Map([["x", NDArray.make("bool", [2], Uint8Array.of(0, 1))]]))
      assert.match(yield* refusal(FileStore.safetensors(file("bool.safetensors", half), "x")), /wanted rows of F32, I32 or U8/)
    }).pipe(Effect.scoped),
  )
})
