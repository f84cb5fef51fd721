/** The model file of a run with what is known of each layer on its line. */
import type { LayerStatistics } from "@adjoint/core/diagnosis/Diagnosis"
import type { Row } from "@adjoint/dsl/build/LayerRows"
import * as Format from "../terminal/Format.ts"
import { type Html, html } from "./Html.ts"

/** What is known of the layers that one line describes. */
export interface LineFacts {
  readonly output: string
  readonly parameters: number
  readonly multiplyAdds: number
  /** The share of the time of all layers, where it was measured. */
  readonly time?: number
  /** The norm of the gradient by the weights, and the share of dead units, for the run's weights. */
  readonly gradient?: number
  readonly dead?: number
}

/** A layer with the line of the model file that it stands on. */
export interface PlacedRow extends Row {
  readonly line: number
}

const shape = (sizes: ReadonlyArray<number>): string => `[${sizes.join(", ")}]`

/** What is read of the statistics of a layer. */
type Reading = Pick<LayerStatistics, "dead" | "layer" | "units" | "weights">

/** The facts of each line; layers that repeat on a line are added up, and the largest of their gradients stands for them. */
export const factsByLine = (
  rows: ReadonlyArray<PlacedRow>,
  statistics: ReadonlyArray<Reading>,
  times: ReadonlyMap<string, number> | undefined,
): ReadonlyMap<number, LineFacts> => {
  const readings = new Map(statistics.map((reading) => [reading.layer, reading]))
  const whole = times === undefined ? 0 : [...times.values()].reduce((sum, time) => sum + time, 0)
  const facts = new Map<number, LineFacts>()
  for (const { line, multiplyAdds, name, output, parameters } of rows) {
    const before = facts.get(line)
    const reading = readings.get(name)
    const gradients = [before?.gradient, reading?.weights?.gradient].filter((x) => x !== undefined)
    const shares = [before?.dead, reading === undefined || reading.units === 0 ? undefined : reading.dead / reading.units].filter(
      (x) => x !== undefined,
    )
    const time = times?.get(name)
    const spent = time === undefined || whole === 0 ? before?.time : (before?.time ?? 0) + time / whole
    facts.set(line, {
      output: shape(output),
      parameters: (before?.parameters ?? 0) + parameters,
      multiplyAdds: (before?.multiplyAdds ?? 0) + multiplyAdds,
      ...(spent === undefined ? {} : { time: spent }),
      ...(gradients.length === 0 ? {} : { gradient: Math.max(...gradients) }),
      ...(shares.length === 0 ? {} : { dead: Math.max(...shares) }),
    })
  }
  return facts
}

interface Column {
  readonly title: string
  readonly cell: (facts: LineFacts) => string
}

/** The columns that at least one line has something for. */
const columnsOf = (facts: ReadonlyArray<LineFacts>): ReadonlyArray<Column> => {
  if (facts.length === 0) return []
  const work = facts.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)
  const some = (has: (facts: LineFacts) => boolean, column: Column): ReadonlyArray<Column> => (facts.some(has) ? [column] : [])
  return [
    { title: "output", cell: ({ output }) => output },
    { title: "parameters", cell: ({ parameters }) => (parameters === 0 ? "" : Format.count(parameters)) },
    { title: "multiply-adds", cell: ({ multiplyAdds }) => (multiplyAdds === 0 ? "" : Format.count(multiplyAdds)) },
    ...(work === 0
      ? []
      : [
          {
            title: "share of work",
            cell: ({ multiplyAdds }: LineFacts) => (multiplyAdds === 0 ? "" : percent(multiplyAdds / work)),
          },
        ]),
    ...some(({ time }) => time !== undefined, {
      title: "share of time",
      cell: ({ time }) => (time === undefined ? "" : percent(time)),
    }),
    ...some(({ gradient }) => gradient !== undefined, {
      title: "gradient norm",
      cell: ({ gradient }) => (gradient === undefined ? "" : Format.decimal(gradient)),
    }),
    ...some(({ dead }) => dead !== undefined, {
      title: "dead units",
      cell: ({ dead }) => (dead === undefined ? "" : percent(dead)),
    }),
  ]
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`

/** Lines that are shown at most. */
const mostLines = 2000

/** A model file as a table of lines. */
export const annotated = (text: string, facts: ReadonlyMap<number, LineFacts>): Html => {
  const all = text.trimEnd().split(/\r\n|\n|\r/)
  const lines = all.slice(0, mostLines)
  const columns = columnsOf([...facts.values()])
  const rows = lines.map((line, i) => {
    const own = facts.get(i + 1)
    const cells = columns.map(({ cell }) => html`<td>${own === undefined ? "" : cell(own)}</td>`)
    return html`<tr${own === undefined ? "" : html` class="layer"`}><td>${i + 1}</td><td class="source">${line}</td>${cells}</tr>
`
  })
  const rest = all.length > lines.length ? html`<p class="soft">and ${all.length - lines.length} lines more</p>` : undefined
  return html`<div class="scroll" tabindex="0" role="region" aria-label="the model file">
<table class="code"><thead><tr><th scope="col">line</th><th scope="col" class="text">model.yaml</th>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>${rest}`
}
