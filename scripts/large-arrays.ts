/**
 * Writes images of a given size as arrays, and a model file beside them, to train on arrays that are larger than memory:
 * `node scripts/large-arrays.ts FOLDER BYTES [npz|idx|safetensors]`. The images depend only on their numbers: those of class k have
 * brighter pixels in row k.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"

const [folder, bytes, kind = "npz"] = process.argv.slice(2)
const kinds = ["npz", "idx", "safetensors"]
if (folder === undefined || bytes === undefined || !/^\d+$/.test(bytes) || !kinds.includes(kind)) {
  process.stderr.write(`node scripts/large-arrays.ts FOLDER BYTES [${kinds.join("|")}]\n`)
  process.exit(2)
}

const side = 28
const pixels = side * side
const classes = 10
const rows = Math.floor(Number(bytes) / pixels)
const blockRows = 2 ** 12

/** A mixing of 32 bits (Wellons, lowbias32). */
const mixed = (n: number): number => {
  let x = n | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}
const labelOf = (row: number): number => mixed(row ^ 0x5bd1e995) % classes

/** The pixels of some images. */
const blockOf = (first: number): Uint8Array => {
  const count = Math.min(blockRows, rows - first)
  const out = new Uint8Array(count * pixels)
  const words = new Uint32Array(out.buffer)
  for (let i = 0; i < words.length; i++) words[i] = mixed((first * pixels) / 4 + i) & 0x7f7f7f7f
  for (let row = 0; row < count; row++) {
    const label = labelOf(first + row)
    for (let x = 0; x < side; x++) {
      const at = row * pixels + (label * 2 + 4) * side + x
      out[at] = Math.min(255, (out[at] ?? 0) + 60)
    }
  }
  return out
}
const labels = (): Uint8Array => Uint8Array.from({ length: rows }, (_, row) => labelOf(row))

mkdirSync(folder, { recursive: true })
const into = (name: string, write: (put: (bytes: Uint8Array) => void) => void): void => {
  const file = openSync(join(folder, name), "w")
  write((some) => {
    for (let at = 0; at < some.length; ) at += writeSync(file, some, at)
  })
  closeSync(file)
}
const images = (put: (bytes: Uint8Array) => void): void => {
  for (let first = 0; first < rows; first += blockRows) put(blockOf(first))
}

const npyHeader = (shape: string): Buffer => {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117).concat("\n")
  return Buffer.concat([Buffer.from("\x93NUMPY\x01\0v\0", "latin1"), Buffer.from(text, "latin1")])
}

/** An archive of two arrays, stored as they are. */
const writeNpz = (put: (bytes: Uint8Array) => void): void => {
  const directory: Array<Buffer> = []
  let offset = 0
  const add = (name: string, size: number, each: (put: (bytes: Uint8Array) => void) => void): void => {
    let crc = 0
    each((some) => {
      crc = crc32(some, crc)
    })
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt32LE(crc, 10)
    fields.writeUInt32LE(size, 14)
    fields.writeUInt32LE(size, 18)
    fields.writeUInt16LE(name.length, 22)
    put(Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), fields, Buffer.from(name)]))
    each(put)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(
      Buffer.concat([
        Buffer.from("PK\x01\x02\x14\0", "latin1"),
        fields.subarray(0, 24),
        Buffer.alloc(2),
        rest.subarray(0, 14),
        Buffer.from(name),
      ]),
    )
    offset += 30 + name.length + size
  }
  const head = npyHeader(`(${rows}, ${side}, ${side}, 1)`)
  add("inputs.npy", head.length + rows * pixels, (write) => {
    write(head)
    images(write)
  })
  const small = npyHeader(`(${rows},)`)
  add("targets.npy", small.length + rows, (write) => {
    write(small)
    write(labels())
  })
  const all = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write("PK\x05\x06", 0, "latin1")
  end.writeUInt16LE(2, 8)
  end.writeUInt16LE(2, 10)
  end.writeUInt32LE(all.length, 12)
  end.writeUInt32LE(offset, 16)
  put(all)
  put(end)
}

const idxHeader = (...shape: ReadonlyArray<number>): Buffer => {
  const head = Buffer.alloc(4 + 4 * shape.length)
  head.set([0, 0, 8, shape.length])
  for (const [i, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * i)
  return head
}

const source = {
  npz: "{ npz: ./large.npz }",
  safetensors: "{ safetensors: ./large.safetensors }",
  idx: "{ idx: { images: ./images.idx, labels: ./labels.idx } }",
}[kind]
if (kind === "npz") into("large.npz", writeNpz)
else if (kind === "idx") {
  into("images.idx", (put) => {
    put(idxHeader(rows, side, side))
    images(put)
  })
  into("labels.idx", (put) => {
    put(idxHeader(rows))
    put(labels())
  })
} else
  into("large.safetensors", (put) => {
    const header = JSON.stringify({
      inputs: { dtype: "U8", shape: [rows, side, side, 1], data_offsets: [0, rows * pixels] },
      targets: { dtype: "U8", shape: [rows], data_offsets: [rows * pixels, rows * pixels + rows] },
    })
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(header.length))
    put(Buffer.concat([length, Buffer.from(header)]))
    images(put)
    put(labels())
  })

writeFileSync(
  join(folder, "large.yaml"),
  `schema: 1
name: large
data:
  source: ${source}
  image: { size: [${side}, ${side}], channels: 1, normalize: auto }
  target: class
  split: { val: 5%, test: 5%, seed: 1 }
model:
  layers:
    - flatten
    - dense: { units: 32, activation: relu }
    - head: label
train:
  loss: auto
  optimizer: { adam: { lr: 0.001 } }
  epochs: 1
  batch: 256
  seed: 1
  metrics: [accuracy]
`,
)
process.stdout.write(`${rows} rows, ${rows * pixels} bytes\n`)
