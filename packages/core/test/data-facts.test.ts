/** Published figures that only come out when every number was read and prepared as it should be. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import * as Csv from "../src/data/Csv.ts"
import * as Idx from "../src/data/Idx.ts"
import * as Npz from "../src/data/Npz.ts"
import * as Preprocess from "../src/data/Preprocess.ts"

const shared = join(import.meta.dirname, "../../../../shared/data")
const ok = Result.getOrThrow
const file = (name: string): Uint8Array => readFileSync(join(shared, name))

/** Row by row, x · w + b. */
const dense = (x: ArrayLike<number>, w: ArrayLike<number>, b: ArrayLike<number>): Float64Array => {
  const out = Float64Array.from(b)
  for (let i = 0; i < x.length; i++) {
    const xi = x[i] ?? 0
    if (xi !== 0) for (let j = 0; j < out.length; j++) out[j] = (out[j] ?? 0) + xi * (w[i * out.length + j] ?? 0)
  }
  return out
}
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

describe.skipIf(!existsSync(shared))("../shared/data", () => {
  it("the given network classifies 9,352 of the 10,000 MNIST test images, or 9,207 with pixels left at 0…255", () => {
    const arrays = ok(Npz.decode(file("mnist-mlp/weights.npz")))
    const weight = (name: string): ArrayLike<number> => ok(Npz.get(arrays, name)).data
    const raw = {
      inputs: ok(Idx.decode(file("mnist/t10k-images-idx3-ubyte.gz"))),
      targets: ok(Idx.decode(file("mnist/t10k-labels-idx1-ubyte.gz"))),
    }
    const correct = (scale: "unit" | "none"): number => {
      const fitted = ok(Preprocess.fit({ image: { size: [28, 28], scale } }, raw))
      const { inputs, targets } = ok(Preprocess.dataset(fitted, raw))
      let count = 0
      for (let row = 0; row < 10_000; row++) {
        const h1 = dense(inputs.data.subarray(784 * row, 784 * row + 784), weight("W1"), weight("b1")).map(sigmoid)
        const logits = dense(dense(h1, weight("W2"), weight("b2")).map(sigmoid), weight("W3"), weight("b3"))
        if (logits.indexOf(Math.max(...logits)) === targets.data[row]) count += 1
      }
      return count
    }
    expect([correct("unit"), correct("none")]).toEqual([9352, 9207])
  })
  it("one nearest neighbour is right on 98.0 % of optdigits", () => {
    const spec = { columns: { "*": "number", c65: "class" } } as const
    const read = (name: string) => ok(Csv.parse(file(name), { header: false }))
    const fitted = ok(Preprocess.fit(spec, read("tabular/optdigits.tra")))
    const train = ok(Preprocess.dataset(fitted, read("tabular/optdigits.tra")))
    const test = ok(Preprocess.dataset(fitted, read("tabular/optdigits.tes")))
    const nearest = (row: number): number => {
      let best = 0
      let least = Number.POSITIVE_INFINITY
      for (let other = 0; other < train.targets.data.length; other++) {
        let distance = 0
        for (let i = 0; i < 64 && distance < least; i++)
          distance += ((test.inputs.data[64 * row + i] ?? 0) - (train.inputs.data[64 * other + i] ?? 0)) ** 2
        if (distance < least) [best, least] = [other, distance]
      }
      return train.targets.data[best] ?? -1
    }
    const right = Array.from(test.targets.data).filter((label, row) => nearest(row) === label).length
    expect([train.targets.data.length, test.targets.data.length]).toEqual([3823, 1797])
    expect((100 * right) / 1797).toBeCloseTo(98, 1)
  })
})
