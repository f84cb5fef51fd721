/** The machine that figures belong to, and how much else it had to do. */
import { availableParallelism, cpus, release, totalmem, type } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"

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

const times = () => {
  const each = cpus().map((core) => Object.values(core.times).reduce((sum, x) => sum + x, 0))
  const idle = cpus().map((core) => core.times.idle)
  return { all: each.reduce((a, b) => a + b, 0), idle: idle.reduce((a, b) => a + b, 0) }
}

/** The share of the cores that is at work during the next half second, while this program itself waits: what others take. */
export const busy = async (): Promise<number> => {
  const before = times()
  await sleep(500)
  const after = times()
  return 1 - (after.idle - before.idle) / Math.max(after.all - before.all, 1)
}
