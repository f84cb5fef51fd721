#!/usr/bin/env node
/**
 * The adjoint command: the process around it. Paths are taken from where the command was typed, Ctrl-C stops it in two
 * stages, and a reader of its output that goes away ends it in silence.
 */
import { enableCompileCache } from "node:module"
import process from "node:process"
import type { Sink, World } from "./terminal/World.ts"

enableCompileCache()

// `pnpm adjoint …` runs in the repository's root, wherever it was typed.
const typed = process.env.INIT_CWD
if (process.env.npm_lifecycle_event === "adjoint" && typed !== undefined) process.chdir(typed)

const sinkOf = (stream: NodeJS.WriteStream): Sink => {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error
    process.exit(0)
  })
  return {
    write: (text) => {
      stream.write(text)
    },
    drained: () =>
      stream.writableNeedDrain && !stream.destroyed
        ? new Promise((resolve) => {
            stream.once("drain", resolve)
            stream.once("close", resolve)
          })
        : Promise.resolve(),
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || 80,
  }
}

const world: World["Service"] = {
  env: process.env,
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  stdin: { isTerminal: process.stdin.isTTY === true, bytes: () => process.stdin },
}

const Effect = await import("effect/Effect")
const Fiber = await import("effect/Fiber")
const { execute } = await import("./Execute.ts")

const running = Effect.runFork(execute(process.argv.slice(2), world))

/** 128 and the signal's number, as shells count. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const

const stop = (signal: keyof typeof codes): void => {
  if (process.exitCode !== undefined) process.exit(codes[signal])
  process.exitCode = codes[signal]
  if (world.stderr.isTerminal) world.stderr.write("\nfinishing this step; Ctrl-C again stops at once\n")
  Effect.runFork(Fiber.interrupt(running))
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop(signal))

running.addObserver((exit) => {
  process.exitCode ??= exit._tag === "Success" ? exit.value : 1
  process.stdin.destroy()
})
