/** `adjoint explain`: the meaning of a word of the language, of the code of a diagnostic, or of an exit code. */
import * as Effect from "effect/Effect"
import { find, unknown } from "../explain/Explain.ts"
import { print } from "../explain/Print.ts"
import { emit } from "../json/Emit.ts"
import { World } from "../terminal/World.ts"
import { message, result } from "../terminal/Write.ts"

const widest = 88

interface Options {
  readonly name: string
  readonly json: boolean
}

/** Prints all that a word means. Fails with `UsageError` for one that means nothing. */
export const run = ({ json, name }: Options) =>
  Effect.gen(function* () {
    const { found, names } = find(name)
    if (found.length === 0) return yield* unknown(name)
    if (json) return yield* emit({ event: "explained", name, found })
    const { stdout } = yield* World
    const width = Math.max(40, Math.min(stdout.columns(), widest))
    const isOther = names.every((each) => each.toLowerCase() !== name.toLowerCase())
    if (isOther) yield* message((style) => style("faint", `${name} is called ${names.join(" or ")} here`))
    return yield* result((style) => print(found, { width, style }))
  })
