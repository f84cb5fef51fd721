/** The layers of a net, and the modules of PyTorch that have their weights. */
import type { TreeNet } from "../learning/Net.ts"
import * as Shape from "../types/Shape.ts"
import type * as ShapeTree from "../types/ShapeTree.ts"
import { modulesIn } from "./stateDictRules.ts"

/** The module of PyTorch that has the weights of a layer. */
export interface Module {
  /** The name of the module, which its arrays begin with: `features.0`. */
  readonly module: string
  /** Which layer of a module with several (`num_layers`) it is, from 0. */
  readonly index?: number
  /** For a dense layer whose inputs are a flattened image, the image's shape [height, width, channels]: PyTorch flattens the channels first. */
  readonly flattened?: Shape.Shape
  /** For a dense layer whose outputs become an image, the image's shape [height, width, channels]. */
  readonly reshaped?: Shape.Shape
}

/** The modules of layers, by the layers' names in the net. */
export type Names = { readonly [layer: string]: string | Module }

/** A layer without layers inside it, and the module that has its arrays. */
export interface Found {
  readonly kind: string
  /** Its name in the net, in parts. */
  readonly path: ReadonlyArray<string>
  /** Where its arrays are in the parameters and the state. */
  readonly arrays: ReadonlyArray<string>
  readonly module: Module
}

/** Names joined by dots, without empty ones. */
export const joined = (...names: ReadonlyArray<string>): string => names.filter((name) => name !== "").join(".")

/** The value of a record's own key: names of layers may be those of a prototype. */
export const own = <A>(record: { readonly [key: string]: A }, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** A name as a module. */
export const moduleOf = (name: string | Module): Module => (typeof name === "string" ? { module: name } : name)

/** What is known about the place of a net inside another one: its module, and the names within the composite that it belongs to. */
interface Place {
  readonly path: ReadonlyArray<string>
  readonly arrays: ReadonlyArray<string>
  readonly module: Module
  readonly composite?: { readonly depth: number; readonly module: string; readonly names: { readonly [path: string]: string } }
}

/** A layer that flattens images, or that makes images of vectors. */
export interface Flattened {
  readonly path: string
  /** The shape of the images, [...space, channels]. */
  readonly image: Shape.Shape
  /** The first dense layer after it that takes as many inputs: probably the one whose weights are in another order. */
  readonly dense?: Found
}

/** What a net consists of. */
export interface Survey {
  readonly layers: ReadonlyArray<Found>
  /** The names of all layers, also of those that have layers inside them. */
  readonly known: ReadonlySet<string>
  readonly images: ReadonlyArray<Flattened>
}

/** The layers of a net in order, with their modules; and the layers that flatten images, whose elements have another order in PyTorch. */
export const survey = (net: TreeNet, input: ShapeTree.ShapeTree, names: Names): Survey => {
  const layers: Array<Found> = []
  const known = new Set<string>([""])
  let images: ReadonlyArray<Flattened> = []
  let hasConv1d = false
  const named = (path: ReadonlyArray<string>, other: Module): Module => {
    const given = own(names, path.join("."))
    return given === undefined ? other : moduleOf(given)
  }
  const visit = (net: TreeNet, input: ShapeTree.ShapeTree, place: Place): void => {
    known.add(place.path.join("."))
    const { kind } = net
    hasConv1d ||= kind === "conv1d"
    if (kind === "flatten" || kind === "reshape") {
      const shapes = [input, net.shape(input)] as ReadonlyArray<Shape.Shape>
      const image = shapes.find((shape) => shape.length > (hasConv1d ? 1 : 2))
      const isFlat = shapes.some(({ length }) => length === 1)
      if (image !== undefined && isFlat && (image.at(-1) ?? 1) > 1 && Shape.size(image.slice(0, -1)) > 1)
        images = [...images, { path: place.path.join("."), image }]
    }
    const children = net.children?.(input)
    if (children === undefined) {
      const layer: Found = { kind, path: place.path, arrays: place.arrays, module: place.module }
      layers.push(layer)
      if (kind === "dense")
        images = images.map((each) =>
          each.dense === undefined && Shape.equals(input as Shape.Shape, [Shape.size(each.image)])
            ? { ...each, dense: layer }
            : each,
        )
      return
    }
    const inside = own(modulesIn, kind)
    const composite =
      inside === undefined ? place.composite : { depth: place.path.length, module: place.module.module, names: inside }
    for (const { inner, name } of children) {
      if (inner === undefined) continue
      const path = [...place.path, String(name)]
      const within = composite && own(composite.names, path.slice(composite.depth).join("."))
      const module =
        within === undefined || composite === undefined
          ? joined(place.module.module, String(name))
          : joined(composite.module, within)
      // The embedding of a net with tied weights has no parameters of its own: they are beside those of the body.
      const arrays = kind === "tied" && name === "embedding" ? place.arrays : [...place.arrays, String(name)]
      visit(inner.net, inner.input, {
        path,
        arrays,
        module: named(path, { module }),
        ...(composite === undefined ? {} : { composite }),
      })
    }
  }
  visit(net, input, { path: [], arrays: [], module: named([], { module: "" }) })
  return { layers, known, images }
}
