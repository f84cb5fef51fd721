/**
 * The pictures of reports in docs/pictures: trains an example and photographs its report in headless Chromium.
 *
 *     node scripts/report-pictures.ts
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { browserNames, onPath } from "./browser.ts"
import { withTab } from "./devtools.ts"

const root = join(import.meta.dirname, "..")
const browser = onPath(...browserNames)
if (browser === undefined) throw new Error(`none of ${browserNames.join(", ")} is installed`)

const runs = mkdtempSync(join(tmpdir(), "adjoint-pictures-"))
try {
  const args = ["train", "examples/digits-cnn.yaml", "--runs", runs]
  const { status } = spawnSync(process.execPath, [join(root, "packages/cli/src/main.ts"), ...args], {
    cwd: root,
    stdio: "inherit",
  })
  if (status !== 0) throw new Error("the example did not train")
  const parts = [
    { file: "report.png", from: undefined, height: 900 },
    { file: "report-answers.png", from: "answers", height: 1545 },
  ]
  await withTab(browser, async (tab) => {
    await tab.setScheme("light")
    await tab.open(pathToFileURL(join(runs, "digits-cnn/0001/report.html")).href)
    for (const { file, from, height } of parts) {
      const place = `document.getElementById("${from}").getBoundingClientRect().top + scrollY - 20`
      const top = from === undefined ? 0 : Number(await tab.evaluate(place))
      writeFileSync(join(root, "docs/pictures", file), await tab.screenshot({ top, height, scale: 0.75 }))
    }
  })
} finally {
  rmSync(runs, { recursive: true, force: true })
}
