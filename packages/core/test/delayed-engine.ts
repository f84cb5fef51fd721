/**
 * Reference at a distance, as an engine on other hardware is: calls are queued and done later, in order, and outputs stay there
 * until they are read. A run succeeds as soon as it is queued.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Engine from "../src/engines/Engine.ts"

/** Lets the event loop turn a few times. */
const delay = Effect.promise(async () => {
  for (let turns = 0; turns < 3; turns++) await new Promise((done) => setImmediate(done))
})

export const delayed: Layer.Layer<Engine.Engine> = Layer.effect(
  Engine.Engine,
  Effect.gen(function* () {
    const there = yield* Engine.Engine
    const calls = yield* Queue.unbounded<Effect.Effect<unknown>>()
    yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(calls), (call) => Effect.andThen(delay, call))))

    /** Queues a call, with an effect that waits for its answer. */
    const queue = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<Effect.Effect<A, E>> =>
      Effect.suspend(() => {
        const answer = Deferred.makeUnsafe<A, E>()
        return Effect.as(Queue.offer(calls, Deferred.into(call, answer)), Deferred.await(answer))
      })
    const answered = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.flatten(queue(call))

    const behind = new WeakMap<Engine.Executable, Engine.Executable>()
    const executable = (real: Engine.Executable): Engine.Executable => {
      const made: Engine.Executable = {
        load: (state) => answered(real.load(state)),
        take: (from) => answered(real.take(behind.get(from) ?? from)),
        run: (inputs) => Effect.map(queue(real.run(inputs)), (outputs) => Effect.flatMap(outputs, answered)),
        state: answered(real.state),
      }
      behind.set(made, real)
      return made
    }
    return Engine.Engine.of({
      ...there,
      name: "delayed",
      plan: (job) => answered(there.plan(job)),
      prepare: (job) =>
        Effect.flatMap(Effect.scope, (scope) =>
          Effect.map(answered(Effect.provideService(there.prepare(job), Scope.Scope, scope)), executable),
        ),
      read: (targets) => answered(there.read(targets)),
    })
  }),
).pipe(Layer.provide(Engine.layerReference))
