/**
 * The checks that need more than the schema: graph and shape, training, advice. They use the decoded sections of the
 * document and the known facts of its data, so they can run again when more facts are known.
 */
import { arrayLabel } from "@adjoint/core/data/Preprocess"
import * as Shape from "@adjoint/core/types/Shape"
import * as ShapeTree from "@adjoint/core/types/ShapeTree"
import { inputName, layerOf, type Model, type ModelFile, type Search, type Train } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import { scalar } from "../diagnostic/Fix.ts"
import { listed } from "../diagnostic/Suggest.ts"
import { severalHeads } from "../net/Heads.ts"
import * as Nodes from "../net/Nodes.ts"
import * as Ends from "../prepare/Ends.ts"
import { type Facts, type HeadTarget, headsOf, sequencesOf } from "../prepare/Facts.ts"
import type { Catalogue } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import * as Advice from "./Advice.ts"
import * as Balance from "./Balance.ts"
import * as Branches from "./Branches.ts"
import * as Groups from "./Groups.ts"
import * as Labels from "./Labels.ts"
import * as LastBatch from "./LastBatch.ts"
import { lossName, outputCount, outputsOf } from "./Outputs.ts"
import { flattening } from "./Preferred.ts"
import * as Pretrain from "./Pretrain.ts"
import * as Scaling from "./Scaling.ts"
import * as Series from "./Series.ts"
import * as Shapes from "./Shapes.ts"
import * as Splits from "./Splits.ts"
import { subjectOf } from "./Subject.ts"
import * as Tokens from "./Tokens.ts"
import * as Training from "./Training.ts"

/** The plain sequences of layers that read the inputs, each up to the first join, block, repeat, head or `from`. */
const readingsOf = (model: Model): ReadonlyArray<Tokens.Reading> => {
  const all = model.layers.map((layer, i) => ({ item: layerOf(layer), from: layer.from, path: ["model", "layers", i] }))
  const inputs = Nodes.inputsOf(model)
  const [first, second] = inputs
  const names = new Set(inputs)
  const startsAt = (start: number): ReadonlyArray<Tokens.Embedding> => {
    const made: Array<Tokens.Embedding> = []
    for (const [i, { from, item, path }] of all.slice(start).entries()) {
      if (item._tag !== "Use" || (i > 0 && from !== undefined)) break
      made.push({ kind: item.use.name, options: item.use.options, path })
    }
    return made
  }
  return all.flatMap(({ from }, i) => {
    const read = typeof from === "string" ? from : i === 0 && second === undefined ? first : undefined
    if (read === undefined || !names.has(read)) return []
    return [{ input: model.inputs === undefined ? "" : read, layers: startsAt(i) }]
  })
}

/** The sections that were decoded. */
export type Readable = Partial<Pick<ModelFile, "data" | "model" | "pretrain" | "train" | "evaluate" | "lint">> & {
  readonly search?: Search
}

/** Infers the shapes of a model's layers from the known facts of its data. */
export const shapes = (
  model: Model,
  train: Pick<Train, "loss"> | undefined,
  facts: Facts,
  catalogue: Catalogue,
): Shapes.Shapes => {
  const outputs = outputsOf(catalogue.loss, train, facts)
  const sequences = sequencesOf(facts)
  const nodes = Nodes.nodes({ catalogue, model, sequences, ...(outputs === undefined ? {} : { outputs }) })
  return Shapes.infer(nodes, inputsOf(model, facts), catalogue)
}

/** The shapes of a model's inputs, as far as they are known; those of unequal length are padded sequences. */
export const inputsOf = (model: Model, facts: Pick<Facts, "sample" | "input" | "sequences">): Shapes.Inputs => {
  const { sample } = facts
  const sequences = sequencesOf(facts)
  const of = (name: string, shape: Shape.Shape | undefined) => {
    const sequence = sequences.get(name)
    return shape === undefined || sequence === undefined ? shape : Nodes.paddedOf[sequence.of].shape(shape)
  }
  if (model.inputs === undefined) return sample !== undefined && ShapeTree.isShape(sample) ? of(inputName, sample) : undefined
  const known = sample === undefined || ShapeTree.isShape(sample) ? {} : sample
  return Object.fromEntries(
    Object.keys(model.inputs).map((name) => [name, Object.hasOwn(known, name) ? of(name, known[name]) : undefined]),
  )
}

/** The findings and shapes of a check, with the facts it used. */
export interface Report {
  readonly facts: Facts
  readonly findings: ReadonlyArray<Finding>
  /** Absent if the layers could not be decoded, or a head is in the wrong place. */
  readonly shapes?: Shapes.Shapes
}

/** Runs every check once. References between layers must have been found right before. */
export const check = (readable: Readable, facts: Facts, catalogue: Catalogue): Report => {
  const { data, model, pretrain, train } = readable
  const form = model === undefined ? [] : heads(model)
  const inferred = model === undefined || form.length > 0 ? undefined : shapes(model, train, facts, catalogue)
  const isOne = model !== undefined && severalHeads(model) === undefined
  const made = isOne && inferred?.output?.length === 1 ? inferred.output[0] : undefined
  const findings = [
    ...(data === undefined ? [] : Splits.check(data, facts)),
    ...(data === undefined ? [] : Series.check(data)),
    ...(model === undefined ? [] : given(model, facts)),
    ...(data === undefined || model === undefined ? [] : Ends.check(data, model)),
    ...form,
    ...(model === undefined || form.length > 0 ? [] : Branches.check(model, catalogue)),
    ...(inferred?.findings ?? []),
    ...(model === undefined || inferred === undefined ? [] : outputs(readable, facts, inferred, catalogue)),
    ...(model === undefined ? [] : Advice.equalWeights(model, catalogue)),
    ...(pretrain === undefined || model === undefined || inferred === undefined
      ? []
      : Pretrain.check({ pretrain, model, data, facts, catalogue })),
    ...(train === undefined || inferred === undefined
      ? []
      : Groups.check(
          train,
          inferred.made.map(({ name }) => name),
        )),
    ...(train === undefined || inferred === undefined ? [] : LastBatch.check(train, facts, inferred.made, catalogue)),
    ...(train === undefined
      ? []
      : Training.check({ ...subjectOf(train, readable, facts, catalogue), ...(made === undefined ? {} : { made }) })),
    ...(model === undefined ? [] : Advice.check(model, { data, pretrain, train }, catalogue)),
    ...(data === undefined || inferred === undefined ? [] : Scaling.check(data, facts, inferred.made, catalogue)),
    ...(data === undefined ? [] : [...Labels.check(data, facts), ...Scaling.targets(data, facts)]),
    ...(data === undefined || model === undefined
      ? []
      : readingsOf(model).flatMap((reading) => Tokens.check(facts, reading, catalogue))),
    ...(data === undefined || train === undefined ? [] : Balance.check(data, train, facts)),
  ]
  return { facts, findings, ...(inferred === undefined ? {} : { shapes: inferred }) }
}

/** Checks `model.input` against the data. */
const given = ({ input, inputs }: Model, { sample }: Facts): ReadonlyArray<Finding> =>
  input !== undefined && inputs !== undefined
    ? [
        {
          code: "G402",
          message: "`input` is the shape of one input, but this model has named ones",
          at: { path: ["model", "input"], on: "key" },
          help: "remove `input`: the shapes come from the columns of `inputs`",
          fix: { title: "remove `input`", remove: ["model", "input"] },
        },
      ]
    : input === undefined || sample === undefined || !ShapeTree.isShape(sample) || Shape.equals(input, sample)
      ? []
      : [
          {
            code: "G402",
            message: `a sample of the data has the shape ${Shape.print(sample)}, not ${Shape.print(input)}`,
            at: { path: ["model", "input"] },
            help: "remove `input`: the shape comes from the data",
          },
        ]

/** Checks that there are layers, and that the last one is a head, if there are heads. */
const heads = (model: Model): ReadonlyArray<Finding> => {
  const { layers } = model
  if (layers.length === 0)
    return [
      {
        code: "G405",
        message: "there are no layers",
        at: { path: ["model", "layers"] },
        help: "the smallest model is `- head: label`",
      },
    ]
  const several = severalHeads(model)
  const last = several?.at(-1)?.index ?? layers.length - 1
  const misplaced = (items: Model["layers"], root: ReadonlyArray<string | number>, isTop: boolean): ReadonlyArray<Finding> =>
    items.flatMap((layer, i): ReadonlyArray<Finding> => {
      const item = layerOf(layer)
      const path = [...root, i]
      if (item._tag === "Repeat") return misplaced(item.layers, [...path, "repeat", "layers"], false)
      if (item._tag === "Block") return misplaced(item.layers, [...path, "block", "layers"], false)
      const isWell = several === undefined ? i === items.length - 1 : i < last || last === items.length - 1
      if (item._tag !== "Head" || (isTop && isWell)) return []
      if (isTop && several !== undefined)
        return [
          {
            code: "G403",
            message: "this is the last head, and nothing reads the layers below it",
            at: { path: [...path, "head"], on: "key" },
            help: "move it to the end, or remove the layers below it",
            fix: { title: "move the head to the end", append: root, item: path },
          },
        ]
      return [
        {
          code: "G403",
          message: "`head` produces the outputs, so it must be the last layer",
          at: { path: [...path, "head"], on: "key" },
          help: isTop
            ? "move it to the end; for a hidden layer write `dense`"
            : "a block or `repeat` has no outputs of its own: write `dense` here",
          ...(isTop && items.filter((each) => layerOf(each)._tag === "Head").length === 1
            ? { fix: { title: "move the head to the end", append: root, item: path } }
            : {}),
        },
      ]
    })
  return misplaced(layers, ["model", "layers"], true)
}

const namesOf = (target: HeadTarget): ReadonlyArray<string> =>
  target.type === "labels" && target.set !== undefined
    ? [target.set]
    : target.type === "numbers"
      ? (target.columns ?? target.names)
      : target.type === "labels"
        ? target.names
        : [target.name]

/** Checks the number of outputs against the target. */
const outputs = (
  { data, model, train }: Readable,
  facts: Facts,
  { made, output }: Shapes.Shapes,
  catalogue: Catalogue,
): ReadonlyArray<Finding> => {
  const last = made.at(-1)
  const layer = model?.layers.at(-1)
  const [head] = headsOf(facts)
  // The heads of several are checked with the columns of the data.
  if (last === undefined || layer === undefined || head === undefined || head.name !== undefined) return []
  const { target } = head
  const item = layerOf(layer)
  if (item._tag === "Head") {
    const { target: written } = item.head
    return typeof written === "string"
      ? predicted(written, [...last.path, "head", "target"], target, data?.columns !== undefined)
      : []
  }
  if (output === undefined) return []
  const width = output.length === 1 ? output[0] : undefined
  const loss = train === undefined ? undefined : lossName(catalogue.loss, train, head, width)
  const asked = outputCount(catalogue.loss, target, loss)
  if (asked === undefined || width === asked) return []
  const [name = arrayLabel] = namesOf(target)
  // A last dense layer was meant as the output layer; after any other layer the head is missing.
  const isOutputs = item._tag === "Use" && item.use.name === "dense"
  return [
    {
      code: "G404",
      message: `the layers output ${Shape.print(output)}, but the target ${listed(namesOf(target), "and")} needs [${asked}]`,
      at: { path: [...last.path, last.kind], on: "key" },
      label: `outputs ${Shape.print(output)}`,
      help:
        output.length !== 1
          ? `add \`${flattening(catalogue)}\` before the last dense layer`
          : isOutputs
            ? `write \`head: ${name}\` in its place: it has as many outputs as the target needs`
            : `end with \`head: ${name}\`: it has as many outputs as the target needs`,
      ...(output.length !== 1 || isOutputs
        ? {}
        : { fix: { title: `add \`head: ${name}\``, append: ["model", "layers"], text: `head: ${scalar(name)}` } }),
    },
  ]
}

/** Checks the target of the head against the data. Arrays have one target, which `label` also names. */
const predicted = (name: string, path: Path, target: HeadTarget, isTable: boolean): ReadonlyArray<Finding> => {
  const names = namesOf(target)
  const [first] = names
  if (names.includes(name) || first === undefined || (!isTable && name === arrayLabel)) return []
  return [
    {
      code: "D303",
      message: `the head predicts \`${name}\`, but the target of the data is ${listed(names, "and")}`,
      at: { path },
      help: isTable ? `predict \`${first}\`, or give \`${name}\` the type \`class\` or \`role: target\`` : `predict \`${first}\``,
      fix: { title: `predict \`${first}\``, at: { path }, text: scalar(first), was: name },
    },
  ]
}
