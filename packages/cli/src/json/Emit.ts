/** Events as results. */
import { result } from "../terminal/Write.ts"
import type { Said, SaidNow } from "./Events.ts"
import { line, lineAt } from "./Line.ts"

/** Prints an event. */
export const emit = (said: Said) => result(line(said))

/** Prints an event of something that takes a while. */
export const emitNow = (said: SaidNow) => result(lineAt(said, new Date()))
