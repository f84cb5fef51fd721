/**
 * Shape inference over the document: what shape every layer makes, and where two do not fit. The shapes are those of
 * core's nets, whose one rule for each layer also serves training; here a refusal is given its place in the file.
 */
import * as Net from "@adjoint/core/learning/Net"
import * as Shape from "@adjoint/core/types/Shape"
import { ShapeError } from "@adjoint/core/types/ShapeError"
import { inputName } from "../Document.ts"
import type { Finding, Spot } from "../diagnostic/Diagnostic.ts"
import type { Node } from "../net/Nodes.ts"
import { type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"

/** What one layer makes of what it is given; `output` is missing where it cannot be known. */
export interface Made {
  readonly name: string
  readonly kind: string
  readonly path: Path
  readonly inputs: ReadonlyArray<Shape.Shape>
  readonly output?: Shape.Shape
}

/** The shapes of all layers, those of a `repeat` in its first round, and everything that does not fit. */
export interface Shapes {
  readonly made: ReadonlyArray<Made>
  readonly output?: Shape.Shape
  readonly findings: ReadonlyArray<Finding>
}

type Known = Shape.Shape | undefined

/** The shape a function gives, or the error with which core refuses it. */
const attempt = (f: () => Shape.Shape): Shape.Shape | ShapeError => {
  try {
    return f()
  } catch (error) {
    if (error instanceof ShapeError) return error
    throw error
  }
}

/** The shapes over these nodes, from the shape of one input. */
export const infer = (nodes: ReadonlyArray<Node>, input: Known, catalogue: Catalogue): Shapes => {
  const made: Array<Made> = []
  const findings: Array<Finding> = []
  const values = new Map<string, { readonly shape: Known; readonly node?: Node }>([[inputName, { shape: input }]])
  let last = input
  for (const node of nodes) {
    const sources = node._tag === "Join" ? node.from : node.source === undefined ? undefined : [node.source]
    const inputs = sources?.map((name) => values.get(name)?.shape) ?? [last]
    const shapes = inputs.flatMap((shape) => (shape === undefined ? [] : [shape]))
    let output: Known
    if (shapes.length === inputs.length) {
      const [first = []] = shapes
      if (node._tag === "Join") output = joined(node, shapes, (name) => values.get(name)?.node, findings, catalogue)
      else if (node._tag === "Repeat") output = repeated(node, first, made, findings, catalogue)
      else if (node._tag === "Block") output = gathered(node, first, made, findings, catalogue)
      else output = through(node, first, findings)
    }
    made.push({ name: node.name, kind: node.kind, path: node.path, inputs: shapes, ...(output === undefined ? {} : { output }) })
    values.set(node.name, { shape: output, node })
    last = output
  }
  return { made, findings, ...(last === undefined ? {} : { output: last }) }
}

/** One layer's shape. */
const through = (node: Extract<Node, { readonly _tag: "Net" | "Head" }>, input: Shape.Shape, findings: Array<Finding>): Known => {
  const at: Spot = { path: node.content, on: "key" }
  if (node._tag === "Head" && input.length !== 1) {
    findings.push({
      code: "G402",
      message: `\`head\` needs a vector of features, got ${Shape.print(input)}`,
      at,
      label: `gets ${Shape.print(input)}`,
      help: "add `flatten` above it",
    })
    return undefined
  }
  const { net } = node
  if (net === undefined) return undefined
  const shape = attempt(() => net.shape(input))
  if (!(shape instanceof ShapeError)) return shape
  findings.push({
    code: "G402",
    message: `\`${node.kind}\` does not accept ${Shape.print(input)}: it needs ${shape.wanted}`,
    at,
    label: `gets ${Shape.print(input)}`,
    help: `try: ${shape.hint}`,
  })
  return undefined
}

/** A net that only says a shape, so that core's own join decides over shapes that are already known. */
const saying = (shape: Shape.Shape): Net.Net =>
  Net.pure(
    "shape",
    (x) => x,
    () => shape,
  )

const joined = (
  node: Extract<Node, { readonly _tag: "Join" }>,
  shapes: ReadonlyArray<Shape.Shape>,
  nodeOf: (name: string) => Node | undefined,
  findings: Array<Finding>,
  catalogue: Catalogue,
): Known => {
  const sides = shapes.map((shape, i) => [`side${i}`, { net: saying(shape), from: inputName }] as const)
  const graph = Net.graph([...sides, ["join", { join: node.how, from: sides.map(([name]) => name) }]])
  const shape = attempt(() => graph.shape([]))
  if (!(shape instanceof ShapeError)) return shape
  const [first = []] = shapes
  const said = node.from.map((name, i) => `${name} is ${Shape.print(shapes[i] ?? [])}`).join(", ")
  const odd = node.from.filter((_, i) => !Shape.equals(shapes[i] ?? [], first))
  const sources = odd.flatMap((name) => {
    const source = nodeOf(name)
    return source === undefined ? [] : [{ name, source, shape: shapes[node.from.indexOf(name)] ?? [] }]
  })
  findings.push({
    code: "G401",
    message: `\`${node.how}\` needs ${node.how === "concat" ? "shapes that are equal except for the last axis" : "equal shapes"}: ${said}`,
    at: { path: node.content },
    label: shapes.map(Shape.print).join(node.how === "concat" ? ", " : " + "),
    related: sources.map(({ shape: made, source }) => ({
      at: widthSpot(source, catalogue),
      label: `outputs ${Shape.print(made)}`,
    })),
    help: joinHelp(sources, first, catalogue),
  })
  return undefined
}

/** Where a layer says how wide its outputs are, or else the layer. */
const widthSpot = (node: Node, catalogue: Catalogue): Spot => {
  const option = widthOption(node, catalogue)
  return option === undefined ? { path: node.content, on: "key" } : { path: [...node.content, option] }
}

/** The option of a layer that sets its last axis. */
const widthOption = ({ kind }: Node, catalogue: Catalogue): string | undefined => {
  const traits = kind === "head" ? undefined : layerTraits(catalogue, kind)
  return traits?.role === "weights" ? traits.width : undefined
}

/** A layer that makes samples of some rank as wide as another, for a help line. */
const widening = (shape: Shape.Shape): string => {
  const width = shape.at(-1) ?? 1
  const kind = shape.length === 3 ? "conv2d" : shape.length === 2 ? "conv1d" : undefined
  return kind === undefined ? `dense: ${width}` : `${kind}: { filters: ${width}, kernel: 1 }`
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
  const wider = widening(wanted)
  return option === undefined
    ? `add \`${wider}\` after ${only.name} and join the result`
    : `set \`${option}: ${width}\` in ${only.name}, or add \`${wider}\` after it and join the result`
}

/** A block's shape: what its last layer makes. */
const gathered = (
  { nodes }: Extract<Node, { readonly _tag: "Block" }>,
  input: Shape.Shape,
  made: Array<Made>,
  findings: Array<Finding>,
  catalogue: Catalogue,
): Known => {
  const inside = infer(nodes, input, catalogue)
  made.push(...inside.made)
  findings.push(...inside.findings)
  return inside.output
}

/** A repeat's shape: each round is given what the one before made, until nothing changes any more. */
const repeated = (
  node: Extract<Node, { readonly _tag: "Repeat" }>,
  input: Shape.Shape,
  made: Array<Made>,
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
    if (inside.output === undefined) return undefined
    if (Shape.equals(inside.output, shape)) return shape
    shape = inside.output
  }
  return shape
}
