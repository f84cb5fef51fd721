/**
 * The command's words: verbs, flags and arguments. What a verb does is loaded when it is asked for, so that `--help`
 * waits for nothing but this file.
 */

import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Runs a verb whose module is loaded now. */
const lazily =
  <O, A, E, R>(load: () => Promise<{ readonly run: (options: O) => Effect.Effect<A, E, R> }>) =>
  (options: O): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(load), ({ run }) => run(options))

const switchOf = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDefault(false), Flag.withDescription(description))

const usualRuns = "runs"

const model = Argument.String("model").pipe(Argument.withDescription("a model file"))
const runArgument = Argument.String("run").pipe(
  Argument.withDescription("a run: its number, name/number, latest, name/latest, or its folder"),
)
const runs = Flag.String("runs").pipe(
  Flag.withMetavar("DIR"),
  Flag.withDefault(usualRuns),
  Flag.withDescription(`where run folders are; ${usualRuns}/ unless given`),
)
const json = switchOf("json", "print JSON for programs")
const engine = Flag.Literals("engine", ["wasm", "reference"]).pipe(
  Flag.withDefault("wasm" as const),
  Flag.withDescription("what computes: wasm, or reference, which is slow and defines the answers"),
)
const numerics = Flag.Literals("numerics", ["portable", "fast"]).pipe(
  Flag.optional,
  Flag.map(Option.getOrUndefined),
  Flag.withDescription(
    "how wasm rounds: portable, the same bits everywhere, or fast, with fused multiply-add where there is one",
  ),
)
const threads = Flag.Int("threads").pipe(
  Flag.withMetavar("N"),
  Flag.optional,
  Flag.map(Option.getOrUndefined),
  Flag.withDescription("how many threads wasm computes on, with the same bits; as many as there are processors unless given"),
)

const set = Flag.String("set").pipe(
  Flag.withMetavar("path=value"),
  Flag.atLeast(0),
  Flag.withDescription("set a value of the model file, as in train.batch=64"),
)

const check = Command.make(
  "check",
  {
    files: model.pipe(Argument.atLeast(1)),
    set,
    fix: Flag.Literals("fix", ["errors", "advice"]).pipe(
      Flag.withOptionalValue("errors" as const),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("apply the fixes of errors, or with --fix=advice those of advice too"),
    ),
    strict: switchOf("strict", "make warnings errors"),
    json,
  },
  lazily(() => import("./verbs/check.ts")),
).pipe(Command.withDescription("Say everything that is wrong with model files, and what could be better"))

const inspect = Command.make(
  "inspect",
  { subject: Argument.String("model").pipe(Argument.withDescription("a model file, or a run")), set, runs, json },
  lazily(() => import("./verbs/inspect.ts")),
).pipe(Command.withDescription("Show a model's layers: shapes, parameters, multiply-adds"))

const train = Command.make(
  "train",
  {
    file: model.pipe(Argument.optional, Argument.map(Option.getOrUndefined)),
    resume: Flag.String("resume").pipe(
      Flag.withMetavar("RUN"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("resume a run that was stopped, such as latest"),
    ),
    set,
    runs,
    engine,
    numerics,
    threads,
    dryRun: switchOf("dry-run", "check everything, train nothing, write nothing"),
    json,
  },
  (options) => lazily(() => import("./verbs/train.ts"))({ ...options, usualRuns }),
).pipe(
  Command.withDescription("Train a model and keep the result in a run folder"),
  Command.withExamples([
    { command: "adjoint train digits.yaml" },
    { command: "adjoint train digits.yaml --set train.batch=64" },
    { command: "adjoint train --resume digits/0001" },
  ]),
)

const evaluate = Command.make(
  "evaluate",
  {
    run: runArgument,
    split: Flag.Literals("split", ["train", "val", "test"]).pipe(
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("which rows; those the model file says unless given"),
    ),
    runs,
    engine,
    numerics,
    threads,
    json,
  },
  lazily(() => import("./verbs/evaluate.ts")),
).pipe(Command.withDescription("Score a run's model on rows it did not learn from"))

const sweep = Command.make(
  "sweep",
  {
    file: model,
    set,
    penalty: Flag.Literals("penalty", ["l2", "l1"]).pipe(
      Flag.withDefault("l2" as const),
      Flag.withDescription("what λ is of; l2 unless given"),
    ),
    from: Flag.Finite("from").pipe(Flag.withDefault(1e-6), Flag.withDescription("the least λ besides 0; 1e-6 unless given")),
    to: Flag.Finite("to").pipe(Flag.withDefault(0.1), Flag.withDescription("the greatest λ; 0.1 unless given")),
    steps: Flag.Int("steps").pipe(Flag.withDefault(6), Flag.withDescription("how many λ besides 0; 6 unless given")),
    engine,
    numerics,
    threads,
    json,
  },
  lazily(() => import("./verbs/sweep.ts")),
).pipe(
  Command.withDescription("Find how much the weights should cost: train with λ = 0 and rising, and compare"),
  Command.withExamples([{ command: "adjoint sweep digits.yaml --set train.epochs=10" }]),
)

const predict = Command.make(
  "predict",
  {
    run: runArgument,
    input: Argument.String("file").pipe(
      Argument.withDescription("rows as csv, tsv, jsonl, npy or idx; - reads what is piped in"),
      Argument.withDefault("-"),
    ),
    runs,
    engine,
    numerics,
    threads,
  },
  lazily(() => import("./verbs/predict.ts")),
).pipe(
  Command.withDescription("Predict rows with a run's model, one line of JSON each"),
  Command.withExamples([
    { command: "adjoint predict digits/0001 images.idx.gz" },
    { command: `echo '{"petal_length":1.4}' | adjoint predict iris/0001` },
  ]),
)

const schema = Command.make(
  "schema",
  {},
  lazily(() => import("./verbs/schema.ts")),
).pipe(Command.withDescription("Print the JSON Schema of model files, for editors"))

const explain = Command.make(
  "explain",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("the code of a diagnostic, such as G401, or a name of the catalogue, such as relu"),
    ),
    json,
  },
  lazily(() => import("./verbs/explain.ts")),
).pipe(
  Command.withDescription("Explain a name of the catalogue, or the code of a diagnostic"),
  Command.withExamples([{ command: "adjoint explain leaky_relu" }, { command: "adjoint explain A606" }]),
)

const plot = Command.make(
  "plot",
  {
    activation: Argument.String("activation").pipe(Argument.withDescription("such as relu")),
    set: Flag.String("set").pipe(
      Flag.withMetavar("option=value"),
      Flag.atLeast(0),
      Flag.withDescription("set an option of the activation, as in alpha=0.1"),
    ),
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("where the picture goes; the activation's name and .svg unless given"),
    ),
    range: Flag.String("range").pipe(
      Flag.withMetavar("low:high"),
      Flag.withDefault("-6:6"),
      Flag.withDescription("from where to where it is drawn; -6:6 unless given"),
    ),
    json,
  },
  lazily(() => import("./verbs/plot.ts")),
).pipe(
  Command.withDescription("Draw an activation and its derivative, here and as SVG"),
  Command.withExamples([{ command: "adjoint plot gelu" }, { command: "adjoint plot leaky_relu --set alpha=0.1 -o leaky.svg" }]),
)

const doctor = Command.make(
  "doctor",
  { threads, json },
  lazily(() => import("./verbs/doctor.ts")),
).pipe(Command.withDescription("Say what this machine offers, and test that the engine is right on it"))

/** The command. */
export const adjoint = Command.make("adjoint").pipe(
  Command.withDescription("Deep learning from a model file"),
  Command.withSubcommands([check, inspect, train, sweep, evaluate, predict, schema, explain, plot, doctor]),
)
