/** Runs the command in a worker and keeps the main thread free: it writes what the worker prints and hears signals at once. */
import process from "node:process"
import { Worker } from "node:worker_threads"
import type { Report, Request, Start, Streams } from "./Beside.ts"
import { end, output } from "./Output.ts"
import { acknowledgement, signals } from "./Signals.ts"

/**
 * Runs `main` with these arguments in a worker and sets the exit code of the process when it has ended. The young generation of the
 * worker's heap is limited, in megabytes: the usual one takes some hundred megabytes more of memory for text that is garbage at
 * once, and saves no time.
 */
export const supervise = (main: URL, args: ReadonlyArray<string>, maxYoungGenerationSizeMb: number): void => {
  const outputs = { stdout: output("stdout", process.stdout), stderr: output("stderr", process.stderr) }
  const { stderr, stdout } = outputs
  const factsOf = ({ columns, isTerminal }: typeof stdout) => ({ isTerminal, columns: columns() })
  const streams = (): Streams => ({ stdout: factsOf(stdout), stderr: factsOf(stderr) })
  const worker = new Worker(main, {
    workerData: { args, streams: streams() } satisfies Start,
    resourceLimits: { maxYoungGenerationSizeMb },
  })
  const ask = (request: Request) => worker.postMessage(request)
  let hasRun = false
  const { code: heard, setSaving } = signals((signal) => {
    stderr.write(acknowledgement(signal, args))
    ask({ tag: "interrupt" })
  })
  const resized = () => ask({ tag: "resized", streams: streams() })
  for (const stream of [process.stdout, process.stderr]) stream.on("resize", resized)
  worker.on("message", (report: Report) => {
    if (report.tag === "write") outputs[report.name].write(report.text)
    else if (report.tag === "saving") setSaving(report.isSaving)
    else hasRun = true
  })
  worker.on("error", (error) => {
    stderr.write(`internal error: please report this with what you typed\n${error instanceof Error ? error.stack : error}\n`)
  })
  worker.on("exit", (code) => {
    for (const stream of [process.stdout, process.stderr]) stream.off("resize", resized)
    end({ code, hasRun, outputs: [stdout, stderr], signalled: heard() })
  })
}
