/**
 * Appends a line to the file that `TEST_TIMES` names for each test file: the seconds of processor time that its imports took, its
 * tests in their own process, and the processes that these waited for. Linux only: it reads `/proc`.
 */
import { appendFileSync, readFileSync } from "node:fs"
import { relative } from "node:path"
import { afterAll, beforeAll, expect } from "vitest"

export interface TestTime {
  readonly file: string
  readonly imports: number
  readonly own: number
  readonly children: number
}

/** Seconds of processor time of this process, and of the processes that it has waited for. */
const times = (): { readonly own: number; readonly children: number } => {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? []
  const seconds = (field: number): number => Number(fields[field]) / 100
  return { own: seconds(11) + seconds(12), children: seconds(13) + seconds(14) }
}

const start = times()
let imported = start

beforeAll(() => {
  imported = times()
})

afterAll(() => {
  const { children, own } = times()
  const time: TestTime = {
    file: relative(process.cwd(), expect.getState().testPath ?? ""),
    imports: imported.own - start.own,
    own: own - imported.own,
    children: children - start.children,
  }
  appendFileSync(process.env.TEST_TIMES ?? "", `${JSON.stringify(time)}\n`)
})
