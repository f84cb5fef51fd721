/** What an editor makes of the JSON Schema, by the engine of yaml-language-server: completion, explanation, mistakes. */
import { describe, expect, test } from "vitest"
import { TextDocument } from "vscode-languageserver-textdocument"
import { getLanguageService } from "yaml-language-server"
import { jsonSchema } from "../src/JsonSchema.ts"

const service = getLanguageService({
  schemaRequestService: () => Promise.reject(new Error("nothing is fetched")),
  workspaceContext: { resolveRelativePath: (path) => path },
} as Parameters<typeof getLanguageService>[0])

service.configure({
  completion: true,
  hover: true,
  validate: true,
  customTags: [],
  schemas: [{ uri: "adjoint:schema.json", fileMatch: ["*.yaml"], schema: JSON.parse(JSON.stringify(jsonSchema())) }],
})

/** Versions distinguish documents. */
let version = 0
const documentOf = (text: string) => {
  version++
  return TextDocument.create("file:///model.yaml", "yaml", version, text)
}

/** The text without its `|`, and the place of it. */
const marked = (text: string) => {
  const at = text.indexOf("|")
  const document = documentOf(text.slice(0, at) + text.slice(at + 1))
  return { document, position: document.positionAt(at) }
}

const completions = async (text: string) => {
  const { document, position } = marked(text)
  const { items } = await service.doComplete(document, position, false)
  return items.map(({ label }) => label)
}

const hover = async (text: string): Promise<string> => {
  const { document, position } = marked(text)
  return JSON.stringify((await service.doHover(document, position))?.contents ?? "")
}

const problems = async (text: string) =>
  (await service.doValidation(documentOf(text), false)).map(
    ({ message, range }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`,
  )

const head = "schema: 1\nmodel:\n  layers:\n"

describe("an editor completes", () => {
  test.each([
    ["the sections", "schema: 1\n|", ["data", "model", "train", "vars"]],
    ["the layers behind a dash", `${head}    - |`, ["dense", "conv2d", "relu", "dropout", "repeat", "head", "use"]],
    ["the layers behind a dash below another", `${head}    - relu\n    - |`, ["dense", "head", "flatten"]],
    ["the layers in a flow map", `${head}    - { d| }`, ["dense", "dropout", "name", "from"]],
    ["options on lines of their own", `${head}    - dense:\n        |`, ["units", "activation", "init", "bias"]],
    ["options in a flow map", `${head}    - dense: { u| }`, ["units", "activation"]],
    ["the other options in a flow map", `${head}    - dense: { units: 3, a| }`, ["activation", "init"]],
    ["names in a flow map", `${head}    - dense: { units: 3, activation: r| }`, ["relu", "tanh"]],
    ["what stands beside a layer", `${head}    - dense: 8\n      |`, ["name", "from"]],
    ["the keys of a section", "schema: 1\ntrain:\n  |", ["epochs", "batch", "optimizer", "callbacks"]],
    ["the keys of a section in flow style", "schema: 1\ntrain: { o| }", ["optimizer", "epochs"]],
    ["optimizers", "schema: 1\ntrain:\n  optimizer: |", ["adam", "sgd"]],
    ["optimizers with options", "schema: 1\ntrain:\n  optimizer:\n    |", ["adam", "sgd"]],
    ["the options of an optimizer", "schema: 1\ntrain: { optimizer: { adam: { l| } } }", ["lr", "beta1"]],
    ["metrics behind a dash", "schema: 1\ntrain:\n  metrics:\n    - |", ["accuracy", "f1"]],
    ["metrics in a flow list", "schema: 1\ntrain:\n  metrics: [a|]", ["accuracy", "f1"]],
    ["callbacks behind a dash", "schema: 1\ntrain:\n  callbacks:\n    - |", ["early_stop", "checkpoint"]],
    ["the options of a callback", "schema: 1\ntrain:\n  callbacks:\n    - early_stop: { p| }", ["patience", "monitor"]],
    ["column types", "schema: 1\ndata:\n  columns:\n    age: |", ["number", "category", "class"]],
    ["column options in a flow map", "schema: 1\ndata:\n  columns:\n    age: { type: number, s| }", ["scale", "missing"]],
    ["words of an option", "schema: 1\ndata:\n  columns:\n    age: { type: number, scale: s| }", ["standard", "minmax"]],
    ["sources", "schema: 1\ndata:\n  source:\n    |", ["csv", "idx", "moons"]],
    ["the parts of a split", "schema: 1\ndata:\n  split: { t| }", ["train", "val", "test", "stratify"]],
  ])("%s", async (_, text, wanted) => {
    expect(await completions(text)).toEqual(expect.arrayContaining(wanted))
  })

  test("each name once, and no branch that has no name", async () => {
    const labels = await completions(`${head}    - |`)
    expect(new Set(labels).size).toBe(labels.length)
    expect(labels.filter((label) => label.startsWith("object"))).toEqual([])
  })
})

describe("an editor explains", () => {
  test.each([
    ["a layer", `${head}    - de|nse: 8\n`, "Each output is a weighted sum of all inputs"],
    ["an option", `${head}    - dense: { uni|ts: 8 }\n`, "The number of outputs."],
    [
      "a name",
      "schema: 1\ntrain: { optimizer: ad|am }\n",
      "A step for each parameter from the running means of its gradients and of their squares.",
    ],
    ["an option that several layers share", `${head}    - conv2d: { filters: 8, bi|as: false }\n`, "Whether to add a bias."],
    ["a key of a section", "schema: 1\ntrain: { ep|ochs: 3 }\n", "Passes over the training rows. Default: 10."],
  ])("%s", async (_, text, wanted) => {
    expect(await hover(text)).toContain(wanted)
  })
})

describe("an editor marks", () => {
  const whole = (train: string) => `${head}    - head: y\ntrain: { ${train} }\n`

  test.each([
    ["nothing in a right file", `${whole("optimizer: adam, metrics: [accuracy, top_k: 3]")}vars: { n: 3 }\n`, []],
    ["nothing where variables and search markers stand", whole("epochs: $n, batch: { $search: [16, 32], default: 16 }"), []],
    ["a layer that does not exist", `${head}    - dens: 8\n`, ["4:7 Property dens is not allowed."]],
    ["a number out of bounds", `${head}    - dense: { units: -8 }\n`, ["4:23 Value is below the minimum of 1."]],
    ["an option that does not exist", whole("optimizer: { adam: { lrr: 1 } }"), ["5:31 Property lrr is not allowed."]],
    [
      "two names where one is allowed",
      whole("optimizer: { adam: 0.1, sgd: 0.1 }"),
      ["5:21 Object has more properties than limit of 1."],
    ],
  ])("%s", async (_, text, wanted) => {
    expect(await problems(text)).toEqual(wanted)
  })
})
