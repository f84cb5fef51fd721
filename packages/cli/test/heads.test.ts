/** A model with named inputs and several heads through every verb. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { jsonSchema } from "../src/json/Events.ts"
import { accepts } from "./jsonSchema.ts"
import { folder, jsonLines, run } from "./world.ts"

const passengers = `schema: 1
name: passengers
data:
  source: passengers.csv
  columns:
    age: { type: number, scale: standard }
    sex: binary
    fare: { type: number, role: target, scale: standard, missing: drop }
    lived: { type: binary, role: target }
    rich: { type: binary, role: target }
    old: { type: binary, role: target }
  split: { val: 20%, test: 20%, seed: 3 }
model:
  inputs: { body: [age], rest: "*" }
  layers:
    - { dense: { units: 6, activation: relu }, from: body, name: a }
    - { dense: { units: 6, activation: relu }, from: rest, name: b }
    - concat: [a, b]
    - dropout: 0.1
    - head: lived
    - head: fare
    - { head: [rich, old], name: tags }
train:
  seed: 2
  epochs: 6
  batch: 16
  losses: { fare: { huber: { delta: 1 }, weight: 0.3 } }
  metrics: [accuracy, mae, r2]
  optimizer: { adam: { lr: 0.02 } }
`

/** 120 passengers; every tenth has no fare. */
const rows = Array.from({ length: 120 }, (_, i) => {
  const age = 20 + ((i * 7) % 41)
  const isFemale = (i * i) % 3 === 0
  const fare = i % 10 === 0 ? "" : (age * 1.5 + (i % 3)).toFixed(1)
  return [age, isFemale ? "f" : "m", fare, isFemale || age < 25 ? "yes" : "no", age > 40 ? 1 : 0, age > 30 ? 1 : 0].join(",")
})

const directory = folder({
  "passengers.yaml": passengers,
  "passengers.csv": ["age,sex,fare,lived,rich,old", ...rows].join("\n"),
  "new.csv": "sex,age\nf,22\nm,x\nm,58\n",
  "bare.csv": "22,f\n58,m\n",
})
const runs = ["--runs", join(directory, "runs")]
const file = join(directory, "passengers.yaml")
const at = (number: string, ...path: ReadonlyArray<string>) => join(directory, "runs/passengers", number, ...path)

/** What the first run printed while it trained. */
let printed = ""

beforeAll(async () => {
  const { code, stderr, stdout } = await run(["train", file, ...runs])
  expect(code).toBe(0)
  printed = `${stdout}${stderr}`
})

describe("several heads", () => {
  test("a run records the loss and the scores of each, and the sum", () => {
    const [header = ""] = readFileSync(at("0001", "metrics.csv"), "utf8").split("\n")
    const names = ["loss", "fare.loss", "lived.loss", "tags.loss", "lived.accuracy", "fare.mae", "fare.r2", "tags.accuracy"]
    expect(header.split(",")).toEqual(["epoch", "step", "lr", ...names.map((n) => `train.${n}`), ...names.map((n) => `val.${n}`)])
    const { baseline, test: scores, units } = JSON.parse(readFileSync(at("0001", "summary.json"), "utf8"))
    expect(scores.loss).toBeCloseTo(scores["lived.loss"] + 0.3 * scores["fare.loss"] + scores["tags.loss"], 6)
    expect(units).toEqual({ "fare.loss": "scaled", "fare.mae": "fare" })
    expect(Object.keys(baseline).sort()).toEqual(
      [
        "lived.accuracy",
        "lived.class",
        "lived.kind",
        "fare.kind",
        "fare.mse",
        "fare.scaled",
        "tags.accuracy",
        "tags.class",
        "tags.kind",
      ].sort(),
    )
    expect(baseline["tags.class"].split(", ")).toHaveLength(2)
  })

  test("the line of an epoch has the losses, and the scores of each head on the validation rows", () => {
    const line = printed.split("\n").find((each) => each.startsWith("epoch 6/6")) ?? ""
    expect([...line.matchAll(/(?:train|val)\.[a-z0-9.]+/g)].map(([name]) => name)).toEqual([
      "train.loss",
      "val.loss",
      "val.lived.accuracy",
      "val.fare.mae",
      "val.fare.r2",
      "val.tags.accuracy",
    ])
  })

  test("a resumed run has the bits of one that nothing ended", async () => {
    expect(await run(["train", file, ...runs, "--set", "train.epochs=2"])).toMatchObject({ code: 0 })
    expect(await run(["train", "--resume", "passengers/2", ...runs, "--set", "train.epochs=6"])).toMatchObject({ code: 0 })
    for (const name of ["weights", "optimizer"]) {
      const bytes = (number: string) => readFileSync(at(number, "checkpoints/last", `${name}.safetensors`))
      expect(bytes("0003").equals(bytes("0001"))).toBe(true)
    }
    expect(readFileSync(at("0003", "metrics.csv"), "utf8")).toBe(readFileSync(at("0001", "metrics.csv"), "utf8"))
  })

  test("the resolved file is the model, and another one does not resume it", async () => {
    expect(
      await run(["check", at("0001", "resolved.yaml"), "--set", `data.source.csv.path=${join(directory, "passengers.csv")}`]),
    ).toMatchObject({ code: 0 })
    const { code, stderr } = await run([
      "train",
      file,
      "--resume",
      "passengers/1",
      ...runs,
      "--set",
      "train.losses.fare.weight=0.4",
    ])
    expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining("train.losses.fare.weight` is `0.4`") })
  })

  test("evaluate prints the scores of each in its unit, and its classes", async () => {
    const { stdout } = await run(["evaluate", "passengers/1", ...runs])
    expect(stdout).toMatch(/ {2}fare\.mae +[\d.]+ in units of fare +[\d.]+ … [\d.]+ +[\d.]+\n/)
    expect(stdout).toMatch(/ {2}fare\.loss +[\d.]+ scaled /)
    expect(stdout).toMatch(/ {2}lived\.loss +[\d.]+ {2,}[\d.]+ … /)
    expect(stdout).toMatch(/\n {2}lived\n\n {2}truth down, prediction across\n {8}no yes/)
    expect(stdout).toMatch(/\n {2}tags\n\n {2}class {2}precision {5}recall {9}f1 {2}support\n {3}rich /)
    const [event] = jsonLines((await run(["evaluate", "passengers/1", ...runs, "--json"])).stdout)
    expect(accepts(jsonSchema(), event, jsonSchema())).toBe(true)
    expect(event.heads.lived.confusion.flat().reduce((sum: number, n: number) => sum + n, 0)).toBe(event.rows)
    expect(event.heads.tags.classes.map(({ name }: { readonly name: string }) => name)).toEqual(["rich", "old"])
    const { lived } = event.heads
    const right = (lived.confusion[0][0] + lived.confusion[1][1]) / event.rows
    expect(event.test["lived.accuracy"]).toBeCloseTo(right, 12)
  })

  test("predict answers for all heads, from csv and from JSON", async () => {
    const { code, stderr, stdout } = await run(["predict", "passengers/1", join(directory, "new.csv"), ...runs])
    const answers = jsonLines(stdout)
    expect(code).toBe(4)
    expect(stderr).toContain("new.csv:3: row 2, column `age`")
    expect(answers.map(({ row }) => row)).toEqual([1, 2, 3])
    const [young, , old] = answers
    for (const answer of [young, old]) {
      expect(Object.keys(answer.prediction)).toEqual(["lived", "fare", "tags"])
      expect(["yes", "no"]).toContain(answer.prediction.lived)
      expect(answer.probability).toEqual({ lived: Math.max(...Object.values<number>(answer.probabilities.lived)) })
      expect(Object.keys(answer.prediction.tags)).toEqual(["rich", "old"])
      for (const name of ["rich", "old"])
        expect(answer.prediction.tags[name]).toBe(answer.probabilities.tags[name] > 0.5 ? "1" : "0")
    }
    expect(old.prediction.fare).toBeGreaterThan(young.prediction.fare)
    const piped = await run(["predict", "passengers/1", "-", ...runs, "--json"], {
      stdin: '{"age":22,"sex":"f"}\n{"age":58,"sex":"m","other":1}\n',
    })
    const events = jsonLines(piped.stdout)
    for (const event of events) expect(accepts(jsonSchema(), event, jsonSchema())).toBe(true)
    expect(events.map(({ prediction }) => prediction)).toEqual([young.prediction, old.prediction])
  })

  test("predict refuses what lacks a column of an input", async () => {
    const { code, stderr } = await run(["predict", "passengers/1", "-", ...runs], { stdin: "age\n22\n" })
    expect(code).toBe(4)
    expect(stderr).toContain("no column `sex`")
  })

  test("a record of preprocessing that was changed is refused", async () => {
    const path = at("0002", "preprocess.json")
    const text = readFileSync(path, "utf8")
    writeFileSync(path, text.replace('"body"', '"__proto__"'))
    expect(await run(["predict", "passengers/2", join(directory, "new.csv"), ...runs])).toMatchObject({ code: 7 })
    writeFileSync(path, text)
  })

  test("inspect shows the inputs and each head", async () => {
    const { stdout } = await run(["inspect", file])
    expect(stdout).toMatch(/^layer {5}kind {5}body \[1\] rest \[1\] /)
    expect(stdout).toMatch(/\ntags {6}dense {4}\[12\] → \[2\] +26 /)
    const [event] = jsonLines((await run(["inspect", file, "--json"])).stdout)
    expect(accepts(jsonSchema(), event, jsonSchema())).toBe(true)
    expect([event.input, event.parameters, event.step.rows]).toEqual([{ body: [1], rest: [1] }, 12 + 12 + 13 + 13 + 26, 16])
  })

  test("a score of a head can be monitored, and must reach its least value", async () => {
    const set = (...values: ReadonlyArray<string>) => values.flatMap((value) => ["--set", value])
    const options = set(
      "train.callbacks=[{ early_stop: { monitor: val.lived.accuracy, patience: 2 } }]",
      "evaluate.fail_under={ lived.accuracy: 1.1 }",
      "name=strict",
    )
    const { code, stderr } = await run(["train", file, ...runs, ...options])
    expect(code).toBe(6)
    expect(stderr).toContain("test.lived.accuracy")
    expect(stderr).toMatch(/best val\.lived\.accuracy/)
  })

  test("sweep goes by the score of a head", async () => {
    const options = ["--set", "train.callbacks=[{ early_stop: { monitor: val.fare.mae, patience: 3 } }]", "--steps", "2"]
    const { code, stdout } = await run(["sweep", file, ...options, "--set", "train.epochs=4"])
    expect(code).toBe(0)
    expect(stdout).toMatch(/λ +val\.fare\.mae\n/)
  })

  test("non-finite values are located in their head", async () => {
    const { code, stderr } = await run(["train", file, ...runs, "--set", "train.optimizer={ sgd: 1e30 }", "--set", "name=wild"])
    expect(code).toBe(5)
    expect(stderr).toMatch(/became (?:NaN|-?Infinity)/)
    expect(stderr).toContain("passengers.yaml:")
  })
})
