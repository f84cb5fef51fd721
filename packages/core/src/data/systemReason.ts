/** The reason of a failed file operation, as the operating system words it. */
import type { PlatformError } from "effect/PlatformError"

/** The reason without its code: `no space left on device` for `ENOSPC: no space left on device, write`. */
export const systemReason = ({ reason }: PlatformError): string => {
  const words =
    reason.cause instanceof Error ? /^E[A-Z0-9]+: (?<words>[^,]+)/.exec(reason.cause.message)?.groups?.words : undefined
  return words ?? reason.message
}
