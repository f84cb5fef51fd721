/** The key of a step. It depends on the run's seed and the number of the step alone, so that a resumed run and a replay have it again. */
import type { Tensor } from "../language/Expr.ts"
import * as Key from "../tensor/Key.ts"

export const stepKey = (seed: number, step: Tensor): Key.Key => Key.fold(Key.fold(Key.make(seed), "step"), step)
