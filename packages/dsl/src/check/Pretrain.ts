/**
 * Whether the stages of pre-training fit the model and its data: each is the machine of a dense layer of sigmoids, they
 * follow one another from the input upwards without a gap, and the first sees what its kind of units can be.
 */
import type { Role } from "@adjoint/core/learning/Layers"
import { type Data, layerOf, type Model, type Named, type Pretrain, type Rbm, useOf } from "../Document.ts"
import type { Finding, Location } from "../diagnostic/Diagnostic.ts"
import { unknown } from "../diagnostic/Unknown.ts"
import * as Nodes from "../net/Nodes.ts"
import type { Facts } from "../prepare/Facts.ts"
import { activationTraits, type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"

/** The input of these checks, as far as it was decoded. */
export interface Subject {
  readonly pretrain: Pretrain
  readonly model: Model
  readonly data: Data | undefined
  readonly facts: Facts
  readonly catalogue: Catalogue
}

/** A layer that an RBM can initialize: its index, the index of its sigmoid, and its units. */
export interface Site {
  readonly first: number
  readonly last: number
  readonly units: number
}

/** Whether a layer passes values through unchanged at inference. */
const passes: { readonly [R in Role["role"]]: boolean } = {
  weights: false,
  shape: true,
  pooling: false,
  normalization: false,
  noise: true,
  augmentation: true,
  positions: false,
}

const isTransparent = (catalogue: Catalogue, kind: string): boolean => {
  const traits = layerTraits(catalogue, kind)
  return traits === undefined ? activationTraits(catalogue, kind)?.role === "identity" : passes[traits.role]
}

const activationOf = (options: Named[string]): string =>
  typeof options.activation === "object" && options.activation !== null ? useOf(options.activation as Named).name : "identity"

const wantsSigmoid = "the hidden units of an RBM are sigmoid units"

/** The site of a layer, or the reason why it cannot be one. */
export const siteOf = ({ layers }: Model, index: number, catalogue: Catalogue): Site | string => {
  const layer = layers[index]
  const item = layer === undefined ? undefined : layerOf(layer)
  if (item?._tag !== "Use") return `is not a dense layer: ${wantsSigmoid}`
  const { name, options } = item.use
  if (name !== "dense") return `is a \`${name}\` layer: ${wantsSigmoid}`
  if (options.bias === false) return "has no bias, but the hidden units of an RBM have one"
  const units = options.units as number
  const own = activationOf(options)
  if (own === "sigmoid") return { first: index, last: index, units }
  const next = layers[index + 1]
  const follows = next === undefined ? undefined : layerOf(next)
  const after = follows?._tag === "Use" && follows.from === undefined ? follows.use.name : "identity"
  if (own === "identity" && after === "sigmoid") return { first: index, last: index + 1, units }
  const activation = own === "identity" ? after : own
  return isTransparent(catalogue, activation) || activation === "dense"
    ? `is not followed by a sigmoid: ${wantsSigmoid}`
    : `has the activation \`${activation}\`: ${wantsSigmoid}`
}

/** The indices in `model.layers` of pre-trained layers and their activations. */
export const pretrained = (model: Model, pretrain: Pretrain | undefined, catalogue: Catalogue): ReadonlySet<number> => {
  if (pretrain === undefined) return new Set()
  const names = Nodes.nodes({ catalogue, model }).map(({ name }) => name)
  return new Set(
    pretrain.flatMap(({ rbm }) => {
      const site = siteOf(model, names.indexOf(rbm.layer), catalogue)
      return typeof site === "string" ? [] : [site.first, site.last]
    }),
  )
}

/** Checks all stages. */
export const check = ({ catalogue, data, facts, model, pretrain }: Subject): ReadonlyArray<Finding> => {
  if (model.inputs !== undefined && pretrain.length > 0) return [severalInputs]
  const nodes = Nodes.nodes({ catalogue, model })
  const findings: Array<Finding> = []
  // After an invalid stage, the input of the next one is unknown.
  let previous: { readonly layer: string; readonly last: number } | "unknown" | undefined
  for (const [i, { rbm }] of pretrain.entries()) {
    const { layer } = rbm
    const at: Location = { path: ["pretrain", i, "rbm", "layer"] }
    const index = nodes.findIndex(({ name }) => name === layer)
    const site = index < 0 ? undefined : siteOf(model, index, catalogue)
    if (site === undefined) findings.push(missing(layer, model, nodes, at, catalogue))
    else if (typeof site === "string") findings.push(misplaced(layer, site, nodes[index]?.content ?? [], at))
    else if (previous !== "unknown") findings.push(...order(nodes, previous, site, at, catalogue))
    previous = typeof site === "object" ? { layer, last: site.last } : "unknown"
    findings.push(...rows(rbm, i, facts))
  }
  const [first] = pretrain
  return first === undefined ? findings : [...findings, ...range(first.rbm, data, facts)]
}

/** Stages in a model with named inputs. */
const severalInputs: Finding = {
  code: "T513",
  message: "the first RBM learns from the input of the model, but this model has named inputs",
  at: { path: ["pretrain"], on: "key" },
  related: [{ at: { path: ["model", "inputs"], on: "key" }, label: "the inputs" }],
  help: "remove `inputs`: all columns are then one input, or train without `pretrain`",
}

const missing = (name: string, model: Model, nodes: ReadonlyArray<Nodes.Node>, at: Location, catalogue: Catalogue): Finding =>
  unknown({
    code: "R203",
    message: "there is no layer named",
    name,
    names: nodes.flatMap((node, i) => (typeof siteOf(model, i, catalogue) === "string" ? [] : [node.name])),
    at,
    none: "give a dense layer a name, as in `{ dense: { units: 500, activation: sigmoid }, name: h1 }`",
  })

const misplaced = (name: string, why: string, content: Path, at: Location): Finding => ({
  code: "T512",
  message: `\`${name}\` ${why}`,
  at,
  related: [{ at: { path: content, on: "key" }, label: "the layer" }],
  help: "pre-train a layer such as `{ dense: { units: 500, activation: sigmoid } }`",
})

/** Checks that the input of a stage is the output of the stage before it. */
const order = (
  nodes: ReadonlyArray<Nodes.Node>,
  previous: { readonly layer: string; readonly last: number } | undefined,
  { first }: Site,
  at: Location,
  catalogue: Catalogue,
): ReadonlyArray<Finding> => {
  const layer = nodes[first]?.name ?? ""
  const reached = previous?.last ?? -1
  if (previous !== undefined && first <= reached)
    return [
      {
        code: "T513",
        message:
          previous.layer === layer
            ? `\`${layer}\` is pre-trained twice`
            : `\`${layer}\` is pre-trained after \`${previous.layer}\`, which learns from its outputs`,
        at,
        help: "stages go from the input upwards, each layer once",
      },
    ]
  const before = previous === undefined ? "the input" : `\`${previous.layer}\``
  const between = nodes.slice(reached + 1, first)
  const other = between.find((node) => node._tag !== "Net" || !isTransparent(catalogue, node.kind) || node.source !== undefined)
  const stray = other ?? (nodes[first]?.source === undefined ? undefined : nodes[first])
  if (stray === undefined) return []
  const isGap = stray.kind === "dense" && stray.source === undefined
  return [
    {
      code: "T513",
      message: `\`${stray.name}\` is between ${before} and \`${layer}\`, ${isGap ? "but has no stage" : "and an RBM cannot learn through it"}`,
      at,
      related: [{ at: { path: stray.content, on: "key" }, label: isGap ? "has no stage" : "changes the input of the RBM" }],
      help: isGap
        ? `put the stage \`- rbm: ${stray.name}\` before it`
        : "an RBM learns from the input, or from the RBM before it",
    },
  ]
}

/** A batch larger than the number of rows. */
const rows = ({ batch }: Rbm, i: number, { rows: known, unlabelled = 0 }: Facts): ReadonlyArray<Finding> => {
  const count = known === undefined ? undefined : known.train + unlabelled
  return count === undefined || count === 0 || batch <= count
    ? []
    : [
        {
          code: "T506",
          message: `a batch of ${batch} rows, but only ${count} to learn from`,
          at: { path: ["pretrain", i, "rbm", "batch"] },
          help: `at most ${count}`,
        },
      ]
}

/** A setting of the data's scale, and the fix. */
interface Setting {
  readonly path: Path
  readonly help: string
  readonly label?: string
}

/** A column that is not scaled to 0…1. */
const unscaled = ({ columns }: Data, name: string | undefined): Setting | undefined =>
  name === undefined || columns?.[name] === undefined
    ? undefined
    : {
        path: ["data", "columns", name],
        help: `\`${name}: { type: number, scale: minmax }\``,
        label: "is not scaled to 0…1",
      }

/** The setting that scales values outside 0…1, and the fix. */
const outside = (data: Data): Setting | undefined => {
  const { columns, image, scale } = data
  if (image !== undefined) {
    if (image.normalize !== undefined && image.normalize !== "none")
      return { path: ["data", "image", "normalize"], help: "remove `normalize`" }
    return image.scale === "none" ? { path: ["data", "image", "scale"], help: "`scale: unit`" } : undefined
  }
  const leaves = (how: Data["scale"]): boolean =>
    how === "standard" || how === "center" || (typeof how === "object" && (how.minmax[0] < 0 || how.minmax[1] > 1))
  if (leaves(scale)) return { path: ["data", "scale"], help: "`scale: minmax`" }
  const column = Object.entries(columns ?? {}).find(
    ([, each]) => each.type === "number" && each.role !== "target" && leaves(each.scale),
  )
  return column === undefined ? undefined : { path: ["data", "columns", column[0], "scale"], help: "`scale: minmax`" }
}

/** Bernoulli units on values outside 0…1. */
const range = ({ visible }: Rbm, data: Data | undefined, { extents = [] }: Facts): ReadonlyArray<Finding> => {
  if (visible !== "bernoulli") return []
  const seen = extents.find(({ extent: [least, largest] }) => least < 0 || largest > 1)
  const said = data === undefined ? undefined : (outside(data) ?? unscaled(data, seen?.column))
  if (said === undefined && seen === undefined) return []
  const values = seen === undefined ? "outside this range" : `from ${shown(seen.extent[0])} to ${shown(seen.extent[1])}`
  const what = seen?.column === undefined ? `the data has values ${values}` : `\`${seen.column}\` has values ${values}`
  return [
    {
      code: "T514",
      message: `Bernoulli units need values from 0 to 1, but ${what}`,
      at: { path: ["pretrain", 0, "rbm", "visible"], on: "missing" },
      ...(said === undefined ? {} : { related: [{ at: { path: said.path }, label: said.label ?? "scales the data" }] }),
      help: `\`visible: gaussian\` for standardized data, or ${said?.help ?? "scale the data to 0…1 (`scale: minmax`)"}`,
    },
  ]
}

const shown = (x: number): string => String(Number(x.toPrecision(3)))
