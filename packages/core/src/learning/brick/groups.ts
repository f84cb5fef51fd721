/** Bricks that treat some parameters otherwise than others, by their paths in the tree. */
import type { Tensor } from "../../language/Expr.ts"
import * as T from "../../tensor/Tensor.ts"
import type { Path } from "../../words/Tree.ts"
import { map, type None, type Select, zip } from "../Params.ts"
import { type Optimizer, stateless } from "./Brick.ts"

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

/** Parameters that stay as they are: it stands last in a chain. */
export const freeze = (select: Select): Optimizer<None> => scaleByPath((path) => (select(path) ? 0 : 1))

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
