import { editDistance as distance } from "@adjoint/core/data/Nearest"
import { describe, expect, it } from "vitest"
import { codes, isCode, phaseOf, phases } from "../src/diagnostic/Codes.ts"
import { type Diagnostic, diagnostic, promote, sort } from "../src/diagnostic/Diagnostic.ts"
import * as Fix from "../src/diagnostic/Fix.ts"
import * as Render from "../src/diagnostic/Render.ts"
import { listed, meaning, suggest } from "../src/diagnostic/Suggest.ts"
import { fromText, type Source, span } from "../src/source/Source.ts"

const cnn = fromText(
  "mnist-cnn.yaml",
  `model:
  layers:
    - { conv2d: { filters: 32, kernel: 3, pad: same }, name: c3 }
    - add: [c2, c3]
`,
)

const within = (source: Source, text: string) => span(source, source.text.indexOf(text), source.text.indexOf(text) + text.length)

const join: Diagnostic = diagnostic({
  code: "G401",
  message: "`add` needs equal shapes: c2 is [14, 14, 64], c3 is [14, 14, 32]",
  file: cnn.file,
  path: ["model", "layers", 1, "add"],
  span: within(cnn, "[c2, c3]"),
  label: "[14, 14, 64] + [14, 14, 32]",
  related: [{ span: within(cnn, "32"), label: "makes 32 channels" }],
  help: "set `filters: 64` on line 3",
})

describe("text", () => {
  it("shows the place, what else matters, and what to try", () => {
    expect(Render.text(join, cnn)).toMatchInlineSnapshot(`
      "error[G401]: \`add\` needs equal shapes: c2 is [14, 14, 64], c3 is [14, 14, 32]
        --> mnist-cnn.yaml:4:12
      3 |     - { conv2d: { filters: 32, kernel: 3, pad: same }, name: c3 }
        |                            -- makes 32 channels
      4 |     - add: [c2, c3]
        |            ^^^^^^^^ [14, 14, 64] + [14, 14, 32]
        = help: set \`filters: 64\` on line 3"
    `)
  })

  it("is coloured on request", () => {
    expect(Render.text(join, cnn, { colour: true })).toMatchInlineSnapshot(`
      "[1;31merror[G401][0m[1m: \`add\` needs equal shapes: c2 is [14, 14, 64], c3 is [14, 14, 32][0m
      [34m  -->[0m mnist-cnn.yaml:4:12
      [34m3 |[0m     - { conv2d: { filters: 32, kernel: 3, pad: same }, name: c3 }
      [34m  |[0m                            [34m-- makes 32 channels[0m
      [34m4 |[0m     - add: [c2, c3]
      [34m  |[0m            [1;31m^^^^^^^^ [14, 14, 64] + [14, 14, 32][0m
        [34m=[0m [36mhelp:[0m set \`filters: 64\` on line 3"
    `)
  })

  it("says what it can without the source, or without a place", () => {
    expect(Render.text(join, undefined)).toMatchInlineSnapshot(`
      "error[G401]: \`add\` needs equal shapes: c2 is [14, 14, 64], c3 is [14, 14, 32]
        --> mnist-cnn.yaml:4:12
         = help: set \`filters: 64\` on line 3"
    `)
    const { span: _, ...nowhere } = join
    expect(Render.text(nowhere, undefined)).toMatchInlineSnapshot(`
      "error[G401]: \`add\` needs equal shapes: c2 is [14, 14, 64], c3 is [14, 14, 32]
        --> mnist-cnn.yaml: model.layers[1].add
         = help: set \`filters: 64\` on line 3"
    `)
  })

  it("shows each marked part of a long line, in one part where they are near each other", () => {
    const source = fromText("m.yaml", `first: 1, second: 2, ${"x".repeat(300)} third\n`)
    const related = ["first", "second"].map((text) => ({ span: within(source, text), label: `the ${text}` }))
    const given: Diagnostic = diagnostic({
      code: "G401",
      message: "no",
      file: "m.yaml",
      path: [],
      span: within(source, "third"),
      related,
    })
    expect(Render.text(given, source)).toMatchInlineSnapshot(`
      "error[G401]: no
        --> m.yaml:1:323
      1 | first: 1, second: 2, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
        | ----- the first
        |           ------ the second
      1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx third
        |                                          ^^^^^"
    `)
  })

  it("keeps carets under wide characters, tabs and far into long lines", () => {
    const source = fromText("m.yaml", `a:\t"日本語🙂"\tbad\nlong: ${"x".repeat(300)} bad2 ${"y".repeat(300)}\n`)
    const at = (text: string) => diagnostic({ code: "S103", message: "no", file: "m.yaml", path: [], span: within(source, text) })
    expect(Render.text(at("bad"), source)).toMatchInlineSnapshot(`
      "error[S103]: no
        --> m.yaml:1:12
      1 | a: "日本語🙂" bad
        |               ^^^"
    `)
    expect(Render.text(at("bad2"), source)).toMatchInlineSnapshot(`
      "error[S103]: no
        --> m.yaml:2:308
      2 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx bad2 yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…
        |                                          ^^^^"
    `)
  })

  it("lets nothing in a file drive the terminal", () => {
    const found = diagnostic({ code: "S101", message: "unknown key `\u001b[2J\u202e`", file: "m.yaml", path: [] })
    expect(Render.text(found, undefined)).toBe("error[S101]: unknown key `\u{fffd}[2J\u{fffd}`\n  --> m.yaml")
  })

  it("ends with a count", () => {
    expect(Render.all([join, join], cnn).split("\n").at(-1)).toBe("2 errors")
    expect(Render.all([], cnn)).toBe("")
  })
})

describe("json", () => {
  it("is versioned and whole", () => {
    const report = Render.report([join])
    expect(report).toMatchObject({ version: 1, kind: "diagnostics", errors: 1, warnings: 0 })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })
})

describe("fixes", () => {
  const source = fromText("m.yaml", "learningrate: 1\nepoch: 2\n")
  const fix = (word: string, text: string) =>
    diagnostic({ code: "S101", message: "", file: "m.yaml", path: [], fix: { title: "", span: within(source, word), text } })

  it("apply together, and the first of two that overlap wins", () => {
    const { text, applied } = Fix.apply(source.text, [fix("epoch", "epochs"), fix("learningrate", "lr"), fix("rate", "x")])
    expect(text).toBe("lr: 1\nepochs: 2\n")
    expect(applied).toHaveLength(2)
  })

  it("quote what YAML would read as something else", () => {
    expect(["lr", "he_normal", "yes", "a b", "3", "null"].map(Fix.scalar)).toEqual([
      "lr",
      "he_normal",
      '"yes"',
      '"a b"',
      '"3"',
      '"null"',
    ])
  })
})

describe("suggestions", () => {
  it.each([
    ["learningrate", ["lr", "momentum", "nesterov"], { lr: ["learning_rate"] }, "lr"],
    ["learning_rate", ["lr", "weight_decay"], { lr: ["learning_rate"] }, "lr"],
    ["LeakyReLU", ["relu", "leaky_relu"], {}, "leaky_relu"],
    ["nn.LeakyReLU()", ["relu", "leaky_relu"], {}, "leaky_relu"],
    ["keras.layers.Linear", ["dense"], { dense: ["linear"] }, "dense"],
    ["neurons", ["units", "activation"], { units: ["neurons"] }, "units"],
    ["rleu", ["relu", "selu", "elu"], {}, "relu"],
    ["epoch", ["epochs", "batch"], {}, "epochs"],
    ["unit", ["init", "units"], {}, "units"],
    ["bananas", ["relu", "tanh"], {}, undefined],
    ["", ["a"], {}, undefined],
    ["x", ["y"], {}, undefined],
    ["constructor", ["relu"], {}, undefined],
    ["x".repeat(10_000), ["relu"], {}, undefined],
  ] as const)("%s", (word, candidates, synonyms, wanted) => {
    expect(suggest(word, candidates, synonyms)).toBe(wanted)
  })

  it("name all that are equally near, and take none of them for sure", () => {
    expect(meaning("h3", ["h1", "h2", "out"])).toEqual({ names: ["h1", "h2"], help: "did you mean `h1` or `h2`?" })
    expect(meaning("h3", ["h1", "out"])).toEqual({ names: ["h1"], help: "did you mean `h1`?" })
    expect(meaning("zzz", ["h1", "out"])).toBeUndefined()
  })

  it("count a swap as one edit", () => {
    expect(distance("rleu", "relu")).toBe(1)
    expect(distance("kitten", "sitting")).toBe(3)
    expect(listed(["a", "b", "c"])).toBe("`a`, `b` or `c`")
  })
})

describe("codes", () => {
  it("have a phase, and a letter that fits their severity", () => {
    for (const [code, entry] of Object.entries(codes)) {
      expect(isCode(code) && phaseOf(code) in phases).toBe(true)
      expect(entry.severity).toBe(/^[AL]/.test(code) ? "warning" : "error")
    }
    expect(isCode("constructor")).toBe(false)
  })

  it("sort by place and are promoted on request", () => {
    const late = { ...join, severity: "warning" as const, code: "A603" as const }
    const early = { ...join, span: within(cnn, "model") }
    expect(sort([late, early]).map((d) => d.code)).toEqual(["G401", "A603"])
    expect(promote([late]).map((d) => d.severity)).toEqual(["error"])
  })
})
