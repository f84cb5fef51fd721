/** Blocks, branches by name, and the layers of images in a model file. */
import * as Net from "@adjoint/core/learning/Net"
import * as Shape from "@adjoint/core/types/Shape"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { build, netOf } from "../src/build/Build.ts"
import { checked, type Needed } from "../src/check/Checked.ts"
import { jsonSchema } from "../src/JsonSchema.ts"
import * as Model from "../src/Model.ts"
import { read, withFacts } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { toYaml } from "../src/Write.ts"
import { documentOf, shown } from "./reading.ts"

const digits = {
  sample: [28, 28, 1],
  target: { type: "class", name: "label", classes: [..."0123456789"] },
  rows: { train: 55_000, val: 5000, test: 10_000 },
  counts: Array<number>(10).fill(5500),
} as unknown as Needed

const cnn = `schema: 1
name: mnist-cnn
data:
  source: { idx: { images: mnist/train-images-idx3-ubyte.gz, labels: mnist/train-labels-idx1-ubyte.gz } }
  test: { idx: { images: mnist/t10k-images-idx3-ubyte.gz, labels: mnist/t10k-labels-idx1-ubyte.gz } }
  split: { train: 55000, val: 5000, seed: 1 }
  image: { size: [28, 28], channels: 1, scale: unit, normalize: auto }
model:
  blocks: { conv_bn: { params: { f: int }, layers: [{ conv2d: { filters: $f, kernel: 3, pad: same, bias: false } }, batch_norm, relu] } }
  layers:
    - use: { conv_bn: { f: 32 } }
    - max_pool: 2
    - { use: { conv_bn: { f: 64 } }, name: c2 }
    - { conv2d: { filters: 64, kernel: 3, pad: same }, name: c3 }
    - add: [c2, c3]
    - max_pool: 2
    - flatten
    - { dense: { units: 128, activation: relu } }
    - dropout: 0.5
    - head: label
train: { seed: 1, epochs: 30, batch: 64, optimizer: { adam: { lr: 1e-3 } }, metrics: [accuracy], callbacks: [{ early_stop: { monitor: val.accuracy, patience: 5 } }, { checkpoint: { keep: [best] } }] }
`

const rows = (layers: string, input: Shape.Shape = [8]) => {
  const document = documentOf(`schema: 1\nmodel:\n  input: [${input}]\n  layers:\n${layers}`)
  return Net.describe(netOf(document, {}), input).map(
    ({ kind, outputs, parameters, path }) => `${path.join(".")} ${kind} ${outputs.map(Shape.print)} ${parameters}`,
  )
}

describe("a convolutional network", () => {
  it("is checked, and built, as it is written", () => {
    const reading = withFacts(read(fromText("mnist-cnn.yaml", cnn)), { facts: digits, findings: [] })
    expect(reading.diagnostics).toEqual([])
    if (reading.document === undefined) throw new Error("no document")
    const { net } = Result.getOrThrow(Result.map(checked(reading.document, digits), build))
    expect(
      Net.describe(net, digits.sample).map(
        ({ kind, outputs, parameters, path }) => `${path.join(".")} ${kind} ${outputs.map(Shape.print)} ${parameters}`,
      ),
    ).toMatchInlineSnapshot(`
      [
        "block1.conv2d1 conv2d [28, 28, 32] 288",
        "block1.batch_norm1 batch_norm [28, 28, 32] 64",
        "block1.relu1 relu [28, 28, 32] 0",
        "max_pool1 max_pool [14, 14, 32] 0",
        "c2.conv2d1 conv2d [14, 14, 64] 18432",
        "c2.batch_norm1 batch_norm [14, 14, 64] 128",
        "c2.relu1 relu [14, 14, 64] 0",
        "c3 conv2d [14, 14, 64] 36928",
        "add1 add [14, 14, 64] 0",
        "max_pool2 max_pool [7, 7, 64] 0",
        "flatten1 flatten [3136] 0",
        "dense1 dense [128] 401536",
        "dropout1 dropout [128] 0",
        "head1 dense [10] 1290",
      ]
    `)
    const again = read(fromText("again.yaml", toYaml(reading.document)))
    expect(again.document).toEqual(reading.document)
  })

  it("that does not fit is shown where it does not", () => {
    const wrong = cnn.replace(
      "{ conv2d: { filters: 64, kernel: 3, pad: same }, name: c3 }",
      "{ conv2d: { filters: 32, kernel: 3, pad: same }, name: c3 }",
    )
    const source = fromText("mnist-cnn.yaml", wrong)
    const { diagnostics } = withFacts(read(source), { facts: digits, findings: [] })
    expect(diagnostics.map(({ code, help, message }) => `${code} ${message}; ${help}`)).toMatchInlineSnapshot(`
      [
        "G401 \`add\` needs equal shapes: c2 is [14, 14, 64], c3 is [14, 14, 32]; set \`filters: 64\` in c3, or add \`conv2d: { filters: 64, kernel: 1 }\` after it and join the result",
      ]
    `)
  })
})

describe("blocks", () => {
  const model = (rest: string) => shown(`schema: 1\ndata: { source: moons }\nmodel:\n${rest}    - head: label\n`)

  it("stand for their layers, in other blocks and repeats too, with the values they are given", () => {
    expect(
      documentOf(
        "schema: 1\ndata: { source: moons }\nvars: { n: 4 }\nmodel:\n  blocks:\n    one: { params: { units: int, act: any }, layers: [{ dense: $units }, $act] }\n    two: { params: { n: int }, layers: [{ use: { one: { units: $n * 2, act: tanh } } }, { use: { one: { units: $n, act: relu } }, name: b }] }\n  layers:\n    - repeat: { times: 2, layers: [{ use: { two: { n: $n + 1 } } }] }\n    - use: { two: { n: 3 } }\n    - head: label\n",
      ).model.layers.map((layer) => JSON.stringify(layer).replaceAll(/,"activation".*?"bias_init":\{"zeros":\{\}\}/g, "")),
    ).toMatchInlineSnapshot(`
      [
        "{"repeat":{"times":2,"layers":[{"block":{"layers":[{"block":{"layers":[{"dense":{"units":10}},{"tanh":{}}]}},{"block":{"layers":[{"dense":{"units":5}},{"relu":{}}]},"name":"b"}]}}]}}",
        "{"block":{"layers":[{"block":{"layers":[{"dense":{"units":6}},{"tanh":{}}]}},{"block":{"layers":[{"dense":{"units":3}},{"relu":{}}]},"name":"b"}]}}",
        "{"head":{"target":"label","activation":{"identity":{}},"init":{"auto":{}}}}",
      ]
    `)
  })

  it("have the defaults of their parameters where a use says nothing else, variables among them", () => {
    const uses = (layers: string) =>
      documentOf(
        `schema: 1\ndata: { source: moons }\nvars: { n: 4 }\nmodel:\n  blocks:\n    one: { params: { units: { type: int, default: $n * 2 }, rate: { type: number, default: 0.5 } }, layers: [{ dense: $units }, { dropout: $rate }] }\n    two: { params: { n: int }, layers: [{ use: { one: { rate: 0.1 } } }, { dense: $n }] }\n  layers: [${layers}, { head: label }]\n`,
      ).model.layers.map((layer) => JSON.stringify(layer).replaceAll(/,"activation".*?"bias_init":\{"zeros":\{\}\}/g, ""))
    expect(
      uses("{ use: one }, { use: { one: {} } }, { use: { one: { units: 3 } } }, { use: { two: { n: 5 } } }").slice(0, -1),
    ).toEqual([
      '{"block":{"layers":[{"dense":{"units":8}},{"dropout":{"rate":0.5}}]}}',
      '{"block":{"layers":[{"dense":{"units":8}},{"dropout":{"rate":0.5}}]}}',
      '{"block":{"layers":[{"dense":{"units":3}},{"dropout":{"rate":0.5}}]}}',
      // A default knows the variables of the file, and not the parameters of the block that uses its own.
      '{"block":{"layers":[{"block":{"layers":[{"dense":{"units":8}},{"dropout":{"rate":0.1}}]}},{"dense":{"units":5}}]}}',
    ])
  })

  it("with a wrong default are shown at it", () => {
    expect(
      model(
        "  blocks:\n    a: { params: { f: { type: int, default: 1.5 }, g: { type: whole }, h: { default: 3 }, i: { type: int, defualt: 3 } }, layers: [relu] }\n    b: { params: { f: { type: int, default: $w / 2 } }, layers: [{ dense: $f }] }\n    c: { params: { f: { type: int, default: 0 } }, layers: [{ dense: $f }] }\n    d: { params: { f: { type: int, default: $m } }, layers: [{ dense: $f }] }\n  layers:\n    - use: b\n    - use: c\n    - use: d\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[S103]: expected a whole number, got 1.5
        --> m.yaml:5:45
      5 | …a: { params: { f: { type: int, default: 1.5 }, g: { type: whole }, h: { default: 3 }, i: { type: int, defualt: 3 } }, la…
        |                                          ^^^
      error[S103]: expected one of \`int\`, \`number\`, \`text\`, \`bool\` or \`any\`, got the text "whole"
        --> m.yaml:5:63
      5 | …{ type: int, default: 1.5 }, g: { type: whole }, h: { default: 3 }, i: { type: int, defualt: 3 } }, layers: [relu] }
        |                                          ^^^^^
      error[S102]: \`type\` is missing in the parameter \`h\`
        --> m.yaml:5:72
      5 | …nt, default: 1.5 }, g: { type: whole }, h: { default: 3 }, i: { type: int, defualt: 3 } }, layers: [relu] }
        |                                          ^
      error[S101]: unknown key \`defualt\` in a parameter
        --> m.yaml:5:107
      5 | …e }, h: { default: 3 }, i: { type: int, defualt: 3 } }, layers: [relu] }
        |                                          ^^^^^^^
        = help: did you mean \`default\`?
      error[R201]: there is no variable \`w\`
        --> m.yaml:6:45
      6 |     b: { params: { f: { type: int, default: $w / 2 } }, layers: [{ dense: $f }] }
        |                                             ^^^^^^
        = help: set it under \`vars\`; for a dollar sign as text write \`$$\`
      error[S103]: model.layers[1].block.layers[0].dense: expected a whole number > 0, got 0
        --> m.yaml:7:70
      7 |     c: { params: { f: { type: int, default: 0 } }, layers: [{ dense: $f }] }
        |                                    ------- \`f\` is set here
        |                                                                      ^^
        = help: The number of outputs.
      error[R201]: there is no variable \`m\`
        --> m.yaml:8:45
      8 |     d: { params: { f: { type: int, default: $m } }, layers: [{ dense: $f }] }
        |                                             ^^
        = help: set it under \`vars\`; for a dollar sign as text write \`$$\`"
    `)
  })

  it("that are wrong, or used wrongly, are shown at their places", () => {
    expect(
      model(
        "  blocks:\n    a: { params: { f: int }, layers: [{ dense: $f }] }\n    b: { layer: [relu] }\n    c: { params: { x: whole }, layers: [] }\n    d e: { layers: [relu] }\n  layers:\n    - use: { a: { f: 1.5 } }\n    - use: { a: { g: 2 } }\n    - use: [a]\n    - use: aa\n    - use: b\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[S102]: \`layers\` is missing in the block \`b\`
        --> m.yaml:6:5
      6 |     b: { layer: [relu] }
        |     ^
      error[S101]: unknown key \`layer\` in a block
        --> m.yaml:6:10
      6 |     b: { layer: [relu] }
        |          ^^^^^
        = help: did you mean \`layers\`?
      error[S103]: expected one of \`int\`, \`number\`, \`text\`, \`bool\` or \`any\`, got the text "whole"
        --> m.yaml:7:23
      7 |     c: { params: { x: whole }, layers: [] }
        |                       ^^^^^
      error[S103]: expected a list of one or more layers, got an empty list
        --> m.yaml:7:40
      7 |     c: { params: { x: whole }, layers: [] }
        |                                        ^^
      error[S106]: \`d e\` is not a valid name for a block: use a letter or \`_\`, then letters, digits and \`_\`
        --> m.yaml:8:5
      8 |     d e: { layers: [relu] }
        |     ^^^
      error[S103]: expected a whole number, got 1.5
        --> m.yaml:10:22
       5 |     a: { params: { f: int }, layers: [{ dense: $f }] }
         |                       --- declared here
      ...
      10 |     - use: { a: { f: 1.5 } }
         |                      ^^^
      error[R209]: \`f\` of the block \`a\` is missing
        --> m.yaml:11:14
      11 |     - use: { a: { g: 2 } }
         |              ^
         = help: it takes \`f\`
      error[R209]: \`a\` has no parameter \`g\`
        --> m.yaml:11:19
      11 |     - use: { a: { g: 2 } }
         |                   ^
         = help: it takes \`f\`
      error[S105]: expected the name of one block with its values, got a list of 1
        --> m.yaml:12:12
      12 |     - use: [a]
         |            ^^^
         = help: \`use: { conv_bn: { f: 32 } }\`
      error[R208]: there is no block \`aa\`
        --> m.yaml:13:12
      13 |     - use: aa
         |            ^^
         = help: did you mean \`a\`?  [fix available]"
    `)
    expect(model("  blocks: [relu]\n  layers:\n    - relu\n")).toMatchInlineSnapshot(`
      "error[S103]: expected a map of names and blocks, got a list of 1
        --> m.yaml:4:11
      4 |   blocks: [relu]
        |           ^^^^^^"
    `)
  })

  it("with a mistake inside say it once, where it is", () => {
    expect(
      model(
        "  blocks:\n    a: { params: { f: int }, layers: [{ dense: { units: $f, unit: 3 } }, { dropout: $rate }] }\n  layers:\n    - use: { a: { f: 4 } }\n    - use: { a: { f: 0 } }\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[S103]: model.layers[1].block.layers[0].dense.units: expected a whole number > 0, got 0
        --> m.yaml:5:57
      5 |     a: { params: { f: int }, layers: [{ dense: { units: $f, unit: 3 } }, { dropout: $rate }] }
        |                                                         ^^
      ...
      8 |     - use: { a: { f: 0 } }
        |                   - \`f\` is set here
        = help: The number of outputs.
      error[S101]: unknown key \`unit\` in model.layers[0].block.layers[0].dense
        --> m.yaml:5:61
      5 |     a: { params: { f: int }, layers: [{ dense: { units: $f, unit: 3 } }, { dropout: $rate }] }
        |                                                             ^^^^
        = help: did you mean \`units\`, which is already set?
      error[R201]: there is no variable \`rate\`
        --> m.yaml:5:85
      5 |     a: { params: { f: int }, layers: [{ dense: { units: $f, unit: 3 } }, { dropout: $rate }] }
        |                                                                                     ^^^^^
        = help: there are \`f\`"
    `)
  })

  it("are words of the editor's schema too", () => {
    const { $defs, properties } = jsonSchema() as {
      readonly [part: string]: { readonly [name: string]: { readonly anyOf: ReadonlyArray<{ readonly properties: object }> } }
    }
    expect(Object.keys(properties?.model?.anyOf[0]?.properties ?? {})).toContain("blocks")
    expect(Object.keys($defs?.Layer?.anyOf[0]?.properties ?? {})).toEqual(expect.arrayContaining(["use", "name", "from"]))
  })

  it("are bounded", () => {
    const chain = Array.from({ length: 200 }, (_, i) => `    b${i}: { layers: [{ use: b${i + 1} }] }\n`).join("")
    expect(model(`  blocks:\n${chain}    b200: { layers: [relu] }\n  layers:\n    - use: b0\n`)).toContain("Y006")
    const many = (name: string) => Array<string>(20).fill(`{ use: ${name} }`).join(", ")
    const tree = Array.from({ length: 4 }, (_, i) => `    b${i}: { layers: [${many(`b${i + 1}`)}] }\n`).join("")
    expect(model(`  blocks:\n${tree}    b4: { layers: [relu] }\n  layers:\n    - use: b0\n`)).toContain("Y006")
    for (const name of ["__proto__", "constructor", "toString"])
      expect(model(`  blocks: { a: { layers: [relu] } }\n  layers:\n    - use: "${name}"\n`)).toContain("R208")
  })
})

describe("branches", () => {
  it("read any layer above, or the input, by name", () => {
    expect(
      rows(
        "    - { dense: { units: 8, activation: tanh }, name: change }\n    - { dense: { units: 8, activation: sigmoid }, name: gate, from: input }\n    - { dense: { units: 8, activation: sigmoid }, name: carry, from: input }\n    - { multiply: [change, gate], name: changed }\n    - { multiply: [input, carry], name: carried }\n    - add: [changed, carried]\n    - { block: { layers: [{ dense: 4 }, { dense: 2, from: input }] }, name: side, from: gate }\n",
      ),
    ).toMatchInlineSnapshot(`
      [
        "change dense [8] 72",
        "gate dense [8] 72",
        "carry dense [8] 72",
        "changed multiply [8] 0",
        "carried multiply [8] 0",
        "add1 add [8] 0",
        "side.dense1 dense [4] 36",
        "side.dense2 dense [2] 18",
      ]
    `)
  })

  it("that cannot be are shown where they are", () => {
    expect(
      shown(
        "schema: 1\ndata: { source: moons }\nmodel:\n  layers:\n    - { dense: 8, name: a, from: b }\n    - { dense: 8, name: b, from: aa }\n    - { add: [a, b], from: input }\n    - { block: { layers: [{ dense: 8, name: c, from: a }] } }\n    - { dense: 8, from: c }\n    - head: label\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[R206]: \`b\` comes later: a layer can only read layers above it
        --> m.yaml:5:34
      5 |     - { dense: 8, name: a, from: b }
        |                                  ^
      6 |     - { dense: 8, name: b, from: aa }
        |                         - named here
      error[R203]: there is no layer named \`aa\`
        --> m.yaml:6:34
      6 |     - { dense: 8, name: b, from: aa }
        |                                  ^^
        = help: did you mean \`a\`?  [fix available]
      error[S101]: unknown key \`from\` in model.layers[2]
        --> m.yaml:7:22
      7 |     - { add: [a, b], from: input }
        |                      ^^^^
        = help: it can be \`add\` or \`name\`
      error[R207]: \`a\` is outside a \`block\`, so it is not visible inside it
        --> m.yaml:8:54
      5 |     - { dense: 8, name: a, from: b }
        |                         - named here
      ...
      8 |     - { block: { layers: [{ dense: 8, name: c, from: a }] } }
        |                                                      ^
        = help: inside it, \`input\` is the input of the block
      error[R207]: \`c\` is inside a \`block\`, so it is not visible outside it
        --> m.yaml:9:25
      8 |     - { block: { layers: [{ dense: 8, name: c, from: a }] } }
        |                                             - named here
      9 |     - { dense: 8, from: c }
        |                         ^
        = help: read it inside the block, or give the block a name"
    `)
  })

  it("are said in TypeScript alike", () => {
    const file = documentOf(
      "schema: 1\nname: m\ndata: { source: { idx: { images: i, labels: l } } }\nmodel:\n  input: [8, 8, 1]\n  layers:\n    - { conv2d: { filters: 4, pad: [[1, 0], [0, 1]], bias: false }, name: a }\n    - batch_norm\n    - { block: { layers: [relu] }, name: b, from: a }\n    - { max_pool: 2, from: b }\n    - flatten\n    - head: label\n",
    )
    const convBn = [
      Model.conv2d(4, {
        pad: [
          [1, 0],
          [0, 1],
        ],
        bias: false,
        name: "a",
      }),
      Model.batchNorm(),
    ]
    const made = Model.modelFile({
      name: "m",
      data: { source: { idx: { images: "i", labels: "l" } } },
      model: {
        input: [8, 8, 1],
        layers: [
          ...convBn,
          Model.block(["relu"], { name: "b", from: "a" }),
          Model.maxPool(2, { from: "b" }),
          Model.flatten(),
          Model.head("label"),
        ],
      },
    })
    expect(Result.getOrThrow(made)).toEqual(file)
  })
})
