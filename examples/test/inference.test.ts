/** The example of inference on all of MNIST, where the data is: weights whose answers are known. */
import { existsSync } from "node:fs"
import { expect, test } from "vitest"
import { limit, run } from "./run.ts"

const data = new URL("../../../shared/data/", import.meta.url)
const example = new URL("../06-inference.ts", import.meta.url)

test.skipIf(!existsSync(new URL("mnist-mlp/weights.npz", data)))(
  "9,352 of the 10,000 test images are right, one by one and 100 at a time, with the same bits (../shared/data)",
  limit,
  async ({ signal }) => {
    const { stdout } = await run(signal, example, data.pathname)
    expect(stdout).toBe(`10000 images of 28×28
one by one      9352 right
100 at a time   9352 right
the same bits   true
`)
  },
)
