/** The section `search`: its words, its checks, and the conditions that a point may break before it is trained. */
import * as Result from "effect/Result"
import { describe, expect, test } from "vitest"
import { brokenBy, readAt, searchOf, sizesOf } from "../src/AtPoint.ts"
import { apply } from "../src/diagnostic/Fix.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { folded } from "../src/space/Folds.ts"
import { objectives } from "../src/space/Objectives.ts"
import * as Condition from "../src/variables/Condition.ts"

const file = (search: string, more = "train: { batch: { $search: [16, 32], default: 32 } }") => `schema: 1
data: { source: { moons: { count: 200 } }, split: { train: 60%, val: 20%, test: 20%, seed: 1 } }
model: { layers: [{ dense: 8 }, relu, { head: label }] }
${more}
search: ${search}
`

/** What is said of a search, with the text that it points at. */
const said = (text: string): ReadonlyArray<string> => {
  const source = fromText("m.yaml", text)
  return read(source).diagnostics.map(
    ({ code, message, span }) =>
      `${code} ${message} @ ${span === undefined ? "" : source.text.slice(span.start, span.end).trimEnd()}`,
  )
}

describe("the section", () => {
  test("has a default for every key", () => {
    const { document, sections } = read(fromText("m.yaml", file("{}")))
    expect(sections.search).toEqual({
      maximize: [],
      minimize: [],
      sampler: { tpe: { startup: 10, candidates: 24, gamma: 0.1 } },
      seed: 0,
      pending: 8,
      seeds: 1,
      pruner: { none: {} },
      where: [],
    })
    expect(searchOf(read(fromText("m.yaml", file("{}").replace("search: {}\n", ""))))).toEqual(sections.search)
    // What is trained does not depend on it.
    expect(document).toEqual(read(fromText("m.yaml", file("{ trials: 9 }"))).document)
    expect(document).not.toHaveProperty("search")
  })

  test("looks for scores first, then for sizes; without any, for the least validation loss", () => {
    const of = (maximize: ReadonlyArray<string>, minimize: ReadonlyArray<string>) =>
      objectives({ maximize, minimize }).map(({ mode, name }) => `${mode} ${name}`)
    expect(of([], [])).toEqual(["min val.loss"])
    expect(of(["val.accuracy"], ["model.params", "val.loss"])).toEqual(["max val.accuracy", "min val.loss", "min model.params"])
  })

  test.each([
    ["{ metric: val.accuracy }", "{ maximize: val.accuracy }"],
    ["{ objective: val.loss }", "{ minimize: val.loss }"],
    ["{ metric: { name: val.loss, goal: minimize } }", "{ minimize: val.loss }"],
    ["{ n_trials: 4 }", "{ trials: 4 }"],
    ["{ num_samples: 4 }", "{ trials: 4 }"],
    ["{ method: bayes }", "{ sampler: tpe }"],
    ["{ algorithm: grid_search }", "{ sampler: grid }"],
    ["{ early_terminate: median }", "{ pruner: median }"],
    ["{ cv: 5 }", "{ folds: 5 }"],
    ["{ n_jobs: 2 }", "{ parallel: 2 }"],
    ["{ storage: study.sqlite }", "{ store: study.sqlite }"],
    ["{ maximize: val.acuracy }", "{ maximize: val.accuracy }"],
    ["{ maximize: [test.accuracy] }", "{ maximize: [val.accuracy] }"],
  ])("%s is mended to %s", (written, mended) => {
    let text = file(written)
    for (let round = 0; round < 3; round++) text = apply(text, read(fromText("m.yaml", text)).diagnostics).text
    expect(text).toBe(file(mended))
    expect(said(text)).toEqual([])
  })
})

describe("the checks", () => {
  test.each([
    ["{ maximize: val.auc }", "T503 this run does not compute the score `val.auc` @ val.auc"],
    ["{ maximize: val.loss }", "T525 `maximize` looks for the worst trials: `val.loss` is better the lower @ val.loss"],
    [
      "{ minimize: val.accuracy }",
      "T525 `minimize` looks for the worst trials: `val.accuracy` is better the higher @ val.accuracy",
    ],
    [
      "{ minimize: model.params }",
      "T525 `model.params` is the same for every training: the search has no score to look for @ model.params",
    ],
    ["{ parallel: 9 }", "T526 9 trials cannot run at a time: at most 8 are under way @ 9"],
    [
      "{ pruner: { median: { min: 10 epochs } } }",
      "T504 `median` lets every trial train 10 epochs, and a trial has 10: it never stops one @ 10 epochs",
    ],
    ["{ sampler: { grid: 3 }, trials: 1 }", "A641 the grid has 2 points, and only the first 1 are tried @ grid"],
    ["{ sampler: cma_es }", "T527 `cma_es` cannot search `train.batch`: got a choice, wanted numbers alone for cma_es @ cma_es"],
    [
      "{ sampler: gaussian_process, maximize: val.accuracy, minimize: model.params }",
      "T527 `gaussian_process` looks for one objective, and the search has 2 @ gaussian_process",
    ],
    ["{ sampler: anneal }", "S104 search.sampler: there is no sampler `anneal` @ anneal"],
    ["{ sampler: hyperband }", "S104 search.sampler: there is no sampler `hyperband` @ hyperband"],
    ["{ trials: { $search: [1, 2], default: 1 } }", "S109 `search` cannot be searched @ [1, 2]"],
    ["{ parameters: { lr: 1 } }", "S101 unknown key `parameters` in search @ parameters"],
  ])("of %s", (search, message) => {
    expect(said(file(search))).toEqual([message])
  })

  test("of a file without markers", () => {
    expect(said(file("{}", "train: { batch: 32 }"))).toEqual([
      "A640 there is nothing to search: no value has a search marker @ search",
    ])
  })

  test("of folds: those of a search need no validation rows, and a random split", () => {
    const whole = file("{ folds: 5, maximize: val.accuracy }")
    expect(said(whole.replace("val: 20%, ", ""))).toEqual([])
    expect(said(whole.replace("{ train: 60%, val: 20%, test: 20%, seed: 1 }", "{ by: order, val: 20%, seed: 1 }"))).toEqual([
      "D310 `folds` of the search divide the rows at random, and `by` of the split does not @ 5",
    ])
    expect(said(whole.replace("train: 60%, val: 20%,", "folds: 4,"))).toEqual([
      "D310 the split has 4 folds, and the search 5 @ 5",
    ])
    const { document } = read(fromText("m.yaml", whole))
    expect(document && folded(document, 5).data?.split).toEqual({ test: "20%", folds: 5, seed: 1 })
  })

  test("of a loss that the values change, where trials are compared by it", () => {
    const smoothed = "train: { loss: { categorical_cross_entropy: { label_smoothing: { $search: [0, 0.1], default: 0 } } } }"
    expect(said(file("{ minimize: val.loss }", smoothed))).toEqual([
      "T528 with this value `val.loss` is another loss, by which trials cannot be compared @ 0.1",
    ])
    expect(said(file("{ maximize: val.accuracy }", smoothed))).toEqual([])
    const weighted = "train: { regularize: { class_weight: { $search: [balanced, [1, 2]], default: balanced } } }"
    expect(said(file("{}", weighted))).toHaveLength(1)
  })
})

describe("conditions", () => {
  test.each([
    ["model.params <= 50000", true],
    ["model.params*2 > 100", true],
    ["max(model.params, 1e6) == 1e6", true],
    ["$n * 2 != 6", false],
    ["-$n < -4 + 1 - 1", false],
    ["1 >= 2", false],
  ])("%s is %s", (text, expected) => {
    const lookup = (name: string) => ({ "model.params": 100, n: 3 })[name]
    expect(Result.map(Condition.parse(text), (condition) => Condition.holds(condition, lookup))).toEqual(Result.succeed(expected))
  })

  test.each([
    ["model.params", "expected two numbers with one comparison between them"],
    ["1 < 2 < 3", "expected two numbers with one comparison between them"],
    ["model.params = 3", "a comparison is not `=`"],
    ["< 3", "a comparison has a number on both sides"],
    ["model.parms < 3", "there is no size `model.parms`"],
    ["flops < 3", "there is no size `flops`"],
    ["model.params < (3", "`(3` is not an expression: a `)` is missing"],
    ["model.params ** 2 < 3", "`model.params ** 2` is not an expression: `*` is where a number is expected"],
    ["process.exit() < 3", "there is no size `process.exit`"],
  ])("%s is refused", (text, message) => {
    expect(Result.mapError(Condition.parse(text), (fault) => fault.message)).toEqual(Result.fail(message))
  })

  test("refuse a point by its sizes and its variables", () => {
    const reading = read(
      fromText(
        "m.yaml",
        file('{ where: ["model.params < 50", "$n * 2 < 30"] }', "vars: { n: { $search: { int: [1, 20] }, default: 2 } }").replace(
          "dense: 8",
          "dense: $n",
        ),
      ),
    )
    expect(said(reading.source.text)).toEqual([])
    const broken = (n: number) => brokenBy(readAt(reading, { "vars.n": n }))
    // 2n + n weights and biases of the layer, and n + 1 of the head, which tells two classes apart by one number.
    expect(broken(12)).toBeUndefined()
    expect(broken(13)).toEqual({ condition: "model.params < 50", sizes: { "model.params": 53 } })
    const other = read(fromText("m.yaml", reading.source.text.replace("< 50", "< 500")))
    expect(brokenBy(readAt(other, { "vars.n": 14 }))).toBeUndefined()
    expect(brokenBy(readAt(other, { "vars.n": 15 }))).toEqual({ condition: "$n * 2 < 30", sizes: {} })
    expect(sizesOf(readAt(reading, { "vars.n": 4 }), ["model.params", "model.multiply_adds", "model.bytes"])).toEqual({
      "model.params": 17,
      "model.multiply_adds": 12,
      "model.bytes": 68,
    })
  })

  test("refer to variables that exist", () => {
    expect(said(file('{ where: "$m < 3" }', "vars: { n: { $search: [1, 2], default: 1 } }\ntrain: { epochs: $n }"))).toEqual([
      'R201 there is no variable `m` @ "$m < 3"',
    ])
  })
})

test("a wrong marker is reported alone, and a score that is named twice", () => {
  const wrong = file("{ trials: 4 }", "train: { batch: 16 }").replace("dense: 8", "dense: { $search: 8, default: 8 }")
  expect(said(wrong)).toEqual(["S103 model.layers[0].dense: expected a list of values or a range to search, got 8 @ 8"])
  expect(
    said(
      file(
        "{ maximize: [val.accuracy, val.accuracy] }",
        "train: { metrics: [accuracy], batch: { $search: [16, 32], default: 32 } }",
      ),
    ),
  ).toEqual(["T525 `val.accuracy` is searched for twice @ val.accuracy"])
})

test("a rising list of numbers is an ordered choice", () => {
  const orderOf = (values: string, standard: string) =>
    read(
      fromText("m.yaml", file("{}", `train: { batch: { $search: ${values}, default: ${standard} } }`)),
    ).searched?.file.space.map((dimension) => (dimension._tag === "Choice" ? dimension.ordered : undefined))
  expect(orderOf("[16, 32, 64]", "16")).toEqual([true])
  expect(orderOf("[64, 32, 16]", "16")).toEqual([undefined])
  // Of two values each is the other's neighbour.
  expect(orderOf("[16, 32]", "16")).toEqual([undefined])
})
