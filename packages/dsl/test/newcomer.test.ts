/** Mistakes that people make in their first model file: each is reported once, where it is, with its correction. */
import { expect, test } from "vitest"
import * as Fix from "../src/diagnostic/Fix.ts"
import { read, withFacts } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { parse } from "../src/text/Override.ts"
import { shown } from "./reading.ts"

/** The text after all its fixes, and those of what they uncover. */
const mended = (text: string): string => {
  const next = Fix.apply(text, read(fromText("m.yaml", text)).diagnostics).text
  return next === text ? text : mended(next)
}

const small = "schema: 1\ndata: { source: moons }\nmodel:\n  layers:\n    - dense: 8\n    - head: label\n"

test.each([
  ["the version left out", small.replace("schema: 1\n", "# first\n"), small.replace("schema: 1\n", "# first\nschema: 1\n")],
  ["a colon left out", small.replace("dense: 8", "dense 8"), small],
  ["no space after a colon", small.replace("dense: 8", "dense:8"), small],
  [
    "a misspelt `type` of a column",
    small.replace("{ source: moons }", "{ source: a.csv, columns: { x: { typ: number, scale: standard }, label: class } }"),
    small.replace("{ source: moons }", "{ source: a.csv, columns: { x: { type: number, scale: standard }, label: class } }"),
  ],
  [
    "PyTorch's `Linear`",
    small.replace("dense: 8", "Linear: { in_features: 2, out_features: 8 }"),
    small.replace("dense: 8", "dense: { units: 8 }"),
  ],
  ["a dense layer by the name of an activation", small.replace("dense: 8", "linear: 8"), small],
  [
    "a schedule among the options of the optimizer",
    `${small}train: { optimizer: { sgd: { lr: 0.1, lr_scheduler: cosine } } }\n`,
    `${small}train: { optimizer: { sgd: { lr: 0.1 } }, schedule: cosine }\n`,
  ],
  ["a metric by another name", `${small}train: { metrics: [auc] }\n`, `${small}train: { metrics: [auroc] }\n`],
])("%s is mended", (_, wrong, right) => {
  expect(mended(wrong)).toBe(right)
})

test.each([
  ["too little", "   - head"],
  ["too much", "      - head"],
])("a line that is indented %s is reported once", (_, line) => {
  const { diagnostics } = read(fromText("m.yaml", small.replace("    - head", line)))
  expect(diagnostics).toMatchObject([
    {
      code: "Y001",
      span: { line: 6, column: line.length - "- head".length + 1 },
      help: expect.stringContaining("begin where its neighbours do"),
    },
  ])
})

test("a default that does not fit is shown at what it does not fit, where no section speaks of it", () => {
  const facts = { rows: { train: 20, val: 5, test: 5 } }
  const told = (text: string) => withFacts(read(fromText("m.yaml", text)), { facts, findings: [] }).diagnostics
  expect(told(small)).toMatchObject([
    { code: "T506", span: { line: 2, column: 7 }, label: "20 rows", help: "`train: { batch: 20 }` at most" },
  ])
  const trained = `${small}train: { epochs: 3 }\n`
  expect(Fix.apply(trained, told(trained)).text).toBe(`${small}train: { epochs: 3, batch: 20 }\n`)
})

test("a key beside the one that was meant is not renamed to it", () => {
  expect(shown(`${small}train: { epochs: 3, epoch: 4 }\n`)).toContain("did you mean `epochs`, which is already set?")
})

test("a setting without a value says so", () => {
  expect(parse("train.epochs=")).toMatchObject({ failure: expect.stringContaining("`train.epochs=` has no value") })
})

test("a schedule's times are epochs or shares of the run, and nothing else", () => {
  const scheduled = (schedule: string) =>
    shown(`${small}train: { epochs: 20, batch: 16, schedule: { warmup_cosine: { ${schedule} } } }\n`)
  for (const time of ["5%", "3", "3 epochs", "1 epoch", "0.5 epochs"]) expect(scheduled(`warmup: ${time}, min_lr: 1e-6`)).toBe("")
  const wanted = "expected a number of epochs > 0 such as 3 or 3 epochs, or a share of the run such as 5%"
  for (const time of ["0", "0 epochs", "3 steps", "-1 epochs", "epochs"])
    expect(scheduled(`warmup: ${time}`)).toContain(`${wanted}, got`)
  for (const time of ["100%", "20", "20 epochs"])
    expect(scheduled(`warmup: ${time}`)).toContain("error[T505]: the learning rate rises for 20 epochs in a run of 20")
  expect(scheduled("epochs: 5%")).toContain("did you mean `warmup`?")
  expect(scheduled("warmup_steps: 5%")).toContain("did you mean `warmup`?")
})

test("epochs are one number, however they are said", () => {
  const schedule = (time: string) =>
    read(fromText("m.yaml", `${small}train: { epochs: 20, batch: 16, schedule: { warmup: ${time} } }\n`)).document?.train.schedule
  expect(schedule("3 epochs")).toEqual({ warmup: { epochs: 3, schedule: { constant: {} } } })
  expect(schedule("3 epochs")).toEqual(schedule("{ epochs: 3 }"))
})

test("names that are there are listed once", () => {
  const twice = small.replace("    - dense: 8", "    - { dense: 8, name: a }\n    - { dense: 8, name: a }\n    - add: [a, c]")
  expect(shown(twice)).toMatch(/the layers above are `a`$/)
})

test.each([
  ["- activation: relu", "a layer is written with its name as the key: `relu`"],
  ["- { type: dense, units: 8 }", "a layer is written with its name as the key: `dense: { units: … }`"],
  ["- dense:\n      units: 8", "indent `units` further than `dense`, whose option it is"],
  ["- dense:\n      units: 8\n      bias: true", "indent `units` and `bias` further than `dense`, whose options they are"],
])("a layer as other libraries write it is answered with how it is written here: %j", (layer, help) => {
  const { diagnostics } = read(fromText("m.yaml", small.replace("- dense: 8", layer)))
  expect(diagnostics).toMatchObject([{ span: { line: 5 }, help }])
})
