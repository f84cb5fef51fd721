/** A commented model file from proposals. */
import type { Choice, Choices } from "./Choose.ts"
import type { ImageForm } from "./Images.ts"
import { convolutions, imageTraining } from "./Layers.ts"
import { largestBatch, type Sizes, sizesOf } from "./Sizes.ts"
import { comment, key, scalar } from "./Yaml.ts"

/** What is written about the source: a value of YAML, and remarks. */
export interface SourceText {
  readonly source: string
  readonly remarks: ReadonlyArray<string>
}

/** More columns than this with one value are written as `"*"`. */
const mostAlike = 12

const columnLines = (columns: ReadonlyArray<Choice>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { value } of columns) counts.set(value, (counts.get(value) ?? 0) + 1)
  const [common, count] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ["", 0])
  const isShort = count > mostAlike
  const shown = isShort ? columns.filter(({ value }) => value !== common) : columns
  const lines = shown.map(({ name, value, why }) => [`    ${key(name)}: ${value}`, why] as const)
  const all = isShort ? [...lines, [`    "*": ${common}`, `the other ${count} columns`] as const] : lines
  const width = Math.min(72, Math.max(...all.map(([line]) => line.length)))
  return all.map(([line, why]) => (why === "" ? line : `${line.padEnd(width)} # ${comment(why)}`))
}

/** The lines of dense layers of these sizes. */
export const denseLines = ({ activation, dropout, units }: Sizes): ReadonlyArray<string> =>
  units.flatMap((n) => [
    `    - dense: { units: ${n}, activation: ${activation} }`,
    ...(dropout > 0 ? [`    - dropout: ${dropout}`] : []),
  ])

/** The name of an input of one column: that of the column where it can be one, and no other input or layer has it. */
const inputOf = (column: string, other: string): string =>
  /^[A-Za-z_]\w{0,63}$/.test(column) && scalar(column) === column && !/^(?:others|(?:read|seen|text|picture)\d+)$/.test(column)
    ? column
    : other

/** A column that is an input of its own, and the layers that read it. */
interface Branch {
  readonly column: string
  readonly input: string
  /** The name of the last layer. */
  readonly output: string
  readonly lines: ReadonlyArray<string>
}

const textBranch = (column: string, i: number): Branch => {
  const [input, output] = [inputOf(column, `text${i + 1}`), `read${i + 1}`]
  return { column, input, output, lines: [`    - { embedding: 32, from: ${input} }`, `    - { gru: 32, name: ${output} }`] }
}

const shapeOf = ({ channels, size }: ImageForm): string => [...size, channels].join(", ")

const imageBranch = (column: string, form: ImageForm, i: number): Branch => {
  const [input, output] = [inputOf(column, `picture${i + 1}`), `seen${i + 1}`]
  const first = `    - { reshape: [${shapeOf(form)}], from: ${input} }`
  return { column, input, output, lines: [first, ...convolutions(form.size, output)] }
}

const modelLines = ({ columns, pixels, target }: Choices, sizes: Sizes): ReadonlyArray<string> => {
  if (pixels !== undefined)
    return [
      "model:",
      "  layers:",
      `    - reshape: [${pixels.size.join(", ")}, 1]  # the columns are pixels, row by row`,
      ...convolutions(pixels.size),
      `    - head: ${scalar(target.name)}`,
    ]
  const texts = columns.filter(({ part }) => part === "text").map(({ name }) => name)
  const images = columns.flatMap(({ image, name }) => (image === undefined ? [] : [{ name, image }]))
  const hasTable = columns.some(({ part }) => part === "table")
  const head = `    - head: ${scalar(target.name)}`
  const [only] = images
  if (texts.length + images.length === 0) return ["model:", "  layers:", ...denseLines(sizes), head]
  if (only !== undefined && images.length === 1 && texts.length === 0 && !hasTable)
    return ["model:", "  layers:", `    - reshape: [${shapeOf(only.image)}]`, ...convolutions(only.image.size), head]
  if (texts.length === 1 && images.length === 0 && !hasTable)
    return [
      "model:",
      "  layers:",
      "    - embedding: 32  # a vector for each token; how many tokens there are comes from the column",
      "    - gru: 32        # reads them in order, without the padding",
      "    - dropout: 0.2",
      head,
    ]
  const branches = [...texts.map(textBranch), ...images.map(({ image, name }, i) => imageBranch(name, image, i))]
  const inputs = [...branches.map(({ column, input }) => `${input}: [${scalar(column)}]`), ...(hasTable ? ['others: "*"'] : [])]
  return [
    "model:",
    `  inputs: { ${inputs.join(", ")} }`,
    "  layers:",
    ...branches.flatMap(({ lines }) => lines),
    ...(branches.length + (hasTable ? 1 : 0) > 1
      ? [`    - concat: [${[...branches.map(({ output }) => output), ...(hasTable ? ["others"] : [])].join(", ")}]`]
      : []),
    ...denseLines(sizes),
    head,
  ]
}

/** Classes are weighted where the most common one has so many rows for one of the rarest. */
const uneven = 10

const trainLines = ({ columns, target }: Choices, sizes: Sizes, rows: number): ReadonlyArray<string> => {
  const { imbalance = 1, rarest = 1, type } = target
  const isRare = type !== "number" && imbalance >= uneven
  const metrics = {
    number: "[mae, r2]",
    set: "[f1, auroc]",
    binary: isRare ? "[accuracy, auroc, f1]" : "[accuracy, auroc]",
    class: "[accuracy]",
  }[type]
  const weights = isRare
    ? [`  regularize: { class_weight: balanced }  # the rarest class has ${(100 * rarest).toFixed(1)}% of the rows`]
    : []
  if (columns.some(({ part }) => part === "image")) return ["train:", "  seed: 1", ...weights, ...imageTraining(rows, metrics)]
  return [
    "train:",
    "  seed: 1",
    `  epochs: ${sizes.epochs}`,
    `  batch: ${Math.min(sizes.batch, largestBatch(rows))}`,
    `  optimizer: { adamw: { lr: ${sizes.rate}, weight_decay: ${sizes.decay} } }`,
    ...weights,
    `  metrics: ${metrics}`,
    "  callbacks:",
    `    - early_stop: { monitor: val.loss, patience: ${sizes.patience}, restore_best: true }`,
  ]
}

/** How the rows are divided: in the order of time where they have one, so that the latest rows judge. */
const splitLine = ({ group, target, time }: Choices): string => {
  const shares = "train: 70%, val: 15%, test: 15%"
  if (time?.order === "rising") return `  split: { by: order, ${shares} }  # the rows are in order of time: the last ones judge`
  if (time !== undefined)
    return `  split: { by: { order: ${scalar(time.column)} }, ${shares} }  # the first rows are the latest: they judge`
  const stratify = target.type === "number" || target.type === "set" ? "" : `, stratify: ${scalar(target.name)}`
  const why = group === undefined ? "" : `  # rows with the same \`${comment(group)}\` stay together`
  return `  split: { ${shares}${stratify}, seed: 1 }${why}`
}

/** The model file of a table. */
export const tableFile = (name: string, { remarks, source }: SourceText, choices: Choices, rows: number): string => {
  const { columns, target } = choices
  const sizes = sizesOf(rows, target)
  return [
    `# Predicts ${comment(target.name)} from ${comment(remarks.join(" · "))}`,
    "# Each choice below is a proposal: `adjoint data` shows what the columns hold, `adjoint check` what could be better.",
    "schema: 1",
    `name: ${scalar(name)}`,
    "",
    "data:",
    `  source: ${source}`,
    "  columns:",
    ...columnLines(columns),
    splitLine(choices),
    "",
    ...modelLines(choices, sizes),
    "",
    ...trainLines(choices, sizes, rows),
    "",
    "evaluate: { split: test }",
    "",
  ].join("\n")
}
