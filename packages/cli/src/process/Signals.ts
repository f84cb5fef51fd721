/**
 * Signals that end the command. While there is something to save, the first one interrupts it, and a second one ends the process
 * at once, as any signal does while there is nothing to save: then the process has no handler, and the system ends it.
 */
import { basename } from "node:path"
import process from "node:process"
import { exitCodes } from "../report/ExitCode.ts"

/** 128 and the signal's number, as shells count. */
const codes = { SIGHUP: exitCodes.hangup, SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const

type Signal = keyof typeof codes

/** Node forgets at its start that `nohup` ignores SIGHUP. Shells name the program that they start in the variable `_`. */
const isNohup = (): boolean => basename(process.env._ ?? "") === "nohup"

export interface Signals {
  readonly setSaving: (isSaving: boolean) => void
  /** The exit code of the signal that interrupted the command, if one did. */
  readonly code: () => (typeof codes)[Signal] | undefined
}

/** Listens for signals while there is something to save. `interrupt` is called once, with the signal. */
export const signals = (interrupt: (signal: Signal) => void): Signals => {
  let heard: Signal | undefined
  if (isNohup()) process.on("SIGHUP", () => {})
  const handlers = (Object.keys(codes) as ReadonlyArray<Signal>)
    .filter((signal) => signal !== "SIGHUP" || !isNohup())
    .map((signal) => [signal, () => hear(signal)] as const)
  const ignore = () => {
    for (const [signal, handler] of handlers) process.off(signal, handler)
  }
  const hear = (signal: Signal) => {
    heard = signal
    ignore()
    interrupt(signal)
  }
  return {
    setSaving: (isSaving) => {
      ignore()
      if (isSaving && heard === undefined) for (const [signal, handler] of handlers) process.on(signal, handler)
    },
    code: () => (heard === undefined ? undefined : codes[heard]),
  }
}

/** What a verb does when it is interrupted; the others finish a step and save. */
const endings: ReadonlyMap<string, string> = new Map([
  ["search", "ending the trials that run"],
  ["worker", "giving back the work that is under way"],
])

/** The verb of a command line. */
const verbOf = (args: ReadonlyArray<string>): string | undefined => args.find((arg) => !arg.startsWith("-"))

/** What is printed when a command with these arguments hears a signal. */
export const acknowledgement = (signal: Signal, args: ReadonlyArray<string>): string => {
  const ending = endings.get(verbOf(args) ?? "") ?? "finishing this step and saving"
  return `\n${signal}: ${ending}; ${signal === "SIGINT" ? "Ctrl-C" : "a signal"} again stops at once\n`
}
