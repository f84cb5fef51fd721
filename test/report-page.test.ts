/** The report of a run in headless Chromium: nothing is requested, axe finds nothing, and there is something to see, in light and dark. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { inflateSync } from "node:zlib"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, run } from "../packages/cli/test/world.ts"
import { browserNames, onPath } from "../scripts/browser.ts"
import { type Tab, withTab } from "../scripts/devtools.ts"

const browser = onPath(...browserNames)
const examples = join(import.meta.dirname, "../examples")
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const model = `schema: 1
name: flowers
data:
  source: ${join(examples, "data/iris.csv")}
  columns: { species: class, petal_width: { type: number, role: target, scale: standard }, "*": { type: number, scale: standard } }
  split: { val: 20%, test: 30%, stratify: species, seed: 1 }
model:
  layers:
    - { dense: { units: 8, activation: relu }, name: body }
    - head: species
    - { head: petal_width, from: body }
train: { seed: 1, epochs: 12, batch: 16, optimizer: { adam: 0.02 } }
evaluate: { slices: [species] }
`
const directory = folder({ "flowers.yaml": model })
const runs = join(directory, "runs")
const pageOf = (...path: ReadonlyArray<string>) => pathToFileURL(join(runs, ...path)).href

/** The bytes of a PNG's pixels, filtered as they are: as different as the picture is. */
const pixels = (png: Buffer): Buffer => {
  const parts: Array<Buffer> = []
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at)
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(png.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  return inflateSync(Buffer.concat(parts))
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary: string }>
}

const violations = async (tab: Tab): Promise<ReadonlyArray<Violation>> => {
  await tab.evaluate(axe)
  const found = await tab.evaluate("axe.run().then(({ violations }) => JSON.stringify(violations))")
  return JSON.parse(String(found))
}

describe.runIf(browser !== undefined)("the report, which needs Chromium on the PATH", () => {
  beforeAll(async () => {
    const trained = await run(["train", join(directory, "flowers.yaml"), "--runs", runs], { report: true })
    expect(trained).toMatchObject({ code: 0, stderr: expect.not.stringContaining("report was not written") })
  })

  test("requests nothing, has no violation, and shows something, in light and dark; so do its pictures", async () => {
    await withTab(browser ?? "", async (tab) => {
      const seen: Array<Buffer> = []
      for (const scheme of ["light", "dark"] as const) {
        await tab.setScheme(scheme)
        await tab.open(pageOf("flowers/0001/report.html"))
        // Images that are part of the page are no requests.
        expect(tab.requests().filter((url) => !url.startsWith("data:"))).toEqual([pageOf("flowers/0001/report.html")])
        expect(tab.complaints()).toEqual([])
        expect((await violations(tab)).map(({ id, nodes }) => [id, nodes[0]?.failureSummary, nodes[0]?.html])).toEqual([])
        const shot = pixels(await tab.screenshot())
        seen.push(shot)
        // Paper alone would be one value, or two.
        expect(new Set(shot).size).toBeGreaterThan(64)
      }
      expect(seen[0]?.equals(seen[1] ?? Buffer.alloc(0))).toBe(false)
      // Nothing is wider than the page, on a screen of a phone too.
      await tab.setWidth(390)
      expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(390)
      expect(await tab.evaluate("document.scripts.length")).toBe(0)
      // The pictures are files of their own too.
      await tab.setWidth(1060)
      for (const name of ["curves", "confusion-species", "predicted-petal_width", "importance"]) {
        await tab.open(pageOf("flowers/0001/plots", `${name}.svg`))
        expect(tab.complaints()).toEqual([])
        expect(
          await tab.evaluate("document.querySelector('parsererror') === null && document.querySelectorAll('text').length > 5"),
        ).toBe(true)
        // Every text lies within the picture.
        const outside = await tab.evaluate(`JSON.stringify([...document.querySelectorAll("text")].flatMap((text) => {
          const { left, right, top, bottom } = text.getBoundingClientRect()
          const { width, height } = document.documentElement.viewBox.baseVal
          return left < -1 || top < -1 || right > width + 1 || bottom > height + 1 ? [text.textContent] : []
        }))`)
        expect([name, JSON.parse(String(outside))]).toEqual([name, []])
      }
    })
  })
})
