/** Draws the pictures of a run and writes its report: the same bytes for the same run, whenever they are made. */
import { dirname, join, relative, resolve, sep } from "node:path"
import * as PreprocessTree from "@adjoint/core/data/PreprocessTree"
import type { Params } from "@adjoint/core/learning/Params"
import { modelRows, type Row } from "@adjoint/dsl/build/LayerRows"
import { find, nodes } from "@adjoint/dsl/net/Nodes"
import { ordered } from "@adjoint/dsl/prepare/InTime"
import type { Part, Prepared } from "@adjoint/dsl/prepare/Prepared"
import { openWith } from "@adjoint/dsl/Read"
import { standard } from "@adjoint/dsl/schema/Catalogue"
import { nearest, type Positions } from "@adjoint/dsl/source/Positions"
import { fromText } from "@adjoint/dsl/source/Source"
import * as Override from "@adjoint/dsl/text/Override"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { findings, type HeadFindings, rowsAt } from "../evaluate/Findings.ts"
import { type Drawing, drawings } from "../figures/All.ts"
import { imageInput } from "../figures/Images.ts"
import { svg } from "../plot/Svg.ts"
import { makeFolder, writeWhole } from "../run/Files.ts"
import { readRecord, readText } from "../run/Records.ts"
import { foldsIn, type Run } from "../run/Run.ts"
import { files } from "../run/RunFolder.ts"
import { lossOver, type Trained } from "../run/Trained.ts"
import { type Watched, watched } from "../run/Watched.ts"
import { factsByLine, type PlacedRow } from "./Annotated.ts"
import { statisticsOf, timesOf } from "./LayerFacts.ts"
import { page } from "./Page.ts"

const Environment = Schema.Record(Schema.String, Schema.Unknown)
const Seed = Schema.Struct({ seed: Schema.Int })
const Seeds = Schema.Struct({ streams: Schema.Struct({ "train.init": Seed, "data.split": Seed }) })

/** The part that a run is judged on: the one that its model file names, or else one that is not trained on, or else all. */
const judged = ({ document: { evaluate } }: Trained, prepared: Prepared): readonly [Part, "train" | "val" | "test"] => {
  const own = prepared[evaluate.split]
  if (own !== undefined) return [own, evaluate.split]
  return prepared.val === undefined ? [prepared.train, "train"] : [prepared.val, "val"]
}

/** The lines of the model file that layers stand on. */
const placed = (
  { document }: Pick<Trained, "document">,
  positions: Positions | undefined,
  rows: ReadonlyArray<Row>,
): ReadonlyArray<PlacedRow> => {
  if (positions === undefined) return []
  const all = nodes({ catalogue: standard, model: document.model, outputs: 1 })
  return rows.flatMap((row) => {
    const node = find(all, row.name)
    const place = node === undefined ? undefined : nearest(positions, node.path)
    return place === undefined ? [] : [{ ...row, line: place.value.line }]
  })
}

/** The model file as it was written, read with what `--set` put into it. */
const readModel = (directory: string, set: ReadonlyArray<string>) =>
  Effect.map(readText(directory, files.model), (text) => {
    const overrides = Result.getOrElse(Result.all(set.map(Override.parse)), () => [])
    const opened = openWith(fromText(files.model, text), overrides)
    return { text, positions: Result.isSuccess(opened) ? opened.success.positions : undefined }
  })

/** The rows of each series in the order of time. Rows of another part than the document is evaluated on are in order as they stand. */
const seriesOf = ({ inTime }: Prepared, rows: number) =>
  inTime === undefined ? undefined : ordered(inTime.time?.length === rows || inTime.series?.length === rows ? inTime : {}, rows)

/** The name of a run, of its folder: `digits/0001`, and `digits/0001/folds/1-2/0001` of a fold. */
export const referenceIn = (directory: string): string => {
  const [number = "", name = "", above = "", ...rest] = resolve(directory).split(sep).reverse()
  const whole = above === files.folds ? [...rest.slice(0, 2).reverse(), above] : []
  return [...whole, name, number].join("/")
}

export interface Made {
  readonly html: string
  readonly drawings: ReadonlyArray<Drawing>
}

/** What the records of a run say, for its page. */
const recordsOf = ({ command, directory, lock, summary }: Run) =>
  Effect.gen(function* () {
    const environment = yield* readRecord(directory, files.environment, Environment)
    const { streams } = yield* readRecord(directory, files.seeds, Seeds)
    const { positions, text } = yield* readModel(directory, command.set)
    const seeds = { train: streams["train.init"].seed, split: streams["data.split"].seed }
    return { command, summary, lock, environment, seeds, positions, model: { text, facts: new Map() }, advice: [] }
  })

/** The report of a cross-validation, which has no model: the scores of its folds, with links from `out` to their own reports. */
export const composeFolds = (run: Run, out: string, reference: string) =>
  Effect.gen(function* () {
    const { positions: _, ...known } = yield* recordsOf(run)
    const from = dirname(resolve(out))
    const folds = (yield* foldsIn(run.directory)).map((fold) => {
      const steps = relative(from, resolve(run.directory, fold.run, files.report)).split(sep)
      return { ...fold, report: steps.map(encodeURIComponent).join("/") }
    })
    const html = page({ ...known, reference, findings: undefined, drawings: [], folds })
    return { html, drawings: [] } satisfies Made
  })

/** The pictures and the report of a run, of its records and its rows. `reference` is its name, `digits/0001`. */
export const compose = (trained: Trained, prepared: Prepared, reference: string) =>
  Effect.gen(function* () {
    const { built, run, weights } = trained
    const { directory, summary } = run
    const records: Watched = yield* watched(directory)
    const { positions, ...known } = yield* recordsOf(run)
    const [part, split] = judged(trained, prepared)
    const found = yield* findings(trained, { part, split, prepared, loss: lossOver(trained, prepared) })
    const rows = modelRows(built.net, prepared.facts.sample)
    // The windows of a series have two axes as well, and are no images.
    const image = run.fitted.series === undefined ? imageInput(PreprocessTree.sample(run.fitted)) : undefined
    const mistaken = new Map<HeadFindings, PreprocessTree.Arrays>()
    for (const head of image === undefined ? [] : found.heads)
      if (head.kind === "classes" && head.mistakes.length > 0)
        mistaken.set(
          head,
          yield* rowsAt(
            part.inputs,
            head.mistakes.map(({ row }) => row),
          ),
        )
    const all = drawings({
      watched: records,
      best: summary?.best === undefined ? undefined : { epoch: summary.best.epoch, monitor: summary.best.monitor },
      findings: found,
      image,
      mistaken,
      params: weights.params as Params,
      firstLayer: rows.find(({ parameters }) => parameters > 0)?.name,
      series: seriesOf(prepared, found.rows),
    })
    const statistics = yield* statisticsOf(trained, prepared)
    const facts = factsByLine(placed(trained, positions, rows), statistics, yield* timesOf(directory))
    const html = page({
      ...known,
      reference,
      findings: found,
      drawings: all,
      model: { text: known.model.text, facts },
    })
    return { html, drawings: all } satisfies Made
  }).pipe(Effect.scoped)

/** Writes pictures into a run's folder, and the report to a file. */
export const save = (directory: string, out: string, { drawings: all, html }: Made) =>
  Effect.gen(function* () {
    const folder = join(directory, files.plots)
    if (all.length > 0) yield* makeFolder(folder)
    const written = all.map(({ figure, name }) => writeWhole(join(folder, `${name}.svg`), svg(figure)))
    yield* Effect.all([...written, writeWhole(out, html)], { concurrency: "unbounded", discard: true })
  })
