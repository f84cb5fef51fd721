/** The compiler accepts and refuses what tensor-types.ts says, and refuses in words a person can act on. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"

const here = import.meta.dirname
const root = join(here, "../../..")
const folder = mkdtempSync(join(tmpdir(), "adjoint-types-"))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Wrong lines, and what the first line of the compiler's message says of each. */
const wrong: ReadonlyArray<readonly [code: string, says: string]> = [
  ["Tensor.matmul(Tensor.zeros([784, 128]), Tensor.zeros([64, 784]))", "[784, 128] has 128 columns, but [64, 784] has 64 rows"],
  ["Tensor.add(Tensor.zeros([4, 3]), Tensor.zeros([4]))", "[4, 3] and [4] do not stretch to one shape"],
  ["Tensor.less(Tensor.zeros([2]), Tensor.zeros([5, 3]))", "[2] and [5, 3] do not stretch to one shape"],
  [
    "Tensor.matmul(Tensor.reshape(x, [-1, 784]), Tensor.zeros([10, 2]))",
    "[number, 784] has 784 columns, but [10, 2] has 10 rows",
  ],
  ["Tensor.mul(Tensor.transpose(Tensor.ones([2, 3])), Tensor.ones([2, 3]))", "[3, 2] and [2, 3] do not stretch to one shape"],
]

let output: ReadonlyArray<string> = []

beforeAll(async () => {
  const core = JSON.stringify(join(here, "../src/index.ts"))
  const head = [`import { Tensor } from ${core}`, "declare const x: Tensor.Tensor"]
  writeFileSync(join(folder, "wrong.ts"), [...head, ...wrong.map(([code]) => code)].join("\n"))
  const tsconfig = {
    extends: join(root, "tsconfig.check.json"),
    compilerOptions: { incremental: false, rootDir: "/", typeRoots: [join(root, "node_modules/@types")] },
    files: ["wrong.ts", join(here, "tensor-types.ts")],
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig))
  const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", folder, "--pretty", "false"]
  output = await new Promise((resolve) => {
    execFile(process.execPath, tsc, { cwd: folder }, (_, stdout) => resolve(stdout.split("\n")))
  })
}, 60_000)

const errorsOf = (file: string): ReadonlyArray<string> => output.filter((line) => line.includes(`${file}(`))

test("what fits is accepted without casts, what does not is refused", () => {
  expect(errorsOf("tensor-types.ts")).toEqual([])
})

test.each(wrong.map(([code, says], i) => ({ code, says, line: i + 3 })))("$code", ({ line, says }) => {
  const errors = errorsOf("wrong.ts").filter((error) => error.includes(`wrong.ts(${line},`))
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain(`Mismatch<"${says}">`)
})
