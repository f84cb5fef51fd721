/** From arguments to an exit code: runs the command in a world and reports every expected failure. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { MinimumLogLevel } from "effect/References"
import { version } from "../model/Packages.ts"
import { type ExitCode, exitCodes } from "../report/ExitCode.ts"
import { hasColour } from "../terminal/Capability.ts"
import { guardedWorld } from "../terminal/Guard.ts"
import { style } from "../terminal/Style.ts"
import { World } from "../terminal/World.ts"
import { adjoint, verbs } from "./Adjoint.ts"
import { asked, asksForJson, presenter } from "./Usage.ts"

const builtIns = [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions]

/** Reports an error that is a defect, with all that is known of it. */
const reportInternal = async (
  cause: Cause.Cause<unknown>,
  args: ReadonlyArray<string>,
  { env, stderr, stdout }: World["Service"],
): Promise<ExitCode> => {
  const look = style(hasColour(env, stderr))
  stderr.write(`${look("bad", "internal error")}: please report this with what you typed\n${Cause.pretty(cause)}\n`)
  if (asksForJson(args)) {
    const message = Cause.pretty(cause)
    const { line } = await import("../json/Line.ts")
    stdout.write(`${line({ event: "failed", exit: exitCodes.internal, error: "InternalError", message })}\n`)
  }
  return exitCodes.internal
}

const report = async (cause: Cause.Cause<unknown>, args: ReadonlyArray<string>, world: World["Service"]): Promise<ExitCode> => {
  if (Cause.hasInterruptsOnly(cause)) return exitCodes.interrupted
  const error = Cause.squash(cause)
  // The presenter reported these.
  if (CliError.isCliError(error)) return exitCodes.usage
  const Report = await import("../report/Report.ts")
  if (!Report.isFailure(error)) return reportInternal(cause, args, world)
  const { env, stderr, stdout } = world
  const colour = hasColour(env, stderr)
  if (!(error._tag === "Refused" && error.isTold === true)) stderr.write(`${Report.text(error, style(colour), colour)}\n`)
  if (asksForJson(args)) {
    const { line } = await import("../json/Line.ts")
    stdout.write(`${line(Report.event(error))}\n`)
  }
  return Report.exitCode(error)
}

/** Runs the command; interrupting the fiber stops it as Ctrl-C does. */
export const execute = (args: ReadonlyArray<string>, unguarded: World["Service"]): Effect.Effect<ExitCode> => {
  const world = guardedWorld(unguarded)
  return Command.runWith(adjoint, { version: version() })(asked(args, verbs)).pipe(
    Effect.provide(NodeServices.layer),
    // The command shows the events of runs itself, and its output is not for logs.
    Effect.provideService(MinimumLogLevel, "None"),
    Effect.provideService(World, world),
    Effect.provideService(CliOutput.Presenter, presenter(world, args)),
    Effect.provideService(CliConfig.CliConfig, CliConfig.make({ builtIns })),
    Effect.exit,
    Effect.flatMap((exit) =>
      Exit.isSuccess(exit) ? Effect.succeed<ExitCode>(exitCodes.ok) : Effect.promise(() => report(exit.cause, args, world)),
    ),
  )
}

/** The exit code of a command that runs in a fiber, when it has ended. */
export const codeOf = (running: Fiber.Fiber<ExitCode>): Effect.Effect<ExitCode> =>
  Effect.map(Fiber.await(running), (exit) =>
    Exit.isSuccess(exit) ? exit.value : Cause.hasInterruptsOnly(exit.cause) ? exitCodes.interrupted : exitCodes.internal,
  )
