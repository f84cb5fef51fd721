/** The output streams of the process. A stream that cannot be written any more drops what follows, and the command goes on. */
import process from "node:process"
import { getSystemErrorMap } from "node:util"
import { exitCodes } from "../report/ExitCode.ts"
import type { Sink } from "../terminal/World.ts"

export interface Output extends Omit<Sink, "write"> {
  readonly name: "stdout" | "stderr"
  readonly write: (text: string) => void
  /** The error that ended the stream, if one did. */
  readonly failure: () => NodeJS.ErrnoException | undefined
}

/** A stream of the process. */
export const output = (name: Output["name"], stream: NodeJS.WriteStream): Output => {
  let failure: NodeJS.ErrnoException | undefined
  const waiting = new Set<() => void>()
  const release = () => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }
  stream.on("error", (error: NodeJS.ErrnoException) => {
    failure ??= error
    release()
  })
  stream.on("drain", release)
  return {
    name,
    write: (text) => {
      if (failure === undefined) stream.write(text)
    },
    drained: () =>
      failure === undefined && stream.writableNeedDrain ? new Promise((resolve) => waiting.add(resolve)) : Promise.resolve(),
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || 80,
    failure: () => failure,
  }
}

/** Whether the reader of a stream closed it, as `head` does when it has enough. */
const isClosedByReader = ({ failure }: Output): boolean => failure()?.code === "EPIPE"

/** The system's words for an error, as in `no space left on device`. */
const words = ({ errno, message }: NodeJS.ErrnoException): string => getSystemErrorMap().get(errno ?? 0)?.[1] ?? message

/**
 * Whether output was lost that was wanted: any of a run's, and of other verbs what a full disk took. A reader that closes its
 * end has what it wanted of a verb that only prints. Reports the loss on the stream that is left.
 */
const reportLoss = (outputs: Outputs, hasRun: boolean): boolean => {
  const lost = outputs.filter((each) => each.failure() !== undefined && (hasRun || !isClosedByReader(each)))
  const [, stderr] = outputs
  for (const { failure, name } of lost) {
    const error = failure()
    if (name === "stdout" && error !== undefined) stderr.write(`error: stdout cannot be written: ${words(error)}\n`)
  }
  return lost.length > 0
}

type Outputs = readonly [stdout: Output, stderr: Output]

/** How a command ended. */
export interface Ending {
  readonly code: number
  readonly outputs: Outputs
  /** Whether it wrote a run. */
  readonly hasRun: boolean
  /** The exit code of the signal that interrupted it, if one did. */
  readonly signalled: number | undefined
}

/** How long a process that a signal interrupted waits for readers of its output, in milliseconds. */
const patience = 1000

/** Sets the exit code of the process, which ends when its output is written. */
export const end = ({ code, hasRun, outputs, signalled }: Ending): void => {
  // Without a signal it was interrupted because nobody reads its results.
  const wanted = code === exitCodes.interrupted ? (signalled ?? exitCodes.ok) : code
  // A stream that fails reports that a moment after it was written to.
  process.on("exit", () => {
    const isLost = reportLoss(outputs, hasRun)
    process.exitCode = wanted === exitCodes.ok && isLost ? exitCodes.unwritten : wanted
  })
  if (signalled !== undefined) setTimeout(() => process.exit(), patience).unref()
}
