#!/usr/bin/env node
/**
 * The adjoint command: the process around it. Paths are relative to the folder where the command was typed. `train` runs in
 * a worker, so that the main thread hears signals and writes progress however long a step takes, and so do the trials of a
 * search; all other verbs run here.
 */
import { enableCompileCache } from "node:module"
import process from "node:process"
import { isMainThread, workerData } from "node:worker_threads"

enableCompileCache()

const entry = new URL(import.meta.url)

if (isMainThread) {
  // `pnpm adjoint …` runs in the repository's root, wherever it was typed.
  const typed = process.env.INIT_CWD
  if (process.env.npm_lifecycle_event === "adjoint" && typed !== undefined) process.chdir(typed)
  const args = process.argv.slice(2)
  const mayHaveWorkers = process.permission?.has("worker") ?? true
  if (mayHaveWorkers && args.find((arg) => !arg.startsWith("-")) === "train") {
    const { supervise } = await import("./process/Supervisor.ts")
    supervise(entry, args)
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
