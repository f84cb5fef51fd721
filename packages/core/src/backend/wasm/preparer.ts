/** Prepares the jobs of one engine, in this thread or in a worker: a program begins in narrow lanes and may go over to wide ones. */
import { inPieces, type Pieces, piecesOf } from "../../types/Pieces.ts"
import type { Job } from "../Executable.ts"
import { readNarrow } from "./assembler/hostLanes.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Numerics } from "./assembler/numerics.ts"
import { cachedCompile, lanesFor } from "./compile.ts"
import { type Prepared, prepare } from "./prepare.ts"
import type { Pool } from "./threads/pool.ts"
import { prepareFor } from "./widened.ts"

/** The lanes of an engine. */
export interface EngineLanes {
  readonly lanes: Lanes
  /** Whether the user asked for them: then a program goes over to wide ones at its first run. */
  readonly isAsked: boolean
}

/** A function that prepares jobs for the threads of a pool, perhaps in pieces. The host must have the numerics. Compiled code is cached. */
export const preparer = (
  numerics: Numerics,
  { isAsked, lanes }: EngineLanes,
): ((job: Job, pool: Pool | undefined) => Prepared) => {
  const compile = cachedCompile()
  if (lanes === 128) readNarrow()
  return inPieces(function* (job: Job, pool: Pool | undefined): Pieces<Prepared> {
    const prepareIn = inPieces((lanes: Lanes) => piecesOf(prepare, job, pool, numerics, compile, lanes))
    return yield* piecesOf(prepareFor, lanesFor(job.program, lanes), prepareIn, isAsked)
  })
}
