/**
 * Hands out the shards of a step to workers. A worker claims a shard when it is free. What a worker that failed has claimed goes to
 * another one, and so does a shard that is late; the first result counts, and all have the same bits.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Compile from "../engines/Compile.ts"
import { Engine, EngineError } from "../engines/Engine.ts"
import type { ShapeError } from "../types/ShapeError.ts"
import type { Serve, Workers } from "./shardWorkers.ts"

/** The errors of a shard: of the engine of the last worker, or of mathematics. */
type PoolError = EngineError | ShapeError

/** The shards of one step. */
interface Round<W, B, O> {
  readonly weights: W
  readonly inputs: ReadonlyArray<B>
  readonly done: (shard: number, output: O) => Effect.Effect<void, ShapeError>
  /** The shards that nobody has claimed. */
  readonly unclaimed: Array<number>
  /** When the shards that are computed were last claimed. */
  readonly claimed: Map<number, number>
  /** How many have no result yet. */
  open: number
  readonly end: Deferred.Deferred<void, PoolError>
}

/** A shard that a worker has claimed. */
interface Claim<W, B, O> {
  readonly round: Round<W, B, O>
  readonly shard: number
}

/** A shard is late after so many milliseconds, and after so many times the longest one so far. */
const patience = { milliseconds: 1000, times: 4 }

/** The workers of a run, and the shards of its present step. */
export interface ShardPool<W, B, O> {
  /** Computes each shard with these weights and passes each result to `done` once, in the order of arrival. */
  readonly run: (
    weights: W,
    inputs: ReadonlyArray<B>,
    done: (shard: number, output: O) => Effect.Effect<void, ShapeError>,
  ) => Effect.Effect<void, PoolError>
  /** Ends the present step: `run` is interrupted, and results that still arrive are dropped. */
  readonly giveUp: Effect.Effect<void>
}

/** Workers that compute `f`, whose state is weights like these. They end with the scope. */
export const shardPool = <W, B, O>(
  f: Compile.StepFunction<W, B, O>,
  like: W,
  workers: Workers,
): Effect.Effect<ShardPool<W, B, O>, never, Engine | Scope.Scope> =>
  Effect.gen(function* () {
    const own = yield* Engine.current
    let round: Round<W, B, O> | undefined
    let failure: EngineError | undefined
    let longest = 0
    const waiting = new Set<() => void>()
    const wake = (): void => {
      for (const attempt of [...waiting]) attempt()
    }

    /** When the first of the shards that are computed is late. */
    const lateAt = (of: Round<W, B, O>): number =>
      Math.min(...of.claimed.values()) + Math.max(patience.milliseconds, patience.times * longest)

    /** The next shard: one that nobody has claimed, or else one that is late. */
    const next = (): Claim<W, B, O> | undefined => {
      if (round === undefined) return undefined
      const free = round.unclaimed.shift()
      const now = performance.now()
      const late = free === undefined && now >= lateAt(round) ? [...round.claimed].toSorted((a, b) => a[1] - b[1])[0]?.[0] : free
      if (late === undefined) return undefined
      round.claimed.set(late, now)
      return { round, shard: late }
    }

    const claim: Effect.Effect<Claim<W, B, O>> = Effect.callback((resume) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const leave = (): void => {
        clearTimeout(timer)
        waiting.delete(attempt)
      }
      const attempt = (): void => {
        clearTimeout(timer)
        const found = next()
        if (found !== undefined) {
          leave()
          resume(Effect.succeed(found))
        } else if (round !== undefined && round.claimed.size > 0)
          timer = setTimeout(attempt, Math.max(1, lateAt(round) - performance.now()))
      }
      waiting.add(attempt)
      attempt()
      return Effect.sync(leave)
    })

    const end = (of: Round<W, B, O>, how: Effect.Effect<void, PoolError>): void => {
      if (round !== of) return
      round = undefined
      Deferred.doneUnsafe(of.end, how)
    }

    /** Takes a result, unless another worker was faster. */
    const deliver = ({ round: of, shard }: Claim<W, B, O>, output: O, milliseconds: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (round !== of || !of.claimed.delete(shard)) return Effect.void
        longest = Math.max(longest, milliseconds)
        return Effect.matchEffect(of.done(shard, output), {
          onFailure: (error) => Effect.sync(() => end(of, Effect.fail(error))),
          onSuccess: () =>
            Effect.sync(() => {
              if (--of.open === 0) end(of, Effect.void)
            }),
        })
      }).pipe(Effect.uninterruptible)

    /** Gives back a shard that has no result. */
    const giveBack = ({ round: of, shard }: Claim<W, B, O>): void => {
      if (!of.claimed.delete(shard)) return
      of.unclaimed.unshift(shard)
      wake()
    }

    const serve: Serve = (engine, computed) =>
      Effect.scoped(
        Effect.gen(function* () {
          if (engine.name !== own.name || engine.numerics !== own.numerics)
            return yield* new EngineError({
              engine: engine.name,
              doing: "compute shards",
              cause: `its numerics are ${engine.name} ${engine.numerics}; the run's are ${own.name} ${own.numerics}`,
            })
          const gradient = yield* Effect.orDie(Compile.step(f, like))
          let loaded: Round<W, B, O> | undefined
          for (;;) {
            const each = yield* claim
            const started = performance.now()
            const compute = Effect.gen(function* () {
              if (loaded !== each.round) yield* gradient.load(each.round.weights)
              loaded = each.round
              const [output] = yield* gradient.run([each.round.inputs[each.shard] as B])
              return output as O
            })
            yield* compute.pipe(
              Effect.onExit((exit) =>
                exit._tag === "Success"
                  ? deliver(each, exit.value, performance.now() - started)
                  : Effect.sync(() => giveBack(each)),
              ),
              Effect.catchTag("ShapeError", (error) => Effect.sync(() => end(each.round, Effect.fail(error)))),
            )
            computed?.()
          }
        }).pipe(Effect.provideService(Engine, engine)),
      )

    yield* Effect.forkScoped(
      Effect.catchTag(workers.serve(serve), "EngineError", (error) =>
        Effect.sync(() => {
          failure = error
          if (round !== undefined) end(round, Effect.fail(error))
        }),
      ),
    )

    return {
      run: (weights, inputs, done) =>
        Effect.suspend(() => {
          if (failure !== undefined) return Effect.fail(failure)
          const all = inputs.map((_, shard) => shard)
          const end = Deferred.makeUnsafe<void, PoolError>()
          const mine = { weights, inputs, done, unclaimed: all, claimed: new Map(), open: all.length, end }
          round = mine
          wake()
          return Effect.onInterrupt(Deferred.await(end), () =>
            Effect.sync(() => {
              if (round === mine) round = undefined
            }),
          )
        }),
      giveUp: Effect.sync(() => {
        if (round !== undefined) end(round, Effect.interrupt)
      }),
    }
  })
