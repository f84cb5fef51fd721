/** Scores compared with scikit-learn's for the same outputs and targets; recorded/record-scores.py computed the numbers. */
import { readFileSync } from "node:fs"
import { type Entry, Score, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import { expect, test } from "vitest"

interface Recorded {
  readonly madeBy: { readonly library: string; readonly version: string }
  readonly scores: ReadonlyArray<{
    readonly name: string
    readonly options: object
    readonly output: Tensor.Nested
    readonly target: Tensor.Nested
    readonly value: Tensor.Nested
  }>
}

const file = new URL("recorded/scores-sklearn.json", import.meta.url)
const { madeBy, scores } = JSON.parse(readFileSync(file, "utf8")) as Recorded

const tables: { readonly [name: string]: Entry.AnyEntry<Score.Score<unknown>> } = { ...Score.table, ...Score.reports }
const counted = new Set(["mse", "rmse", "mae", "r2"])

test(`the numbers are those of ${madeBy.library} ${madeBy.version}`, () => {
  const compared = new Set(scores.map(({ name }) => name))
  // What scikit-learn has no function for: the calibration error, and reports that are made of the scores compared here.
  const own = ["calibration_error", "class_report", "curves", "reliability"]
  expect(Object.keys(tables).filter((name) => !compared.has(name))).toEqual(own)
})

test.each(scores.map((each, i) => ({ ...each, i })))("$i: $name $options", ({ name, options, output, target, value }) => {
  const wanted = Tensor.make(target, counted.has(name) ? "f32" : "i32")
  const score = make(tables, { name, options: { ...options } })
  // Targets are f32 to these scores, and so are the sums of a batch.
  assertAllClose(Score.of(score, Tensor.make(output), wanted) as Tensor.Nested, value, { rtol: 1e-6 })
})
