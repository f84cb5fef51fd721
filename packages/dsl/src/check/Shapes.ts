/**
 * Shape inference over the document: the output shape of every layer, and mismatches. The shapes come from
 * core's nets, with the same rules as in training; here an error gets its place in the file.
 */
import { joinedShape } from "@adjoint/core/learning/sequence/join"
import { isPaddedShape, type PaddedShape } from "@adjoint/core/learning/sequence/Padded"
import * as Shape from "@adjoint/core/types/Shape"
import { ShapeError } from "@adjoint/core/types/ShapeError"
import * as ShapeTree from "@adjoint/core/types/ShapeTree"
import { inputName } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { type Node, namesOf } from "../net/Nodes.ts"
import { type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import { flattening, widening } from "./Preferred.ts"

/** The input and output shapes of one layer, of sequences those of their values; `output` is missing if unknown. */
export interface LayerShape {
  readonly name: string
  readonly kind: string
  readonly path: Path
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output?: Shape.Shape
}

/** The shapes of all layers (of a `repeat`, those of the first repetition) and all mismatches. */
export interface Shapes {
  readonly made: ReadonlyArray<LayerShape>
  readonly output?: Shape.Shape
  /** The same with the lengths, if the output is sequences. */
  readonly value?: Value
  readonly findings: ReadonlyArray<Finding>
}

/** The shape of a value between layers: one tensor, or padded sequences. */
type Value = Shape.Shape | PaddedShape

type Known = Value | undefined

/** The shape of a value, of sequences that of their time steps. */
const valuesOf = (shape: Value): Shape.Shape => (isPaddedShape(shape) ? shape.x : shape)

const print = (shape: Value): string => (isPaddedShape(shape) ? `sequences of ${Shape.print(shape.x)}` : Shape.print(shape))

const isEqual = (a: Value, b: Value): boolean => ShapeTree.equals(a as ShapeTree.ShapeTree, b as ShapeTree.ShapeTree)

/** The shape that a function returns, or its `ShapeError`. */
const attempt = (f: () => unknown): Value | ShapeError => {
  try {
    return f() as Value
  } catch (error) {
    if (error instanceof ShapeError) return error
    throw error
  }
}

/** The shape of one input, or of each by its name, as far as it is known. */
export type Inputs = Known | { readonly [name: string]: Known }

/** The shapes over these nodes, from the shapes of the inputs. */
export const infer = (nodes: ReadonlyArray<Node>, given: Inputs, catalogue: Catalogue): Shapes => {
  const made: Array<LayerShape> = []
  const findings: Array<Finding> = []
  const isOne = given === undefined || ShapeTree.isShape(given) || isPaddedShape(given)
  const inputs = isOne ? { [inputName]: given as Known } : (given as { readonly [name: string]: Known })
  const [only, second] = Object.values(inputs)
  const values = new Map<string, { readonly shape: Known; readonly node?: Node }>(
    Object.entries(inputs).map(([name, shape]) => [name, { shape }]),
  )
  let last = second === undefined ? only : undefined
  for (const node of nodes) {
    const read = namesOf(node, undefined).map((name) => (name === undefined ? last : values.get(name)?.shape))
    const shapes = read.flatMap((shape) => (shape === undefined ? [] : [shape]))
    let output: Known
    if (shapes.length === read.length) {
      const [first = []] = shapes
      if (node._tag === "Join") output = joined(node, shapes, (name) => values.get(name)?.node, findings, catalogue)
      else if (node._tag === "Repeat") output = repeated(node, first, made, findings, catalogue)
      else if (node._tag === "Block") output = gathered(node, first, made, findings, catalogue)
      else output = through(node, shapes, findings, catalogue)
    }
    made.push({
      name: node.name,
      kind: node.kind,
      path: node.path,
      inputs: shapes.map(valuesOf),
      ...(output === undefined ? {} : { output: valuesOf(output) }),
    })
    values.set(node.name, { shape: output, node })
    last = output
  }
  return { made, findings, ...(last === undefined ? {} : { output: valuesOf(last), value: last }) }
}

/** One layer's shape. */
const through = (
  node: Extract<Node, { readonly _tag: "Net" | "Head" }>,
  inputs: ReadonlyArray<Value>,
  findings: Array<Finding>,
  catalogue: Catalogue,
): Known => {
  const [input = []] = inputs
  const at: Location = { path: node.content, on: "key" }
  if (node._tag === "Head" && (isPaddedShape(input) || input.length !== 1)) {
    findings.push({
      code: "G402",
      message: `\`head\` needs a vector of features, got ${print(input)}`,
      at,
      label: `gets ${print(input)}`,
      help: isPaddedShape(input)
        ? "add `global_avg_pool` above it, or a recurrent layer such as `gru: 32`, which gives its last output"
        : `add \`${flattening(catalogue)}\` above it`,
    })
    return undefined
  }
  const { net } = node
  if (net === undefined) return undefined
  if (node._tag === "Net" && node.lacks !== undefined)
    findings.push({
      code: "S102",
      message: `\`${node.lacks}\` is missing in ${node.kind}, whose input is no text column and no array of tokens`,
      at: { path: [...node.content, node.lacks], on: "missing" },
      help: `the number of different tokens, as in \`${node.kind}: { tokens: 1000, units: 16 }\`; a text column (\`type: text\`) and an array of the type \`tokens\` bring their own`,
    })
  const reads = node._tag === "Net" ? Object.keys(node.reads ?? {}) : []
  const given = Object.fromEntries(["x", ...reads].map((name, i) => [name, inputs[i] ?? []]))
  const shape = attempt(() => net.shape(reads.length === 0 ? input : (given as unknown as typeof input)))
  if (!(shape instanceof ShapeError)) return shape
  const [refused] = shape.got
  // The option is blamed if what it names is what was refused.
  const option = reads.find((name) => refused !== undefined && Shape.equals(valuesOf(given[name] ?? []), refused.shape))
  if (option !== undefined) {
    const own = [input, ...reads.map((name) => given[name] ?? [])].map(print)
    findings.push({
      code: "G402",
      message: `\`${node.kind}\` does not accept ${own[0]} with ${reads.map((name, i) => `\`${name}\` ${own[i + 1]}`).join(", ")}: it needs ${shape.wanted}`,
      at: { path: [...node.content, option] },
      label: `gets ${own.slice(1).join(", ")}`,
      help: `try: ${shape.hint}`,
    })
    return undefined
  }
  findings.push({
    code: "G402",
    message: `\`${node.kind}\` does not accept ${print(input)}: it needs ${shape.wanted}`,
    at,
    label: `gets ${print(input)}`,
    help:
      isPaddedShape(input) && input.x.length === 1
        ? "add `embedding: 16` above it, which makes vectors of tokens"
        : `try: ${shape.hint}`,
  })
  return undefined
}

const joined = (
  node: Extract<Node, { readonly _tag: "Join" }>,
  values: ReadonlyArray<Value>,
  nodeOf: (name: string) => Node | undefined,
  findings: Array<Finding>,
  catalogue: Catalogue,
): Known => {
  const shape = attempt(() => joinedShape(node.how, values as ReadonlyArray<ShapeTree.ShapeTree>))
  if (!(shape instanceof ShapeError)) return shape
  const sequences = values.filter(isPaddedShape)
  if (sequences.length > 0 && sequences.length < values.length) {
    findings.push({
      code: "G401",
      message: `\`${node.how}\` joins sequences, or no sequences: ${node.from.map((name, i) => `${name} is ${print(values[i] ?? [])}`).join(", ")}`,
      at: { path: node.content },
      label: values.map(print).join(", "),
      help: `try: ${shape.hint}`,
    })
    return undefined
  }
  const shapes = values.map(valuesOf)
  const [first = []] = shapes
  const said = node.from.map((name, i) => `${name} is ${Shape.print(shapes[i] ?? [])}`).join(", ")
  const odd = node.from.filter((_, i) => !Shape.equals(shapes[i] ?? [], first))
  const sources = odd.flatMap((name) => {
    const source = nodeOf(name)
    return source === undefined ? [] : [{ name, source, shape: shapes[node.from.indexOf(name)] ?? [] }]
  })
  findings.push({
    code: "G401",
    message: `\`${node.how}\` needs ${node.how === "concat" ? "shapes that agree except in their last axis" : "equal shapes"}: ${said}`,
    at: { path: node.content },
    label: shapes.map(Shape.print).join(node.how === "concat" ? ", " : " + "),
    related: sources.map(({ shape: made, source }) => ({
      at: widthLocation(source, catalogue),
      label: `outputs ${Shape.print(made)}`,
    })),
    help: joinHelp(sources, first, catalogue),
  })
  return undefined
}

/** The place of a layer's width option, or else the layer. */
const widthLocation = (node: Node, catalogue: Catalogue): Location => {
  const option = widthOption(node, catalogue)
  return option === undefined ? { path: node.content, on: "key" } : { path: [...node.content, option] }
}

/** The option that sets the size of a layer's last output axis. */
const widthOption = (node: Node, catalogue: Catalogue): string | undefined => {
  const { kind } = node
  const traits = kind === "head" ? undefined : layerTraits(catalogue, kind)
  if (traits?.role !== "weights") return undefined
  return node._tag === "Net" && traits.isWider?.(node.options) === true ? undefined : traits.width
}

const joinHelp = (
  sources: ReadonlyArray<{ readonly name: string; readonly source: Node; readonly shape: Shape.Shape }>,
  wanted: Shape.Shape,
  catalogue: Catalogue,
): string => {
  const width = wanted.at(-1) ?? 1
  const [only] = sources
  const option = only === undefined ? undefined : widthOption(only.source, catalogue)
  if (only === undefined) return "join layers of equal shape"
  if (!Shape.equals(only.shape.slice(0, -1), wanted.slice(0, -1)))
    return `flatten or reshape one side, so that ${only.name} is ${Shape.print(wanted)} too`
  const wider = widening(catalogue, wanted)
  if (wider === undefined)
    return option === undefined ? "join layers of equal shape" : `set \`${option}: ${width}\` in ${only.name}`
  return option === undefined
    ? `add \`${wider}\` after ${only.name} and join the result`
    : `set \`${option}: ${width}\` in ${only.name}, or add \`${wider}\` after it and join the result`
}

/** The output shape of a block: that of its last layer. */
const gathered = (
  { nodes }: Extract<Node, { readonly _tag: "Block" }>,
  input: Value,
  made: Array<LayerShape>,
  findings: Array<Finding>,
  catalogue: Catalogue,
): Known => {
  const inside = infer(nodes, input, catalogue)
  made.push(...inside.made)
  findings.push(...inside.findings)
  return inside.value
}

/** The output shape of a `repeat`. Inference stops when a repetition does not change the shape. */
const repeated = (
  node: Extract<Node, { readonly _tag: "Repeat" }>,
  input: Value,
  made: Array<LayerShape>,
  findings: Array<Finding>,
  catalogue: Catalogue,
): Known => {
  let shape = input
  for (let round = 1; round <= node.times; round++) {
    const inside = infer(node.nodes, shape, catalogue)
    if (round === 1) made.push(...inside.made)
    findings.push(
      ...(round === 1
        ? inside.findings
        : inside.findings.map((finding) => ({ ...finding, message: `${finding.message} (in repetition ${round})` }))),
    )
    if (inside.value === undefined) return undefined
    if (isEqual(inside.value, shape)) return shape
    shape = inside.value
  }
  return shape
}
