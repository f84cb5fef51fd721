/** `Wasm.worker` in a page: the same line as in Node, with and without cross-origin isolation, and refused by a policy. */
import { join } from "node:path"
import { knownHash } from "@adjoint/core/testing/knownRun"
import { beforeAll, describe, expect, it } from "vitest"
import { browse, browserNames, bundleFiles, type Files, onPath } from "../scripts/browser.ts"

const browser = onPath(...browserNames)
const source = `export { run } from ${JSON.stringify(join(import.meta.dirname, "worker-page.ts"))}`

describe.runIf(browser !== undefined)("in a page", () => {
  let files: Files

  const reportOf = (page: { readonly isolated: boolean; readonly headers?: Readonly<Record<string, string>> }) =>
    browse({ browser: browser ?? "", script: [...files.values()][0] ?? "", files, ...page })

  beforeAll(async () => {
    files = await bundleFiles(source)
  }, 60_000)

  it("the program of the worker is a file of its own, which other pages do not load", async () => {
    const [, ...others] = files.values()
    const marks = "@adjoint/core engine"
    expect(others.filter((text) => text.includes(marks))).toHaveLength(1)
    expect(others.join("").length).toBeGreaterThan(100_000)
    const other = await bundleFiles('import { Wasm } from "@adjoint/core"; export const run = async () => String(Wasm.layer())')
    expect([...other.values()].join("")).not.toContain(marks)
  })

  it("whose server lacks that file, it fails", async () => {
    const [script = ""] = files.values()
    const report = await browse({ browser: browser ?? "", script, isolated: false })
    expect(report).toMatchObject({
      failure: expect.stringMatching(/^the Wasm\.worker engine failed to start its worker: .*workerProgram/),
    })
  }, 60_000)

  it("with cross-origin isolation a worker with several threads has the known bits, and the page goes on", async () => {
    const report = await reportOf({ isolated: true })
    expect(report).toMatchObject({ hash: knownHash })
    expect((report as { readonly threads: number }).threads).toBeGreaterThanOrEqual(2)
    expect((report as { readonly turns: number }).turns).toBeGreaterThan(10)
  }, 60_000)

  it("without it the worker has one thread and the same bits", async () => {
    expect(await reportOf({ isolated: false })).toMatchObject({ hash: knownHash, threads: 1 })
  }, 60_000)

  it("whose policy forbids workers, it fails and says what the policy has to allow", async () => {
    const headers = { "Content-Security-Policy": "worker-src 'self'" }
    expect(await reportOf({ isolated: false, headers })).toMatchObject({
      failure: expect.stringMatching(/^the Wasm\.worker engine failed to start its worker: .*worker-src blob:/),
    })
  }, 60_000)
})
