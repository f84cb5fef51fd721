/** Effects that emit events, as streams. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** Emits one event; it waits while the reader of the stream is behind. */
export type Emit<Event> = (event: Event) => Effect.Effect<void>

/** The events that an effect emits, as a stream. It ends with the effect or fails with its error. */
export const eventStream = <Event, E, R>(run: (emit: Emit<Event>) => Effect.Effect<void, E, R>): Stream.Stream<Event, E, R> =>
  Stream.callback<Event, E, R>(
    (queue) =>
      Effect.andThen(
        run((event) => Effect.asVoid(Queue.offer(queue, event))),
        Queue.end(queue),
      ),
    { bufferSize: 16 },
  )

/** The last event of a stream that never ends without one. */
export const lastEvent = <Event, E, R>(events: Stream.Stream<Event, E, R>): Effect.Effect<Event, E, R> =>
  events.pipe(
    Stream.runLast,
    Effect.flatMap(Effect.fromOption),
    Effect.catchTag("NoSuchElementError", Effect.die),
  ) as Effect.Effect<Event, E, R>
