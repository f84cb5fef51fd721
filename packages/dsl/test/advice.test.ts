/** Advice on activations and initializers: where it is said, what mends it, and when there is nothing to say. */
import { describe, expect, it } from "vitest"
import * as Fix from "../src/diagnostic/Fix.ts"
import { read } from "../src/Read.ts"
import { type Catalogue, standard } from "../src/schema/Catalogue.ts"
import { fromText } from "../src/source/Source.ts"
import { completed, shown } from "./reading.ts"

const said = (text: string) => shown(completed(text))

const codes = (text: string) => read(fromText("m.yaml", completed(text))).diagnostics.map(({ code }) => code)

/** The text after `check --fix`. */
const mended = (text: string) => Fix.apply(text, read(fromText("m.yaml", completed(text))).diagnostics).text

describe("selu", () => {
  const broken = `data:
  source: irises.csv
  columns: { a: number, b: { type: number, scale: minmax }, c: { type: number, scale: standard }, kind: class }
model:
  init: he_uniform
  layers:
    - dense: { units: 8, activation: selu }
    - batch_norm
    - dropout: 0.1
    - dense: { units: 8, activation: tanh, init: xavier_normal, name: h }
    - dense: { units: 8, activation: selu, init: auto }
    - head: kind
train: { regularize: { l1: 0.001, l2: 0.01 } }
`.replace(", name: h", "")

  it("reports which of its conditions are broken, each where it is broken", () => {
    expect(said(broken)).toMatchInlineSnapshot(`
      "warning[A606]: \`a\` is not scaled for a net of \`selu\`: its inputs must have mean 0 and standard deviation 1
        --> m.yaml:3:14
      3 |   columns: { a: number, b: { type: number, scale: minmax }, c: { type: number, scale: standard }, kind: class }
        |              ^
      ...
      7 |     - dense: { units: 8, activation: selu }
        |                                      ---- needs these conditions
        = help: add \`scale: standard\`  [fix available]
      warning[A606]: \`b\` is scaled another way for a net of \`selu\`: its inputs must have mean 0 and standard deviation 1
        --> m.yaml:3:51
      3 |   columns: { a: number, b: { type: number, scale: minmax }, c: { type: number, scale: standard }, kind: class }
        |                                                   ^^^^^^
      ...
      7 |     - dense: { units: 8, activation: selu }
        |                                      ---- needs these conditions
        = help: write \`standard\`  [fix available]
      warning[A606]: \`selu\` with \`he_uniform\`: selu needs \`lecun_normal\` (variance 1 / fan_in)
        --> m.yaml:5:9
      5 |   init: he_uniform
        |         ^^^^^^^^^^
      ...
      7 |     - dense: { units: 8, activation: selu }
        |                                      ---- needs these conditions
        = help: write \`lecun_normal\`, or \`auto\`, which selects it  [fix available]
      warning[A606]: \`batch_norm\` in a \`selu\` net, which must be a plain stack of dense layers
        --> m.yaml:8:7
      7 |     - dense: { units: 8, activation: selu }
        |                                      ---- needs these conditions
      8 |     - batch_norm
        |       ^^^^^^^^^^
        = help: remove it, or use \`relu\`
      warning[A606]: \`dropout\` in a \`selu\` net: it changes the mean and the variance
        --> m.yaml:9:7
      7 |     - dense: { units: 8, activation: selu }
        |                                      ---- needs these conditions
      ...
      9 |     - dropout: 0.1
        |       ^^^^^^^
        = help: \`alpha_dropout\` drops units and keeps mean and variance  [fix available]
      warning[A606]: \`tanh\` beside \`selu\`: every hidden layer must use selu
        --> m.yaml:10:38
       7 |     - dense: { units: 8, activation: selu }
         |                                      ---- needs these conditions
      ...
      10 |     - dense: { units: 8, activation: tanh, init: xavier_normal }
         |                                      ^^^^
         = help: write \`selu\`  [fix available]
      warning[A606]: \`l1\` on the weights of \`selu\` layers: it takes away the variance they must keep
        --> m.yaml:13:24
       7 |     - dense: { units: 8, activation: selu }
         |                                      ---- needs these conditions
      ...
      13 | train: { regularize: { l1: 0.001, l2: 0.01 } }
         |                        ^^
         = help: \`alpha_dropout\` or \`early_stop\` against overfitting  [fix available]
      warning[A605]: \`l2\` with \`adam\`: prefer the decay of \`adamw\` (adam divides the penalty by the size of the gradient)
        --> m.yaml:13:35
      13 | train: { regularize: { l1: 0.001, l2: 0.01 } }
         |        --------------------------------------- adam
         |                                   ^^
         = help: \`optimizer: { adamw: { weight_decay: 0.01 } }\`, without \`l2\`
      warning[A606]: \`l2\` on the weights of \`selu\` layers: it takes away the variance they must keep
        --> m.yaml:13:35
       7 |     - dense: { units: 8, activation: selu }
         |                                      ---- needs these conditions
      ...
      13 | train: { regularize: { l1: 0.001, l2: 0.01 } }
         |                                   ^^
         = help: \`alpha_dropout\` or \`early_stop\` against overfitting  [fix available]"
    `)
  })

  it("is mended as far as an edit can", () => {
    const after = mended(broken)
    expect(after).toContain("columns: { a: { type: number, scale: standard }, b: { type: number, scale: standard },")
    expect(after).toContain("init: lecun_normal\n")
    expect(after).toContain("- alpha_dropout: 0.1")
    expect(after).toContain("activation: selu, init: xavier_normal")
    expect(after).toContain("regularize: { l1: 0, l2: 0 }")
    expect(shown(completed(mended(after)))).toMatchInlineSnapshot(`
      "warning[A606]: \`batch_norm\` in a \`selu\` net, which must be a plain stack of dense layers
        --> m.yaml:8:7
      7 |     - dense: { units: 8, activation: selu }
        |                                      ---- needs these conditions
      8 |     - batch_norm
        |       ^^^^^^^^^^
        = help: remove it, or use \`relu\`"
    `)
  })

  it.each([
    ["a toy", "data: { source: moons }\n", ["A606"]],
    ["a standardized toy", "data: { source: moons, scale: standard }\n", []],
    ["images", "data: { source: { npz: { path: a.npz, inputs: x, targets: y } }, image: { size: [4, 4] } }\n", ["A606"]],
    [
      "normalized images",
      "data: { source: { npz: { path: a.npz, inputs: x, targets: y } }, image: { size: [4, 4], normalize: auto } }\n",
      [],
    ],
    ["a toy scaled another way", "data: { source: moons, scale: { minmax: [0, 1] } }\n", ["A606"]],
  ])("looks at how %s is scaled", (_, data, wanted) => {
    expect(codes(`${data}model: { layers: [flatten, { dense: { units: 8, activation: selu } }, { head: label }] }\n`)).toEqual(
      wanted,
    )
  })
})

describe("inputs of selu", () => {
  it.each([
    ["data: { source: moons, scale: minmax }\n", "data: { source: moons, scale: standard }\n"],
    ["data: { source: moons, scale: { minmax: [0, 1] } }\n", "data: { source: moons, scale: standard }\n"],
    [
      "data: { source: { npz: { path: a.npz, inputs: x, targets: y } }, image: { size: [4, 4], normalize: center } }\n",
      "data: { source: { npz: { path: a.npz, inputs: x, targets: y } }, image: { size: [4, 4], normalize: auto } }\n",
    ],
    [
      "data:\n  source: a.csv\n  columns:\n    a: { type: number, missing: mean, scale: center }\n    label: class\n",
      "data:\n  source: a.csv\n  columns:\n    a: { type: number, missing: mean, scale: standard }\n    label: class\n",
    ],
    [
      "data:\n  source: a.csv\n  columns:\n    a: number\n    label: class\n",
      "data:\n  source: a.csv\n  columns:\n    a: { type: number, scale: standard }\n    label: class\n",
    ],
    [
      "data: { source: a.csv, columns: { a: { type: number, missing: mean }, label: class } }\n",
      "data: { source: a.csv, columns: { a: { type: number, missing: mean, scale: standard }, label: class } }\n",
    ],
    ["data: { source: moons }\n", "data: { source: moons, scale: standard }\n"],
    [
      "data:\n  source: { idx: { images: a.idx, labels: b.idx } }\n  image: { size: [4, 4] }\n",
      "data:\n  source: { idx: { images: a.idx, labels: b.idx } }\n  image: { size: [4, 4], normalize: auto }\n",
    ],
  ])("are mended in the style they were written in: %j", (data, wanted) => {
    const model = "model: { layers: [flatten, { dense: { units: 8, activation: selu } }, { head: label }] }\n"
    expect(mended(data + model)).toBe(wanted + model)
    expect(codes(wanted + model)).toEqual([])
  })
})

describe("the weights of hidden layers", () => {
  const model = (init: string, extra = "") =>
    `model: { layers: [{ dense: { units: 8, activation: relu, init: ${init} } }, { head: label }] }\n${extra}`

  it.each(["zeros", "ones", "{ constant: 0.5 }", "{ normal: { std: 0 } }", "{ uniform: { limit: 0 } }"])(
    "may not all be alike, as %s makes them",
    (init) => {
      expect(codes(model(init))).toEqual(["T508"])
      expect(codes(model(init, "lint: { allow: [T508] }\n"))).toEqual([])
      expect(codes(mended(model(init)))).not.toContain("T508")
    },
  )

  it.each(["orthogonal", "identity", "truncated_normal", "he_normal", "kaiming_uniform", "lecun_normal", "auto"])(
    "may start from %s",
    (init) => expect(codes(model(init))).toEqual([]),
  )

  it("of the outputs may", () => {
    expect(
      codes("model: { layers: [{ dense: { units: 8, activation: relu } }, { head: { target: label, init: zeros } }] }\n"),
    ).toEqual([])
  })
})

describe("an activation and the initializer before it", () => {
  const pair = (activation: string, init: string) =>
    `model: { layers: [{ dense: { units: 8, activation: ${activation}, init: ${init} } }, { head: label }] }\n`

  it.each([
    ["relu", "glorot_normal", ["A603"]],
    ["gelu", "xavier_uniform", ["A603"]],
    ["silu", "xavier_uniform", ["A603"]],
    ["{ prelu: { share: unit } }", "xavier_normal", ["A603"]],
    ["tanh", "kaiming_uniform", ["A601"]],
    ["softsign", "he_normal", ["A601"]],
    ["hard_tanh", "he_normal", ["A601"]],
    ["sigmoid", "he_normal", ["A604", "A601"]],
    ["linear", "he_normal", []],
    ["tanh", "glorot_uniform", []],
    ["mish", "he_uniform", []],
  ])("%s after %s: %j", (activation, init, wanted) => {
    expect(codes(pair(activation, init))).toEqual(wanted)
    // One edit may bring up the next piece of advice; in the end there is none.
    expect(codes(mended(mended(pair(activation, init))))).toEqual([])
  })

  it("is looked for past layers that are no activation, and past `linear`", () => {
    const layers = "[{ dense: { units: 8, activation: linear, init: he_normal } }, { dropout: 0.1 }, tanh, { head: label }]"
    expect(codes(`model: { layers: ${layers} }\n`)).toEqual(["A601"])
  })
})

describe("a fix", () => {
  it.each([
    [
      "{ dense: { units: 8, activation: { hard_tanh: { min: -2 } }, init: { he_normal: { mode: fan_out } } } }",
      "{ dense: { units: 8, activation: { hard_tanh: { min: -2 } }, init: xavier_normal } }",
    ],
    [
      "{ dense: { units: 8, activation: relu, init: { xavier_uniform: { gain: 2 } } } }",
      "{ dense: { units: 8, activation: relu, init: he_uniform } }",
    ],
    ["{ dense: 8 }, { sigmoid: {}, name: s }", "{ dense: 8 }, { relu: {}, name: s }"],
  ])("takes the options of what it replaces with it: %s", (layers, wanted) => {
    const file = (items: string) => `model: { layers: [${items}, { head: label }] }\n`
    expect(mended(file(layers))).toBe(file(wanted))
  })

  it("is not offered where options or a name would be left behind", () => {
    const rounds = "{ repeat: { times: 6, layers: [{ dense: 8 }, { hard_tanh: { min: -2 } }] } }"
    const text = `model: { layers: [${rounds}, { head: label }] }\n`
    expect(codes(text)).toEqual(["A607"])
    expect(mended(text)).toBe(text)
  })
})

describe("saturating activations", () => {
  const layers = (times: number, activation: string) =>
    `model: { layers: [{ repeat: { times: ${times}, layers: [{ dense: { units: 8, activation: ${activation} } }] } }, { head: label }] }\n`

  it("are left alone in nets of a few layers, and advised against in deep ones", () => {
    expect(codes(layers(4, "tanh"))).toEqual([])
    expect(codes(layers(5, "tanh"))).toEqual(["A607"])
    expect(codes(layers(5, "softsign"))).toEqual(["A607"])
    expect(codes(layers(9, "relu"))).toEqual([])
    expect(codes(mended(layers(5, "hard_sigmoid")))).toEqual([])
  })

  it("as the output are nobody's business but the loss's", () => {
    expect(
      codes("model: { layers: [{ dense: 8 }, relu, { head: { target: label, activation: tanh } }] }\ntrain: { loss: mse }\n"),
    ).toEqual([])
  })
})

describe("unusual numbers", () => {
  const advised = (text: string): ReadonlyArray<string> =>
    read(fromText("m.yaml", `schema: 1\ndata: { source: moons }\n${text}`)).diagnostics.flatMap(({ code, message, span }) =>
      code === "A620" ? [`${span?.line}:${span?.column} ${message}`] : [],
    )
  const plain = "model: { layers: [{ dense: 8 }, relu, { head: label }] }\n"

  it("say what a limit of 0 does", () => {
    expect(advised(`${plain}train: { regularize: { clip_norm: 0, clip_value: 0, max_norm: 0, l2: 0 } }\n`)).toEqual([
      "4:35 `clip_norm` is 0: all gradients become 0, so nothing is learned",
      "4:50 `clip_value` is 0: all gradients become 0, so nothing is learned",
      "4:63 `max_norm` is 0: all weights become 0",
    ])
  })

  it("are located, in options, in options of options, and in maps of settings", () => {
    expect(
      advised(
        "model:\n  init: { normal: 3 }\n  layers:\n    - dense: { units: 8, activation: { leaky_relu: 4 }, bias: false }\n    - { batch_norm: { momentum: 0.99 } }\n    - head: { target: label, init: { uniform: 5 } }\ntrain:\n  optimizer: { adam: 10 }\n  loss: { categorical_cross_entropy: 0.5 }\n  regularize: { clip_norm: 1e9 }\n",
      ),
    ).toEqual([
      "4:19 `std` of `normal` is 3: from 0 to 2 is usual",
      "6:52 `alpha` of `leaky_relu` is 4: from 0 to 1 is usual",
      "7:33 `momentum` of `batch_norm` is 0.99: from 0 to 0.5 is usual",
      "8:47 `limit` of `uniform` is 5: from 0 to 2 is usual",
      "10:22 `lr` of `adam` is 10: from 0.000001 to 0.1 is usual",
      "11:38 `label_smoothing` of `categorical_cross_entropy` is 0.5: from 0 to 0.3 is usual",
      "12:28 `clip_norm` is 1000000000: from 0.001 to 1000 is usual",
    ])
  })

  it.each(Object.entries(standard.optimizer).map(([name, { options }]) => ({ name, lr: options.lr.default })))(
    "$name may have a thousandth to a hundred times its own rate",
    ({ lr, name }) => {
      const given = (rate: number) => advised(`${plain}train: { optimizer: { ${name}: { lr: ${rate} } } }\n`).length
      expect([lr / 2000, lr / 1000, lr, lr * 100, lr * 200].map(given)).toEqual([1, 0, 0, 0, 1])
    },
  )

  it("never are what an entry has where nothing is said", () => {
    for (const table of Object.values<Catalogue[keyof Catalogue]>(standard))
      for (const { options } of Object.values(table))
        for (const option of Object.values(options)) {
          if (!("usual" in option) || option.usual === undefined || option.default === undefined) continue
          expect(option.usual[0]).toBeLessThanOrEqual(option.default)
          expect(option.usual[1]).toBeGreaterThanOrEqual(option.default)
        }
  })
})
