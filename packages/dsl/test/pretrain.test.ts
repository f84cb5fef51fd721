import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { build } from "../src/build/Build.ts"
import { checked } from "../src/check/Checked.ts"
import type { ModelFile } from "../src/Document.ts"
import { Model } from "../src/index.ts"
import { read, withFacts } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { documentOf, shown } from "./reading.ts"

const digits = `schema: 1
data:
  source: { idx: { images: images.idx, labels: labels.idx } }
  image: { size: [8, 8], scale: { max: 16 } }
  split: { train: 100, val: 50, unlabelled: 500 }
`
const layers = `model:
  layers:
    - flatten
    - { dense: { units: 50, activation: sigmoid }, name: h1 }
    - dropout: 0.2
    - { dense: 20, name: h2 }
    - sigmoid
    - head: label
`

const facts = {
  sample: [8, 8, 1],
  target: { type: "class", name: "label", classes: ["0", "1"] },
  rows: { train: 100, val: 50, test: 0 },
  unlabelled: 500,
} as const

const said = (stages: string, model = layers): string => shown(`${digits}${model}lint: { allow: [A604] }\npretrain:\n${stages}`)

describe("stages", () => {
  it("are machines with every default filled in, in both faces", () => {
    const text = `${digits}${layers}pretrain:
  - rbm: { layer: h1, method: { cd: 3 }, momentum: 0.8 }
  - rbm: { layer: h2, visible: gaussian, method: pcd, sparsity: { target: 0.1 } }
`
    const document = documentOf(text)
    expect(document.pretrain).toEqual([
      {
        rbm: {
          layer: "h1",
          visible: "bernoulli",
          method: { cd: { steps: 3 } },
          epochs: 10,
          batch: 32,
          lr: 0.05,
          momentum: 0.8,
          l2: 2e-4,
        },
      },
      {
        rbm: {
          layer: "h2",
          visible: "gaussian",
          method: { pcd: { steps: 1, particles: 100 } },
          epochs: 10,
          batch: 32,
          lr: 0.05,
          momentum: [0.5, 0.9],
          l2: 2e-4,
          sparsity: { target: 0.1, cost: 0.1 },
        },
      },
    ])
    const twin = Model.modelFile({
      data: {
        source: { idx: { images: "images.idx", labels: "labels.idx" } },
        image: { size: [8, 8], scale: { max: 16 } },
        split: { train: 100, val: 50, unlabelled: 500 },
      },
      model: {
        layers: [
          Model.flatten(),
          Model.dense(50, { activation: "sigmoid", name: "h1" }),
          Model.dropout(0.2),
          Model.dense(20, { name: "h2" }),
          "sigmoid",
          Model.head("label"),
        ],
      },
      pretrain: [
        Model.rbm("h1", { method: { cd: 3 }, momentum: 0.8 }),
        Model.rbm("h2", { visible: "gaussian", method: "pcd", sparsity: { target: 0.1 } }),
      ],
    })
    expect(Result.getOrThrow(twin)).toEqual(document)
  })

  it("are built as core trains them", () => {
    const document = documentOf(
      `${digits}${layers}pretrain: [{ rbm: h1 }, { rbm: { layer: h2, method: { pcd: { steps: 2 } } } }]\n`,
    )
    const { pretrain } = Result.getOrThrow(Result.map(checked(document, facts), build))
    expect(pretrain).toEqual([
      {
        layer: "h1",
        visible: "bernoulli",
        hidden: 50,
        method: { cd: 1 },
        epochs: 10,
        batch: 32,
        learningRate: 0.05,
        momentum: [0.5, 0.9],
        l2: 2e-4,
      },
      {
        layer: "h2",
        visible: "bernoulli",
        hidden: 20,
        method: { pcd: { steps: 2, particles: 100 } },
        epochs: 10,
        batch: 32,
        learningRate: 0.05,
        momentum: [0.5, 0.9],
        l2: 2e-4,
      },
    ])
  })

  it("keep quiet the advice against sigmoids, where they start from a machine", () => {
    const advised = (stages: string) => shown(`${digits}${layers}pretrain: ${stages}\n`)
    expect(advised("[{ rbm: h1 }, { rbm: h2 }]")).toBe("")
    expect(advised("[{ rbm: h1 }]")).toMatch(/^warning\[A604\].*\n.*:12:7/)
  })

  it("that do not fit are said where they stand", () => {
    const wrong = [
      said("  - rbm: { layer: h3 }\n  - rbm: { layer: h2, epoch: 3 }\n"),
      said("  - rbm: h1\n  - rbm: h1\n"),
      said("  - rbm: h2\n"),
      said("  - rbm: { layer: h1, method: { cdk: 1 }, momentum: [0.5] }\n"),
      said("  - rbm: h1\n", layers.replace("units: 50, activation: sigmoid", "units: 50, activation: sigmoid, bias: false")),
      said("  - rbm: h1\n  - rbm: h2\n", layers.replace("dropout: 0.2", "batch_norm")),
      said("  - rbm: h1\n", layers.replace("dense: { units: 50, activation: sigmoid }", "maxout: 50")),
      said("  - rbm: h2\n", layers.replace("name: h2", "name: h2, from: h1")),
    ].join("\n\n")
    expect(wrong).toMatchInlineSnapshot(`
      "error[R203]: there is no layer named \`h3\`
        --> m.yaml:16:19
      16 |   - rbm: { layer: h3 }
         |                   ^^
         = help: did you mean \`h1\` or \`h2\`?
      error[S101]: unknown key \`epoch\` in pretrain[1].rbm
        --> m.yaml:17:23
      17 |   - rbm: { layer: h2, epoch: 3 }
         |                       ^^^^^
         = help: did you mean \`epochs\`?  [fix available]

      error[T513]: \`h1\` is pre-trained twice
        --> m.yaml:17:10
      17 |   - rbm: h1
         |          ^^
         = help: stages go from the input upwards, each layer once

      error[T513]: \`h1\` is between the input and \`h2\`, but has no stage
        --> m.yaml:16:10
       9 |     - { dense: { units: 50, activation: sigmoid }, name: h1 }
         |         ----- has no stage
      ...
      16 |   - rbm: h2
         |          ^^
         = help: put the stage \`- rbm: h1\` before it

      error[S104]: pretrain[0].rbm.method: there is no method \`cdk\`
        --> m.yaml:16:33
      16 |   - rbm: { layer: h1, method: { cdk: 1 }, momentum: [0.5] }
         |                                 ^^^
         = help: did you mean \`cd\`?  [fix available]
      error[S103]: pretrain[0].rbm.momentum: expected two numbers >= 0 and < 1, got a list of 1
        --> m.yaml:16:53
      16 |   - rbm: { layer: h1, method: { cdk: 1 }, momentum: [0.5] }
         |                                                     ^^^^^

      error[T512]: \`h1\` has no bias, but the hidden units of an RBM have one
        --> m.yaml:16:10
       9 |     - { dense: { units: 50, activation: sigmoid, bias: false }, name: h1 }
         |         ----- the layer
      ...
      16 |   - rbm: h1
         |          ^^
         = help: pre-train a layer such as \`{ dense: { units: 500, activation: sigmoid } }\`

      error[T513]: \`batch_norm1\` is between \`h1\` and \`h2\`, and an RBM cannot learn through it
        --> m.yaml:17:10
      10 |     - batch_norm
         |       ---------- changes the input of the RBM
      ...
      17 |   - rbm: h2
         |          ^^
         = help: an RBM learns from the input, or from the RBM before it

      error[T512]: \`h1\` is a \`maxout\` layer: the hidden units of an RBM are sigmoid units
        --> m.yaml:16:10
       9 |     - { maxout: 50, name: h1 }
         |         ------ the layer
      ...
      16 |   - rbm: h1
         |          ^^
         = help: pre-train a layer such as \`{ dense: { units: 500, activation: sigmoid } }\`

      error[T513]: \`h1\` is between the input and \`h2\`, but has no stage
        --> m.yaml:16:10
       9 |     - { dense: { units: 50, activation: sigmoid }, name: h1 }
         |         ----- has no stage
      ...
      16 |   - rbm: h2
         |          ^^
         = help: put the stage \`- rbm: h1\` before it"
    `)
  })

  it("want no more rows in a batch than there are, those without labels counted", () => {
    const text = `${digits}${layers}pretrain: [{ rbm: { layer: h1, batch: 601 } }, { rbm: { layer: h2, batch: 600 } }]\n`
    const { diagnostics } = withFacts(read(fromText("m.yaml", text)), { facts, findings: [] })
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "T506 a batch of 601 rows, but only 600 to learn from",
    ])
  })

  it("of Bernoulli units are refused on data that goes beyond 0 and 1, as soon as the rows are seen", () => {
    const document: ModelFile = documentOf(`${digits}${layers}pretrain: [{ rbm: h1 }]\nlint: { allow: [A604] }\n`)
    const codes = (extent: readonly [number, number], column?: string) =>
      Result.match(checked(document, { ...facts, extents: [{ extent, ...(column === undefined ? {} : { column }) }] }), {
        onSuccess: () => [],
        onFailure: (findings) => findings.map(({ code, message }) => `${code} ${message}`),
      })
    expect(codes([0, 1])).toEqual([])
    expect(codes([0, 15.9375])).toEqual(["T514 Bernoulli units need values from 0 to 1, but the data has values from 0 to 15.9"])
    expect(codes([-1, 0.5], "size")).toEqual([
      "T514 Bernoulli units need values from 0 to 1, but `size` has values from -1 to 0.5",
    ])
  })
})
