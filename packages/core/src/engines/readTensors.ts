/** How engines read tensors outside programs: small ones at once on the calling thread, large ones as a program. */
import * as Effect from "effect/Effect"
import { EngineError, type Job, OutOfMemory } from "../backend/Executable.ts"
import { read } from "../backend/eager/Eager.ts"
import { programWork } from "../compiler/compilerFacts.ts"
import { type Expr, known, type Tensor } from "../language/Expr.ts"
import { capture } from "../language/Program.ts"
import type { Pieces } from "../types/Pieces.ts"
import * as Shape from "../types/Shape.ts"
import { ShapeError } from "../types/ShapeError.ts"
import { checkShapes } from "./checkShapes.ts"
import type { Arrays } from "./Executable.ts"
import { doing } from "./turns.ts"

/** The elementary operations and elements from which tensors are computed by a program: milliseconds in a process that is cold. */
const worthPreparing = 2 ** 20

/** Reads tensors here, one after the other: they keep what they have in common. */
function* oneByOne(targets: ReadonlyArray<Tensor>, unread: ReadonlyArray<Tensor>): Pieces<Arrays> {
  for (const target of unread) {
    read([target])
    yield
  }
  return read(targets)
}

const readFailure = (error: unknown): EngineError | ShapeError => {
  if (error instanceof EngineError || error instanceof ShapeError) return error
  throw error
}

/** Reads tensors. `compute` runs a program without inputs that takes long; it rounds as reading does, so the bits are the same. */
export const readTensors = (
  targets: ReadonlyArray<Tensor>,
  compute: (job: Job) => Effect.Effect<Arrays, EngineError>,
): Effect.Effect<Arrays, EngineError | ShapeError> =>
  Effect.flatMap(
    checkShapes(() => {
      const unread = [...new Set(targets)].filter((target): target is Expr => known(target) === undefined)
      return { unread, program: capture([], unread) }
    }),
    ({ program, unread }) => {
      const here = Effect.suspend(() => doing(oneByOne(targets, unread), readFailure))
      const elements = unread.reduce((sum, { shape }) => sum + Shape.size(shape), 0)
      if (programWork(program) + 4 * elements < worthPreparing) return here
      return Effect.matchEffect(compute({ program, resident: 0 }), {
        // Reading here computes in parts what one memory does not hold.
        onFailure: (error) => (error.cause instanceof OutOfMemory ? here : Effect.fail(error)),
        onSuccess: (arrays) => {
          for (const [i, array] of arrays.entries()) unread[i]?.settle(array)
          return here
        },
      })
    },
  )
