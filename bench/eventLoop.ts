/** How long a process that trains lets others wait: the delay of its event loop, on the calling thread and in a worker. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { lenet, perceptron, vgg } from "./network.ts"
import type { DelayRequest, Delays } from "./protocol.ts"

/** The delays of one process, or why there are none. */
export type EventLoop = { readonly label: string } & (Delays | { readonly reason: string })

/** Epochs of a second or more, which are still shorter than those of real data. */
const trained: ReadonlyArray<Pick<DelayRequest, "network" | "batch" | "rows">> = [
  { network: perceptron([784, 128, 10]), batch: 128, rows: 2 ** 14 },
  { network: lenet, batch: 64, rows: 2 ** 13 },
  { network: vgg, batch: 64, rows: 2 ** 11 },
]

/** The engines as users write them, with their usual number of threads. */
const engines = { layer: "Wasm.layer()", worker: "Wasm.worker()" } as const

const delaysOf = async (request: DelayRequest): Promise<Delays> => {
  const script = join(import.meta.dirname, "dist/eventLoop.js")
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=built", script, JSON.stringify(request)])
  return JSON.parse(stdout)
}

/** The delays of a process that does nothing, and of one that trains each network on each engine, for so many seconds. */
export const eventLoops = async (seconds: number): Promise<ReadonlyArray<EventLoop>> => {
  const measured: Array<EventLoop> = []
  const add = async (label: string, request: DelayRequest): Promise<void> => {
    console.error(`Event loop: ${label} …`)
    try {
      measured.push({ label, ...(await delaysOf(request)) })
    } catch (error) {
      measured.push({ label, reason: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "" })
    }
  }
  await add("nothing is trained", { engine: "none", network: lenet, batch: 1, rows: 1, seconds })
  for (const { batch, network, rows } of trained)
    for (const engine of ["layer", "worker"] as const)
      await add(`${network.name}, batch ${batch}, ${engines[engine]}`, { engine, network, batch, rows, seconds })
  return measured
}
