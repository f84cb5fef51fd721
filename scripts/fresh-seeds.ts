/**
 * `pnpm fresh-seeds [minutes]`: runs every test file with properties repeatedly, each time with a new seed, for the given
 * minutes (default 10). A failing seed is printed and written to `failing-seeds.txt` with the output before the next one;
 * `FAST_CHECK_SEED=… npx pnpm@12 test` draws its cases again. The last line counts the seeds.
 */
import { spawnSync } from "node:child_process"
import { appendFileSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const kept = join(root, "failing-seeds.txt")

/** The test files that import fast-check, the published helpers included. */
const files = globSync(["packages/*/test/**/*.test.ts", "test/*.test.ts"], { cwd: root })
  .filter((path) => readFileSync(join(root, path), "utf8").includes('from "fast-check"'))
  .sort()

/** Minutes after which no new seed starts. Throws if it is not a positive number. */
const minutesOf = (text = "10"): number => {
  const minutes = Number(text)
  if (Number.isFinite(minutes) && minutes > 0) return minutes
  throw new RangeError(`${text} is not a number of minutes; try: pnpm fresh-seeds 30`)
}

/** A new seed, most likely: the low bits of the clock, spread over 31 bits. */
const seedAt = (time: number): number => (Math.imul(time | 0, 0x9e3779b1) >>> 1) | 1

const runs = (seed: number): boolean => {
  const { CI: _, ...env } = process.env
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", "--testTimeout", "120000", ...files],
    {
      cwd: root,
      encoding: "utf8",
      env: { ...env, FAST_CHECK_SEED: String(seed), PROPERTY_CASES: "all", NO_COLOR: "1" },
      maxBuffer: 2 ** 28,
    },
  )
  if (status === 0) return true
  appendFileSync(kept, `seed ${seed}, ${new Date().toISOString()}\n${stdout}${stderr}\n`)
  for (const line of stdout.split("\n").filter((text) => /^\s*FAIL /.test(text))) console.log(line)
  return false
}

const until = Date.now() + minutesOf(process.argv[2]) * 60_000
let passed = 0
let failed = 0
console.log(`${files.length} files with properties`)
while (passed + failed === 0 || Date.now() < until) {
  const seed = seedAt(Date.now())
  const isRight = runs(seed)
  if (isRight) passed++
  else failed++
  console.log(`seed ${seed}: ${isRight ? "passed" : `FAILED; kept in ${kept}`}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
