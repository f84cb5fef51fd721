/** The flags and arguments that several verbs have. */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"

/** A flag that may be missing: `undefined` then. */
export const optional = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** A flag without a value, which is false unless given. */
export const switchOf = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDefault(false), Flag.withDescription(description))

export const model = Argument.String("model").pipe(Argument.withDescription("a model file"))

export const modelOrRun = Argument.String("model").pipe(Argument.withDescription("a model file, or a run"))

export const run = Argument.String("run").pipe(
  Argument.withDescription("a run: its number, name/number, latest, name/latest, or its folder"),
)

/** The folder of the runs unless given. */
export const usualRuns = "runs"

export const runs = Flag.String("runs").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDefault(usualRuns),
  Flag.withDescription(`the folder of the runs; ${usualRuns}/ unless given`),
)

export const json = switchOf("json", "print events, one line of JSON each: adjoint schema events")

export const set = Flag.String("set").pipe(
  Flag.withMetavar("path=value"),
  Flag.atLeast(0),
  Flag.withDescription("set a value of the model file, as in train.batch=64"),
)

/** `--output FILE`, or `-o FILE`. */
export const output = (description: string, name = "output"): Flag.Flag<string | undefined> =>
  optional(Flag.String(name).pipe(Flag.withAlias("o"), Flag.withMetavar("FILE"), Flag.withDescription(description)))
