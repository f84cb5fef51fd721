/** Busy neighbours: threads of this process that do nothing but occupy a core each, beside the measured process. */
import { Worker } from "node:worker_threads"

/** Starts this many; the returned function ends them. */
export const occupy = async (count: number): Promise<() => Promise<void>> => {
  const spinning = Array.from({ length: count }, () => new Worker("for (;;);", { eval: true }))
  await Promise.all(spinning.map((each) => new Promise((resolve) => each.once("online", resolve))))
  return async () => {
    for (const each of spinning) await each.terminate()
  }
}
