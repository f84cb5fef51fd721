/** Events as lines of JSON, in which nothing can drive a terminal. */
import * as Json from "@adjoint/core/training/json"
import { escapedJson } from "@adjoint/dsl/diagnostic/Printable"
import type { Said, SaidNow } from "./Events.ts"
import type { version } from "./Values.ts"

const of: typeof version = 1

/** An event as a line. */
export const line = ({ event, ...rest }: Said): string => escapedJson(Json.print({ version: of, event, ...rest }))

/** An event of something that takes a while as a line, with its time. */
export const lineAt = ({ event, ...rest }: SaidNow, time: Date): string =>
  escapedJson(Json.print({ version: of, event, time: time.toISOString(), ...rest }))
