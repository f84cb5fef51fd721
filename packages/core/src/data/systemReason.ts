/** Why the system refused to do something with a file, in the system's own words. */
import type { PlatformError } from "effect/PlatformError"

/** `no space left on device`, where the system says `ENOSPC: no space left on device, write`. */
export const systemReason = ({ reason }: PlatformError): string => {
  const said =
    reason.cause instanceof Error ? /^E[A-Z0-9]+: (?<words>[^,]+)/.exec(reason.cause.message)?.groups?.words : undefined
  return said ?? reason.message
}
