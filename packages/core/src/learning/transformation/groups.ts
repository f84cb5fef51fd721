/** Gradient transformations that treat groups of parameters differently, by their paths in the tree. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { entries, type Path, printPath } from "../../types/Tree.ts"
import { checkOptions, OptionError } from "../OptionError.ts"
import { map, type None, type Select, zip } from "../Params.ts"
import { factorBounds } from "./options.ts"
import { type Optimizer, stateless } from "./Transformation.ts"

/**
 * u · factor of its path: groups of parameters with their own learning rates. A factor of 0 freezes: the update is 0 even for
 * a non-finite gradient, and costs no computation.
 */
export const scaleByPath = (factorOf: (path: Path) => number): Optimizer<None> =>
  stateless((updates) =>
    map(updates, (u, path) => {
      const factor = factorOf(path)
      return factor === 1 ? u : factor === 0 ? T.zerosLike(u) : T.mul(u, factor)
    }),
  )

/**
 * Freezes parameters, selected by their paths or by the names of their layers (`block.0.dense1`), wherever it stands in a chain.
 * `init` throws `ShapeError` for a name or a selection without parameters. Throws `OptionError` for no names.
 */
export const freeze = (which: Select | ReadonlyArray<string>): Optimizer<None> => {
  const operation = "Optimizer.freeze"
  if (typeof which !== "function") return byLayer(operation, Object.fromEntries(which.map((name) => [name, 0])))
  return {
    ...checkedBy(
      scaleByPath((path) => (which(path) ? 0 : 1)),
      (paths) => {
        if (!paths.some(which))
          refuse(operation, [], "a selection to which a parameter belongs", `a path such as ${printPath(paths[0] ?? [])}`)
      },
    ),
    frozen: which,
  }
}

/** Whether a path leads into a layer of that name: `["block", 0, "dense1", "w"]` into `block.0.dense1`. */
const isIn = (path: Path, layer: string): boolean => `${printPath(path)}.`.startsWith(`${layer}.`)

/** The names of all layers of a tree of parameters, outer ones first. */
const layersOf = (paths: ReadonlyArray<Path>): ReadonlyArray<string> => [
  ...new Set(paths.flatMap((path) => path.slice(0, -1).map((_, i) => printPath(path.slice(0, i + 1))))),
]

/** A gradient transformation whose `init` checks the paths of the parameters. */
const checkedBy = (transformation: Optimizer<None>, check: (paths: ReadonlyArray<Path>) => void): Optimizer<None> => ({
  ...transformation,
  init: (params) => {
    check(entries(params as unknown).map(([path]) => path))
    return transformation.init(params)
  },
})

/**
 * u · the factors of the layers, by name, that contain the parameter: `{ dense1: 0.1 }` takes smaller steps there, and 0
 * freezes. `init` throws `ShapeError` for a name without parameters. Throws `OptionError` for no layers and a factor below 0.
 */
export const scaleByLayer = (factors: { readonly [layer: string]: number }): Optimizer<None> =>
  byLayer("Optimizer.scaleByLayer", factors)

const byLayer = (operation: string, factors: { readonly [layer: string]: number }): Optimizer<None> => {
  const all = Object.entries(factors)
  if (all.length === 0)
    throw new OptionError({ operation, option: "layers", got: [], wanted: "the name of a layer, one or more" })
  checkOptions(operation, Object.fromEntries(all.map(([layer]) => [layer, factorBounds])), factors)
  const factorOf = (path: Path): number =>
    all.reduce((product, [layer, factor]) => (isIn(path, layer) ? product * factor : product), 1)
  const transformation = checkedBy(scaleByPath(factorOf), (paths) => {
    const unknown = all.find(([layer]) => !paths.some((path) => isIn(path, layer)))
    if (unknown === undefined) return
    const known = layersOf(paths)
    const names = known.slice(0, maxNames).join(", ") + (known.length > maxNames ? ", …" : "")
    refuse(operation, [], `a layer that has parameters, not ${JSON.stringify(unknown[0])}`, `one of ${names}`)
  })
  return all.some(([, factor]) => factor === 0) ? { ...transformation, frozen: (path) => factorOf(path) === 0 } : transformation
}

/** A message lists at most this many names. */
const maxNames = 20

const norm = (x: Tensor): Tensor => T.sqrt(T.sum(T.square(x)))

/**
 * u · ‖θ‖ / ‖u‖ for each leaf, and u where either norm is 0: updates in proportion to the parameters (You et al., Large batch
 * optimization for deep learning: LAMB, 2020).
 */
export const scaleByTrustRatio: Optimizer<None> = stateless((updates, params) =>
  zip(
    (u, parameter) => {
      const [step, size] = [norm(u), norm(parameter)]
      const both = T.and(T.greater(step, 0), T.greater(size, 0))
      return T.mul(u, T.where(both, T.div(size, T.where(both, step, 1)), 1))
    },
    updates,
    params,
  ),
)
