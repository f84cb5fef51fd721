import type { Reporter, TestModule } from "vitest/node"

/**
 * Ends every test run with one plain line, `412 passed, 0 failed`, for scripts and people who read only the last line.
 * A test file that cannot be loaded and an error outside any test count as one failure each, so the line and the exit
 * code always agree.
 */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** The closing line. `closingLine({ passed: 3, failed: 0, skipped: 1 }) // => "3 passed, 0 failed, 1 skipped"` */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`

export const count = (modules: ReadonlyArray<TestModule>, unhandledErrors: number): Counts => {
  const counts = { passed: 0, failed: unhandledErrors, skipped: 0 }
  for (const module of modules) {
    counts.failed += module.errors().length
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      counts[state === "passed" ? "passed" : state === "skipped" ? "skipped" : "failed"] += 1
    }
  }
  return counts
}

export default class ClosingLineReporter implements Reporter {
  #line: string | undefined

  onInit(): void {
    // At exit, because other reporters print after their `onTestRunEnd`.
    process.once("exit", () => {
      if (this.#line !== undefined) process.stdout.write(`${this.#line}\n`)
    })
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    this.#line = closingLine(count(modules, unhandledErrors.length))
  }
}
