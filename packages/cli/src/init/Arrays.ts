/** Files of arrays: which array is the input and which the target, and the net that suits them. */
import { basename } from "node:path"
import type { DataError } from "@adjoint/core/data/DataError"
import * as Idx from "@adjoint/core/data/Idx"
import type { Labels } from "@adjoint/core/data/Npy"
import * as Npz from "@adjoint/core/data/Npz"
import type { NDArray } from "@adjoint/core/types/NDArray"
import * as Shape from "@adjoint/core/types/Shape"
import * as Result from "effect/Result"
import { convolutions, imageTraining } from "./Layers.ts"
import { largestBatch, type Sizes, sizesOf } from "./Sizes.ts"
import { denseLines } from "./Write.ts"
import { comment, scalar } from "./Yaml.ts"

/** Inputs and targets, and how a model file reads them. */
export interface Arrays {
  readonly inputs: NDArray
  readonly labels: Labels
  readonly source: string
  /** The source of test rows, where there is one. */
  readonly test?: string
  readonly remarks: ReadonlyArray<string>
}

/** Names of arrays of inputs and of targets; those of test rows have `test` for `train`. */
const inputNames =
  /^(?:x|X|inputs?|images?|features?|data|arr_0|(?:x|X|inputs?|images?|features?|data)_?train|train_?(?:x|X|inputs?|images?|features?|data))$/
const targetNames = /^(?:y|Y|targets?|labels?|classes|arr_1|(?:y|Y|targets?|labels?)_?train|train_?(?:y|Y|targets?|labels?))$/

/** The inputs and targets of an npz file; undefined if its names do not tell them. */
export const ofNpz = (bytes: Uint8Array, path: string): Result.Result<Arrays | undefined, DataError> =>
  Result.gen(function* () {
    const archive = yield* Npz.open(bytes)
    const { names } = archive
    const [x, y] = [names.find((name) => inputNames.test(name)), names.find((name) => targetNames.test(name))]
    if (x === undefined || y === undefined) return undefined
    const inputs = yield* Npz.read(archive, x)
    const labels = yield* Npz.labels(archive, y)
    const sourceOf = (a: string, b: string): string =>
      `{ npz: { path: ${scalar(path)}, inputs: ${scalar(a)}, targets: ${scalar(b)} } }`
    const [testX, testY] = [x.replace("train", "test"), y.replace("train", "test")]
    const hasTest = testX !== x && names.includes(testX) && names.includes(testY)
    return {
      inputs,
      labels,
      source: sourceOf(x, y),
      ...(hasTest ? { test: sourceOf(testX, testY) } : {}),
      remarks: ["npz", `\`${x}\` and \`${y}\``],
    }
  })

/** The files of a dataset in the format of MNIST beside one of them: its labels, and those of its test rows. */
export const idxBeside = (
  file: string,
): { readonly labels: string; readonly test?: readonly [images: string, labels: string] } | undefined => {
  const name = basename(file)
  if (!/images[-.]idx3-ubyte(?:\.gz)?$/.test(name)) return undefined
  const labelsOf = (images: string): string => images.replace("images", "labels").replace("idx3", "idx1")
  const test = name.replace(/^train/, "t10k")
  return { labels: labelsOf(name), ...(test === name ? {} : { test: [test, labelsOf(test)] as const }) }
}

/** The images and labels of two idx files. */
export const ofIdx = (
  images: Uint8Array,
  labels: Uint8Array,
  text: { readonly source: string; readonly test?: string },
): Result.Result<Arrays, DataError> =>
  Result.flatMap(Idx.decode(images), (inputs) =>
    Result.map(Idx.decode(labels), (targets) => ({ inputs, labels: { targets }, ...text, remarks: ["idx"] })),
  )

/** Classes, at most, of a target of whole numbers. */
const mostClasses = 100

/** What a target is: how many classes it has, or that it is a quantity; and whether its numbers are saved as floats. */
const targetOf = ({ classes, targets }: Labels): { readonly classes?: number; readonly isFloat: boolean } => {
  const isFloat = targets.dtype === "f32"
  if (classes !== undefined) return { classes: classes.length, isFloat }
  const values = new Set(Array.from(targets.data, Number))
  const isClass =
    [...values].every((value) => Number.isInteger(value) && value >= 0 && value <= mostClasses) && values.size <= mostClasses
  return isClass && targets.shape.length === 1 && values.size <= targets.data.length / 2
    ? { classes: values.size, isFloat }
    : { isFloat }
}

/** The shortest side of what counts as an image, and its numbers of channels. */
const [shortest, channels] = [5, [1, 3, 4]]

/** Height, width and channels of a row that is an image. */
const imageOf = ({
  shape: [, height = 0, width = 0, depth = 1, ...rest],
}: NDArray): readonly [number, number, number] | undefined =>
  rest.length === 0 && Math.min(height, width) >= shortest && channels.includes(depth) ? [height, width, depth] : undefined

const greatestOf = ({ data }: NDArray): number => {
  let greatest = 0
  for (let i = 0; i < data.length; i++) greatest = Math.max(greatest, Number(data[i]))
  return greatest
}

/** The lines of training a dense net. */
const denseTraining = (sizes: Sizes, rows: number, metrics: string): ReadonlyArray<string> => [
  `  epochs: ${sizes.epochs}`,
  `  batch: ${Math.min(sizes.batch, largestBatch(rows))}`,
  `  optimizer: { adamw: { lr: ${sizes.rate}, weight_decay: ${sizes.decay} } }`,
  `  metrics: ${metrics}`,
  "  callbacks:",
  `    - early_stop: { monitor: val.loss, patience: ${sizes.patience}, restore_best: true }`,
]

/** A model file for arrays, and its headline. */
export const arraysFile = (name: string, { inputs, labels, remarks, source, test }: Arrays) => {
  const [rows = 0, ...row] = inputs.shape
  const target = targetOf(labels)
  const isClass = target.classes !== undefined
  const image = imageOf(inputs)
  const type = isClass ? "class" : "number"
  const sizes = sizesOf(rows, { name: "label", type })
  const shares = test === undefined ? "train: 70%, val: 15%, test: 15%" : "train: 85%, val: 15%"
  const greatest = image === undefined ? 0 : greatestOf(inputs)
  const metrics = isClass ? "[accuracy]" : "[mae, r2]"
  const headline = [...remarks, `${rows} rows of ${row.join("×")}`, isClass ? `${target.classes} classes` : "a quantity"].join(
    " · ",
  )
  const text = [
    `# Predicts ${isClass ? `which of ${target.classes} classes a row is of` : "a quantity"} from ${comment(headline)}`,
    "# Each choice below is a proposal: `adjoint data --sample 12` shows rows, `adjoint check` what could be better.",
    "schema: 1",
    `name: ${scalar(name)}`,
    "",
    "data:",
    `  source: ${source}`,
    ...(test === undefined ? [] : [`  test: ${test}`]),
    image === undefined
      ? "  scale: standard"
      : `  image: { size: [${image[0]}, ${image[1]}], channels: ${image[2]}, scale: ${greatest > 1 ? `{ max: ${greatest} }` : "none"} }`,
    ...(isClass ? (target.isFloat ? ["  target: class"] : []) : ["  target: { type: number, scale: standard }"]),
    `  split: { ${shares}${isClass ? ", stratify: label" : ""}, seed: 1 }`,
    "",
    "model:",
    "  layers:",
    ...(image === undefined
      ? [...(Shape.size(row) === row[0] ? [] : ["    - flatten"]), ...denseLines(sizes)]
      : convolutions([image[0], image[1]])),
    "    - head: label",
    "",
    "train:",
    "  seed: 1",
    ...(image === undefined ? denseTraining(sizes, rows, metrics) : imageTraining(rows, metrics)),
    "",
    "evaluate: { split: test }",
    "",
  ].join("\n")
  return { text, headline, rows }
}
