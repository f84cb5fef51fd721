import { Result, Schema } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Fix from "../src/diagnostic/Fix.ts"
import * as Render from "../src/diagnostic/Render.ts"
import * as Language from "../src/Language.ts"
import { read, readData } from "../src/Read.ts"
import * as Decode from "../src/schema/Decode.ts"
import { decode } from "../src/schema/Issues.ts"
import type { Data } from "../src/source/Data.ts"
import { fromText } from "../src/source/Source.ts"
import { parse as readYaml } from "../src/text/Yaml.ts"
import { completed, documentOf, shown } from "./reading.ts"

const language = Language.standard()

const layers = (yaml: string) => shown(`schema: 1\nmodel:\n  layers:\n${yaml}`)
const train = (yaml: string) => shown(completed(`train:\n${yaml}`))

describe("the document", () => {
  it("has every short form spelled out and every default filled in", () => {
    const document = documentOf(`
schema: 1
name: small
data: { source: moons }
model:
  layers:
    - { dense: 8, name: h1 }
    - relu
    - dropout: 0.5
    - repeat: { times: 2, layers: [{ dense: { units: 8, activation: { leaky_relu: 0.2 }, init: { he_normal: { leaky_relu: 0.2 } } } }] }
    - head: label
train: { optimizer: sgd, schedule: { warmup: { epochs: 2, schedule: cosine } }, callbacks: [early_stop, { checkpoint: { every: 2 epoch } }] }
`)
    expect(document).toMatchInlineSnapshot(`
      {
        "data": {
          "source": {
            "moons": {
              "count": 200,
              "noise": 0.1,
            },
          },
          "split": {
            "seed": 0,
            "test": "15%",
            "val": "15%",
          },
        },
        "evaluate": {
          "fail_above": {},
          "fail_under": {},
          "slices": [],
          "split": "test",
        },
        "lint": {
          "allow": [],
        },
        "model": {
          "init": {
            "auto": {},
          },
          "layers": [
            {
              "dense": {
                "activation": {
                  "identity": {},
                },
                "bias": true,
                "bias_init": {
                  "zeros": {},
                },
                "init": {
                  "auto": {},
                },
                "units": 8,
              },
              "name": "h1",
            },
            {
              "relu": {},
            },
            {
              "dropout": {
                "rate": 0.5,
              },
            },
            {
              "repeat": {
                "layers": [
                  {
                    "dense": {
                      "activation": {
                        "leaky_relu": {
                          "alpha": 0.2,
                        },
                      },
                      "bias": true,
                      "bias_init": {
                        "zeros": {},
                      },
                      "init": {
                        "he_normal": {
                          "mode": "fan_in",
                          "nonlinearity": {
                            "leaky_relu": {
                              "alpha": 0.2,
                            },
                          },
                        },
                      },
                      "units": 8,
                    },
                  },
                ],
                "times": 2,
              },
            },
            {
              "head": {
                "activation": {
                  "identity": {},
                },
                "init": {
                  "auto": {},
                },
                "target": "label",
              },
            },
          ],
        },
        "name": "small",
        "schema": 1,
        "train": {
          "batch": 32,
          "callbacks": [
            {
              "early_stop": {
                "min_delta": 0,
                "mode": "auto",
                "monitor": "val.loss",
                "patience": 5,
                "restore_best": true,
              },
            },
            {
              "checkpoint": {
                "every": 2,
                "keep": [
                  "best",
                  "last",
                ],
                "mode": "auto",
                "monitor": "val.loss",
              },
            },
          ],
          "epochs": 10,
          "loss": "auto",
          "metrics": "auto",
          "optimizer": {
            "sgd": {
              "lr": 0.01,
              "momentum": 0,
              "nesterov": false,
            },
          },
          "regularize": {
            "l1": 0,
            "l2": 0,
          },
          "schedule": {
            "warmup": {
              "epochs": 2,
              "schedule": {
                "cosine": {
                  "epochs": 0,
                  "min_lr": 0,
                },
              },
            },
          },
          "seed": 0,
        },
      }
    `)
  })

  it("decodes to itself, and so does what is encoded from it", () => {
    const document = documentOf(completed("train: { metrics: [accuracy, mse], loss: mse, regularize: { clip_norm: 1 } }\n"))
    expect(readData(document as unknown as Data, language).document).toEqual(document)
    expect(readData(Schema.encodeUnknownSync(language.schema.file)(document) as Data, language).document).toEqual(document)
  })

  it.each([
    ["relu", "{ relu: {} }"],
    ["{ dense: 64 }", "{ dense: { units: 64 } }"],
    ["{ dense: { units: 64, activation: relu } }", "{ dense: { units: 64, activation: { relu: {} }, bias: true } }"],
    ["{ leaky_relu: 0.01 }", "leaky_relu"],
    ["flatten", "{ flatten: {} }"],
    ["{ head: label }", "{ head: { target: label } }"],
  ])("is the same for %s and %s", (short, long) => {
    const of = (layer: string) => documentOf(`schema: 1\nmodel: { layers: [${layer}] }\n`)
    expect(of(short)).toEqual(of(long))
  })

  it.each([
    ["source: ./a.csv", "source: { csv: { path: ./a.csv } }"],
    ["source: a.csv.gz", "source: { csv: a.csv.gz }"],
    ["source: moons", "source: { moons: {} }"],
    ["source: moons\n  split: { val: 15 %, test: 15% }", "source: moons"],
    ["source: a.csv\n  columns: { a: number }", "source: a.csv\n  columns: { a: { type: number } }"],
  ])("is the same for data: %s and %s", (short, long) => {
    const of = (data: string) => documentOf(`schema: 1\ndata:\n  ${data}\nmodel: { layers: [{ head: label }] }\n`)
    expect(of(short)).toEqual(of(long))
  })

  it("keeps the names of layers that are equal but for them, and refuses those that are no names", () => {
    const layers = "{ dense: 8, name: a }, { dense: 8, name: b, from: a }, { dense: 8 }, { dense: 8, name: c, from: b }"
    const { model } = documentOf(`schema: 1\nmodel: { layers: [${layers}, { head: label }] }\n`)
    expect(model.layers.map(({ from, name }) => [name, from])).toEqual([
      ["a", undefined],
      ["b", "a"],
      [undefined, undefined],
      ["c", "b"],
      [undefined, undefined],
    ])
    expect(new Set(model.layers.slice(0, 4).map(({ dense }) => JSON.stringify(dense))).size).toBe(1)
    const wrong = shown(completed("model: { layers: [{ dense: 8, name: a }, { dense: 8, name: 1 }, { dense: 8, name: a b }] }\n"))
    expect(wrong).toContain("model.layers[1].name: expected a name")
    expect(wrong).toContain("model.layers[2].name: expected a name")
  })

  it("is the same in YAML and in JSON", () => {
    const json = {
      schema: 1,
      data: { source: "moons" },
      model: { layers: [{ dense: 8 }, "relu", { head: "label" }] },
      train: { epochs: 3 },
    }
    expect(documentOf(JSON.stringify(json))).toEqual(documentOf(completed("train: { epochs: 3 }\n")))
    expect(readData(json, language).document).toEqual(documentOf(JSON.stringify(json)))
  })
})

describe("a mistake in a layer", () => {
  it("names what was got and what was wanted", () => {
    expect(
      layers("    - dense: -3\n    - { dense: { units: 2.5 } }\n    - { dropout: 1 }\n    - { leaky_relu: { alpha: .nan } }\n"),
    ).toMatchInlineSnapshot(`
      "error[S103]: model.layers[0].dense: expected a whole number > 0, got -3
        --> m.yaml:4:14
      4 |     - dense: -3
        |              ^^
        = help: did you mean \`3\`?
      error[S103]: model.layers[1].dense.units: expected a whole number > 0, got 2.5
        --> m.yaml:5:25
      5 |     - { dense: { units: 2.5 } }
        |                         ^^^
        = help: write \`2\` or \`3\`
      error[S103]: model.layers[2].dropout: expected a number >= 0 and < 1, got 1
        --> m.yaml:6:18
      6 |     - { dropout: 1 }
        |                  ^
        = help: The fraction that is dropped. Default: 0.5.
      error[S103]: model.layers[3].leaky_relu.alpha: expected a number >= 0, got .nan
        --> m.yaml:7:30
      7 |     - { leaky_relu: { alpha: .nan } }
        |                              ^^^^
        = help: The slope below zero. Default: 0.01."
    `)
  })

  it("suggests the name that was meant", () => {
    expect(
      layers("    - { dense: { neurons: 64 } }\n    - rleu\n    - fully_connected: 3\n    - dense: { units: 3, init: glorot }\n"),
    ).toMatchInlineSnapshot(`
      "error[S101]: unknown key \`neurons\` in model.layers[0].dense
        --> m.yaml:4:18
      4 |     - { dense: { neurons: 64 } }
        |                  ^^^^^^^
        = help: did you mean \`units\`?  [fix available]
      error[S104]: model.layers[1]: there is no layer \`rleu\`
        --> m.yaml:5:7
      5 |     - rleu
        |       ^^^^
        = help: did you mean \`relu\`?  [fix available]
      error[S104]: model.layers[2]: there is no layer \`fully_connected\`
        --> m.yaml:6:7
      6 |     - fully_connected: 3
        |       ^^^^^^^^^^^^^^^
        = help: did you mean \`dense\`?  [fix available]
      error[S104]: model.layers[3].dense.init: there is no initializer \`glorot\`
        --> m.yaml:7:32
      7 |     - dense: { units: 3, init: glorot }
        |                                ^^^^^^
        = help: did you mean \`xavier_uniform\`?  [fix available]"
    `)
  })

  it("says where options stand, and that each layer is an item", () => {
    expect(
      layers(
        "    - dense: 3\n      activation: relu\n    - dense: 3\n      dropout: 0.5\n    - relu:\n    - dense:\n    - {}\n    - dense\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[S101]: unknown key \`activation\` in model.layers[0]
        --> m.yaml:5:7
      5 |       activation: relu
        |       ^^^^^^^^^^
        = help: write options inside: \`dense: { units: …, activation: …, init: … }\`
      error[S105]: model.layers[1]: expected one layer, got \`dense\` and \`dropout\`
        --> m.yaml:7:7
      7 |       dropout: 0.5
        |       ^^^^^^^
        = help: write each as its own item
      error[S103]: model.layers[2]: \`relu:\` has no value
        --> m.yaml:8:7
      8 |     - relu:
        |       ^^^^
        = help: write \`relu\` alone, without the colon
      error[S103]: model.layers[3]: \`dense:\` has no value
        --> m.yaml:9:7
      9 |     - dense:
        |       ^^^^^
        = help: its options follow the colon: \`units\`, \`activation\`, \`init\`, \`bias\` and \`bias_init\`
      error[S105]: model.layers[4]: expected a layer, got an empty map
        --> m.yaml:10:7
      10 |     - {}
         |       ^^
         = help: it can be \`dense\`, \`maxout\`, \`conv1d\`, \`conv2d\`, \`conv_transpose2d\`, \`max_pool\`, \`avg_pool\`, \`global_avg_pool\`, \`global_max_pool\`, \`flatten\`, \`reshape\` or \`embedding\` (and 54 more)
      error[S102]: \`units\` is missing in model.layers[5].dense
        --> m.yaml:11:7
      11 |     - dense
         |       ^^^^^
         = help: \`units\`: The number of outputs. Example: \`dense: 16\`."
    `)
  })

  it("is found inside repeat, and names are kept plain", () => {
    expect(layers("    - repeat: { times: 0, layers: [{ dense: { unit: 3 }, name: h 1 }] }\n")).toMatchInlineSnapshot(`
      "error[S103]: model.layers[0].repeat.times: expected a whole number from 1 to 1000, got 0
        --> m.yaml:4:24
      4 |     - repeat: { times: 0, layers: [{ dense: { unit: 3 }, name: h 1 }] }
        |                        ^
        = help: The number of repetitions.
      error[S101]: unknown key \`unit\` in model.layers[0].repeat.layers[0].dense
        --> m.yaml:4:47
      4 |     - repeat: { times: 0, layers: [{ dense: { unit: 3 }, name: h 1 }] }
        |                                               ^^^^
        = help: did you mean \`units\`?  [fix available]
      error[S106]: model.layers[0].repeat.layers[0].name: expected a name: a letter or \`_\`, then letters, digits and \`_\`, 64 at most, got the text "h 1"
        --> m.yaml:4:64
      4 |     - repeat: { times: 0, layers: [{ dense: { unit: 3 }, name: h 1 }] }
        |                                                                ^^^
        = help: names are part of parameter paths and checkpoints"
    `)
  })

  it("knows the two kinds of value an option may have", () => {
    expect(
      layers(
        "    - reshape: [2, -3]\n    - reshape: { shape: big }\n    - dense: { units: 3, init: { he_normal: { mode: fanin } } }\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[S103]: model.layers[0].reshape[1]: expected a whole number > 0, got -3
        --> m.yaml:4:20
      4 |     - reshape: [2, -3]
        |                    ^^
        = help: did you mean \`3\`?
      error[S103]: model.layers[1].reshape.shape: expected a whole number > 0, or a list of them, got the text "big"
        --> m.yaml:5:25
      5 |     - reshape: { shape: big }
        |                         ^^^
        = help: The shape of a sample, without the batch.
      error[S103]: model.layers[2].dense.init.he_normal.mode: expected \`fan_in\` or \`fan_out\`, got the text "fanin"
        --> m.yaml:6:53
      6 |     - dense: { units: 3, init: { he_normal: { mode: fanin } } }
        |                                                     ^^^^^
        = help: did you mean \`fan_in\`?  [fix available]"
    `)
  })
})

describe("names that are not names", () => {
  it.each(["__proto__", "constructor", "prototype", "toString", "relu); process.exit(", "../../etc/passwd", ""])(
    "%s gives one diagnostic",
    (name) => {
      const quoted = JSON.stringify(name)
      for (const text of [
        `model: { layers: [{ dense: { units: 2, activation: ${quoted} } }, { head: label }] }\n`,
        `model: { layers: [${quoted}, { head: label }] }\n`,
        `model: { layers: [{ dense: 2, name: ${quoted} }, { head: label }] }\n`.replace("toString", "to String"),
        `train: { optimizer: ${quoted} }\n`,
        `train: { loss: { ${quoted}: {} } }\n`,
      ]) {
        const { diagnostics, document } = read(fromText("m.yaml", completed(text)), language)
        expect(diagnostics.map((d) => d.severity)).toEqual(["error"])
        expect(diagnostics[0]?.code).toMatch(/^(S104|S106|S103|Y007)$/)
        expect(document).toBeUndefined()
      }
    },
  )
})

describe("a mistake in train", () => {
  it("is reported in the words of the language", () => {
    expect(
      train(
        "  epochs: '10'\n  batch: 0\n  seed: -1\n  lr: 0.1\n  optimizer: { sgd: { learningrate: 1 } }\n  schedule: { warmup: { schedule: cosin } }\n  metrics: [acuracy]\n  callbacks: [{ early_stop: { mode: maximum, restore_best: yes } }, { checkpoint: { every: 1 epch, keep: best } }]\n  regularize: { dropout: 0.5 }\n",
      ),
    ).toMatchInlineSnapshot(`
      "error[S103]: train.epochs: expected a whole number > 0, got the text "10"
        --> m.yaml:2:11
      2 |   epochs: '10'
        |           ^^^^
        = help: write the number \`10\`  [fix available]
      error[S103]: train.batch: expected a whole number > 0, got 0
        --> m.yaml:3:10
      3 |   batch: 0
        |          ^
        = help: Rows per step. Default: 32.
      error[S103]: train.seed: expected a whole number from 0 to 4294967295, got -1
        --> m.yaml:4:9
      4 |   seed: -1
        |         ^^
        = help: did you mean \`1\`?
      error[S101]: unknown key \`lr\` in train
        --> m.yaml:5:3
      5 |   lr: 0.1
        |   ^^
        = help: the learning rate is an option of the optimizer: \`optimizer: { adam: { lr: 0.001 } }\`  [fix available]
      error[S101]: unknown key \`learningrate\` in train.optimizer.sgd
        --> m.yaml:6:23
      6 |   optimizer: { sgd: { learningrate: 1 } }
        |                       ^^^^^^^^^^^^
        = help: did you mean \`lr\`?  [fix available]
      error[S104]: train.schedule.warmup.schedule: there is no learning-rate schedule \`cosin\`
        --> m.yaml:7:35
      7 |   schedule: { warmup: { schedule: cosin } }
        |                                   ^^^^^
        = help: did you mean \`cosine\`?  [fix available]
      error[S104]: train.metrics[0]: there is no metric \`acuracy\`
        --> m.yaml:8:13
      8 |   metrics: [acuracy]
        |             ^^^^^^^
        = help: did you mean \`accuracy\`?  [fix available]
      error[S103]: train.callbacks[0].early_stop.mode: expected \`auto\`, \`min\` or \`max\`, got the text "maximum"
        --> m.yaml:9:37
      9 |   callbacks: [{ early_stop: { mode: maximum, restore_best: yes } }, { checkpoint: { every: 1 epch, keep: best } }]
        |                                     ^^^^^^^
        = help: did you mean \`max\`?  [fix available]
      error[S103]: train.callbacks[0].early_stop.restore_best: expected true or false, got the text "yes"
        --> m.yaml:9:60
      9 |   callbacks: [{ early_stop: { mode: maximum, restore_best: yes } }, { checkpoint: { every: 1 epch, keep: best } }]
        |                                                            ^^^
        = help: in YAML 1.2 this is written \`true\`  [fix available]
      error[S103]: train.callbacks[1].checkpoint.every: expected a whole number of epochs > 0, such as 5 or 5 epochs, got the text "1 epch"
        --> m.yaml:9:92
      9 |   callbacks: [{ early_stop: { mode: maximum, restore_best: yes } }, { checkpoint: { every: 1 epch, keep: best } }]
        |                                                                                            ^^^^^^
        = help: Epochs between two checkpoints. Default: 1.
      error[S103]: train.callbacks[1].checkpoint.keep: expected a list of \`best\` and \`last\`, got the text "best"
        --> m.yaml:9:106
      9 |   callbacks: [{ early_stop: { mode: maximum, restore_best: yes } }, { checkpoint: { every: 1 epch, keep: best } }]
        |                                                                                                          ^^^^
        = help: write a list: \`[best]\`  [fix available]
      error[S101]: unknown key \`dropout\` in train.regularize
        --> m.yaml:10:17
      10 |   regularize: { dropout: 0.5 }
         |                 ^^^^^^^
         = help: dropout is a layer: \`- dropout: 0.5\`"
    `)
  })
})

describe("a mistake in data", () => {
  it("is reported in the words of the language", () => {
    expect(
      shown(
        completed(`data:
  source: digits.xlsx
  columns:
    a: numbr
    b: { type: number, scale: { minmax: [3, 1] }, mising: mean }
    c: { type: number, missing: true }
    d: { role: target }
  image: { size: [8], scale: uint }
  split: { train: 170%, val: half, seed: 1 }
`),
      ),
    ).toMatchInlineSnapshot(`
      "error[S103]: data.source: expected a data source, got the text "digits.xlsx"
        --> m.yaml:2:11
      2 |   source: digits.xlsx
        |           ^^^^^^^^^^^
        = help: .xlsx files are not supported: save the table as CSV, with pandas \`to_csv("data.csv", index=False)\`
      error[S104]: data.columns.a: there is no column type \`numbr\`
        --> m.yaml:4:8
      4 |     a: numbr
        |        ^^^^^
        = help: did you mean \`number\`?  [fix available]
      error[S103]: data.columns.b.scale.minmax: expected the lower bound first, below the upper
        --> m.yaml:5:41
      5 |     b: { type: number, scale: { minmax: [3, 1] }, mising: mean }
        |                                         ^^^^^^
      error[S101]: unknown key \`mising\` in data.columns.b
        --> m.yaml:5:51
      5 |     b: { type: number, scale: { minmax: [3, 1] }, mising: mean }
        |                                                   ^^^^^^
        = help: did you mean \`missing\`?  [fix available]
      error[S103]: data.columns.c.missing: expected a number, \`error\`, \`drop\`, \`mean\`, \`median\`, \`most_common\` or \`indicator\`, got true
        --> m.yaml:6:33
      6 |     c: { type: number, missing: true }
        |                                 ^^^^
        = help: What to do with a blank: report an error, drop its row, or replace it. Default: error.
      error[S102]: data.columns.d: \`type\` is missing
        --> m.yaml:7:8
      7 |     d: { role: target }
        |        ^^^^^^^^^^^^^^^^
        = help: it can be \`number\`, \`category\`, \`binary\`, \`class\`, \`ordinal\`, \`date\`, \`set\`, \`vector\`, \`id\`, \`weight\`, \`group\`, \`text\`, \`image\` or \`ignore\`
      error[S103]: data.image.size: expected a list of 2, got a list of 1
        --> m.yaml:8:18
      8 |   image: { size: [8], scale: uint }
        |                  ^^^
        = help: Height and width in pixels.
      error[S103]: data.image.scale: expected \`unit\`, \`none\` or a map with \`max\`, got the text "uint"
        --> m.yaml:8:30
      8 |   image: { size: [8], scale: uint }
        |                              ^^^^
        = help: did you mean \`unit\`?  [fix available]
      error[S103]: data.split.train: expected a number of rows, or a share of them such as 70%, got the text "170%"
        --> m.yaml:9:19
      9 |   split: { train: 170%, val: half, seed: 1 }
        |                   ^^^^
        = help: Training rows. Default: all rows of no other part.
      error[S103]: data.split.val: expected a number of rows, or a share of them such as 70%, got the text "half"
        --> m.yaml:9:30
      9 |   split: { train: 170%, val: half, seed: 1 }
        |                              ^^^^
        = help: Validation rows, scored after every epoch. Default: 15%, unless another part is given."
    `)
  })
})

describe("a mistake in the sections", () => {
  it("is reported for each", () => {
    expect(shown("schema: 2\nreport: {}\nmodle: { layers: [] }\nname: a/b\n")).toMatchInlineSnapshot(`
      "error[S107]: schema: expected \`1\`, the version of the model language, got 2
        --> m.yaml:1:9
      1 | schema: 2
        |         ^
      error[S108]: \`report\` is not supported yet
        --> m.yaml:2:1
      2 | report: {}
        | ^^^^^^
        = help: the model language reserves this name for a later version: remove it
      error[S101]: unknown key \`modle\` in the document
        --> m.yaml:3:1
      3 | modle: { layers: [] }
        | ^^^^^
        = help: did you mean \`model\`?  [fix available]
      error[S106]: name: expected a name: letters, digits, \`_\`, \`-\` and \`.\`, 64 at most, got the text "a/b"
        --> m.yaml:4:7
      4 | name: a/b
        |       ^^^
        = help: the name of a model is also the name of the folder of its runs"
    `)
    expect(shown("- a\n- b\n")).toMatchInlineSnapshot(`
      "error[S103]: the document: expected a map of sections (\`schema\`, \`data\`, \`model\`, \`train\` …), got a list of 2
        --> m.yaml:1:1
      1 | - a
        | ^^^"
    `)
    expect(shown("just text\n")).toMatchInlineSnapshot(`
      "error[S103]: the document: expected a map of sections (\`schema\`, \`data\`, \`model\`, \`train\` …), got the text "just text"
        --> m.yaml:1:1
      1 | just text
        | ^^^^^^^^^"
    `)
  })

  it("does not keep the others from being read", () => {
    const { sections } = read(fromText("m.yaml", completed("train: { epochs: -1 }\n")), language)
    expect(Object.keys(sections)).toEqual(["data", "model"])
  })
})

describe("a fix", () => {
  it("mends what it says it mends", () => {
    const source = fromText(
      "m.yaml",
      completed(
        "train: { optimiser: sgd, epochs: '30', callbacks: [{ early_stop: { restore_best: no } }], metrics: [acuracy] }\nmodel: { layers: [{ dense: { neurons: 8 } }, rleu, { head: label }] }\n",
      ),
    )
    const mended = Fix.apply(source.text, read(source, language).diagnostics)
    expect(mended.text).toBe(
      completed(
        "train: { optimizer: sgd, epochs: 30, callbacks: [{ early_stop: { restore_best: false } }], metrics: [accuracy] }\nmodel: { layers: [{ dense: { units: 8 } }, relu, { head: label }] }\n",
      ),
    )
    expect(shown(mended.text)).toBe("")
  })
})

describe("whatever the data", () => {
  const key = fc.constantFrom(
    "schema",
    "model",
    "layers",
    "dense",
    "units",
    "repeat",
    "times",
    "name",
    "train",
    "optimizer",
    "sgd",
    "lr",
    "data",
    "source",
    "columns",
    "type",
    "add",
    "$search",
    "default",
    "vars",
    "w",
    "constructor",
    "toString",
    "x y",
  )
  const leaf = fc.oneof(
    fc.constantFrom("relu", "$w", "$w * 2", "$", "number", "label", "h", "50%"),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  )
  const { tree } = fc.letrec<{ tree: Data }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", maxDepth: 6 },
      leaf,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
    ) as fc.Arbitrary<Data>,
  }))

  it("reading never throws, and what it gives is a document or errors", () => {
    fc.assert(
      fc.property(tree, (data) => {
        const source = fromText("m.yaml", JSON.stringify(data))
        const { diagnostics, document } = read(source, language)
        expect(document === undefined).toBe(diagnostics.some((d) => d.severity === "error"))
        for (const d of diagnostics) expect(Render.text(d, source)).toContain(`[${d.code}]`)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    { train: { optimizer: { schema: { toString: 0 } } } },
    { model: { layers: [{ valueOf: { toString: 0, valueOf: 0 } }] } },
    { data: { source: "a.csv", columns: { a: { type: { toString: 0 } } } } },
  ])("reading takes no key for a method: %j", (data) => {
    const codes = readData(data, language).diagnostics.map(({ code }) => code)
    expect(codes).toContain("S104")
  })

  it("a good file with anything done to it is read without throwing, and its fixes apply", () => {
    const good = completed(`vars: { w: 8 }
data: { source: { spirals: { classes: 3 } }, split: { val: 20%, seed: 1 } }
model:
  init: he_normal
  layers:
    - { dense: { units: $w, activation: { leaky_relu: 0.1 } }, name: h1 }
    - repeat: { times: 2, layers: [{ dense: $w, name: a }, { add: [input, a] }] }
    - dropout: 0.5
    - head: label
train: { optimizer: { adamw: { lr: 1e-3 } }, schedule: { warmup: 2 }, callbacks: [{ early_stop: { monitor: val.loss } }] }
`)
    expect(shown(good)).toBe("")
    const insertion = fc.constantFrom(
      "",
      " ",
      "\n",
      "-",
      ":",
      "{",
      "}",
      "[",
      "]",
      "$",
      "3",
      "x",
      ",",
      "relu",
      "null",
      "__proto__: 1\n",
    )
    const edit = fc.tuple(fc.nat({ max: good.length }), fc.nat({ max: 12 }), insertion)
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const text = edits.reduce((text, [at, length, inserted]) => text.slice(0, at) + inserted + text.slice(at + length), good)
        const source = fromText("m.yaml", text)
        const { diagnostics } = read(source)
        expect(Render.all(diagnostics, source)).toContain(diagnostics[0]?.code ?? "")
        read(fromText("m.yaml", Fix.apply(text, diagnostics).text))
      }),
      { numRuns: 120 },
    )
  })

  it("a whole document decodes to itself", () => {
    const near = fc.record({
      schema: fc.constant(1),
      model: fc.record({
        layers: fc.array(fc.constantFrom("relu", { dense: 3 }, "flatten", { dropout: 0.1 }), { maxLength: 4 }),
      }),
      train: fc.record(
        { epochs: fc.integer({ min: 1, max: 9 }), optimizer: fc.constantFrom("sgd", { adam: 0.1 }, { adamw: { lr: 1 } }) },
        { requiredKeys: [] },
      ),
    })
    fc.assert(
      fc.property(near, (data) => {
        const once = decode(language.schema.file, data)
        if (once._tag !== "Success") throw new Error(JSON.stringify(once.failure))
        const twice = decode(language.schema.file, once.success)
        expect(twice._tag === "Success" && twice.success).toEqual(once.success)
      }),
      { numRuns: 100 },
    )
  })
})

describe("a help is short", () => {
  /** Sentences of a text, code in backticks counted as one word. */
  const sentences = (text: string): number => text.replaceAll(/`[^`]*`/gu, "x").split(/[.?!] /u).length

  it.each([
    ["number", "missing: [1]"],
    ["number", "scale: 3"],
    ["number", "clip: x"],
    ["category", "missing: 3"],
    ["category", "unknown: 3"],
    ["binary", "missing: 3"],
  ])("a column of type %s with %s", (type, option) => {
    const text = `schema: 1\ndata: { source: a.csv, columns: { a: { type: ${type}, ${option} }, y: class } }\nmodel: { layers: [{ head: y }] }\n`
    const { diagnostics } = read(fromText("m.yaml", text))
    expect(diagnostics.map(({ code }) => code)).toEqual(["S103"])
    const [{ help = "" } = {}] = diagnostics
    expect(help).not.toBe("")
    expect(sentences(help)).toBeLessThanOrEqual(2)
    expect(help.length).toBeLessThanOrEqual(160)
  })
})

describe("a list of layers", () => {
  const alpha = fc.constantFrom("0.1", "0.25", "-1", "{ alpha: 0.3 }", "{ alpha: x }", "{}")
  const activation = fc.oneof(
    fc.constantFrom("relu", "rel", "tanh", "{ relu: {} }", "{ relu: 3 }", "4", "null"),
    alpha.map((value) => `{ leaky_relu: ${value} }`),
  )
  const units = fc.constantFrom("1", "8", "0", "2.5", "many", "null")
  const beside = fc.constantFrom("", ", name: a", ", name: 'not a name'", ", from: input", ", nme: b")
  const layer = fc.oneof(
    fc.tuple(units, activation, beside).map(([n, f, more]) => `{ dense: { units: ${n}, activation: ${f} }${more} }`),
    fc.tuple(units, beside).map(([n, more]) => `{ dense: ${n}${more} }`),
    fc.tuple(activation, beside).map(([f, more]) => `{ dense: { activation: ${f} }${more} }`),
    fc.tuple(units, activation).map(([n, f]) => `{ lstm: { units: ${n}, give: all, activation: ${f} } }`),
    fc
      .tuple(fc.boolean(), fc.boolean())
      .map(([reverse, both]) => `{ gru: { units: 8, reverse: ${reverse}, bidirectional: ${both} } }`),
    fc.tuple(fc.constantFrom(-1, 0.5), fc.constantFrom(0, 1)).map(([min, max]) => `{ hard_tanh: { min: ${min}, max: ${max} } }`),
    alpha.map((value) => `{ leaky_relu: ${value} }`),
    fc.constantFrom("{ head: y }", "{ head: { target: [y, z] } }", "{ head: { target: y, activation: tanh } }", "{ head: 3 }"),
  )
  const rules = (both: boolean) => `{ gru: { units: 8, reverse: true, bidirectional: ${both} } }`
  const decoded = (layers: ReadonlyArray<string>) => {
    const { data } = readYaml(fromText("m.yaml", `layers: [${layers.join(", ")}]`))
    return Decode.model(language.schema, data)
  }

  it("decodes each as if it stood alone", () => {
    fc.assert(
      fc.property(fc.array(layer, { minLength: 2, maxLength: 8 }), (layers) => {
        const alone = layers.map((each) => decoded([each]))
        const right = alone.flatMap((one) => (Result.isSuccess(one) ? one.success.layers : []))
        const together = decoded(layers.filter((_, i) => alone[i] !== undefined && Result.isSuccess(alone[i])))
        expect(Result.getOrThrow(together).layers).toEqual(right)
        const wrong = alone.flatMap((one, i) =>
          Result.isSuccess(one)
            ? []
            : one.failure.map(({ code, message }) => `${code} ${message.replaceAll("layers[0]", `layers[${i}]`)}`),
        )
        const all = decoded(layers)
        expect(Result.isSuccess(all) ? [] : all.failure.map(({ code, message }) => `${code} ${message}`)).toEqual(wrong)
      }),
      { numRuns: 60, examples: [[[rules(false), rules(true)]]] },
    )
  })
})
