/** `adjoint doctor` on this machine, and on one where an answer is wrong. */
import { offeredLanes } from "@adjoint/core/backend/wasm/assembler/hostLanes"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { describe, expect, test } from "vitest"
import { sources, spawned } from "./process.ts"
import { run } from "./world.ts"

const wrong = { name: "product of matrices", passed: false, detail: "other bits on 2 threads" }

/** Replaces the first answer of the self-test by a wrong one. */
const broken = `
import { registerHooks } from "node:module"
registerHooks({
  load: (url, context, next) =>
    url.endsWith("/core/src/testing/selfTest.ts")
      ? {
          format: "module",
          shortCircuit: true,
          source: \`
            import { map } from "effect/Effect"
            import { selfTest as original } from \${JSON.stringify(url + "?original")}
            export const selfTest = (...machine) => map(original(...machine), ([_, ...answers]) => [${JSON.stringify(wrong)}, ...answers])\`,
        }
      : next(url, context),
})`

describe("doctor", () => {
  test("says what there is, and that the engine is right", async () => {
    const { code, stderr, stdout } = await run(["doctor"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toContain(`node          ${process.version}\n`)
    expect(stdout).toContain(`simd          ${Wasm.lanesInUse()} bits\n`)
    expect((await run(["doctor", "--lanes", "256"])).stdout).toContain(`simd          ${offeredLanes(256)} bits\n`)
    expect(stdout).toContain("✓ product of matrices\n")
    expect(stdout).toContain("✓ a training run on 1 thread ends with the known bits\n")
    expect(stdout).toMatch(/\nall is well\n$/)
    expect(stdout).not.toContain("✗")
  })

  test("exits with 1 where an answer is wrong, and says which", async () => {
    const onBroken = { script: sources, node: ["--import", `data:text/javascript,${encodeURIComponent(broken)}`] }
    const [{ code, stderr, stdout }, asJson] = await Promise.all([
      spawned(["doctor"], onBroken),
      spawned(["doctor", "--json"], onBroken),
    ])
    expect({ code, stderr }).toEqual({ code: 1, stderr: "error: the self-test failed: product of matrices\n" })
    expect(stdout).toContain("✗ product of matrices\n  other bits on 2 threads\n✓ ")
    expect(stdout).toContain("1 answer wrong")
    const [report = ""] = asJson.stdout.split("\n")
    const { answers, ...rest } = JSON.parse(report)
    expect(rest).toMatchObject({ version: 1, healthy: false, machine: { node: process.version, lanes: Wasm.lanesInUse() } })
    expect(answers.slice(0, 2)).toEqual([wrong, { name: "convolution and pooling", passed: true }])
  })
})
