/** What is being read and prepared, on a terminal: a line at once, since large data takes seconds, which goes when all is there. */
import { basename } from "node:path"
import { printable } from "@adjoint/dsl/diagnostic/Printable"
import { type Event, listening } from "@adjoint/dsl/prepare/Progress"
import * as Effect from "effect/Effect"
import { hasColour, isLive } from "./Capability.ts"
import * as Format from "./Format.ts"
import { own } from "./Guard.ts"
import { style } from "./Style.ts"
import { World } from "./World.ts"

/** Files that are read in less than a tenth of a second are not worth a line, in bytes. */
const least = 2 ** 20

/** Rows that are prepared as fast. */
const fewest = 20_000

const said = (event: Event): string | undefined => {
  switch (event._tag) {
    case "Reading":
      return event.bytes < least ? undefined : `reading ${printable(basename(event.file))}, ${Format.bytes(event.bytes)}…`
    case "Streaming":
      return `reading ${printable(basename(event.file))}, ${Format.bytes(event.done)} of ${Format.bytes(event.bytes)}…`
    case "Preparing":
      return event.rows < fewest ? undefined : `preparing ${Format.counted(event.rows, "row")}…`
    case "Prepared":
      return undefined
  }
}

/** A line without its end, where it is too wide. */
const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)

const clear = "\r\u001b[K"

/** Runs an effect that reads data, with its progress on the line of the terminal, where there is one. */
export const loading = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | World> =>
  Effect.flatMap(World, ({ env, stderr }) => {
    if (!isLive(env, stderr)) return effect
    const look = style(hasColour(env, stderr))
    let isDrawn = false
    const draw = (event: Event) =>
      Effect.sync(() => {
        const text = said(event)
        if (text === undefined) return
        isDrawn = true
        stderr.write(`${own(clear)}${look("faint", cut(text, stderr.columns() - 1))}`)
      })
    return listening(draw)(effect).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          if (isDrawn) stderr.write(own(clear))
        }),
      ),
    )
  })
