/** Executables on the calling thread, for the interface of engines. A long call is cut into bursts, between which other work runs. */
import * as Effect from "effect/Effect"
import { EngineError, type SyncExecutable } from "../backend/Executable.ts"
import { type Pieces, piecesOf } from "../types/Pieces.ts"
import { ShapeError } from "../types/ShapeError.ts"
import type { Arrays, Executable } from "./Executable.ts"
import { isDue, letOthersRun, sinceTurn } from "./letOthersRun.ts"
import { makeQueue, type Queue } from "./queue.ts"
import { doing } from "./turns.ts"

/** The length of a turn with a burst, in milliseconds: the last run, and what is done with the outputs, come in addition. */
export const burstMilliseconds = 5

const engineError = (error: unknown): EngineError => {
  if (error instanceof EngineError) return error
  throw error
}

/** The effect that a function returns, whose `EngineError` becomes a typed failure; anything else that it throws stays a defect. */
const deferring = <A, E>(f: () => Effect.Effect<A, E>): Effect.Effect<A, E | EngineError> =>
  Effect.suspend((): Effect.Effect<A, E | EngineError> => {
    try {
      return f()
    } catch (error) {
      return error instanceof EngineError ? Effect.fail(error) : Effect.die(error)
    }
  })

/** Reads tensors by a function that throws `EngineError`, or `ShapeError` inside a traced function. */
export const reading = (read: () => Arrays): Effect.Effect<Arrays, EngineError | ShapeError> =>
  deferring(() => {
    try {
      return Effect.succeed(read())
    } catch (error) {
      if (error instanceof ShapeError) return Effect.fail(error)
      throw error
    }
  })

/** What is behind the executables of this module: their state is copied without an array in between. */
const behind = new WeakMap<Executable, Pick<Queue, "enter"> & { readonly executable: SyncExecutable }>()

/**
 * How many items to do before the next look at the clock, when the last `count` took so many milliseconds and so many are left:
 * a look takes a tenth of the time of the smallest program. Never more than twice as many, in case the next ones are slower.
 */
const untilNextLook = (count: number, took: number, left: number): number =>
  Math.max(1, Math.min(2 * count, Math.floor((count * left) / Math.max(took, 1e-3))))

/** Where a burst ended: the index that comes next, and the pieces of its run if that takes long. */
interface Ended {
  readonly next: number
  readonly pieces?: Pieces<Arrays> | undefined
}

/** Runs from an index until the burst is over, or a run takes long. */
const runBurst = (executable: SyncExecutable, inputs: ReadonlyArray<Arrays>, from: number, outputs: Array<Arrays>): Ended => {
  const { run } = executable
  let looked = performance.now()
  const deadline = looked + burstMilliseconds - sinceTurn()
  let next = from
  for (let count = 1; ; ) {
    const end = Math.min(inputs.length, next + count)
    for (; next < end; next++) {
      const input = inputs[next] as Arrays
      const pieces = executable.pieces?.(input)
      if (pieces !== undefined) return { next, pieces }
      outputs.push(run(input))
    }
    if (next === inputs.length) return { next }
    const now = performance.now()
    if (now >= deadline) return { next }
    count = untilNextLook(count, now - looked, deadline - now)
    looked = now
  }
}

/**
 * An executable of the calling thread as an engine's. A call that takes long is done in pieces, between which others have their turn;
 * the calls after it wait until it is done.
 */
export const inProcess = (executable: SyncExecutable, canGiveUp = false): Executable => {
  const { enter, isBusy } = makeQueue()
  /** A run in pieces ends before an interruption, since it may have changed some of the state. */
  const whole = canGiveUp ? <A, E>(effect: Effect.Effect<A, E>) => effect : Effect.uninterruptible
  /** The runs after a burst. */
  const runAfter = (
    { next, pieces }: Ended,
    inputs: ReadonlyArray<Arrays>,
    outputs: Array<Arrays>,
  ): Effect.Effect<ReadonlyArray<Arrays>, EngineError> => {
    if (next === inputs.length) return Effect.succeed(outputs)
    if (pieces === undefined) return Effect.andThen(letOthersRun, runFrom(next, inputs, outputs))
    return Effect.flatMap(whole(doing(pieces, engineError)), (output) => {
      outputs.push(output)
      return runFrom(next + 1, inputs, outputs)
    })
  }
  const runFrom = (
    from: number,
    inputs: ReadonlyArray<Arrays>,
    outputs: Array<Arrays>,
  ): Effect.Effect<ReadonlyArray<Arrays>, EngineError> =>
    deferring(() =>
      isDue() && from < inputs.length
        ? Effect.andThen(letOthersRun, runFrom(from, inputs, outputs))
        : runAfter(runBurst(executable, inputs, from, outputs), inputs, outputs),
    )
  const run = (inputs: ReadonlyArray<Arrays>): Effect.Effect<ReadonlyArray<Arrays>, EngineError> => {
    const outputs: Array<Arrays> = []
    if (isBusy() || isDue()) return enter(runFrom(0, inputs, outputs))
    // Most calls are done in one burst, which nobody else can enter.
    const ended = runBurst(executable, inputs, 0, outputs)
    return ended.next === inputs.length ? Effect.succeed(outputs) : enter(runAfter(ended, inputs, outputs))
  }
  /** A call of pieces, of which the first come at once if nobody is before it. */
  const calling = <A>(pieces: () => Pieces<A>): Effect.Effect<A, EngineError> =>
    Effect.suspend(() => enter(Effect.suspend(() => Effect.uninterruptible(doing(pieces(), engineError)))))
  const made: Executable = {
    load: (state) => calling(() => piecesOf(executable.load, state)),
    take: (from) => {
      const other = behind.get(from)
      if (other === undefined) return Effect.flatMap(from.state, made.load)
      return other.enter(calling(() => piecesOf(executable.load, other.executable.lend())))
    },
    run: (inputs) => deferring(() => Effect.map(run(inputs), Effect.succeed)),
    state: calling(() => piecesOf(executable.state)),
  }
  behind.set(made, { executable, enter })
  return made
}
