import { describe, expect, it } from "vitest"
import { shapes } from "../src/check/Check.ts"
import type { LayerShape } from "../src/check/Shapes.ts"
import * as Render from "../src/diagnostic/Render.ts"
import type { Facts } from "../src/prepare/Facts.ts"
import { read, withFacts } from "../src/Read.ts"
import { standard } from "../src/schema/Catalogue.ts"
import { fromText } from "../src/source/Source.ts"
import { documentOf, shown } from "./reading.ts"

const digits: Facts = {
  sample: [8, 8, 1],
  target: { type: "class", name: "label", classes: [..."0123456789"] },
  rows: { train: 100, val: 20, test: 20 },
}

const row = ({ inputs, kind, name, output }: LayerShape) =>
  `${name} (${kind}): ${inputs.map((shape) => `[${shape}]`).join(" + ")} -> ${output ? `[${output}]` : "?"}`

const inferred = (layers: string, facts: Facts) => {
  const { model, train } = documentOf(`schema: 1\nmodel:\n  layers:\n${layers}`)
  return shapes(model, train, facts, standard).made.map(row).join("\n")
}

const withDigits = (layers: string) => {
  const source = fromText(
    "m.yaml",
    `schema: 1\ndata: { source: { idx: { images: i, labels: l } } }\nmodel:\n  layers:\n${layers}`,
  )
  return withFacts(read(source), { facts: digits, findings: [] })
    .diagnostics.map((d) => Render.text(d, source))
    .join("\n")
}

describe("shapes", () => {
  it("follow the layers, their branches and their rounds", () => {
    expect(
      inferred(
        "    - flatten\n    - { dense: 32, name: h1 }\n    - { dense: 32, name: h2 }\n    - { add: [h1, h2], name: sum }\n    - concat: [sum, h1]\n    - repeat: { times: 2, layers: [{ dense: 16, name: d }, relu, { concat: [input, d] }] }\n    - head: label\n",
        digits,
      ),
    ).toMatchInlineSnapshot(`
      "flatten1 (flatten): [8,8,1] -> [64]
      h1 (dense): [64] -> [32]
      h2 (dense): [32] -> [32]
      sum (add): [32] + [32] -> [32]
      concat1 (concat): [32] + [32] -> [64]
      d (dense): [64] -> [16]
      relu1 (relu): [16] -> [16]
      concat1 (concat): [64] + [16] -> [80]
      repeat1 (repeat): [64] -> [96]
      head1 (head): [96] -> [10]"
    `)
  })

  it("are open where they cannot be known", () => {
    expect(inferred("    - { dense: 8, name: a }\n    - flatten\n    - head: label\n", {})).toMatchInlineSnapshot(`
      "a (dense):  -> ?
      flatten1 (flatten):  -> ?
      head1 (head):  -> ?"
    `)
  })
})

describe("layers that do not fit", () => {
  it("are shown with where the shapes come from", () => {
    expect(
      withDigits(
        "    - flatten\n    - { dense: { units: 64, activation: relu }, name: h1 }\n    - { dense: 32, name: h2 }\n    - { relu: {}, name: r }\n    - add: [h1, r]\n    - head: label\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[G401]: \`add\` needs equal shapes: h1 is [64], r is [32]
        --> m.yaml:9:12
      8 |     - { relu: {}, name: r }
        |         ---- outputs [32]
      9 |     - add: [h1, r]
        |            ^^^^^^^ [64] + [32]
        = help: add \`dense: 64\` after r and join the result"
    `)
    expect(
      withDigits(
        "    - { dense: 4, name: wide }\n    - { flatten: {}, name: flat }\n    - add: [wide, flat]\n    - head: label\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[G401]: \`add\` needs equal shapes: wide is [8, 8, 4], flat is [256]
        --> m.yaml:7:12
      6 |     - { flatten: {}, name: flat }
        |         ------- outputs [256]
      7 |     - add: [wide, flat]
        |            ^^^^^^^^^^^^ [8, 8, 4] + [256]
        = help: flatten or reshape one side, so that flat is [8, 8, 4] too"
    `)
    expect(withDigits("    - dense: 16\n    - head: label\n")).toMatchInlineSnapshot(`
      "error[G402]: \`head\` needs a vector of features, got [8, 8, 16]
        --> m.yaml:6:7
      6 |     - head: label
        |       ^^^^ gets [8, 8, 16]
        = help: add \`flatten\` above it"
    `)
    expect(withDigits("    - dense: 10\n")).toMatchInlineSnapshot(`
      "error[G404]: the layers output [8, 8, 10], but the target \`label\` needs [10]
        --> m.yaml:5:7
      5 |     - dense: 10
        |       ^^^^^ outputs [8, 8, 10]
        = help: add \`flatten\` before the last dense layer"
    `)
    expect(withDigits("    - reshape: [7, 9]\n    - flatten\n    - head: digit\n")).toMatchInlineSnapshot(`
      "error[G402]: \`reshape\` does not accept [8, 8, 1]: it needs samples of 63 numbers for [7, 9]
        --> m.yaml:5:7
      5 |     - reshape: [7, 9]
        |       ^^^^^^^ gets [8, 8, 1]
        = help: try: sizes that multiply to 64
      error[D303]: the head predicts \`digit\`, but the target of the data is \`label\`
        --> m.yaml:7:13
      7 |     - head: digit
        |             ^^^^^
        = help: predict \`label\`  [fix available]"
    `)
  })

  it("are found in later rounds of a repeat", () => {
    expect(
      withDigits(
        "    - flatten\n    - repeat: { times: 3, layers: [{ dense: 32, name: h }, { add: [input, h] }] }\n    - head: label\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[G401]: \`add\` needs equal shapes: input is [64], h is [32]
        --> m.yaml:6:67
      6 |     - repeat: { times: 3, layers: [{ dense: 32, name: h }, { add: [input, h] }] }
        |                                             -- outputs [32]
        |                                                                   ^^^^^^^^^^ [64] + [32]
        = help: set \`units: 64\` in h, or add \`dense: 64\` after it and join the result"
    `)
    expect(
      withDigits(
        "    - flatten\n    - repeat: { times: 3, layers: [{ reshape: [8, 8] }, flatten, { dense: 32 }] }\n    - head: label\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[G402]: \`reshape\` does not accept [32]: it needs samples of 64 numbers for [8, 8] (in repetition 2)
        --> m.yaml:6:38
      6 |     - repeat: { times: 3, layers: [{ reshape: [8, 8] }, flatten, { dense: 32 }] }
        |                                      ^^^^^^^ gets [32]
        = help: try: sizes that multiply to 32"
    `)
  })

  it("are found before any data is read where the data says its shape", () => {
    expect(
      shown("schema: 1\ndata: { source: moons }\nmodel: { layers: [{ reshape: 3 }, { head: label }] }\n"),
    ).toMatchInlineSnapshot(`
      "error[G402]: \`reshape\` does not accept [2]: it needs samples of 3 numbers for [3]
        --> m.yaml:3:21
      3 | model: { layers: [{ reshape: 3 }, { head: label }] }
        |                     ^^^^^^^ gets [2]
        = help: try: sizes that multiply to 2"
    `)
    expect(shown("schema: 1\nmodel: { input: [28, 28, 1], layers: [{ reshape: [28, 29] }] }\n")).toMatchInlineSnapshot(`
      "error[G402]: \`reshape\` does not accept [28, 28, 1]: it needs samples of 812 numbers for [28, 29]
        --> m.yaml:2:41
      2 | model: { input: [28, 28, 1], layers: [{ reshape: [28, 29] }] }
        |                                         ^^^^^^^ gets [28, 28, 1]
        = help: try: sizes that multiply to 784"
    `)
  })
})

describe("what the data says", () => {
  it("is what the model is given, and of a large toy no more rows are made than needed", () => {
    const start = performance.now()
    expect(
      shown(
        "schema: 1\ndata: { source: { spirals: { count: 250000 } } }\nmodel: { input: [3], layers: [{ head: label }] }\ntrain: { batch: 175000 }\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[G402]: a sample of the data has the shape [2], not [3]
        --> m.yaml:3:17
      3 | model: { input: [3], layers: [{ head: label }] }
        |                 ^^^
        = help: remove \`input\`: the shape comes from the data"
    `)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(
      shown("schema: 1\ndata: { source: { xor: { copies: 10 } } }\nmodel: { layers: [{ head: label }] }\ntrain: { batch: 29 }\n"),
    ).toContain("a batch of 29 rows, but only 28 training rows")
  })

  it("takes the place of what the document said of it", () => {
    const source = fromText(
      "m.yaml",
      "schema: 1\ndata: { source: a.csv, columns: { kind: class, '*': number } }\nmodel: { layers: [{ dense: 8 }, { head: kind }] }\ntrain: { batch: 64, loss: binary_cross_entropy }\n",
    )
    const before = read(source)
    expect(before.diagnostics).toEqual([])
    const facts: Facts = {
      sample: [4],
      target: { type: "class", name: "kind", classes: ["a", "b", "c"] },
      rows: { train: 40, val: 0, test: 0 },
    }
    const finding = {
      code: "D301",
      message: "the data has no column `x`",
      at: { path: ["data", "columns", "kind"], on: "key" },
    } as const
    const after = withFacts(before, { facts, findings: [finding] })
    expect(after.diagnostics.map((d) => d.code)).toEqual(["D301", "T506", "T507"])
    expect(after.document).toBeUndefined()
    expect(withFacts(after, { facts: {}, findings: [] }).diagnostics).toEqual([])
  })
})
