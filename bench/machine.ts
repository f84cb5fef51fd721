/** The measured machine, and the load of other processes on it. */
import { availableParallelism, cpus, release, totalmem, type } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { Wasm } from "@adjoint/core"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** GiB */
  readonly memory: number
  readonly system: string
  readonly node: string
  /** The bits of our engine's vectors on this machine. */
  readonly lanes: Wasm.Lanes
}

export const describe = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || process.arch,
  cores: availableParallelism(),
  memory: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.versions.node,
  lanes: Wasm.lanesInUse(),
})

/** Milliseconds since the machine started: busy time and total time of its cores. */
const times = (): { readonly worked: number; readonly all: number } => {
  const cores = cpus().map((core) => core.times)
  const all = cores.flatMap((each) => Object.values(each)).reduce((sum, x) => sum + x, 0)
  return { all, worked: all - cores.reduce((sum, { idle }) => sum + idle, 0) }
}

/** The system counts time in ticks of this many milliseconds; less is not known. */
const tick = 10

/**
 * Watches the machine from now on. The returned function takes the milliseconds that the measured process computed, and
 * returns the share of the cores that other processes used meanwhile; this process counts as measured. Call it once.
 */
export const watch = (): ((known: number) => number) => {
  const before = times()
  const own = process.cpuUsage()
  return (known) => {
    const after = times()
    const { system, user } = process.cpuUsage(own)
    const others = after.worked - before.worked - known - (system + user) / 1000 - tick
    return Math.min(1, Math.max(0, others / Math.max(after.all - before.all, 1)))
  }
}

/** Waits until other processes use at most this share of the cores, or until a time of `performance.now()`. */
export const calm = async (quiet: number, until: number): Promise<void> => {
  let share = 1
  while (share > quiet && performance.now() < until) {
    const others = watch()
    await sleep(Math.min(500, Math.max(0, until - performance.now())))
    share = others(0)
  }
}
