/** The report of a run as one HTML file: nothing is loaded, nothing runs, and the same run gives the same bytes. */
import type { Interval } from "@adjoint/core/learning/Interval"
import type { Findings } from "../evaluate/Findings.ts"
import { few } from "../evaluate/Groups.ts"
import { printInterval } from "../evaluate/Table.ts"
import type { Drawing, Topic } from "../figures/All.ts"
import type { FoldResult } from "../json/Folds.ts"
import type { Summary } from "../json/Summary.ts"
import { svg } from "../plot/Svg.ts"
import type { Command } from "../run/Records.ts"
import * as Format from "../terminal/Format.ts"
import { annotated, type LineFacts } from "./Annotated.ts"
import { type Content, type Html, html, raw } from "./Html.ts"
import { styleSheet } from "./Style.ts"

/** What a report is made of: the records of the run, and what was computed of its rows. */
export interface Material {
  /** `digits/0001`. */
  readonly reference: string
  readonly command: Command
  readonly summary: Summary | undefined
  readonly environment: { readonly [name: string]: unknown }
  readonly seeds: { readonly train: number; readonly split: number }
  readonly lock: {
    readonly files: ReadonlyArray<{ readonly path: string; readonly bytes: number; readonly sha256: string }>
    readonly rows: { readonly train: number; readonly val: number; readonly test: number }
    readonly split: string
  }
  readonly findings: Findings | undefined
  readonly drawings: ReadonlyArray<Drawing>
  readonly model: { readonly text: string; readonly facts: ReadonlyMap<number, LineFacts> }
  /** The folds of a cross-validation, with the addresses of their reports. */
  readonly folds?: ReadonlyArray<FoldResult & { readonly report: string }>
  /** What the check says of the model file. */
  readonly advice: ReadonlyArray<string>
}

const units = ({ summary }: Material): Format.Units => summary?.units

const scoreCell = (name: string, value: number | undefined): string => (value === undefined ? "–" : Format.score(name, value))

const intervalText = (name: string, interval: Interval | undefined): string =>
  interval === undefined ? "" : printInterval(name, interval)

const of = <A>(record: { readonly [name: string]: A } | undefined, name: string): A | undefined =>
  record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined

/** The score that a reader wants first: the first metric of the rows the run is judged on. */
const mainScore = ({ scores }: Findings): string | undefined => {
  const names = Object.keys(scores)
  return names.find((name) => !/(^|\.)loss$/u.test(name)) ?? names[0]
}

const scrolled = (label: string, content: Html): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="table: ${label}">${content}</div>
`

const tableOf = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Content>>): Html => html`<table>
<thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows.map(
  ([first, ...rest]) => html`
<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
)}
</tbody></table>`

/** A time in UTC, which the record has. */
const printTime = (text: string): string => text.replace("T", " ").replace(/\.\d+Z$/, " UTC")

/** The mean of the main score over the folds, with its deviation, and what it is of. */
const meanOfFolds = ({ folds, summary }: Material): readonly [value: string, what: string] | undefined => {
  if (folds === undefined || summary === undefined) return undefined
  const part = (["test", "val"] as const).find((one) => summary[one] !== undefined)
  const names = part === undefined ? [] : Object.keys(summary[part] ?? {})
  const name = names.find((one) => !/(^|\.)loss$/u.test(one)) ?? names[0]
  const mean = part === undefined || name === undefined ? undefined : of(summary[part], name)
  if (part === undefined || name === undefined || mean === undefined) return undefined
  const deviation = of(summary.crossValidation?.deviation[part], name)
  return [Format.spread(name, mean, deviation), `${part} ${name}, mean ± deviation over ${folds.length} folds`]
}

const header = (material: Material): Html => {
  const { command, findings, reference, summary } = material
  const name = findings === undefined ? undefined : mainScore(findings)
  const value = name === undefined ? undefined : of(findings?.scores, name)
  const interval = name === undefined ? undefined : of(findings?.intervals, name)
  const always = name === undefined ? undefined : of(findings?.baseline?.scores, name)
  const fact = (big: string, small: string): Html => html`<li><b>${big}</b><span>${small}</span></li>
`
  const { rows } = material.lock
  const mean = meanOfFolds(material)
  return html`<header>
<h1>${reference}</h1>
<p class="soft">${summary?.status ?? "without a result"} · started ${printTime(command.started)}${summary === undefined ? "" : ` · ${Format.duration(1000 * summary.seconds)}`}</p>
<ul class="facts">
${mean === undefined ? "" : fact(...mean)}${
  name === undefined || findings === undefined
    ? ""
    : fact(
        scoreCell(name, value),
        `${findings.part} ${name}${interval === undefined ? "" : `, 95 %: ${printInterval(name, interval)}`}`,
      )
}${always === undefined || name === undefined || Number.isNaN(always) ? "" : fact(scoreCell(name, always), `${answerText(findings)}`)}${
  summary?.best === undefined
    ? ""
    : fact(String(summary.best.epoch), `best epoch of ${summary.epochs}, by ${summary.best.monitor}`)
}${summary === undefined ? "" : fact(Format.count(summary.parameters), "parameters")}${fact(Format.count(rows.train), `training rows; ${Format.count(rows.val)} to validate, ${Format.count(rows.test)} to test`)}</ul>
${
  summary?.worseThanBaseline === undefined
    ? ""
    : html`<p class="bad">${summary.worseThanBaseline} is worse than an answer that looks at no input: no one should rely on this model.</p>
`
}${
  summary?.worseThanLinear === undefined
    ? ""
    : html`<p class="bad">${summary.worseThanLinear} is worse than that of a linear model of the same inputs.</p>
`
}${
  summary?.failure === undefined
    ? ""
    : html`<p class="bad">The run failed: ${summary.failure}</p>
`
}</header>
`
}

const answerText = (findings: Findings | undefined): string => {
  const answer = findings?.baseline?.answer
  if (typeof answer === "string") return `always answering ${answer}`
  return Array.isArray(answer) ? "always answering the mean" : "always the same answer"
}

const parts = ["train", "val", "test"] as const

/** What a linear model of the same inputs reaches, where the run measured it. */
const linearText = (summary: Summary | undefined): Content => {
  const entries = Object.entries(summary?.linear ?? {})
  if (entries.length === 0) return ""
  const said = entries.map(([name, value]) => `${name} ${Format.score(name, value)}`).join(", ")
  return html`<p class="soft">A linear model of the same inputs reaches, on rows that it was not trained on: ${said}.</p>
`
}

const scoresSection = (material: Material): Html | undefined => {
  const { findings, summary } = material
  const shown = parts.filter((part) => summary?.[part] !== undefined)
  const names = [
    ...new Set([...shown.flatMap((part) => Object.keys(summary?.[part] ?? {})), ...Object.keys(findings?.scores ?? {})]),
  ]
  if (names.length === 0) return undefined
  const judged = findings === undefined ? [] : [`95 % of ${findings.part}`]
  const always = findings?.baseline === undefined ? [] : [answerText(findings)]
  const rows = names.map((name) => [
    `${name}${Format.unit(name, units(material)) === undefined ? "" : `, ${Format.unit(name, units(material))}`}`,
    ...shown.map((part) => scoreCell(name, of(summary?.[part], name))),
    ...(findings === undefined ? [] : [intervalText(name, of(findings.intervals, name))]),
    ...(always.length === 0 ? [] : [scoreCell(name, of(findings?.baseline?.scores, name))]),
  ])
  const weights =
    summary?.weightsEpoch === undefined ? "" : `The weights are those of epoch ${summary.weightsEpoch}, the ${summary.weights}. `
  const balanced = Object.entries(summary?.balanced ?? {}).map(([name, value]) => `${name} ${Format.score(name, value)}`)
  return html`<section aria-labelledby="scores"><h2 id="scores">Scores</h2>
<p class="soft">${weights}An interval holds the score of other rows of the same kind in 95 of 100 cases.</p>
${scrolled("scores", tableOf(["score", ...shown, ...judged, ...always], rows))}${linearText(summary)}${
  balanced.length === 0
    ? ""
    : html`<p class="soft">The loss weighs classes, which costs accuracy: the run is judged by its balanced accuracy, the mean share of each class that is found. On rows that it was not trained on: ${balanced.join(", ")}.</p>
`
}</section>
`
}

/** The scores of the folds of a cross-validation, and their mean with its deviation. */
const foldsSection = ({ folds, summary }: Material): Html | undefined => {
  if (folds === undefined || folds.length === 0) return undefined
  const shown = parts.filter((part) => part !== "train" && folds.some((fold) => fold[part] !== undefined))
  const scores = shown.flatMap((part) =>
    [...new Set(folds.flatMap((fold) => Object.keys(fold[part] ?? {})))].map((name) => ({ part, name })),
  )
  const rows = folds.map((fold) => [
    html`<a href="${fold.report}">repeat ${fold.repeat}, fold ${fold.fold}</a>`,
    String(fold.weightsEpoch ?? fold.epochs),
    ...scores.map(({ name, part }) => scoreCell(name, of(fold[part], name))),
  ])
  const deviation = summary?.crossValidation?.deviation
  const means = scores.map(({ name, part }) => {
    const mean = of(summary?.[part], name)
    return mean === undefined ? "–" : Format.spread(name, mean, of(deviation?.[part], name))
  })
  const head = ["fold", "epoch", ...scores.map(({ name, part }) => `${part} ${name}`)]
  return html`<section aria-labelledby="folds"><h2 id="folds">Folds</h2>
<p class="soft">Each fold has a model of its own, with a report. The last line is the mean and the standard deviation over ${folds.length} folds.</p>
${scrolled("folds", tableOf(head, [...rows, ["mean ± deviation", "", ...means]]))}</section>
`
}

const slicesSection = ({ findings }: Material): ReadonlyArray<Html> =>
  Object.entries(findings?.slices ?? {}).map(([column, groups]) => {
    const names = [...new Set(groups.flatMap(({ scores }) => Object.keys(scores)))].filter((name) => !/(^|\.)loss$/u.test(name))
    const [first] = names
    const rows = groups.map(({ intervals, rows: count, scores, value }) => [
      value,
      html`${Format.count(count)}${count < few ? " (few)" : ""}`,
      ...names.flatMap((name) => [
        scoreCell(name, Number.isNaN(of(scores, name) ?? 0) ? undefined : of(scores, name)),
        ...(name === first ? [intervalText(name, of(intervals, name))] : []),
      ]),
    ])
    return html`<h3>By ${column}</h3>
${scrolled(`scores by ${column}`, tableOf([column, "rows", ...names.flatMap((name) => [name, ...(name === first ? ["95 %"] : [])])], rows))}`
  })

const classTables = ({ findings }: Material): ReadonlyArray<Html> =>
  (findings?.heads ?? []).flatMap((found) => {
    if (found.kind !== "classes") return []
    const rows = found.report.map(({ f1, precision, recall, support }, i) => [
      found.names[i] ?? String(i),
      precision.toFixed(4),
      recall.toFixed(4),
      f1.toFixed(4),
      Format.count(support),
    ])
    const title = found.head === undefined ? "Classes" : `Classes of ${found.head}`
    return [
      html`<h3>${title}</h3>
${scrolled(title, tableOf(["class", "precision", "recall", "f1", "rows"], rows))}`,
    ]
  })

/** Pictures that need the whole width. */
const isWide = ({ figure }: Drawing): boolean => figure.kind === "tiles" || figure.columns > 1

const figureOf = (drawing: Drawing): Html => {
  const { figure } = drawing
  const wide = isWide(drawing)
  const picture = raw(svg(figure, { isEmbedded: true, width: wide ? 960 : 480 }))
  // On a narrow screen a wide picture is scrolled: its words would be too small to be read.
  const shown = wide
    ? html`<div class="scroll" tabindex="0" role="region" aria-label="picture: ${figure.title}">${picture}</div>`
    : picture
  return html`<figure${wide ? html` class="wide"` : ""}>
<figcaption>${figure.title}<span>${figure.description}</span></figcaption>
${shown}</figure>
`
}

const figuresOf = ({ drawings }: Material, topic: Topic): Html | undefined => {
  const own = drawings.filter((drawing) => drawing.topic === topic)
  return own.length === 0
    ? undefined
    : html`<div class="figures">
${own.map(figureOf)}</div>
`
}

const section = (id: string, title: string, contents: ReadonlyArray<Content>): Html | undefined =>
  contents.every((content) => content === undefined || (Array.isArray(content) && content.length === 0))
    ? undefined
    : html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${contents}</section>
`

const plain = /^[\w@%+=:,./-]+$/u

/** A word as a shell takes it. */
const quoted = (word: string): string => (plain.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** The command that trains the same again. */
const commandOf = ({ engine, file, numerics, set }: Command): string =>
  [
    "adjoint train",
    quoted(file),
    ...set.map((text) => `--set ${quoted(text)}`),
    ...(engine === "reference" ? ["--engine reference"] : []),
    ...(numerics === "fast" ? ["--numerics fast"] : []),
  ].join(" ")

const list = (entries: ReadonlyArray<readonly [name: string, value: Content]>): Html =>
  html`<dl>
${entries.map(
  ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
)}</dl>
`

const modelSection = ({ advice, command, model }: Material): Html =>
  html`<section aria-labelledby="model"><h2 id="model">Model file</h2>
${
  model.facts.size === 0
    ? ""
    : html`<p class="soft">Each layer on its line, with its output for one row. Gradient norms, and units that are 0 for all rows, are those of the run's weights on training rows. Shares of time were measured once, forward and backward, on the machine that made the first report.</p>
`
}${annotated(model.text, model.facts)}
${
  command.set.length === 0
    ? ""
    : html`<p>Changed on the command line: ${command.set.map((text, i) => html`${i === 0 ? "" : ", "}<code>${text}</code>`)}</p>
`
}${
  advice.length === 0
    ? ""
    : html`<h3>Advice</h3><ul>${advice.map((text) => html`<li>${text}</li>`)}</ul>
`
}</section>
`

const dataSection = ({ lock }: Material): Html => {
  const files = lock.files.map(({ bytes, path, sha256 }) => [path, Format.bytes(bytes), html`<code>${sha256}</code>`])
  return html`<section aria-labelledby="data"><h2 id="data">Data</h2>
<p>${Format.count(lock.rows.train)} rows to learn from, ${Format.count(lock.rows.val)} to validate, ${Format.count(lock.rows.test)} to test.</p>
${
  files.length === 0
    ? html`<p class="soft">The rows are generated from the seed.</p>
`
    : scrolled("files", tableOf(["file", "size", "SHA-256"], files))
}<p class="soft">Which row is in which part, as a hash: <code>${lock.split}</code></p>
</section>
`
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined

const repeatSection = ({ command, environment, seeds }: Material): Html => {
  const { arch, cores, cpu, node, os, packages, threads } = environment
  const versions =
    typeof packages === "object" && packages !== null
      ? Object.entries(packages)
          .map(([name, version]) => `${name} ${String(version)}`)
          .join(", ")
      : undefined
  const entries: ReadonlyArray<readonly [string, string | undefined]> = [
    ["seeds", `${seeds.train} of the training, ${seeds.split} of the split`],
    [
      "engine",
      `${command.engine}, ${command.numerics} numerics${text(threads) === undefined ? "" : `, ${text(threads)} threads`}`,
    ],
    [
      "machine",
      [text(cpu), text(cores) === undefined ? undefined : `${text(cores)} cores`].filter((x) => x !== undefined).join(", "),
    ],
    [
      "system",
      [text(os), text(arch), text(node) === undefined ? undefined : `Node ${text(node)}`]
        .filter((x) => x !== undefined)
        .join(", "),
    ],
    ["packages", versions],
    ["model, training and data, as a hash", command.fingerprint],
  ]
  const shown = entries.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, value] as const]))
  return html`<section aria-labelledby="repeat"><h2 id="repeat">Repeat it</h2>
<p>In <code>${command.directory}</code>, with the data above, this ends with the same bits${command.numerics === "portable" ? " on any machine" : ""}:</p>
<pre tabindex="0">${commandOf(command)}</pre>
${list(shown)}${
  command.parent === undefined
    ? ""
    : html`<p class="soft">It resumed ${command.parent}.</p>
`
}</section>
`
}

/** The report as a page. */
export const page = (material: Material): string => {
  const sections = [
    header(material),
    material.folds === undefined ? scoresSection(material) : foldsSection(material),
    section("training", "Training", [figuresOf(material, "training")]),
    section("answers", "Answers", [figuresOf(material, "answers"), classTables(material), slicesSection(material)]),
    section("inputs", "Inputs", [figuresOf(material, "inputs")]),
    section("layers", "Layers", [figuresOf(material, "layers")]),
    modelSection(material),
    dataSection(material),
    repeatSection(material),
  ]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${material.reference} · Adjoint</title>
<style>${raw(styleSheet)}</style>
</head>
<body>
<main>
${sections}</main>
</body>
</html>
`.html
}
