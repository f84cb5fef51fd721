/**
 * Makes the files of this folder from those of the Debian package python3-sklearn 1.2.1+dfsg-1:
 *
 *     node examples/data/make.ts /usr/lib/python3/dist-packages/sklearn/datasets/data
 */
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { Csv, Idx, NDArray, Table } from "@adjoint/core"
import * as Result from "effect/Result"

const [source] = process.argv.slice(2)
if (source === undefined) throw new Error("name the folder that holds digits.csv.gz and iris.csv")

const rowsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  Table.rows(Result.getOrThrow(Csv.parse(text, { header: false })))

const write = (name: string, content: Uint8Array): void => {
  writeFileSync(join(import.meta.dirname, name), content)
  console.log(createHash("sha256").update(content).digest("hex"), name)
}

const digits = rowsOf(gunzipSync(readFileSync(join(source, "digits.csv.gz"))).toString())
const images = Uint8Array.from(digits.flatMap((row) => row.slice(0, 64).map(Number)))
const labels = Uint8Array.from(digits.map((row) => Number(row[64])))
write("digits-images.idx.gz", gzipSync(Idx.encode(NDArray.make("u8", [digits.length, 8, 8], images)), { level: 9 }))
write("digits-labels.idx.gz", gzipSync(Idx.encode(NDArray.make("u8", [digits.length], labels)), { level: 9 }))

const columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
const [[, , ...species] = [], ...flowers] = rowsOf(readFileSync(join(source, "iris.csv"), "utf8"))
const rows = flowers.map((row) => [...row.slice(0, 4), species[Number(row[4])] ?? ""])
write("iris.csv", new TextEncoder().encode(Csv.print({ columns, rows })))
