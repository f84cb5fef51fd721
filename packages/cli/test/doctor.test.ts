/** `adjoint doctor` on this machine, and on one where an answer is wrong. */
import { offeredLanes } from "@adjoint/core/backend/wasm/assembler/hostLanes"
import type * as SelfTest from "@adjoint/core/testing/selfTest"
import { Effect } from "effect"
import { describe, expect, test, vi } from "vitest"
import { run } from "./world.ts"

const wrong = { name: "product of matrices", passed: false, detail: "other bits on 2 threads" }
const found = vi.hoisted(() => ({ wrong: false }))

vi.mock("@adjoint/core/testing/selfTest", async (original) => {
  const { selfTest } = await original<typeof SelfTest>()
  return {
    selfTest: (threads: number, lanes: 128 | 256) =>
      Effect.map(selfTest(threads, lanes), (answers) => (found.wrong ? [wrong, ...answers.slice(1)] : answers)),
  }
})

describe("doctor", () => {
  test("says what there is, and that the engine is right", async () => {
    found.wrong = false
    const { code, stderr, stdout } = await run(["doctor"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toContain(`node          ${process.version}\n`)
    expect(stdout).toContain("simd          128 bits\n")
    expect((await run(["doctor", "--lanes", "256"])).stdout).toContain(`simd          ${offeredLanes(256)} bits\n`)
    expect(stdout).toContain("✓ product of matrices\n")
    expect(stdout).toContain("✓ a training run on 1 thread ends with the known bits\n")
    expect(stdout).toMatch(/\nall is well\n$/)
    expect(stdout).not.toContain("✗")
  })

  test("exits with 1 where an answer is wrong, and says which", async () => {
    found.wrong = true
    const { code, stderr, stdout } = await run(["doctor"])
    expect({ code, stderr }).toEqual({ code: 1, stderr: "error: the self-test failed: product of matrices\n" })
    expect(stdout).toContain("✗ product of matrices\n  other bits on 2 threads\n✓ ")
    expect(stdout).toContain("1 answer wrong")
    const [told = ""] = (await run(["doctor", "--json"])).stdout.split("\n")
    const { answers, ...rest } = JSON.parse(told)
    expect(rest).toMatchObject({ version: 1, healthy: false, machine: { node: process.version, lanes: 128 } })
    expect(answers.slice(0, 2)).toEqual([wrong, { name: "convolution and pooling", passed: true }])
  })
})
