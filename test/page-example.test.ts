/** examples/page, built by Vite and opened in headless Chromium: it trains in a worker, with threads where it is isolated. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { train } from "../examples/page/train.ts"
import { browse, browserNames, buildPage, onPath } from "../scripts/browser.ts"
import { workerProgramPlugin } from "../scripts/worker-program.ts"
import { reportingLines } from "./reporting-lines.ts"

const root = join(import.meta.dirname, "..")
const browser = onPath(...browserNames)

/** The lines that the same function prints in Node. */
const inNode = () =>
  new Promise<ReadonlyArray<string>>((resolve) => {
    const lines: Array<string> = []
    train((line) => {
      lines.push(line)
      if (/belongs|failed/.test(line)) resolve(lines)
    })
  })

describe.runIf(browser !== undefined)("the page", () => {
  let built: Awaited<ReturnType<typeof buildPage>>
  let learned: ReadonlyArray<string>

  beforeAll(async () => {
    ;[, ...learned] = await inNode()
    expect(learned).toHaveLength(4)
    expect(learned[2]).toMatch(/^epoch 30: accuracy (1|0\.9\d?)$/)
    // The sources lack the program of the worker, which the build of the package adds.
    built = await buildPage(join(root, "examples/page"), [workerProgramPlugin])
  }, 60_000)

  const linesOf = (isolated: boolean, headers: Readonly<Record<string, string>> = {}) => {
    const document = reportingLines(built.document)
    return browse({ browser: browser ?? "", script: "", document, files: built.files, isolated, headers })
  }

  test("trains in a worker on one thread", { timeout: 60_000 }, async () => {
    expect(await linesOf(false)).toEqual(["in a worker, on 1 thread", ...learned])
  })

  test("trains on several threads where it is cross-origin isolated", { timeout: 60_000 }, async () => {
    const [first, ...others] = (await linesOf(true)) as ReadonlyArray<string>
    expect(first).toMatch(/^in a worker, on [2-8] threads$/)
    expect(others).toEqual(learned)
  })

  test("trains with the content policy of its docs page, and prints why it cannot with a stricter one", {
    timeout: 60_000,
  }, async () => {
    const [, policy = ""] = /^Content-Security-Policy: (.*)$/m.exec(readFileSync(join(root, "docs/in-a-page.md"), "utf8")) ?? []
    expect(policy).toContain("worker-src blob:")
    const inline = "'unsafe-inline'"
    const allowed = policy.replace("script-src", `script-src ${inline}`)
    expect(await linesOf(false, { "Content-Security-Policy": allowed })).toEqual(["in a worker, on 1 thread", ...learned])
    const stricter = allowed.replace("worker-src blob:", "worker-src 'self'")
    expect(await linesOf(false, { "Content-Security-Policy": stricter })).toEqual([
      expect.stringMatching(/^the Wasm\.worker engine failed to start its worker: .*worker-src blob:/),
    ])
  })
})

test("its page quotes it", () => {
  const page = readFileSync(join(root, "docs/in-a-page.md"), "utf8")
  for (const file of ["index.html", "train.ts"])
    expect(page).toContain(readFileSync(join(root, "examples/page", file), "utf8").trim())
})
