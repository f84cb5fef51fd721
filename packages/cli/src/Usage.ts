/** The command's own help and complaints: help that was asked for is a result, help that was not is a message. */

import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import { hasColour } from "./terminal/Capability.ts"
import { own } from "./terminal/Guard.ts"
import { style } from "./terminal/Style.ts"
import type { World } from "./terminal/World.ts"

/** Where the library's words go. */
export const presenter = (world: World["Service"], args: ReadonlyArray<string>): CliOutput.Presenter => ({
  present: (event) =>
    Effect.promise(async () => {
      const { env, stderr, stdout } = world
      const isAsked = event._tag === "Version" || (event._tag === "Help" && event.reason === "Requested")
      const sink = isAsked ? stdout : stderr
      // What was typed is quoted in complaints, so only help has colours of the library.
      const plain = CliOutput.defaultFormatter({ colors: false })
      const formatter = CliOutput.defaultFormatter({ colors: hasColour(env, sink), globalFlags: isAsked ? "full" : "none" })
      const look = style(hasColour(env, sink))
      switch (event._tag) {
        case "Version":
          sink.write(`${event.name} ${event.version}\n`)
          return
        case "Help":
          sink.write(own(`${formatter.formatHelpDoc(event.helpDoc)}\n`))
          return
        case "InvalidInvocation": {
          const wrong = event.errors.map((error) => `${look("bad", "error")}: ${plain.formatCliError(error)}`)
          const { settingOf } = await import("./Setting.ts")
          const settings = event.errors.flatMap((error) => settingOf(error, args) ?? [])
          const tries = [...new Set(settings)].map((setting) => `  ${look("accent", "try:")} --set ${setting}\n`).join("")
          const help = `${event.commandPath.join(" ")} --help`
          sink.write(
            `${wrong.join("\n")}\n${tries}\n  ${look("faint", "usage:")} ${event.helpDoc.usage}\n  ${look("faint", "help: ")} ${help}\n`,
          )
          return
        }
      }
    }),
})
