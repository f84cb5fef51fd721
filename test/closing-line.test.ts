import { expect, test } from "vitest"
import { closingLine } from "../scripts/closing-line-reporter.ts"

test("the closing line names passed and failed, and skipped only when there are some", () => {
  expect(closingLine({ passed: 412, failed: 0, skipped: 0 })).toBe("412 passed, 0 failed")
  expect(closingLine({ passed: 3, failed: 2, skipped: 1 })).toBe("3 passed, 2 failed, 1 skipped")
})
