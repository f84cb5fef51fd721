/** The engine's threads in a browser: Web Workers in cross-origin isolated pages, and one thread in others. */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { browse, browserNames, bundle, onPath } from "../scripts/browser.ts"
import type { Report } from "./threads-page.ts"

const browser = onPath(...browserNames)

let script: Promise<string> | undefined

const reportOf = async (page: {
  readonly isolated: boolean
  readonly headers?: Readonly<Record<string, string>>
}): Promise<Report> => {
  script ??= bundle(`export { run } from ${JSON.stringify(join(import.meta.dirname, "threads-page.ts"))}`)
  return (await browse({ browser: browser ?? "", script: await script, ...page })) as Report
}

describe.runIf(browser !== undefined)("in a page", () => {
  it("with cross-origin isolation the engine has threads, which fail as they do in Node and end with its scope", async () => {
    const { ended, opened, shared, trapped } = await reportOf({ isolated: true })
    expect(opened.threads).toBeGreaterThanOrEqual(2)
    expect(opened.threads).toBeLessThanOrEqual(8)
    expect(opened).toMatchObject({ living: opened.threads - 1, livingAfter: 0 })
    expect(shared).toEqual({ written: [0, 1, 2], threads: 3, same: true, left: 0 })
    const failure = expect.stringMatching(/^the wasm engine failed to run a program: .*unreachable/)
    expect(trapped).toEqual([0, 1, 2].map(() => ({ failure, arrived: true, same: true })))
    expect(ended?.failure).toBe("the wasm engine failed to run a program: one of its workers has not answered for 0.5 s")
    expect(ended?.waited).toBeLessThan(3000)
    expect(ended?.same).toBe(true)
  })

  it("without it there is one thread", async () => {
    expect(await reportOf({ isolated: false })).toEqual({ opened: { threads: 1, living: 0, livingAfter: 0 } })
  })

  it("whose policy forbids workers there is one thread", async () => {
    const headers = { "Content-Security-Policy": "worker-src 'none'" }
    expect(await reportOf({ isolated: true, headers })).toEqual({ opened: { threads: 1, living: 0, livingAfter: 0 } })
  })
})
