/** The machine that figures belong to, and how much else it had to do. */
import { availableParallelism, cpus, release, totalmem, type } from "node:os"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  /** GiB */
  readonly memory: number
  readonly system: string
  readonly node: string
}

export const describe = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || process.arch,
  cores: availableParallelism(),
  memory: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.versions.node,
})

/** Milliseconds since the machine started that its cores have worked, and that they have been there. */
const times = (): { readonly worked: number; readonly all: number } => {
  const cores = cpus().map((core) => core.times)
  const all = cores.flatMap((each) => Object.values(each)).reduce((sum, x) => sum + x, 0)
  return { all, worked: all - cores.reduce((sum, { idle }) => sum + idle, 0) }
}

/**
 * Watches the machine from now on. What comes back tells, once, the share of its cores that others took meanwhile, from the
 * milliseconds that those who were meant to work computed; this process is one of them.
 */
export const watch = (): ((known: number) => number) => {
  const before = times()
  const own = process.cpuUsage()
  return (known) => {
    const after = times()
    const { system, user } = process.cpuUsage(own)
    const others = after.worked - before.worked - known - (system + user) / 1000
    return Math.min(1, Math.max(0, others / Math.max(after.all - before.all, 1)))
  }
}
