/**
 * Writing lines: results to one stream, everything else to the other, each in the style its stream allows. A verb whose
 * results nobody can read any more is interrupted.
 */
import * as Effect from "effect/Effect"
import { hasColour } from "./Capability.ts"
import { type Style, style } from "./Style.ts"
import { type Sink, World } from "./World.ts"

const writeTo = (choose: (world: World["Service"]) => Sink) => (render: string | ((style: Style) => string)) =>
  Effect.flatMap(World, (world) => {
    const sink = choose(world)
    const text = typeof render === "string" ? render : render(style(hasColour(world.env, sink)))
    return sink.write(`${text}\n`) ? Effect.void : Effect.interrupt
  })

/** Writes a line, or several, of results. */
export const result = writeTo(({ stdout }) => stdout)

/** Writes a line, or several, of what is not a result. */
export const message = writeTo(({ stderr }) => stderr)

/** Waits until results that were written have been taken, so that they do not pile up. */
export const drained = Effect.flatMap(World, ({ stdout }) => Effect.promise(stdout.drained))
