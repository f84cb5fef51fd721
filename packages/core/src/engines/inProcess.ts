/** Executables on the calling thread, for the interface of engines. A long call is cut into bursts, between which other work runs. */
import * as Effect from "effect/Effect"
import { EngineError, type SyncExecutable } from "../backend/Executable.ts"
import { ShapeError } from "../types/ShapeError.ts"
import type { Arrays, Executable } from "./Executable.ts"
import { letOthersRun } from "./letOthersRun.ts"

/** The length of a burst, in milliseconds. */
export const burstMilliseconds = 8

/** The effect that a function returns, whose `EngineError` becomes a typed failure; anything else that it throws stays a defect. */
const deferring = <A, E>(f: () => Effect.Effect<A, E>): Effect.Effect<A, E | EngineError> =>
  Effect.suspend((): Effect.Effect<A, E | EngineError> => {
    try {
      return f()
    } catch (error) {
      return error instanceof EngineError ? Effect.fail(error) : Effect.die(error)
    }
  })

const calling = <A>(f: () => A): Effect.Effect<A, EngineError> => deferring(() => Effect.succeed(f()))

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

/** The executables behind those of this module: their state is copied without an array in between. */
const behind = new WeakMap<Executable, SyncExecutable>()

/**
 * How many items to do before the next look at the clock, when the last `count` took so many milliseconds and so many are left:
 * a look takes a tenth of the time of the smallest program. Never more than twice as many, in case the next ones are slower.
 */
const untilNextLook = (count: number, took: number, left: number): number =>
  Math.max(1, Math.min(2 * count, Math.floor((count * left) / Math.max(took, 1e-3))))

/** Runs from an index until the burst is over, and returns the index that comes next. */
const runBurst = ({ run }: SyncExecutable, inputs: ReadonlyArray<Arrays>, from: number, outputs: Array<Arrays>): number => {
  const deadline = performance.now() + burstMilliseconds
  let next = from
  let looked = deadline - burstMilliseconds
  for (let count = 1; ; ) {
    const end = Math.min(inputs.length, next + count)
    while (next < end) outputs.push(run(inputs[next++] as Arrays))
    if (next === inputs.length) return next
    const now = performance.now()
    if (now >= deadline) return next
    count = untilNextLook(count, now - looked, deadline - now)
    looked = now
  }
}

/** An executable of the calling thread as an engine's. */
export const inProcess = (executable: SyncExecutable): Executable => {
  const runFrom = (
    inputs: ReadonlyArray<Arrays>,
    from: number,
    outputs: Array<Arrays>,
  ): Effect.Effect<Effect.Effect<ReadonlyArray<Arrays>>, EngineError> =>
    deferring(() => {
      const next = runBurst(executable, inputs, from, outputs)
      return next === inputs.length
        ? Effect.succeed(Effect.succeed(outputs))
        : Effect.andThen(letOthersRun, runFrom(inputs, next, outputs))
    })
  const made: Executable = {
    load: (state) => calling(() => executable.load(state)),
    take: (from) => {
      const other = behind.get(from)
      return other === undefined ? Effect.flatMap(from.state, made.load) : calling(() => executable.load(other.lend()))
    },
    run: (inputs) => runFrom(inputs, 0, []),
    state: calling(executable.state),
  }
  behind.set(made, executable)
  return made
}
