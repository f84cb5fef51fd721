/** Named inputs and several heads in model files: documents, mistakes with their places and proposals, and what is built. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { arrayOf } from "@adjoint/core/data/PreprocessTree"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Result } from "effect"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { build } from "../src/build/Build.ts"
import * as Memory from "../src/build/Memory.ts"
import { checked } from "../src/check/Checked.ts"
import { apply } from "../src/diagnostic/Fix.ts"
import * as Model from "../src/Model.ts"
import { baselines } from "../src/prepare/Baseline.ts"
import { prepare } from "../src/prepare/Prepare.ts"
import { preview } from "../src/prepare/Preview.ts"
import { openWith, read, readData, withFacts } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { documentOf, shown } from "./reading.ts"

const passengers = `schema: 1
name: passengers
data:
  source: passengers.csv
  columns:
    age: { type: number, scale: standard }
    sex: binary
    fare: { type: number, role: target, scale: standard }
    lived: { type: binary, role: target }
    rich: { type: binary, role: target }
    old: { type: binary, role: target }
model:
  inputs: { body: [age], rest: [sex] }
  layers:
    - { dense: { units: 4, activation: relu }, from: body, name: a }
    - { dense: { units: 4, activation: relu }, from: rest, name: b }
    - concat: [a, b]
    - { dense: { units: 8, activation: relu }, name: both }
    - head: lived
    - head: fare
    - { head: [rich, old], name: tags }
train:
  batch: 8
  losses: { lived: 1, fare: { huber: { delta: 2 }, weight: 0.3 } }
  metrics: { lived: [accuracy, auroc], fare: [mae, r2] }
  callbacks: [{ early_stop: { monitor: val.lived.accuracy } }]
`

describe("the document", () => {
  test("spells out inputs, heads, losses and metrics, and is a model file itself", () => {
    expect(shown(passengers)).toBe("")
    const { model, train } = documentOf(passengers)
    expect(model.inputs).toEqual({ body: ["age"], rest: ["sex"] })
    expect(model.layers.slice(-3)).toMatchObject([
      { head: { target: "lived" } },
      { head: { target: "fare" } },
      { head: { target: ["rich", "old"] }, name: "tags" },
    ])
    expect(train.losses).toEqual({ lived: { weight: 1 }, fare: { huber: { delta: 2 }, weight: 0.3 } })
    expect(train.metrics).toEqual({ lived: [{ accuracy: {} }, { auroc: {} }], fare: [{ mae: {} }, { r2: {} }] })
    const document = documentOf(passengers)
    expect(documentOf(JSON.stringify(document))).toEqual(document)
  })

  test.each([
    ["inputs: { body: age, rest: sex }", "inputs: { body: [age], rest: [sex] }"],
    ['inputs: { body: [age], rest: "*" }', 'inputs: { body: [age], rest: ["*"] }'],
    ["fare: huber", "fare: { huber: {}, weight: 1 }"],
    ["fare: auto", "fare: { weight: 1 }"],
    ["fare: 0.5", "fare: { weight: 0.5 }"],
    ["fare: { huber: 2 }", "fare: { huber: { delta: 2 }, weight: 1 }"],
  ])("%s is short for %s", (short, long) => {
    const [, key = ""] = /^(\w+):/.exec(short) ?? []
    const line = key === "inputs" ? /inputs: \{[^}]*\}/ : /fare: \{ huber: \{ delta: 2 \}, weight: 0.3 \}/
    expect(documentOf(passengers.replace(line, short))).toEqual(documentOf(passengers.replace(line, long)))
  })

  test("equals its twin in TypeScript", () => {
    const twin = Model.modelFile({
      name: "passengers",
      data: {
        source: "passengers.csv",
        columns: {
          age: { type: "number", scale: "standard" },
          sex: "binary",
          fare: { type: "number", role: "target", scale: "standard" },
          lived: { type: "binary", role: "target" },
          rich: { type: "binary", role: "target" },
          old: { type: "binary", role: "target" },
        },
      },
      model: {
        inputs: { body: "age", rest: ["sex"] },
        layers: [
          Model.dense(4, { activation: "relu", from: "body", name: "a" }),
          Model.dense(4, { activation: "relu", from: "rest", name: "b" }),
          Model.concat(["a", "b"]),
          Model.dense(8, { activation: "relu", name: "both" }),
          Model.head("lived"),
          Model.head("fare"),
          Model.head(["rich", "old"], {}, { name: "tags" }),
        ],
      },
      train: {
        batch: 8,
        losses: { lived: 1, fare: { huber: { delta: 2 }, weight: 0.3 } },
        metrics: { lived: ["accuracy", "auroc"], fare: ["mae", "r2"] },
        callbacks: [{ early_stop: { monitor: "val.lived.accuracy" } }],
      },
    })
    expect(Result.getOrThrow(twin)).toEqual(documentOf(passengers))
  })

  test("takes nothing from prototypes", () => {
    const layers = [{ dense: 4 }, { head: "lived" }, { head: "toString" }]
    const data = { source: "passengers.csv", columns: { age: "number", lived: { type: "binary", role: "target" } } }
    const inputs = JSON.parse('{ "constructor": ["age"] }')
    const { diagnostics } = readData({ schema: 1, data, model: { inputs, layers }, train: { losses: { valueOf: 2 } } })
    const codes = diagnostics.map(({ code, message }) => `${code} ${message}`)
    expect(codes).toContainEqual(expect.stringMatching(/^S106 `constructor` is not the name of an input/))
    expect(codes).toContainEqual("D303 the head predicts `toString`, which is no column of the data")
    expect(codes).toContainEqual("T521 there is no head named `valueOf`")
  })
})

/** Codes, places and proposals of a text. */
const told = (text: string) =>
  read(fromText("m.yaml", text)).diagnostics.map(({ code, help, span }) => [code, `${span?.line}:${span?.column}`, help])

/** The text after all its fixes. */
const mended = (text: string) => {
  const source = fromText("m.yaml", text)
  return apply(source.text, read(source).diagnostics).text
}

describe("mistakes", () => {
  test.each<readonly [from: string, to: string, code: string, at: string, help: RegExp]>([
    // Names of other libraries
    ["inputs: {", "input_features: {", "S101", "13:3", /^did you mean `inputs`\?$/],
    ["losses:", "loss_weights:", "S101", "24:3", /^did you mean `losses`\?$/],
    ["losses:", "loss:", "S104", "24:3", /^the losses of several heads belong under `losses`$/],
    ["huber:", "HuberLoss:", "S104", "24:31", /^did you mean `huber`\?$/],
    ["weight: 0.3", "loss_weight: 0.3", "S101", "24:52", /^it can be/],
    // Inputs and columns
    ["body: [age]", "body: [aeg]", "D301", "13:20", /^did you mean `age`\?$/],
    ["body: [age]", "body: [fare]", "D307", "13:20", /^remove it: a net that sees its target/],
    ["rest: [sex]", "rest: [age]", "D307", "13:33", /^keep one of them; any number of layers may read/],
    ["age: { type: number", "years: number\n    age: { type: number", "D307", "6:5", /^add it to one of the inputs, ignore it/],
    ["body: [age]", "my body: [age]", "S106", "13:13", /^layers read inputs by these names$/],
    ["inputs: { body: [age], rest: [sex] }", "inputs: {}", "D307", "13:11", /^name one or more/],
    ["from: body", "from: boddy", "R203", "15:54", /^did you mean `body`\?$/],
    ["from: body", "from: input", "R203", "15:54", /^write the name of an input: `body` or `rest`$/],
    ["name: a }", "name: rest }", "R204", "15:66", /^give one of them another name$/],
    ["from: body, ", "", "G407", "15:9", /^add `from`: the inputs are `body` and `rest`$/],
    ["concat: [a, b]", "concat: [a, a]", "G408", "16:9", /^join it with another branch/],
    // Heads and targets
    ["- head: fare", "- head: fares", "D303", "20:13", /^did you mean `fare`\?$/],
    ["- head: fare", "- head: age", "D303", "20:13", /^give the column the type `class` or `role: target`$/],
    ["    - head: fare\n", "", "D303", "8:5", /^add `- head: fare` to the layers/],
    ["- head: fare", "- head: lived", "D303", "20:13", /^keep one of them$/],
    ["[rich, old]", "[rich, fare]", "D303", "21:9", /^write a head for each: `- head: rich` and `- head: fare`$/],
    [", name: tags }", " }", "G406", "21:9", /^`name: labels`: its scores are then `labels.loss`/],
    [
      "    - { head: [rich, old], name: tags }\n",
      "    - { head: [rich, old], name: tags }\n    - relu\n",
      "G403",
      "21:9",
      /^move it to the end, or/,
    ],
    // Losses, metrics and monitors
    ["fare: { huber", "fares: { huber", "T521", "24:23", /^did you mean `fare`\?$/],
    ["fare: { huber: { delta: 2 }, weight: 0.3 }", "fare: binary_cross_entropy", "T507", "24:29", /^write `auto`/],
    ["lived: 1,", "lived: 1, tags: mse,", "T507", "24:29", /`binary_cross_entropy`$/],
    ["weight: 0.3", "weight: -1", "S103", "24:60", /^did you mean `1`\?$/],
    [
      "losses: { lived: 1, fare: { huber: { delta: 2 }, weight: 0.3 } }",
      "loss: mse",
      "T521",
      "24:3",
      /^write each under the name of its head/,
    ],
    ["fare: [mae, r2]", "fare: [accuracy]", "T509", "25:47", /^metrics for this target: `mse`/],
    ["fare: [mae, r2]", "far: [mae]", "T521", "25:40", /^did you mean `fare`\?$/],
    [
      "metrics: { lived: [accuracy, auroc], fare: [mae, r2] }",
      "metrics: [accuracy, top_k]",
      "T509",
      "25:23",
      /^metrics for these targets/,
    ],
    [
      "val.lived.accuracy",
      "val.accuracy",
      "T503",
      "26:40",
      /^each head has its own: did you mean `val\.lived\.accuracy` or `val\.tags\.accuracy`\?$/,
    ],
    ["val.lived.accuracy", "val.lived.acc", "T503", "26:40", /^did you mean `val\.lived\.accuracy`\?$/],
    ["val.lived.accuracy", "val.dead.accuracy", "T503", "26:40", /`val\.lived\.accuracy`/],
  ])("%s → %s", (from, to, code, at, help) => {
    expect(passengers).toContain(from)
    expect(told(passengers.replace(from, to))).toContainEqual([code, at, expect.stringMatching(help)])
  })

  test("are reported without consequences", () => {
    const alone = (from: string, to: string) => told(passengers.replace(from, to)).map(([code]) => code)
    expect(alone("inputs: {", "input_features: {")).toEqual(["S101"])
    expect(alone("inputs: { body: [age], rest: [sex] }", "inputs: [age, sex]")).toEqual(["S103"])
    expect(alone("from: body", "from: boddy")).toEqual(["R203"])
    expect(alone("from: body, ", "")).toEqual(["G407"])
  })

  test("have fixes where one is certain", () => {
    const repaired = (from: string, to: string) => mended(passengers.replace(from, to))
    expect(repaired("inputs: {", "input_features: {")).toBe(passengers)
    expect(repaired("losses:", "loss:")).toBe(passengers)
    expect(repaired("- head: fare", "- head: fares")).toBe(passengers)
    expect(repaired("val.lived.accuracy", "val.lived.acc")).toBe(passengers)
    expect(repaired("from: body", "from: boddy")).toBe(passengers)
  })

  test("a loss under the column of a head that has a name of its own", () => {
    const named = passengers.replace("- head: fare", "- { head: fare, name: price }")
    expect(told(named)).toEqual([
      ["T521", "24:23", "did you mean `price`?"],
      ["T521", "25:40", "did you mean `price`?"],
    ])
    expect(told(mended(named))).toEqual([])
  })

  test("named inputs beside the model move into it", () => {
    const line = "  inputs: { body: [age], rest: [sex] }\n"
    const outside = passengers.replace(line, "").replace("model:\n", `inputs: { body: [age], rest: [sex] }\nmodel:\n`)
    expect(told(outside)).toContainEqual(["S101", "12:1", "named inputs belong under `model`"])
    expect(documentOf(mended(outside))).toEqual(documentOf(passengers))
  })

  test("pre-training has one input", () => {
    const text = `${passengers}pretrain: [{ rbm: { layer: a, visible: gaussian } }]\n`
    expect(told(text)).toEqual([["T513", "27:1", expect.stringMatching(/^remove `inputs`/)]])
  })

  test("advice on branches that never meet", () => {
    const apart = passengers
      .replace("    - concat: [a, b]\n", "")
      .replace("- head: lived", "- { head: lived, from: a }")
      .replace("name: both }", "name: both, from: b }")
    expect(read(fromText("m.yaml", apart)).diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ["A621", "the branches of `lived` and of `fare` and `tags` never meet"],
    ])
  })

  test("of a model with one output: `losses`, and metrics by head", () => {
    const one = "schema: 1\ndata: { source: moons }\nmodel: { layers: [{ dense: 8 }, relu, { head: label }] }\n"
    expect(told(`${one}train: { losses: { label: 2 } }\n`)).toEqual([["T521", "4:10", expect.stringMatching(/^write `loss: …`/)]])
    expect(told(`${one}train: { metrics: { label: [accuracy] } }\n`)).toEqual([
      ["T521", "4:19", expect.stringMatching(/^write one list/)],
    ])
    expect(told(one.replace("{ head: label }", "{ head: label }, { head: y }")).map(([code, at]) => [code, at])).toEqual([
      ["D303", "3:58"],
      ["D303", "3:64"],
    ])
    expect(told(one.replace("layers:", "inputs: { a: [x] }, layers:")).map(([code, at]) => [code, at])).toEqual([
      ["D307", "3:10"],
    ])
  })
})

const scratch = mkdtempSync(join(tmpdir(), "adjoint-"))
afterAll(() => rmSync(scratch, { recursive: true }))

/** 40 passengers; every eighth has no fare. */
beforeAll(() => {
  const rows = Array.from({ length: 40 }, (_, i) => {
    const age = 20 + ((i * 7) % 40)
    const fare = i % 8 === 0 ? "" : (age * 1.5 + (i % 3)).toFixed(1)
    return [age, i % 2 === 0 ? "f" : "m", fare, i % 4 === 0 ? "yes" : "no", age > 40 ? 1 : 0, age > 30 ? 1 : 0].join(",")
  })
  writeFileSync(join(scratch, "passengers.csv"), `age,sex,fare,lived,rich,old\n${rows.join("\n")}\n`)
})

const run = <A, E>(effect: Effect.Effect<A, E, never>) => Effect.runPromise(effect)

/** What is known of a text with its data, as the command sees it. */
const looked = async (text: string) => {
  const opened = Result.getOrThrow(openWith(fromText("m.yaml", text), []))
  const known = await run(preview(opened.sections, scratch).pipe(Effect.provide(NodeFileSystem.layer)))
  return { known, reading: withFacts(opened, known) }
}

const dropping = passengers.replace("fare: { type: number,", "fare: { type: number, missing: drop,")

describe("with data", () => {
  test("a blank in one target is located, and `missing: drop` drops its row for all heads", async () => {
    const { reading } = await looked(passengers)
    expect(reading.diagnostics.map(({ code, message, span }) => [code, span?.line, message])).toEqual([
      ["D305", 4, expect.stringMatching(/passengers\.csv:\d+: row \d+, column `fare`: got a blank/)],
    ])
    const { known } = await looked(dropping)
    expect(known.facts.dropped).toEqual([{ column: "fare", rows: 5 }])
    expect(known.facts.rows).toEqual({ train: 24, val: 5, test: 6 })
  })

  test("each input and each head is an array of its own, by the facts of its columns", async () => {
    const { known, reading } = await looked(dropping)
    expect(reading.diagnostics).toEqual([])
    const { facts, prepared } = known
    expect(facts.sample).toEqual({ body: [1], rest: [1] })
    expect(facts.dtype).toEqual({ body: "f32", rest: "f32" })
    expect(facts.target).toMatchObject({
      type: "heads",
      heads: [
        { name: "lived", target: { type: "binary", classes: ["no", "yes"] }, counts: [expect.any(Number), expect.any(Number)] },
        { name: "fare", target: { type: "numbers", names: ["fare"], units: [expect.anything()] } },
        {
          name: "tags",
          target: {
            type: "labels",
            names: ["rich", "old"],
            classes: [
              ["0", "1"],
              ["0", "1"],
            ],
          },
        },
      ],
    })
    if (prepared === undefined) throw new Error("not prepared")
    const { inputs, targets } = prepared.train
    expect([arrayOf(inputs, "body").shape, arrayOf(inputs, "rest").shape]).toEqual([
      [24, 1],
      [24, 1],
    ])
    expect(["lived", "fare", "tags"].map((name) => [arrayOf(targets, name).dtype, arrayOf(targets, name).shape])).toEqual([
      ["i32", [24]],
      ["f32", [24, 1]],
      ["f32", [24, 2]],
    ])
    expect(facts.extents?.map(({ column }) => column)).toEqual(["age", "sex=m"])
    expect(facts.targetExtents?.map(({ column }) => column)).toEqual(["fare"])
  })

  test("`*` is all columns of inputs that no other input has, in the order of the table", async () => {
    const { known, reading } = await looked(dropping.replace("body: [age], rest: [sex]", 'rest: "*", body: [sex]'))
    expect(reading.diagnostics).toEqual([])
    expect(known.prepared?.fitted.input).toMatchObject({
      inputs: { rest: { columns: [{ name: "age" }] }, body: { columns: [{ name: "sex" }] } },
    })
  })

  test("a column of the file that no input has is located", async () => {
    const others = dropping
      .replace(/ {4}sex: binary\n/, "")
      .replace("rest: [sex]", "rest: [age]")
      .replace("body: [age], ", "")
    const text = others.replace("model:", '    "*": category\nmodel:').replace("from: body", "from: rest")
    const { reading } = await looked(text)
    expect(reading.diagnostics.map(({ code, message, span }) => [code, message, span?.line])).toContainEqual([
      "D307",
      "the column `sex` is in no input",
      11,
    ])
  })

  test("the same rows as separate inputs and together have the same numbers", async () => {
    const together = dropping.replace(/ {2}inputs:.*\n/, "").replaceAll(/, from: (body|rest)/g, "")
    const one = await run(prepare(documentOf(together), scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    const two = await run(prepare(documentOf(dropping), scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    const columns = (i: number) => Array.from(arrayOf(one.train.inputs, "").data).filter((_, at) => at % 2 === i)
    expect(Array.from(arrayOf(two.train.inputs, "body").data)).toEqual(columns(0))
    expect(Array.from(arrayOf(two.train.inputs, "rest").data)).toEqual(columns(1))
    expect(one.lock).toEqual(two.lock)
  })
})

describe("built", () => {
  const trained = async (text: string) => {
    const prepared = await run(prepare(documentOf(text), scratch).pipe(Effect.provide(NodeFileSystem.layer)))
    return { prepared, built: build(Result.getOrThrow(checked(documentOf(text), prepared.facts))) }
  }

  test("a net from the inputs to the heads, and the weighted sum of their losses", async () => {
    const { built, prepared } = await trained(dropping)
    const { heads, loss, net, scores } = built
    expect(net.shape(prepared.facts.sample)).toEqual({ lived: [1], fare: [1], tags: [2] })
    expect(heads.map(({ lossName, name }) => [name, lossName])).toEqual([
      ["lived", "binary_cross_entropy"],
      ["fare", "huber"],
      ["tags", "binary_cross_entropy"],
    ])
    expect(Object.keys(scores).sort()).toEqual(["fare.mae", "fare.r2", "lived.accuracy", "lived.auroc", "tags.accuracy"])
    expect(built.units).toEqual({ "fare.loss": "scaled", "fare.mae": "fare" })
    expect(built.earlyStop).toMatchObject({ monitor: "val.lived.accuracy", mode: "max" })
    const prediction = { lived: Tensor.make([[0], [0]]), fare: Tensor.make([[1], [3]]), tags: Tensor.zeros([2, 2]) }
    const target = {
      lived: Tensor.make([0, 1], "i32"),
      fare: Tensor.make([[0], [0]]),
      tags: Tensor.make([
        [0, 1],
        [1, 1],
      ]),
    }
    // log 2, 0.3 · (½ · 1² + 2 · (3 - 1)) / 2, and log 2 as the mean over labels
    expect(Tensor.toNumber(loss(prediction, target))).toBeCloseTo(2 * Math.log(2) + (0.3 * (0.5 + 4)) / 2, 6)
    const { params, state } = net.init(Key.make(1), prepared.facts.sample)
    const { y } = net.apply(params, state, { body: Tensor.ones([5, 1]), rest: Tensor.ones([5, 1]) }, { mode: "infer" })
    expect(Object.keys(y).sort()).toEqual(["fare", "lived", "tags"])
  })

  test("losses of scaled targets are scaled, whatever the metrics", async () => {
    const units = async (metrics: string) =>
      (await trained(dropping.replace(/metrics: \{.*\}/, `metrics: ${metrics}`).replace(/ {2}callbacks:.*\n/, ""))).built.units
    expect(await units("[accuracy, r2]")).toEqual({ "fare.loss": "scaled" })
    expect(await units("[]")).toEqual({ "fare.loss": "scaled" })
    expect(await units("[accuracy, mse]")).toEqual({ "fare.loss": "scaled", "fare.mse": "fare²" })
  })

  test("a layer below heads reads the layer above them, and heads may stand between layers", async () => {
    const early = dropping
      .replace("    - concat: [a, b]\n", "    - head: lived\n    - concat: [a, b]\n")
      .replace("both }\n    - head: lived\n", "both }\n")
    const { built, prepared } = await trained(early)
    const children = built.net.children?.(prepared.facts.sample) ?? []
    expect(children.map(({ inputs, name }) => [name, ...inputs])).toEqual([
      ["a", [1]],
      ["b", [1]],
      ["lived", [4]],
      ["concat1", [4], [4]],
      ["both", [8]],
      ["fare", [8]],
      ["tags", [8]],
    ])
  })

  test("a metric of a list belongs to the heads that it fits", async () => {
    const scores = async (metrics: string) =>
      Object.keys((await trained(dropping.replace(/metrics: \{.*\}/, `metrics: ${metrics}`))).built.scores).sort()
    expect(await scores("[accuracy, mae]")).toEqual(["fare.mae", "lived.accuracy", "tags.accuracy"])
    expect(await scores("auto")).toEqual(["fare.mae", "lived.accuracy", "tags.accuracy"])
  })

  test("balanced class weights weigh the classes of each head", async () => {
    const { built, prepared } = await trained(dropping.replace("train:", "train:\n  regularize: { class_weight: balanced }"))
    const target = prepared.facts.target
    const [no = 0, yes = 0] = (target.type === "heads" ? target.heads[0]?.counts : undefined) ?? []
    const of = (lived: number) =>
      Tensor.toNumber(
        built.loss(
          { lived: Tensor.zeros([1, 1]), fare: Tensor.zeros([1, 1]), tags: Tensor.make([[-99, -99]]) },
          { lived: Tensor.make([lived], "i32"), fare: Tensor.zeros([1, 1]), tags: Tensor.zeros([1, 2]) },
        ),
      )
    expect(of(0)).toBeCloseTo((Math.log(2) * (no + yes)) / (2 * no), 5)
    expect(of(1)).toBeCloseTo((Math.log(2) * (no + yes)) / (2 * yes), 5)
  })

  test("a step is planned, and baselines are those of each head", async () => {
    const { built, prepared } = await trained(dropping)
    const step = Memory.plan(built, prepared.facts, 8, { held: false })
    expect(Memory.isShortage(step)).toBe(false)
    expect(baselines(prepared).map(({ answer, head }) => [head.name, answer.kind])).toEqual([
      ["lived", "majority"],
      ["fare", "mean"],
      ["tags", "majority"],
    ])
  })

  test("one head of several answers of yes and no has one output for each", async () => {
    const text = dropping
      .replace(/ {2}inputs:.*\n/, "")
      .replace(
        / {2}layers:[\s\S]*train:/,
        "  layers: [{ dense: { units: 8, activation: relu } }, { head: [lived, rich, old] }]\ntrain:",
      )
      .replace(/ {2}losses:[\s\S]*$/, "  metrics: [accuracy, auroc]\n")
      .replace(/ {4}fare:.*\n/, "    fare: ignore\n")
    const { built, prepared } = await trained(text)
    expect(built.net.shape(prepared.facts.sample)).toEqual([3])
    expect(prepared.facts.target).toMatchObject({ type: "labels", names: ["lived", "rich", "old"] })
    expect(built.heads).toMatchObject([{ lossName: "binary_cross_entropy" }])
    expect(Object.keys(built.scores)).toEqual(["accuracy", "auroc"])
    expect(told(text.replace("[lived, rich, old]", "lived"))).toContainEqual([
      "D303",
      "10:11",
      expect.stringMatching(/`- head: \[lived, rich, old\]`/),
    ])
  })
})
