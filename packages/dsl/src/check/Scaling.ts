/**
 * Unscaled inputs and targets. Initial weights and usual learning rates assume inputs
 * and targets of about 1; a column of thousands dominates the others, and the first updates are much too large.
 */
import { grouped } from "@adjoint/core/data/grouped"
import * as Toys from "@adjoint/core/data/Toys"
import type { AnyTraits } from "@adjoint/core/learning/Layers"
import { type Data, useOf } from "../Document.ts"
import type { Finding } from "../diagnostic/Diagnostic.ts"
import type { Extent, Facts } from "../prepare/Facts.ts"
import { type Catalogue, layerTraits } from "../schema/Catalogue.ts"
import type { Path } from "../source/Path.ts"
import type { LayerShape } from "./Shapes.ts"

/** Inputs up to this size need no scaling. */
const large = 10

/** Targets up to this size need no scaling: the bias of the last layer reaches them in a few hundred steps. */
const largeTarget = 100

/** Above this, 32-bit floats cannot represent every whole number. */
const rounded = 2 ** 24

/** The effect of large values on a layer: they pass `through`, they `matter`, or they do `not`. */
const fate = (traits: AnyTraits | undefined): "through" | "matter" | "not" => {
  switch (traits?.role) {
    case "shape":
    case "noise":
    case "augmentation":
    case "pooling":
    case "positions":
      return "through"
    case "normalization":
      return "not"
    case "weights":
      return traits.over === "tokens" ? "not" : "matter"
    case undefined:
      return "matter"
  }
}

/** The help and fix that add `scale:` to a column, or to the data. */
export const scaling = (path: Path, text: "standard" | "minmax" = "standard"): Required<Pick<Finding, "help" | "fix">> => {
  const main = path.at(1) === "columns" || path.at(1) === "arrays" ? "type" : ""
  const fix = { title: `add \`scale: ${text}\``, at: { path: [...path, "scale"] }, text, main }
  return { help: fix.title, fix }
}

const size = ({ extent: [least, largest] }: Extent): number => Math.max(-least, largest)

const shown = (x: number): string => Number(x.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 })

const range = ({ extent: [least, largest] }: Extent): string => `from ${shown(least)} to ${shown(largest)}`

/** The note on precision for very large values. Scaling uses the 64-bit values of the file, so it loses nothing. */
const precision = (extent: Extent): string =>
  size(extent) > rounded ? `; unscaled, whole numbers above ${grouped(rounded)} are rounded to 24 binary digits` : ""

/** The path of a number column without `scale`. */
const unscaled = ({ columns = {} }: Data, name: string): Path | undefined => {
  const key = Object.hasOwn(columns, name) ? name : "*"
  const column = columns[key]
  return column?.type === "number" && column.scale === undefined ? ["data", "columns", key] : undefined
}

const ofColumns = (data: Data, extents: ReadonlyArray<Extent>): ReadonlyArray<Finding> => {
  const found = new Map<string, { readonly path: Path; readonly columns: ReadonlyArray<Extent> }>()
  for (const extent of extents) {
    const path = size(extent) > large ? unscaled(data, extent.column ?? "") : undefined
    if (path === undefined) continue
    const key = String(path.at(-1))
    found.set(key, { path, columns: [...(found.get(key)?.columns ?? []), extent] })
  }
  return [...found.values()].flatMap(({ columns, path }): ReadonlyArray<Finding> => {
    const [worst] = columns.toSorted((a, b) => size(b) - size(a))
    if (worst === undefined) return []
    const others = columns.length === 1 ? "" : `, and ${columns.length - 1} more`
    const message = `\`${worst.column}\` is not scaled: its values go ${range(worst)}${others}${precision(worst)}`
    return [{ code: "A611", message, at: { path, on: "key" }, ...scaling(path) }]
  })
}

const ofArrays = ({ image, scale }: Data, extent: Extent): ReadonlyArray<Finding> => {
  if (size(extent) <= large) return []
  const message = `the inputs are not scaled: their values go ${range(extent)}${precision(extent)}`
  if (image === undefined) {
    // Pixels that are mostly 0 have a tiny standard deviation, so `standard` would make them larger.
    const how = extent.extent[0] < 0 ? "standard" : "minmax"
    return scale === undefined ? [{ code: "A611", message, at: { path: ["data", "source"] }, ...scaling(["data"], how) }] : []
  }
  if (image.normalize !== undefined && image.normalize !== "none") return []
  const at = { path: ["data", "image", "scale"] }
  const text = extent.extent[1] === 255 ? "unit" : `{ max: ${extent.extent[1]} }`
  const title = `\`scale: ${text}\` scales them to 0…1`
  return [{ code: "A611", message, at, help: title, fix: { title, at, text } }]
}

/** Components that are not whitened have the variances of the inputs, the first of them the largest. */
const ofComponents = (pca: NonNullable<Data["pca"]>, extents: ReadonlyArray<Extent>): ReadonlyArray<Finding> => {
  const [worst] = extents.toSorted((a, b) => size(b) - size(a))
  if (worst === undefined || size(worst) <= large || (pca.whiten !== undefined && pca.whiten !== "none")) return []
  const title = "`whiten: pca` scales them to a standard deviation of 1"
  return [
    {
      code: "A611",
      message: `the principal components are not scaled: their values go ${range(worst)}`,
      at: { path: ["data", "pca"], on: "key" },
      help: title,
      fix: { title, at: { path: ["data", "pca", "whiten"] }, text: "pca" },
    },
  ]
}

/** The path of a named array of numbers without `scale`. */
const unscaledArray = (arrays: NonNullable<Data["arrays"]>, name: string): Path | undefined => {
  const kind = Object.hasOwn(arrays, name) ? arrays[name] : undefined
  return kind?.type === "number" && kind.scale === undefined ? ["data", "arrays", name] : undefined
}

const ofNamedArrays = (arrays: NonNullable<Data["arrays"]>, extents: ReadonlyArray<Extent>): ReadonlyArray<Finding> =>
  extents.flatMap((extent): ReadonlyArray<Finding> => {
    const path = size(extent) > large ? unscaledArray(arrays, extent.column ?? "") : undefined
    if (path === undefined) return []
    const message = `\`${extent.column}\` is not scaled: its values go ${range(extent)}${precision(extent)}`
    return [{ code: "A611", message, at: { path, on: "key" }, ...scaling(path, extent.extent[0] < 0 ? "standard" : "minmax") }]
  })

/** Advice on unscaled inputs, if their range is known. */
export const check = (
  data: Data,
  { extents = [] }: Facts,
  made: ReadonlyArray<LayerShape>,
  catalogue: Catalogue,
): ReadonlyArray<Finding> => {
  const fates = made.map(({ kind }) => fate(layerTraits(catalogue, kind)))
  if (fates.find((each) => each !== "through") !== "matter") return []
  const [only] = extents
  if (data.arrays !== undefined) return ofNamedArrays(data.arrays, extents)
  if (data.pca !== undefined) {
    const isComponent = ({ column }: Extent): boolean => column === undefined || !Object.hasOwn(data.columns ?? {}, column)
    const others =
      data.columns === undefined
        ? []
        : ofColumns(
            data,
            extents.filter((extent) => !isComponent(extent)),
          )
    return [...others, ...ofComponents(data.pca, extents.filter(isComponent))]
  }
  return data.columns === undefined ? (only === undefined ? [] : ofArrays(data, only)) : ofColumns(data, extents)
}

/** Advice on unscaled targets. Scores stay in the original units. */
export const targets = (data: Data, { targetExtents = [] }: Facts): ReadonlyArray<Finding> =>
  targetExtents.flatMap((extent): ReadonlyArray<Finding> => {
    if (size(extent) <= largeTarget || Object.hasOwn(Toys.entries, useOf(data.source).name)) return []
    const column = extent.column ?? ""
    const path =
      data.arrays !== undefined
        ? unscaledArray(data.arrays, extent.array ?? column)
        : data.columns === undefined
          ? ["data", "target"]
          : unscaled(data, column)
    if (path === undefined || (data.target?.type === "number" && data.target.scale !== undefined)) return []
    const message = `the target \`${extent.column}\` is not scaled: its values go ${range(extent)}, but the first outputs of a net are near 0`
    if (data.columns !== undefined || data.arrays !== undefined)
      return [{ code: "A611", message, at: { path, on: "key" }, ...scaling(path) }]
    const text = "{ type: number, scale: standard }"
    const title = `\`target: ${text}\` scales it; scores stay in its original unit`
    const at = data.target === undefined ? { path: ["data"], on: "key" as const } : { path }
    return [{ code: "A611", message, at, help: title, fix: { title, at: { path }, text, main: "" } }]
  })
