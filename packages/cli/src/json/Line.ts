/** Events as lines of JSON, in which nothing can drive a terminal. */
import * as Json from "@adjoint/core/training/json"
import { escaped } from "@adjoint/core/types/escaped"
import type { Said, SaidNow } from "./Events.ts"
import type { version } from "./Values.ts"

const of: typeof version = 1

/** An event as a line. */
export const line = ({ event, ...rest }: Said): string => escaped(Json.print({ version: of, event, ...rest }))

/** An event of something that takes a while as a line, with its time. */
export const lineAt = ({ event, ...rest }: SaidNow, time: Date): string =>
  escaped(Json.print({ version: of, event, time: time.toISOString(), ...rest }))
