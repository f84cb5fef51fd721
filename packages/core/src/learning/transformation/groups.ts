/** Bricks that treat groups of parameters differently, by their paths in the tree. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import { refuse } from "../../types/ShapeError.ts"
import { entries, type Path, printPath } from "../../types/Tree.ts"
import { map, type None, type Select, zip } from "../Params.ts"
import { type Optimizer, stateless } from "./Transformation.ts"

/**
 * u · factor of its path: slower or faster groups of parameters. A factor of 0 freezes: the update is 0 even where the
 * gradient is not finite, and nothing is computed for it.
 */
export const scaleByPath = (factorOf: (path: Path) => number): Optimizer<None> =>
  stateless((updates) =>
    map(updates, (u, path) => {
      const factor = factorOf(path)
      return factor === 1 ? u : factor === 0 ? T.zerosLike(u) : T.mul(u, factor)
    }),
  )

/**
 * Parameters that stay as they are, selected by their paths or by the names of their layers (`block.0.dense1`); last in a
 * chain. `init` throws `ShapeError` for a name, or a selection, to which no parameter belongs.
 */
export const freeze = (which: Select | ReadonlyArray<string>): Optimizer<None> =>
  typeof which === "function"
    ? selected("Optimizer.freeze", which, 0)
    : scaleByLayer(Object.fromEntries(which.map((name) => [name, 0])))

/** Whether a path leads into a layer of that name: `["block", 0, "dense1", "w"]` into `block.0.dense1`. */
const isIn = (path: Path, layer: string): boolean => `${printPath(path)}.`.startsWith(`${layer}.`)

/** The names of all layers of a tree of parameters, outer ones first. */
const layersOf = (paths: ReadonlyArray<Path>): ReadonlyArray<string> => [
  ...new Set(paths.flatMap((path) => path.slice(0, -1).map((_, i) => printPath(path.slice(0, i + 1))))),
]

/** A brick that, before the first step, wants parameters to which it applies. */
const wanting = (brick: Optimizer<None>, want: (paths: ReadonlyArray<Path>) => void): Optimizer<None> => ({
  ...brick,
  init: (params) => {
    want(entries(params as unknown).map(([path]) => path))
    return brick.init(params)
  },
})

const selected = (operation: string, select: Select, factor: number): Optimizer<None> =>
  wanting(
    scaleByPath((path) => (select(path) ? factor : 1)),
    (paths) => {
      if (!paths.some(select))
        refuse(operation, [], "a selection to which a parameter belongs", `a path such as ${printPath(paths[0] ?? [])}`)
    },
  )

/**
 * u · the factors of the layers, by name, that a parameter is in: `{ dense1: 0.1 }` takes smaller steps there, and 0
 * freezes. `init` throws `ShapeError` for a name that no layer with parameters has.
 */
export const scaleByLayer = (factors: { readonly [layer: string]: number }): Optimizer<None> => {
  const all = Object.entries(factors)
  return wanting(
    scaleByPath((path) => all.reduce((product, [layer, factor]) => (isIn(path, layer) ? product * factor : product), 1)),
    (paths) => {
      const unknown = all.find(([layer]) => !paths.some((path) => isIn(path, layer)))
      if (unknown === undefined) return
      const known = layersOf(paths)
      const some = known.slice(0, shown).join(", ") + (known.length > shown ? ", …" : "")
      refuse("Optimizer.scaleByLayer", [], `a layer that has parameters, not ${JSON.stringify(unknown[0])}`, `one of ${some}`)
    },
  )
}

/** Names that a message lists at most. */
const shown = 20

const norm = (x: Tensor): Tensor => T.sqrt(T.sum(T.square(x)))

/**
 * u · ‖θ‖ / ‖u‖ for each leaf, and u where either is 0: steps in proportion to what they change (You et al., Large batch
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
