/** Reads the rows of delimited text into columns: numbers straight from the bytes, texts as bytes, ignored columns not at all. */
import { isBlank } from "../Blank.ts"
import * as BlankWords from "../BlankWords.ts"
import { type DataError, dataError, type Reason } from "../DataError.ts"
import * as NumberFormat from "../NumberFormat.ts"
import * as Table from "../Table.ts"
import type { TableColumn } from "../TableColumn.ts"
import { badQuote, CellScanner } from "./CellScanner.ts"
import { readDecimal } from "./decimal.ts"
import { carriageReturn, isSpaced, type Layout, lineEndAt, lineFeed, pastSpaces, quoteMark, space, startsWith } from "./Layout.ts"
import { LineNumbers } from "./LineNumbers.ts"
import { NumberStore } from "./NumberStore.ts"
import { grown, pageSize } from "./Pages.ts"
import { decode, TextStore } from "./TextStore.ts"

/** How a column is stored. */
export type Storage = "text" | "number" | "nothing"

/** A column to read: how it is stored, how its numbers are written, and which words count as blanks besides the usual ones. */
export interface Target {
  readonly name: string
  readonly storage: Storage
  readonly format: NumberFormat.Format
  readonly blanks: ReadonlySet<string>
}

/** Where rows start, and what they have to be. */
export interface Begin {
  readonly layout: Layout
  readonly targets: ReadonlyArray<Target>
  readonly line: number
  /** The most cells. */
  readonly cells: number
  /** The error if a row has a cell more than there are columns; absent if the number of cells is wrong then. */
  readonly unnamed?: Reason
  /** Whether a row with a wrong number of cells is kept, as a row with a mistake. */
  readonly keepsRagged: boolean
}

const [numberCode, textCode, nothingCode, extraCode] = [0, 1, 2, 3]
const codes = { number: numberCode, text: textCode, nothing: nothingCode } as const

/** The stored cells of the columns. */
interface Stores {
  readonly numbers: ReadonlyArray<NumberStore | undefined>
  readonly texts: ReadonlyArray<TextStore | undefined>
  readonly lines: LineNumbers
  /** What is wrong with rows that are kept. */
  readonly mistakes: Map<number, Reason>
}

/** A page for columns without numbers. */
const noPage = new Float64Array(0)

const noBytes = new Uint8Array(0)

export class RowReader {
  /** The line of the next row, and rows of tables that were taken. */
  line: number
  before = 0
  size = 0
  failure: DataError | undefined
  readonly #begin: Begin
  readonly #scanner: CellScanner
  /** The byte of a delimiter that is one byte, or -1. */
  readonly #first: number
  readonly #codes: Uint8Array
  readonly #marks: Uint8Array
  readonly #readers: ReadonlyArray<(text: string) => number | undefined>
  readonly #blankNumbers: ReadonlyArray<ReadonlyArray<number>>
  #stores: Stores
  #pages: Array<Float64Array> = []
  #room = 0

  constructor(begin: Begin) {
    const { layout, line, targets } = begin
    this.#begin = begin
    this.line = line
    this.#scanner = new CellScanner(layout)
    this.#first = layout.delimiter.length === 1 ? (layout.delimiter[0] as number) : -1
    this.#codes = Uint8Array.from(targets, ({ storage }) => codes[storage])
    // Numbers that may contain the delimiter are read as texts first.
    const isApart = !/[\d+\-e]/i.test(decode(layout.delimiter, 0, layout.delimiter.length))
    this.#marks = Uint8Array.from(targets, ({ format }) => {
      const mark = format.decimal === "," ? 44 : 46
      return isApart && layout.delimiter[0] !== mark ? mark : 0
    })
    this.#readers = targets.map(({ format }) => NumberFormat.reader(format))
    this.#blankNumbers = targets.map(({ format, blanks }) => BlankWords.numbersOf(blanks, format))
    this.#stores = this.#empty()
  }

  #empty(): Stores {
    const { targets } = this.#begin
    return {
      numbers: targets.map(({ storage }) => (storage === "number" ? new NumberStore() : undefined)),
      texts: targets.map(({ storage }) => (storage === "text" ? new TextStore() : undefined)),
      lines: new LineNumbers(),
      mistakes: new Map(),
    }
  }

  #grow(): void {
    this.#room = grown(this.#room)
    for (const store of this.#stores.numbers) store?.grow(this.#room)
    for (const store of this.#stores.texts) store?.grow(this.#room)
    this.#pages = this.#stores.numbers.map((store) => store?.page ?? noPage)
  }

  #fail(reason: Reason): void {
    this.failure = dataError(reason)
  }

  /**
   * Reads the rows from a position on; a line feed is at `end` - 1, and `length` bytes belong to the text. Returns the position
   * of the first row that is incomplete; the last row is complete if `isLast`. Sets `failure` at the first mistake.
   */
  read(
    bytes: Uint8Array,
    from: number,
    end: number,
    { isLast, length }: { readonly isLast: boolean; readonly length: number },
  ): number {
    const { comment, delimiter } = this.#begin.layout
    const spaced = isSpaced(this.#begin.layout)
    const [columnCodes, first, scanner] = [this.#codes, this.#first, this.#scanner]
    const isSimple = first >= 0 && !spaced
    const width = columnCodes.length
    scanner.length = length
    let at = from
    while (at < end) {
      const start = at
      if (spaced) at = pastSpaces(bytes, at)
      const blank = lineEndAt(bytes, at)
      if (blank > 0) {
        at += blank
        this.line += 1
        continue
      }
      if (comment !== undefined && startsWith(bytes, start, comment)) {
        at = bytes.indexOf(lineFeed, at) + 1
        this.line += 1
        continue
      }
      if (this.size === this.#room) this.#grow()
      const row = this.size
      const index = row & (pageSize - 1)
      let { line } = this
      let column = 0
      let isExtraBlank = true
      for (;;) {
        const code = column < width ? (columnCodes[column] as number) : extraCode
        let next = -1
        if (code === numberCode) next = this.#number(bytes, at, column, index)
        else if (isSimple && bytes[at] !== quoteMark) {
          // Most cells have no quotes.
          let stop = at
          let byte = bytes[stop] as number
          while (byte !== first && byte !== lineFeed && byte !== quoteMark) {
            stop += 1
            byte = bytes[stop] as number
          }
          if (byte !== quoteMark) {
            next = byte === lineFeed && stop > at && bytes[stop - 1] === carriageReturn ? stop - 1 : stop
            if (code === textCode) (this.#stores.texts[column] as TextStore).set(row, bytes, at, next)
            else if (code === extraCode) isExtraBlank &&= decode(bytes, at, next).trim() === ""
          }
        }
        if (next < 0) {
          const found = scanner.scan(bytes, at, end)
          if (found === "open" && !isLast) return start
          if (found !== "cell") {
            this.#fail(badQuote(scanner, line, this.#begin.targets[column]?.name))
            return start
          }
          next = scanner.next
          line += scanner.lines
          if (code === textCode) (this.#stores.texts[column] as TextStore).set(row, scanner.source, scanner.start, scanner.end)
          else if (code === numberCode) this.#keep(column, row)
          else if (code === extraCode) isExtraBlank &&= decode(scanner.source, scanner.start, scanner.end).trim() === ""
        }
        column += 1
        const lineEnd = lineEndAt(bytes, next)
        if (lineEnd > 0) {
          at = next + lineEnd
          break
        }
        at = spaced ? pastSpaces(bytes, next) : next + delimiter.length
        if (spaced) {
          const trailing = lineEndAt(bytes, at)
          if (trailing > 0) {
            at += trailing
            break
          }
        }
      }
      if (column !== width && !(column === width + 1 && isExtraBlank && !spaced)) {
        const { keepsRagged, unnamed } = this.#begin
        const reason: Reason =
          unnamed !== undefined && column > width
            ? unnamed
            : { _tag: "BadRow", line: this.line, row: this.before + row + 1, got: column, wanted: width }
        if (!keepsRagged) {
          this.#fail(reason)
          return start
        }
        this.#stores.mistakes.set(row, reason)
        for (let rest = column; rest < width; rest++) this.#setBlank(rest, row, index)
      }
      this.#stores.lines.add(row, this.line)
      this.line = line + 1
      this.size = row + 1
      if ((this.before + this.size) * width > this.#begin.cells) {
        const got = BigInt(this.before + this.size) * BigInt(width)
        this.#fail({ _tag: "TooLarge", what: "the table", got, limit: this.#begin.cells, unit: "cells" })
        return start
      }
    }
    return at
  }

  /** Whether a cell ends at a position. */
  #isEnd(bytes: Uint8Array, at: number): boolean {
    return bytes[at] === this.#first || lineEndAt(bytes, at) > 0 || this.#scanner.isDelimiter(bytes, at)
  }

  /** Stores a cell that is empty, or a number and nothing else; returns the position after it, or -1 for another cell. */
  #number(bytes: Uint8Array, at: number, column: number, index: number): number {
    const mark = this.#marks[column] as number
    if (mark === 0) return -1
    const page = this.#pages[column] as Float64Array
    let start = at
    while (bytes[start] === space) start += 1
    let next = readDecimal(bytes, start, mark, page, index)
    if (next < 0) {
      if (!this.#isEnd(bytes, at)) return -1
      page[index] = Number.NaN
      return at
    }
    while (this.#first !== space && bytes[next] === space) next += 1
    if (!this.#isEnd(bytes, next)) return -1
    if ((this.#blankNumbers[column] as ReadonlyArray<number>).length > 0) this.#blankNumber(column, page, index)
    return next
  }

  /** Stores a blank cell. */
  #setBlank(column: number, row: number, index: number): void {
    this.#stores.texts[column]?.set(row, noBytes, 0, 0)
    const page = this.#pages[column]
    if (this.#codes[column] === numberCode && page !== undefined) page[index] = Number.NaN
  }

  /** Makes a number that counts as a blank one. */
  #blankNumber(column: number, page: Float64Array, index: number): void {
    const value = page[index] as number
    if (this.#blankNumbers[column]?.includes(value) === true) page[index] = Number.NaN
  }

  /** Stores the scanned cell of a column of numbers: its number, or its text. */
  #keep(column: number, row: number): void {
    const { end, source, start } = this.#scanner
    const text = decode(source, start, end)
    const trimmed = text.trim()
    const store = this.#stores.numbers[column] as NumberStore
    const page = store.page
    const index = row & (pageSize - 1)
    page[index] = Number.NaN
    if (this.#begin.targets[column]?.blanks.has(trimmed) === true) return
    const value = isBlank(trimmed) ? undefined : this.#readers[column]?.(trimmed)
    if (value === undefined) {
      if (text !== "") store.keep(row, text)
    } else {
      page[index] = value
      this.#blankNumber(column, page, index)
    }
  }

  /** The rows that were read since the last call, as a table. */
  take(): Table.Table {
    const { numbers, texts, lines, mistakes } = this.#stores
    const { size } = this
    this.#stores = this.#empty()
    this.#room = 0
    this.#pages = []
    this.before += size
    this.size = 0
    const table = Table.fromColumns(
      this.#begin.targets.map((target, at) => [target.name, columnOf(target, size, numbers[at], texts[at])]),
      (row) => lines.at(row),
    )
    return mistakes.size === 0 ? table : { ...table, mistake: (row) => mistakes.get(row) }
  }
}

/** A stored column. */
const columnOf = (
  { format, blanks, name }: Target,
  size: number,
  numbers: NumberStore | undefined,
  texts: TextStore | undefined,
): TableColumn => {
  const marks = NumberFormat.isMarked(format) ? { format } : {}
  if (numbers !== undefined)
    return {
      size,
      text: (row) => (row >= 0 && row < size ? numbers.text(row) : ""),
      numbers: (rows) => numbers.numbers(rows),
      ...marks,
    }
  if (texts === undefined) {
    const text = (): string => {
      throw new TypeError(`column \`${name}\` was ignored when the table was read`)
    }
    return { size, text }
  }
  const text = (row: number): string => (row >= 0 && row < size ? texts.text(row) : "")
  if (blanks.size === 0) return { size, text, ...marks }
  const isMissing = (cell: string): boolean => blanks.has(cell.trim())
  return { size, text: (row) => (isMissing(text(row)) ? "" : text(row)), ...marks }
}
