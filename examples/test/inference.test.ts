/** The example of inference on all of MNIST, where the data is: weights whose answers are known. */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { promisify } from "node:util"
import { expect, test } from "vitest"

const data = new URL("../../../shared/data/", import.meta.url)
const example = new URL("../06-inference.ts", import.meta.url)

test.skipIf(!existsSync(new URL("mnist-mlp/weights.npz", data)))(
  "9,352 of the 10,000 test images are right, one by one and 100 at a time, with the same bits (../shared/data)",
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [example.pathname, data.pathname])
    expect(stdout).toBe(`10000 images of 28×28
one by one      9352 right
100 at a time   9352 right
the same bits   true
`)
  },
)
