import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Program, Tensor } from "@adjoint/core"
import { Assembler } from "@adjoint/core/backend/wasm/assembler/Assembler"
import type { Code } from "@adjoint/core/backend/wasm/assembler/Code"
import { packsLanes } from "@adjoint/core/backend/wasm/assembler/hostLanes"
import { f32x4, type I32, v128 } from "@adjoint/core/backend/wasm/assembler/Value"
import { planJob } from "@adjoint/core/backend/wasm/compile"
import { writeModule } from "@adjoint/core/backend/wasm/writeModule"
import { expect, it } from "vitest"
import { examine, type PackedFunction, parseCode, parseTrace } from "../scripts/packed-stores.ts"

const doubled = (from: I32, offset: number) => f32x4.mul(v128.load(from, offset), 2)

/** Doubles two vectors. */
const bodies: { readonly [name: string]: (code: Code, from: I32, to: I32) => void } = {
  "0 upper half first": (code, from, to) => {
    const halves = [0, 16].map((offset) => code.let(doubled(from, offset)))
    for (const half of [1, 0]) code.v128.store(to, halves[half] ?? f32x4.const(0), 16 * half)
  },
  "1 one vector": (code, from, to) => code.v128.store(to, doubled(from, 0)),
  "2 a load after a store": (code, from, to) => {
    for (const offset of [0, 16]) code.v128.store(to, doubled(from, offset), offset)
  },
  "3 apart": (code, from, to) => {
    for (const offset of [0, 32]) code.v128.store(to, doubled(from, offset), offset)
  },
}

/** What V8 makes of each function of a module. */
const examined = (module: Uint8Array): ReadonlyArray<PackedFunction> => {
  const folder = mkdtempSync(join(tmpdir(), "adjoint-test-"))
  try {
    const file = join(folder, "module.wasm")
    writeFileSync(file, module)
    return examine(file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it.runIf(packsLanes())("a function is examined: which pairs of stores V8 packs, and why not the others", () => {
  const module = new Assembler()
  module.importMemory("engine", "memory", { initial: 1 })
  module.importFunction("engine", "hostFallback", { params: ["i32"] })
  for (const [name, body] of Object.entries(bodies))
    module.func(name, { params: ["i32", "i32"], export: true }, (code, [from, to]) => {
      const called = module.func("inner", { params: ["i32", "i32"] }, (inner, [a, b]) => body(inner, a, b))
      code.call(called, from, to)
    })
  const found = examined(module.bytes()).filter(({ stores }) => stores > 0)
  const expected = [
    { name: "0 upper half first > inner", stores: 2, pairs: 1, packed: 1, spills: 0, refused: undefined },
    { name: "1 one vector > inner", stores: 1, pairs: 0, packed: 0, wide: 0, refused: undefined },
    { name: "2 a load after a store > inner", stores: 2, pairs: 1, packed: 0, wide: 0, refused: "Break side effect" },
    { name: "3 apart > inner", stores: 2, pairs: 0, packed: 0, wide: 0, refused: undefined },
  ]
  expect(found).toMatchObject(expected)
  expect(found[0]?.wide).toBeGreaterThanOrEqual(3)
  expect(found[1]?.narrow).toBeGreaterThanOrEqual(2)
})

it.runIf(packsLanes())("the tiles of a large product are packed", () => {
  const x = Tensor.zeros([128, 256])
  const y = Tensor.zeros([256, 128])
  const program = Program.trace((a, b) => [Tensor.matmul(a as Tensor.Tensor, b as Tensor.Tensor)], [x, y])
  const options = { threads: 1, minSharedWork: 0, numerics: "portable", lanes: 256 } as const
  const { memory, plan } = planJob({ program, resident: 0 }, options)
  const tiles = examined(writeModule(plan, memory, options).bytes).filter(({ name }) => name.includes("strip"))
  expect(tiles.length).toBeGreaterThan(0)
  for (const { packed, pairs } of tiles) {
    expect(pairs).toBeGreaterThan(0)
    expect(packed).toBe(pairs)
  }
})

it("the output of V8 is read by the indices of functions", () => {
  const trace = [
    "Begin revec function wasm-function#7",
    "store seeds:",
    "{",
    "#18 Store *(#7 + #17) = #16 [raw]",
    "#22 Store *(#7 + 16 + #21) = #20 [raw]",
    "}",
    "Revec: DecideVectorize 1510: Save: 2, cost: 3",
    "Finished revec function wasm-function#7",
    "Begin revec function wasm-function#12",
    "Revec: Run 1395: Empty seed",
  ].join("\n")
  expect([...parseTrace(trace)]).toEqual([
    [7, { pairs: 1, packed: 0, refused: "not worth it (Save: 2, cost: 3)" }],
    [12, { pairs: 0, packed: 0, refused: undefined }],
  ])
  const code = [
    "--- WebAssembly code ---",
    "index: 7",
    "0x1  d  c5fe6f0403  vmovdqu ymm0,[rbx+rax*1]",
    "0x2 12  c5fc58c0    vaddps ymm0,ymm0,ymm0",
    "0x3 18  c5fa7f0403  vmovdqu [rbp-0x20],xmm0",
    "--- End code ---",
  ].join("\n")
  expect([...parseCode(code)]).toEqual([[7, { wide: 2, narrow: 1, spills: 1 }]])
})
