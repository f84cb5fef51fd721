/** How a search is shown: the line of a trial, and pictures whose axes outliers do not squash. */
import type { Trial } from "@adjoint/core/search/Trial"
import { expect, test } from "vitest"
import { pictures } from "../src/figures/Search.ts"
import * as Show from "../src/study/Show.ts"
import { style } from "../src/terminal/Style.ts"

const board = Show.boardOf({
  dimensions: [
    { name: "model.units", title: "units" },
    { name: "train.lr", title: "lr" },
  ],
  objectives: [{ name: "val.loss", mode: "min" }],
})

const trial = (number: number, value: number): Trial => ({
  number,
  point: { "model.units": 16, "train.lr": 0.0125 },
  state: "complete",
  values: [value],
  reports: [],
})

test("the line of a trial fits a narrow terminal", () => {
  const shown = (room?: number) => Show.line(board, { ...trial(7, 0.25), seconds: 1.2 }, true, style(false), room)
  expect(shown()).toBe("● trial 7 · val.loss 0.2500 · units 16, lr 0.0125 · 1.2 s")
  expect(shown(57)).toBe(shown())
  expect(shown(50)).toBe("● trial 7 · val.loss 0.2500 · units 16, … · 1.2 s")
  expect(shown(20)).toBe("● trial 7 · val.loss 0.2500 · … · 1.2 s")
})

test("outliers lie on the edge of the history", () => {
  const of = (values: ReadonlyArray<number>) => {
    const [history] = pictures(
      {
        trials: values.map((value, i) => trial(i, value)),
        objectives: board.objectives,
        dimensions: [{ name: "train.lr", title: "lr" }],
        importance: new Map(),
      },
      new Set(),
    )
    const { figure } = history ?? {}
    if (figure?.kind !== "panels") throw new Error("no history")
    const [panel] = figure.panels
    return { domain: panel?.y.domain ?? [], labels: panel?.marks.map((mark) => ("label" in mark ? mark.label : "")) }
  }
  const usual = [0.5, 0.4, 0.45, 0.6, 0.35, 0.55, 0.5, 0.42]
  expect(of(usual).labels).toEqual(["a trial", "the best so far"])
  const { domain, labels } = of([1e6, ...usual])
  expect(labels).toEqual(["a trial", "beyond the axis: 1", "the best so far"])
  expect(domain[1]).toBeLessThan(0.7)
  // A better value is never an outlier.
  expect(of([...usual, -9]).labels).toEqual(["a trial", "the best so far"])
})
