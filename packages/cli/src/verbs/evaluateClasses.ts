/** The scores of each class, as text: which classes are confused, and how much of each was found. */

import { type Arrays, arrayOf } from "@adjoint/core/data/PreprocessTree"
import * as Score from "@adjoint/core/learning/Score"
import { read } from "@adjoint/core/tensor/read"
import { at } from "@adjoint/core/tensor/subscript"
import type { Judged } from "@adjoint/core/training/Scored"
import type { NDArray } from "@adjoint/core/types/NDArray"
import type { BuiltHead } from "@adjoint/dsl/build/Build"
import { columns, printable } from "@adjoint/dsl/diagnostic/Printable"
import { reportOf } from "../evaluate/ClassReport.ts"
import type { Trained } from "../run/Trained.ts"
import type { Style } from "../terminal/Style.ts"
import { shortenedApart } from "../terminal/Text.ts"

/** How a class fares, by its name. */
export interface Class extends Score.ClassReport {
  readonly name: string
}

/** The scores of the classes of a head. */
export interface Classes {
  /** How often each class (row) was predicted as each (column); missing for several answers of yes and no. */
  readonly confusion?: Score.Matrix
  /** Each class, or the second class of each of several answers of yes and no under its column. */
  readonly classes: ReadonlyArray<Class>
}

/** The classes of the one head, or of each of several that has some. */
export type Found = Classes | { readonly heads: { readonly [head: string]: Classes } }

/** The scores of a head's classes, if it has some. */
const ofHead = ({ target }: BuiltHead, output: NDArray, truth: NDArray, weights: NDArray | undefined): Classes | undefined => {
  if (target.type === "numbers") return undefined
  if (target.type === "labels") {
    const report = (i: number) => reportOf(read(at(output, ":", i)), read(at(truth, ":", i)), weights)[1]
    const classes = target.names.flatMap((name, i) => {
      const own = report(i)
      return own === undefined ? [] : [{ name, ...own }]
    })
    return { classes }
  }
  const names = target.classes ?? []
  const reports = reportOf(output, truth, weights)
  return {
    confusion: Score.of(Score.confusionMatrix, output, truth),
    classes: reports.map((report, i) => ({ name: names[i] ?? String(i), ...report })),
  }
}

/** The scores of the classes of some rows; only where there are classes. */
export const classesOf = (
  { built: { heads } }: Pick<Trained, "built">,
  { predictions, targets, weights }: Judged<Arrays, Arrays>,
): Found | undefined => {
  if (heads.every(({ target }) => target.type === "numbers")) return undefined
  const found = heads.map((head) => {
    const { name = "" } = head
    return [head, ofHead(head, arrayOf(predictions, name), arrayOf(targets, name), weights)] as const
  })
  const [only] = found
  if (only?.[0].name === undefined) return only?.[1]
  const named = found.flatMap(([{ name = "" }, classes]) => (classes === undefined ? [] : [[name, classes] as const]))
  return { heads: Object.fromEntries(named) }
}

/** Tables are shown for at most so many classes; `--json` has them whatever their number. */
const most = 20

/** Of confused classes so many pairs are shown where there is no room for a matrix. */
const mostPairs = 10

/** How a table is drawn: in which style, and how many columns wide at most. */
export interface Look {
  readonly style: Style
  readonly width: number
}

/** Names of the classes of a table, printable and so short that they leave room for the rest of a row. */
const namesOf = (classes: ReadonlyArray<Class>, room: number): ReadonlyArray<string> =>
  shortenedApart(
    classes.map(({ name }) => printable(name)),
    Math.max(leastName, room),
  )

/** Names are not cut to fewer columns than this. */
const leastName = 8

const widest = (texts: ReadonlyArray<string>): number => Math.max(0, ...texts.map(columns))

/** A text at the right of its cell. */
const cellOf = (text: string, width: number): string => `${" ".repeat(Math.max(0, width - columns(text)))}${text}`

const digits = (counts: ReadonlyArray<number>): number => Math.max(...counts.map((n) => String(n).length))

/** The matrix with the names of the classes above it, or with their numbers where the names need too much room. */
const matrix = ({ classes, confusion }: Required<Classes>, { style, width }: Look): ReadonlyArray<string> | undefined => {
  const count = digits(confusion.flat())
  const full = namesOf(classes, Number.POSITIVE_INFINITY)
  const wide = Math.max(widest(full), count)
  const isNumbered = 2 + wide + 1 + classes.length * (wide + 1) > width
  const column = isNumbered ? Math.max(count, String(classes.length).length) : wide
  const room = width - 3 - classes.length * (column + 1)
  if (isNumbered && room < leastName + 3) return undefined
  const numbered = (name: string, i: number) => `${name} ${String(i + 1).padStart(String(classes.length).length)}`
  const rows = isNumbered ? namesOf(classes, room - 1 - String(classes.length).length).map(numbered) : full
  const heads = isNumbered ? classes.map((_, i) => String(i + 1)) : full
  const left = widest(rows)
  const cell = (n: number, isRight: boolean) => {
    const text = (n === 0 ? "·" : String(n)).padStart(column)
    return n === 0 ? style("faint", text) : isRight ? style("good", text) : style("bad", text)
  }
  return [
    "",
    `  ${style("faint", "truth down, prediction across")}`,
    `  ${" ".repeat(left)}  ${heads.map((head) => cellOf(head, column)).join(" ")}`,
    ...confusion.map((row, i) => `  ${cellOf(rows[i] ?? "", left)}  ${row.map((n, j) => cell(n, i === j)).join(" ")}`),
  ]
}

/** The classes that are confused most, where the matrix has no room. */
const pairs = ({ classes, confusion }: Required<Classes>, { style, width }: Look): ReadonlyArray<string> => {
  const all = confusion
    .flatMap((row, truth) => row.map((count, prediction) => ({ count, truth, prediction })))
    .filter(({ count, prediction, truth }) => count > 0 && truth !== prediction)
    .sort((a, b) => b.count - a.count)
  const shown = all.slice(0, mostPairs)
  if (shown.length === 0) return []
  const count = digits(shown.map((pair) => pair.count))
  const names = namesOf(classes, Math.floor((width - 6 - count) / 2))
  const left = widest(shown.map(({ truth }) => names[truth] ?? ""))
  return [
    "",
    `  ${style("faint", "confused most: how often, truth → prediction")}`,
    ...shown.map((pair) => {
      const [truth = "", prediction = ""] = [names[pair.truth], names[pair.prediction]]
      return `  ${style("bad", String(pair.count).padStart(count))} ${cellOf(truth, left)} → ${prediction}`
    }),
  ]
}

const measures = ["precision", "recall", "f1"] as const

/** A line for each class; of many classes those that fare worst. */
const report = (all: ReadonlyArray<Class>, { style, width }: Look): ReadonlyArray<string> => {
  const shown = all.length <= most ? all : [...all].sort((a, b) => a.f1 - b.f1).slice(0, most)
  const supportWidth = Math.max("support".length, ...shown.map(({ support }) => String(support).length))
  const names = namesOf(shown, width - 2 - measures.length * 11 - 2 - supportWidth)
  const left = Math.max("class".length, widest(names))
  const head = ["class".padStart(left), ...measures.map((name) => name.padStart(9)), "support".padStart(supportWidth)]
  return [
    "",
    `  ${style("faint", head.join("  "))}`,
    ...shown.map((one, i) =>
      [
        `  ${cellOf(names[i] ?? "", left)}`,
        ...measures.map((measure) => one[measure].toFixed(4).padStart(9)),
        String(one.support).padStart(supportWidth),
      ].join("  "),
    ),
    ...(shown.length === all.length
      ? []
      : [`  ${style("faint", `the ${shown.length} of ${all.length} classes with the lowest f1; --json has all`)}`]),
  ]
}

const tables = ({ classes, confusion }: Classes, look: Look): ReadonlyArray<string> => {
  const whole = confusion === undefined ? undefined : { classes, confusion }
  const confused = whole === undefined ? [] : ((classes.length > most ? undefined : matrix(whole, look)) ?? pairs(whole, look))
  return [...confused, ...report(classes, look)]
}

/** The tables of classes, as lines; those of several heads under their names. */
export const printClasses = (found: Found, look: Look): ReadonlyArray<string> =>
  "heads" in found
    ? Object.entries(found.heads).flatMap(([head, classes]) => [
        "",
        `  ${look.style("strong", printable(head))}`,
        ...tables(classes, look),
      ])
    : tables(found, look)
