/** The command's own help and complaints: help that was asked for is a result, help that was not is a message. */

import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { FlagDoc, HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Said } from "../json/Events.ts"
import { exitCodes } from "../report/ExitCode.ts"
import { hasColour } from "../terminal/Capability.ts"
import { own } from "../terminal/Guard.ts"
import { style } from "../terminal/Style.ts"
import type { World } from "../terminal/World.ts"

const json = "--json"

/** Whether the output is wanted as JSON, of arguments that may not be understood otherwise. */
export const asksForJson = (args: ReadonlyArray<string>): boolean => args.includes(json)

/**
 * The arguments as the library takes them: the command alone asks for its help, as `help` does, and `help VERB` for that of
 * the verb. What follows a verb that is none is left out, since nothing can be said of it.
 *
 * `asked(["help", "train"], ["train"]) // => ["train", "--help"]`
 */
export const asked = (args: ReadonlyArray<string>, verbs: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [verb, ...rest] = args.filter((arg) => arg !== json)
  if (verb === undefined) return ["--help"]
  if (verb.startsWith("-")) return [verb, ...rest]
  if (verb !== "help" || rest.includes("--help")) return verbs.includes(verb) ? args : [verb]
  const [about] = rest
  return about === undefined || verbs.includes(about) ? [...rest, "--help"] : [about]
}

const descriptionOf = ({ description }: { readonly description: Option.Option<string> }): string =>
  Option.getOrElse(description, () => "")

const flagOf = ({ aliases, name, required, type, ...rest }: FlagDoc) => ({
  name,
  aliases,
  type,
  description: descriptionOf(rest),
  required,
})

/** Help as an event. */
const helpOf = (command: ReadonlyArray<string>, doc: HelpDoc): Said => ({
  event: "help",
  command,
  description: doc.description,
  usage: doc.usage,
  arguments: (doc.args ?? []).map(({ name, required, type, variadic, ...rest }) => ({
    name,
    type,
    description: descriptionOf(rest),
    required,
    variadic,
  })),
  flags: doc.flags.map(flagOf),
  verbs: (doc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ description, name }) => ({ name, description }))),
  examples: (doc.examples ?? []).map(({ command }) => command),
})

/** What is wrong with an argument, and what to try. */
interface Complaint {
  readonly message: string
  readonly hint?: string
}

/** The verbs of the command. */
const verbsOf = (doc: HelpDoc): ReadonlyArray<string> =>
  (doc.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))

/** `setting` is what `--set` takes in place of a flag that is the name of something in a model file. */
const complaintOf = (error: CliError.CliError, doc: HelpDoc, setting: string | undefined): Complaint => {
  const [message = error.message] = error.message.split("\n")
  const near = [...("suggestions" in error ? error.suggestions : []), ...(setting === undefined ? [] : [`--set ${setting}`])]
  if (near.length > 0) return { message, hint: near.join(" or ") }
  const verbs = error._tag === "UnknownSubcommand" ? verbsOf(doc) : []
  return verbs.length === 0 ? { message } : { message, hint: `one of ${verbs.join(", ")}` }
}

/** Prints the library's help, version and complaints, for arguments as they were typed. */
export const presenter = (world: World["Service"], args: ReadonlyArray<string>): CliOutput.Presenter => ({
  present: (event) =>
    Effect.promise(async () => {
      const { env, stderr, stdout } = world
      const isAsked = event._tag === "Version" || (event._tag === "Help" && event.reason === "Requested")
      const isJson = asksForJson(args)
      const emit = async (said: Said) => {
        const { line } = await import("../json/Line.ts")
        stdout.write(`${line(said)}\n`)
      }
      const sink = isAsked ? stdout : stderr
      const formatter = CliOutput.defaultFormatter({ colors: hasColour(env, sink), globalFlags: isAsked ? "full" : "none" })
      const look = style(hasColour(env, sink))
      switch (event._tag) {
        case "Version":
          if (isJson) await emit({ event: "version", name: event.name, release: event.version })
          else sink.write(`${event.name} ${event.version}\n`)
          return
        case "Help":
          if (isJson) await emit(helpOf(event.commandPath, event.helpDoc))
          else sink.write(own(`${formatter.formatHelpDoc(event.helpDoc)}\n`))
          return
        case "InvalidInvocation": {
          const { settingOf } = await import("./Setting.ts")
          const complaints = event.errors.map((error) => complaintOf(error, event.helpDoc, settingOf(error, args)))
          const help = `${event.commandPath.join(" ")} --help`
          const wrong = complaints.map(
            ({ hint, message }) =>
              `${look("bad", "error")}: ${message}${hint === undefined ? "" : `\n  ${look("accent", "try:")} ${hint}`}`,
          )
          sink.write(
            `${wrong.join("\n")}\n\n  ${look("faint", "usage:")} ${event.helpDoc.usage}\n  ${look("faint", "help: ")} ${help}\n`,
          )
          if (isJson)
            await emit({
              event: "failed",
              exit: exitCodes.usage,
              error: "UsageError",
              message: complaints.map(({ message }) => message).join("; "),
              hint: complaints.flatMap(({ hint }) => hint ?? []).join("; ") || help,
            })
          return
        }
      }
    }),
})
