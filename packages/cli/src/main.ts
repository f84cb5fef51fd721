#!/usr/bin/env node
/**
 * The adjoint command: the process around it. Paths are relative to the folder where the command was typed. Verbs that save
 * when a signal comes run in a worker, so that the main thread hears signals and writes progress however long a step takes, and
 * so do the trials of a search; all other verbs run here.
 */
import * as nodeModule from "node:module"
import process from "node:process"
import { isMainThread, workerData } from "node:worker_threads"

/** The oldest Node that runs the command, as `engines` of its package says. */
const oldest = [22, 19] as const

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(`adjoint needs Node ${oldest.join(".")} or later; this is Node ${process.versions.node}\n`)
  process.exit(2)
}

// An old Node has no such function, and would refuse to link its name.
nodeModule.enableCompileCache()

const entry = new URL(import.meta.url)

/**
 * The verbs that save when a signal comes, with the megabytes of young generation that serve them. A search and a worker read their
 * model file at each point, which takes seconds for a deep net; they leave the computing to threads.
 */
const supervised: ReadonlyMap<string | undefined, number> = new Map([
  ["train", 24],
  ["search", 8],
  ["worker", 8],
])

if (isMainThread) {
  // `pnpm adjoint …` runs in the repository's root, wherever it was typed.
  const typed = process.env.INIT_CWD
  if (process.env.npm_lifecycle_event === "adjoint" && typed !== undefined) process.chdir(typed)
  const args = process.argv.slice(2)
  const mayHaveWorkers = process.permission?.has("worker") ?? true
  const youngGeneration = supervised.get(args.find((arg) => !arg.startsWith("-")))
  if (mayHaveWorkers && youngGeneration !== undefined) {
    const { supervise } = await import("./process/Supervisor.ts")
    supervise(entry, args, youngGeneration)
  } else {
    const { runHere } = await import("./process/Here.ts")
    await runHere(args, entry)
  }
} else if ("trials" in workerData) {
  const { runTrials } = await import("./study/TrialThread.ts")
  runTrials(entry)
} else {
  const { runBeside } = await import("./process/Beside.ts")
  await runBeside(entry)
}
