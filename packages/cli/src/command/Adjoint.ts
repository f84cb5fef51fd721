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
  Flag.withDescription(`the folder of the runs; ${usualRuns}/ unless given`),
)
const json = switchOf("json", "print events, one line of JSON each: adjoint schema events")
const engine = Flag.Literals("engine", ["wasm", "reference"]).pipe(
  Flag.withDefault("wasm" as const),
  Flag.withDescription("wasm unless given; reference is slow and defines the answers"),
)
const numerics = Flag.Literals("numerics", ["portable", "fast"]).pipe(
  Flag.optional,
  Flag.map(Option.getOrUndefined),
  Flag.withDescription("portable, the same bits everywhere, unless given; fast fuses multiply-adds"),
)
const lanes = Flag.Literals("lanes", ["128", "256"]).pipe(
  Flag.map((bits) => (bits === "128" ? 128 : 256)),
  Flag.optional,
  Flag.map(Option.getOrUndefined),
  Flag.withDescription("bits of a vector: 256 in Node 24 where this machine can, else 128; the same bits of results"),
)
const threads = Flag.Int("threads").pipe(
  Flag.withMetavar("N"),
  Flag.optional,
  Flag.map(Option.getOrUndefined),
  Flag.withDescription("threads that compute, with the same bits; one for each processor unless given"),
)

const set = Flag.String("set").pipe(
  Flag.withMetavar("path=value"),
  Flag.atLeast(0),
  Flag.withDescription("set a value of the model file, as in train.batch=64"),
)

const init = Command.make(
  "init",
  {
    data: Argument.String("data").pipe(
      Argument.withDescription(
        "a table (delimited text, JSON lines, Parquet, Arrow), or a folder with a folder of images for each class",
      ),
    ),
    target: Flag.String("target").pipe(
      Flag.withMetavar("COLUMN"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("the column to predict; the likeliest one unless given"),
    ),
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("the model file; the data's name with .yaml unless given"),
    ),
    json,
  },
  lazily(() => import("../verbs/init.ts")),
).pipe(
  Command.withDescription("Write a commented model file for a table or a folder of images"),
  Command.withExamples([
    { command: "adjoint init churn.csv --target Churn" },
    { command: "adjoint init shapes/ -o shapes.yaml" },
  ]),
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
  lazily(() => import("../verbs/check.ts")),
).pipe(
  Command.withDescription("Report everything that is wrong with model files, and what could be better"),
  Command.withExamples([
    { command: "adjoint check digits.yaml moons.yaml" },
    { command: "adjoint check digits.yaml --fix" },
    { command: "adjoint check digits.yaml --fix=advice" },
  ]),
)

const inspect = Command.make(
  "inspect",
  { subject: Argument.String("model").pipe(Argument.withDescription("a model file, or a run")), set, runs, json },
  lazily(() => import("../verbs/inspect.ts")),
).pipe(
  Command.withDescription("Show a model's layers with their shapes, parameters and multiply-adds"),
  Command.withExamples([{ command: "adjoint inspect digits.yaml" }, { command: "adjoint inspect digits/0001" }]),
)

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
    lanes,
    threads,
    dryRun: switchOf("dry-run", "check everything, train nothing, write nothing"),
    noReport: switchOf("no-report", "draw no pictures and write no report.html when the run has ended"),
    json,
  },
  (options) => lazily(() => import("../verbs/train.ts"))({ ...options, usualRuns }),
).pipe(
  Command.withDescription("Train a model and record the run in a folder"),
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
    files: Argument.String("file").pipe(
      Argument.withDescription(
        "new labelled rows, in a file of any kind that train reads; those of the run's own data without one",
      ),
      Argument.atLeast(0),
    ),
    split: Flag.Literals("split", ["train", "val", "test"]).pipe(
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("which rows; those of `evaluate.split` in the model file unless given"),
    ),
    runs,
    engine,
    numerics,
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/evaluate.ts")),
).pipe(
  Command.withDescription("Score a run's model on rows that it was not trained on, of its own data or of new files"),
  Command.withExamples([
    { command: "adjoint evaluate digits/0001" },
    { command: "adjoint evaluate latest --split val" },
    { command: "adjoint evaluate titanic/0001 new-passengers.csv" },
  ]),
)

const report = Command.make(
  "report",
  {
    run: runArgument,
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("where the report goes; report.html in the run's folder unless given"),
    ),
    time: switchOf("time", "measure again how long each layer takes, and record it for this report and later ones"),
    runs,
    engine,
    numerics,
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/report.ts")),
).pipe(
  Command.withDescription("Draw the pictures of a run, and write its report as one HTML file that works offline"),
  Command.withExamples([{ command: "adjoint report digits/0001" }, { command: "adjoint report latest -o report.html" }]),
)

const listRuns = Command.make(
  "runs",
  {
    names: Argument.String("name").pipe(Argument.withDescription("a name of runs; all unless given"), Argument.atLeast(0)),
    status: Flag.Literals("status", ["finished", "stopped early", "interrupted", "failed", "running", "ended", "damaged"]).pipe(
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("only runs that stand so"),
    ),
    sort: Flag.String("sort").pipe(
      Flag.withMetavar("SCORE"),
      Flag.withDefault("started"),
      Flag.withDescription("by a score such as test.accuracy, the best first; by when they were started unless given"),
    ),
    runs,
    json,
  },
  lazily(() => import("../verbs/runs.ts")),
).pipe(
  Command.withDescription("List the runs with their scores"),
  Command.withExamples([{ command: "adjoint runs" }, { command: "adjoint runs digits --sort test.accuracy" }]),
)

const compare = Command.make(
  "compare",
  {
    all: Argument.String("run").pipe(Argument.withDescription("runs, or a name for all of its runs"), Argument.atLeast(1)),
    runs,
    json,
  },
  lazily(() => import("../verbs/compare.ts")),
).pipe(
  Command.withDescription("Show runs side by side: their scores, and what differs in their model files and data"),
  Command.withExamples([{ command: "adjoint compare digits/1 digits/2" }, { command: "adjoint compare digits" }]),
)

const sweep = Command.make(
  "sweep",
  {
    file: model,
    set,
    penalty: Flag.Literals("penalty", ["l2", "l1"]).pipe(
      Flag.withDefault("l2" as const),
      Flag.withDescription("the penalty that λ weighs; l2 unless given"),
    ),
    from: Flag.Finite("from").pipe(Flag.withDefault(1e-6), Flag.withDescription("the least λ after 0; 1e-6 unless given")),
    to: Flag.Finite("to").pipe(Flag.withDefault(0.1), Flag.withDescription("the greatest λ; 0.1 unless given")),
    steps: Flag.Int("steps").pipe(Flag.withDefault(6), Flag.withDescription("how many λ after 0; 6 unless given")),
    engine,
    numerics,
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/sweep.ts")),
).pipe(
  Command.withDescription("Train with rising weight penalties λ and report which scores best"),
  Command.withExamples([
    { command: "adjoint sweep digits.yaml --set train.epochs=10" },
    { command: "adjoint sweep digits.yaml --penalty l1 --from 1e-5 --to 1e-2" },
  ]),
)

const diagnose = Command.make(
  "diagnose",
  {
    subject: Argument.String("model").pipe(Argument.withDescription("a model file, or a run")),
    only: Flag.String("only").pipe(
      Flag.withMetavar("a,b"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("some diagnoses, such as layers,dead_units; all that fit the weights unless given"),
    ),
    plot: Flag.String("plot").pipe(
      Flag.withMetavar("DIR"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("write a picture of each diagnosis into this folder"),
    ),
    set,
    runs,
    engine,
    numerics,
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/diagnose.ts")),
).pipe(
  Command.withDescription("Measure why a net does or does not learn: rates, layers, gradients, dead units, baselines"),
  Command.withExamples([
    { command: "adjoint diagnose digits.yaml" },
    { command: "adjoint diagnose digits/0001 --only layers,dead_units --plot plots" },
  ]),
)

const predict = Command.make(
  "predict",
  {
    run: runArgument,
    input: Argument.String("file").pipe(
      Argument.withDescription("rows as csv, tsv, jsonl, npy, npz or idx; - reads what is piped in"),
      Argument.withDefault("-"),
    ),
    runs,
    engine,
    numerics,
    lanes,
    threads,
    json,
  },
  lazily(() => import("../verbs/predict.ts")),
).pipe(
  Command.withDescription("Predict rows with a run's model, one line of JSON for each"),
  Command.withExamples([
    { command: "adjoint predict digits/0001 images.idx.gz" },
    { command: `echo '{"petal_length":1.4}' | adjoint predict iris/0001` },
  ]),
)

const schema = Command.make(
  "schema",
  {
    of: Argument.Literals("which", ["model", "events"]).pipe(
      Argument.withDefault("model" as const),
      Argument.withDescription("model, of model files, unless given, or events, of the lines that --json prints"),
    ),
    json,
  },
  lazily(() => import("../verbs/schema.ts")),
).pipe(
  Command.withDescription("Print the JSON Schema of model files, or of the events of --json"),
  Command.withExamples([
    { command: "adjoint schema > adjoint.schema.json" },
    { command: "adjoint schema events > events.schema.json" },
  ]),
)

const explain = Command.make(
  "explain",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("a word such as relu, lr or split, a code such as G401, or an exit code such as 3"),
    ),
    json,
  },
  lazily(() => import("../verbs/explain.ts")),
).pipe(
  Command.withDescription("Explain a word of model files, the code of a diagnostic, or an exit code"),
  Command.withExamples([{ command: "adjoint explain early_stop" }, { command: "adjoint explain A606" }]),
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
  lazily(() => import("../verbs/plot.ts")),
).pipe(
  Command.withDescription("Draw an activation and its derivative, in the terminal and as SVG"),
  Command.withExamples([{ command: "adjoint plot gelu" }, { command: "adjoint plot leaky_relu --set alpha=0.1 -o leaky.svg" }]),
)

const fetch = Command.make(
  "fetch",
  {
    names: Argument.String("dataset").pipe(
      Argument.withDescription("such as mnist; without a name, all that are known are listed"),
      Argument.atLeast(0),
    ),
    to: Flag.String("to").pipe(
      Flag.withMetavar("DIR"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("the folder of the files; a folder of the user's cache unless given"),
    ),
    json,
  },
  lazily(() => import("../verbs/fetch.ts")),
).pipe(
  Command.withDescription("Download public datasets, check their bytes, and show how a model file reads them"),
  Command.withExamples([{ command: "adjoint data fetch" }, { command: "adjoint data fetch mnist" }]),
)

const data = Command.make(
  "data",
  {
    file: model,
    set,
    sample: Flag.Int("sample").pipe(
      Flag.withMetavar("N"),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
      Flag.withDescription("show N training rows as they were read, and as the net is given them"),
    ),
    json,
  },
  lazily(() => import("../verbs/data.ts")),
).pipe(
  Command.withDescription("Show what the rows of a model file hold, and what looks wrong with them"),
  Command.withExamples([
    { command: "adjoint data titanic.yaml" },
    { command: "adjoint data digits.yaml --sample 12" },
    { command: "adjoint data fetch mnist" },
  ]),
  Command.withSubcommands([fetch]),
)

const doctor = Command.make(
  "doctor",
  { lanes, threads, json },
  lazily(() => import("../verbs/doctor.ts")),
).pipe(
  Command.withDescription("Show what the engine can use on this machine, and test its answers"),
  Command.withExamples([{ command: "adjoint doctor" }, { command: "adjoint doctor --threads 2" }]),
)

/** Never run: its arguments become those of `--help`. */
const help = Command.make(
  "help",
  { verb: Argument.String("verb").pipe(Argument.withDescription("one of the verbs"), Argument.optional), json },
  () => Effect.void,
).pipe(
  Command.withDescription("Show the help of the command or of a verb"),
  Command.withExamples([{ command: "adjoint help" }, { command: "adjoint help train" }]),
)

const all = [
  init,
  check,
  inspect,
  train,
  sweep,
  evaluate,
  diagnose,
  predict,
  listRuns,
  compare,
  report,
  data,
  schema,
  explain,
  plot,
  doctor,
  help,
] as const

/** The names of the verbs. */
export const verbs: ReadonlyArray<string> = all.map(({ name }) => name)

/** The command. */
export const adjoint = Command.make("adjoint").pipe(
  Command.withDescription("Deep learning from a model file"),
  Command.withSubcommands(all),
)
