/** What may be written to a terminal besides plain text, by the conventions that programs agree on. */
import type { Sink } from "./World.ts"

type Environment = { readonly [name: string]: string | undefined }

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/** Whether colours may be used: NO_COLOR wins over FORCE_COLOR, and TERM=dumb over the terminal. See no-color.org. */
export const hasColour = (env: Environment, sink: Pick<Sink, "isTerminal">): boolean => {
  if (isSet(env.NO_COLOR)) return false
  const forced = env.FORCE_COLOR
  if (isSet(forced)) return forced !== "0" && forced !== "false"
  return sink.isTerminal && env.TERM !== "dumb"
}

/** Whether a line may be drawn over again. Where logs are kept (CI) it would only fill them. */
export const isLive = (env: Environment, sink: Pick<Sink, "isTerminal">): boolean =>
  sink.isTerminal && env.TERM !== "dumb" && (!isSet(env.CI) || env.CI === "false")
