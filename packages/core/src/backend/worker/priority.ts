/** The priority of a thread among those of its process: with a low one it leaves a processor to the others as soon as they need it. */

/** How an engine's threads compete for processors. */
export type Priority = "low" | "normal"

/**
 * Lowers the priority of the calling thread, and so of the threads that it starts from now on. Linux alone has a priority for each
 * thread; elsewhere, and where the host does not permit it, nothing happens. Returns whether the priority is low.
 */
export const lowerPriority = (): boolean => {
  const host = globalThis.process?.getBuiltinModule
  if (host === undefined || process.platform !== "linux") return false
  try {
    const { constants, getPriority, setPriority } = host("node:os")
    // A link such as 4242/task/4243.
    const thread = Number(host("node:fs").readlinkSync("/proc/thread-self").split("/").at(-1))
    const low = constants.priority.PRIORITY_BELOW_NORMAL
    if (getPriority(thread) < low) setPriority(thread, low)
    return true
  } catch {
    return false
  }
}
