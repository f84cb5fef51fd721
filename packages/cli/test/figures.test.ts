/** From numbers to pictures: laws of what is drawn, and of how it is drawn. */
import { Score, Tensor } from "@adjoint/core"
import { ordered } from "@adjoint/dsl/prepare/InTime"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { pictureOf } from "../src/diagnose/Figures.ts"
import type { ClassFindings, NumberFindings } from "../src/evaluate/Findings.ts"
import * as Classes from "../src/figures/Classes.ts"
import { history } from "../src/figures/History.ts"
import * as Numbers from "../src/figures/Numbers.ts"
import { pictures } from "../src/figures/Search.ts"
import { html, raw } from "../src/page/Html.ts"
import { domainOf, type Figure, type Mark } from "../src/plot/Figure.ts"
import { svg } from "../src/plot/Svg.ts"

const marksOf = (figure: Figure | undefined, panel = 0): ReadonlyArray<Mark> =>
  figure?.kind === "panels" ? (figure.panels[panel]?.marks ?? []) : []

/** Logits of two classes and labels of both. */
const answers = fc
  .array(
    fc.tuple(
      fc.double({ min: -4, max: 4, noNaN: true }).map((x) => Math.round(x * 4) / 4),
      fc.boolean(),
    ),
    { minLength: 4, maxLength: 40 },
  )
  .filter((all) => all.some(([, label]) => label) && all.some(([, label]) => !label))

const found = (all: ReadonlyArray<readonly [logit: number, label: boolean]>): ClassFindings => {
  const output = Tensor.make(all.map(([logit]) => [logit]))
  const truth = Tensor.make(
    all.map(([, label]) => (label ? 1 : 0)),
    "i32",
  )
  return {
    kind: "classes",
    isWeighted: false,
    head: undefined,
    names: ["no", "yes"],
    confusion: Score.of(Score.confusionMatrix, output, truth),
    report: Score.of(Score.classReport, output, truth),
    curves: Score.of(Score.curves, output, truth),
    reliability: Score.of(Score.reliability(10), output, truth),
    mistakes: [],
  }
}

test.each([
  [4.433e10, 4.434e10],
  [0, 3e8],
  [0, 4e-7],
  [-2e12, 5],
])("an axis from %f to %f has its numbers whole", (low, high) => {
  const figure: Figure = {
    kind: "panels",
    title: "t",
    description: "d",
    columns: 1,
    panels: [{ x: { domain: [0, 1] }, y: { domain: [low, high] }, marks: [] }],
  }
  const numbers = [...svg(figure).matchAll(/text-anchor="end">([^<]*)</g)].map(([, text = ""]) => text.replace("−", "-"))
  expect(numbers.length).toBeGreaterThan(1)
  expect(new Set(numbers).size).toBe(numbers.length)
  for (const text of numbers) {
    expect(text).not.toContain("…")
    expect(Number(text)).toBeGreaterThanOrEqual(low)
    expect(Number(text)).toBeLessThanOrEqual(high)
  }
})

describe("the ROC curve", () => {
  test("of many classes is drawn for eight of them, and says so", () => {
    const output = Tensor.oneHot(
      Tensor.make(
        Array.from({ length: 40 }, (_, i) => i % 10),
        "i32",
      ),
      10,
    )
    const truth = Tensor.make(
      Array.from({ length: 40 }, (_, i) => (i % 10 > 7 && i < 20 ? 0 : i % 10)),
      "i32",
    )
    const many = {
      ...found([[1, true]]),
      names: [..."abcdefghij"],
      report: Score.of(Score.classReport, output, truth),
      curves: Score.of(Score.curves, output, truth),
    }
    for (const figure of [Classes.roc(many), Classes.precisionRecall(many)]) {
      expect(marksOf(figure).filter((mark) => mark.kind === "line" && mark.label !== undefined)).toHaveLength(8)
      expect(figure?.description).toContain(" Of 10 classes the 8 with most rows are drawn.")
    }
    expect(
      Classes.roc(
        found([
          [1, true],
          [0, false],
        ]),
      )?.description,
    ).not.toContain("are drawn")
  })

  test("has the area that Mann and Whitney count: pairs in the right order, ties half", () => {
    fc.assert(
      fc.property(answers, (all) => {
        const line = marksOf(Classes.roc(found(all))).find((mark) => mark.kind === "line" && mark.label !== undefined)
        const points = line?.kind === "line" ? line.points : []
        const area = points.slice(1).reduce((sum, [x, y], i) => {
          const [before, low] = points[i] ?? [0, 0]
          return sum + ((x - before) * (y + low)) / 2
        }, 0)
        const of = (label: boolean) => all.flatMap(([logit, own]) => (own === label ? [Math.fround(logit)] : []))
        const pairs = of(true).flatMap((p) => of(false).map((n) => (p > n ? 1 : p === n ? 0.5 : 0)))
        expect(area).toBeCloseTo(pairs.reduce<number>((sum, x) => sum + x, 0) / pairs.length, 10)
        expect(points[0]).toEqual([0, 0])
        expect(points.at(-1)).toEqual([1, 1])
      }),
    )
  })
})

describe("calibration", () => {
  test("counts every answer once", () => {
    fc.assert(
      fc.property(answers, (all) => {
        const [bars] = marksOf(Classes.calibration(found(all)), 1)
        const counts = bars?.kind === "bars" ? bars.bars.map(([, [, count]]) => count) : []
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(all.length)
      }),
    )
  })
})

describe("confusion", () => {
  test("shades each row to 1", () => {
    fc.assert(
      fc.property(answers, (all) => {
        const [cells] = marksOf(Classes.confusion(found(all)))
        for (const row of cells?.kind === "cells" ? cells.rows : [])
          expect(row.reduce((sum, { shade }) => sum + shade, 0)).toBeCloseTo(1, 10)
      }),
    )
  })

  test("of more classes than can be told apart is not drawn", () => {
    const names = Array.from({ length: 100 }, (_, i) => String(i))
    expect(
      Classes.confusion({
        ...found([
          [1, true],
          [0, false],
        ]),
        names,
      }),
    ).toBeUndefined()
  })
})

describe("numbers", () => {
  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 })

  test("a histogram counts every number once, in intervals that follow each other", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 40 }), (values, bins) => {
        const made = Numbers.histogram(values, bins)
        expect(made.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
        for (let i = 1; i < made.length; i++) expect(made[i]?.from).toBeCloseTo(made[i - 1]?.to ?? Number.NaN, 5)
      }),
    )
  })

  test("a forecast of several series has a panel for each, in the order of time", () => {
    const some: NumberFindings = {
      kind: "numbers",
      head: undefined,
      column: "y",
      predicted: [1, 2, 3, 4],
      truth: [10, 20, 30, 40],
    }
    const inTime = { time: [32, 1, 2, 3], series: ["a", "b", "a", "b"] }
    const figure = Numbers.forecast(some, ordered(inTime, 4))
    const panels = figure?.kind === "panels" ? figure.panels : []
    expect(panels.map(({ title }) => title)).toEqual(["b", "a"])
    expect(panels.map(({ marks }) => marks.map((mark) => (mark.kind === "line" ? mark.points.map(([, y]) => y) : [])))).toEqual([
      [
        [20, 40],
        [2, 4],
      ],
      [
        [30, 10],
        [3, 1],
      ],
    ])
    expect(figure?.description).toContain("in the order of time of 2 series, 4 rows in all")
  })

  test("a forecast of one series is one panel, in the order of numbers where all places are some", () => {
    const some: NumberFindings = { kind: "numbers", head: undefined, column: "y", predicted: [1, 2, 3], truth: [1, 2, 3] }
    const figure = Numbers.forecast(some, ordered({ time: [10, 9, 100] }, 3))
    const [panel, ...others] = figure?.kind === "panels" ? figure.panels : []
    expect(others).toEqual([])
    expect(panel?.marks[0]).toMatchObject({
      points: [
        [1, 2],
        [2, 1],
        [3, 3],
      ],
    })
  })

  test("residuals are what is left of the truth, rows without a finite number left out", () => {
    const some: NumberFindings = {
      kind: "numbers",
      head: undefined,
      column: "price",
      predicted: [1, 2, Number.NaN, 4],
      truth: [2, 2, 3, 1],
    }
    const dots = marksOf(Numbers.residuals(some)).find((mark) => mark.kind === "dots")
    expect(dots?.kind === "dots" && dots.points).toEqual([
      [1, 1],
      [2, 0],
      [4, -3],
    ])
    const against = marksOf(Numbers.predictedAgainstTrue(some)).find((mark) => mark.kind === "dots")
    expect(against?.kind === "dots" && against.points).toEqual([
      [2, 1],
      [2, 2],
      [1, 4],
    ])
  })

  test("a domain holds all finite numbers, and is never empty", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        const [low, high] = domainOf(values.map((x) => x / 4))
        expect(low).toBeLessThan(high)
        for (const x of values) if (Number.isFinite(x)) expect(low <= x / 4 && x / 4 <= high).toBe(true)
      }),
    )
  })
})

describe("curves", () => {
  const record = (epoch: number, loss: number) => ({
    epoch,
    step: epoch,
    learningRate: 0.1,
    train: { loss },
    validation: { loss: loss + 1 },
  })

  test("mark the best epoch, and are absent for a run without one", () => {
    expect(history([], undefined)).toBeUndefined()
    const marks = marksOf(history([record(1, 3), record(2, 1), record(3, 2)], { epoch: 2, monitor: "val.loss" }))
    expect(marks.find(({ kind }) => kind === "rule")).toMatchObject({ at: 2, label: "best: epoch 2" })
    expect(marks.at(-1)).toMatchObject({ kind: "dots", points: [[2, 2]] })
  })

  test("of a long run have few points, with both ends, and a falling loss has a logarithmic axis", () => {
    const long = Array.from({ length: 5000 }, (_, i) => record(i + 1, 100 / (i + 1)))
    const figure = history(long, undefined)
    const line = marksOf(figure).find((mark) => mark.kind === "line")
    const points = line?.kind === "line" ? line.points : []
    expect(points.length).toBeLessThanOrEqual(600)
    expect([points[0]?.[0], points.at(-1)?.[0]]).toEqual([1, 5000])
    const flat = history(
      [
        { epoch: 1, step: 1, learningRate: 0.1, train: { loss: 100 } },
        { epoch: 2, step: 2, learningRate: 0.1, train: { loss: 0.1 } },
      ],
      undefined,
    )
    expect(flat?.kind === "panels" && flat.panels[0]?.y.log).toBe(true)
    expect(flat === undefined ? "" : svg(flat)).toContain(">0.1</text>")
  })

  test("with non-finite scores are broken there", () => {
    const figure = history([record(1, 1), record(2, Number.NaN), record(3, 2), record(4, 3)], undefined)
    const picture = figure === undefined ? "" : svg(figure)
    expect(picture).not.toContain("NaN")
    expect(picture).toMatch(/d="M[\d.]+,[\d.]+M[\d.]+,[\d.]+L[\d.]+,[\d.]+"/)
  })
})

describe("a picture", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("<script>", '"', "&amp;", "]]>", "\u0000\u001b[31m", "ünïcode 日本語"),
  )

  test("is well-formed whatever its texts are, and has no place outside of it", () => {
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 12 }), (title, names) => {
        const picture = svg({
          kind: "panels",
          title,
          description: title,
          columns: 1,
          panels: [
            {
              title,
              x: { label: title, domain: [0, names.length], names },
              y: { label: title, domain: [0, names.length], names },
              isSquare: true,
              marks: [
                { kind: "cells", rows: names.map((name) => names.map(() => ({ shade: 0.5, tone: 0 as const, text: name }))) },
              ],
            },
          ],
        })
        // Every tag is one of the drawer's own, and every one is closed.
        const tags = [...picture.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)].map(
          ([, close, name, empty]) => `${close}${name}${empty}`,
        )
        expect(tags.filter((tag) => tag === "text").length).toBe(tags.filter((tag) => tag === "/text").length)
        expect(new Set(tags.map((tag) => tag.replaceAll("/", "")))).toEqual(
          new Set(["svg", "title", "desc", "style", "rect", "text", ...(tags.includes("line/") ? ["line"] : [])]),
        )
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
        expect(picture).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/)
        expect(picture.match(/</g)?.length).toBe(tags.length)
      }),
      { numRuns: 50 },
    )
  })
})

test("texts in HTML are escaped, and HTML is not", () => {
  expect(html`<p title="${'"'}">${"<b>"} & ${html`<i>${"&"}</i>`}${[1, raw("<hr>")]}${undefined}</p>`.html).toBe(
    '<p title="&quot;">&lt;b&gt; & <i>&amp;</i>1<hr></p>',
  )
})

describe("diagnoses as pictures", () => {
  test("scores have a panel each, so that a large one does not hide the others", () => {
    const numbers = { own: { loss: 0.5, mae: 30 }, constant: { loss: 1, mae: 90 }, linear: { loss: 0.7, mae: Number.NaN } }
    const figure = pictureOf("baselines", numbers)
    const panels = figure?.kind === "panels" ? figure.panels : []
    expect(panels.map(({ title, x, y }) => [title, x.names, y.domain[1]])).toEqual([
      ["loss", ["this run", "best constant", "linear"], 1.08],
      ["mae", ["this run", "best constant", "linear"], 90 * 1.08],
    ])
    expect(panels.map(({ marks }) => marks.map((mark) => (mark.kind === "bars" ? mark.bars.length : -1)))).toEqual([
      [1, 1, 1],
      [1, 1, 0],
    ])
    expect(figure && svg(figure)).not.toMatch(/NaN/)
    expect(pictureOf("gap", undefined)).toBeUndefined()
  })

  test("a logarithmic axis of many decades has the powers of ten alone", () => {
    const points = Array.from({ length: 70 }, (_, i) => ({ rate: 10 ** (i / 10 - 6), loss: 1 }))
    const figure = pictureOf("learning_rate", { points, rate: 0.01 })
    const texts = [...svg(figure as Figure).matchAll(/text-anchor="middle"[^>]*>([^<]+)</gu)].map(([, text]) => text)
    for (const text of ["1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1", "1"]) expect(texts).toContain(text)
    expect(texts).not.toContain("0.002")
  })
})

test("a value between two dimensions that a trial does not have is a dot of the parallel coordinates", () => {
  const trial = (number: number, point: { readonly [name: string]: number }) => {
    return { number, point, state: "complete" as const, values: [number], reports: [] }
  }
  const drawn = pictures(
    {
      trials: [trial(1, { b: 1, c: 0 }), trial(2, { a: 2, b: 3, c: 4 })],
      objectives: [{ name: "val.loss", mode: "min" }],
      dimensions: ["b", "a", "c"].map((name) => ({ name, title: name })),
      importance: new Map(),
    },
    new Set(),
  )
  const marks = marksOf([...drawn].find(({ name }) => name === "parallel")?.figure)
  // Trial 1 has `b` and no `a` beside it; its `c` is beside its value, so a line ends there. The axis goes from 1 to 3.
  expect(marks.flatMap((mark) => (mark.kind === "dots" ? [mark.points] : []))).toEqual([[[0.5, 0]]])
  expect(marks.flatMap((mark) => (mark.kind === "text" ? [mark.text] : [])).slice(0, 2)).toEqual(["1", "3"])
})
