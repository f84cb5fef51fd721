import { execFileSync } from "node:child_process"
import { Effect } from "effect"
import { describe, expect, it, test } from "vitest"
import { fusesMultiplyAdd, offered } from "../src/backend/wasm/assembler/hostNumerics.ts"
import type { Numerics } from "../src/backend/wasm/assembler/numerics.ts"
import { prepare } from "../src/backend/wasm/prepare.ts"
import { Autodiff, Engine, type NDArray, Program, Tensor, Wasm } from "../src/index.ts"

/** −(1 + 2⁻¹¹) + (1 + 2⁻¹²)² is 2⁻²⁴ where product and sum are rounded once, and 0 where each is. */
const [x, y] = [1 + 2 ** -12, -(1 + 2 ** -11)]
const rounded: { readonly [N in Numerics]: number } = { portable: 0, fast: 2 ** -24 }

type Function = (a: Tensor.Tensor, b: Tensor.Tensor) => Tensor.Tensor

const conv: Function = (a, b) => Tensor.conv(a, b)
const summed = (f: Function, a: Tensor.Tensor, b: Tensor.Tensor, weights: Tensor.Tensor) =>
  Tensor.sum(Tensor.mul(f(a, b), weights))

/** Each adds y × 1, then x × x. */
const sums: { readonly [name: string]: readonly [f: Function, a: Tensor.Tensor, b: Tensor.Tensor] } = {
  "a product of matrices": [Tensor.matmul, Tensor.make([[y, x]]), Tensor.make([[1], [x]])],
  "a convolution": [conv, Tensor.make([[[y, x]]]), Tensor.make([[[1], [x]]])],
  "a convolution's gradient for its input": [
    (w, c) => Autodiff.grad((at: Tensor.Tensor) => summed(conv, at, w, c))(Tensor.zeros([1, 1, 1])),
    Tensor.make([[[1, x]]]),
    Tensor.make([[[y, x]]]),
  ],
  "a convolution's gradient for its kernel": [
    (input, c) => Autodiff.grad((at: Tensor.Tensor) => summed(conv, input, at, c))(Tensor.zeros([1, 1, 1])),
    Tensor.make([[[y]], [[x]]]),
    Tensor.make([[[1]], [[x]]]),
  ],
  "a depthwise convolution": [
    (a, b) => Tensor.slice(Tensor.conv(a, b, { groups: 2 }), [0, 0, 0], [1, 1, 1]),
    Tensor.make([
      [
        [y, 0],
        [x, 0],
      ],
    ]),
    Tensor.make([[[1, 0]], [[x, 0]]]),
  ],
}

describe.each([...new Set<Numerics>(["portable", offered("fast")])])("%s numerics", (numerics) => {
  test.each(Object.entries(sums))("%s", (_, [f, a, b]) => {
    const program = Program.trace((p, q) => [f(p as Tensor.Tensor, q as Tensor.Tensor)], [a, b])
    const inputs = [Tensor.read(a), Tensor.read(b)]
    const [got] = prepare({ program, resident: 0 }, undefined, numerics).run(inputs) as readonly [NDArray.NDArray]
    expect([...got.data]).toEqual([rounded[numerics]])
  })

  it("rounds what is multiplied and then summed twice, fused as it is", () => {
    const program = Program.trace(
      (p, q) => [Tensor.sum(Tensor.mul(p as Tensor.Tensor, q as Tensor.Tensor))],
      [
        [y, x],
        [1, x],
      ].map((v) => Tensor.make(v)),
    )
    const inputs = [Tensor.read(Tensor.make([y, x])), Tensor.read(Tensor.make([1, x]))]
    expect(prepare({ program, resident: 0 }, undefined, numerics).run(inputs)[0]?.data[0]).toBe(0)
  })
})

test("the engine says how it rounds, not how it was asked to", async () => {
  const numerics = (asked: Numerics) =>
    Effect.runPromise(
      Effect.map(Engine.Engine, (engine) => engine.numerics).pipe(Effect.provide(Wasm.layer({ threads: 1, numerics: asked }))),
    )
  expect(await numerics("portable")).toBe("portable")
  expect(await numerics("fast")).toBe(fusesMultiplyAdd() ? "fast" : "portable")
})

test.runIf(process.arch === "x64")("without an instruction that rounds once, fast is portable", () => {
  const host = new URL("../src/backend/wasm/assembler/hostNumerics.ts", import.meta.url)
  const script = `import { offered } from ${JSON.stringify(host.href)}; console.log(offered("fast"))`
  const args = ["--no-enable-fma3", "--experimental-strip-types", "--no-warnings", "--input-type=module", "--eval", script]
  expect(execFileSync(process.execPath, args, { encoding: "utf8" })).toBe("portable\n")
})
