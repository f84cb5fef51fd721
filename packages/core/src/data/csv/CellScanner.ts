/**
 * Finds the cells of delimited text (RFC 4180, 2005). One scanner is used again and again: a scan leaves its result in the
 * fields, so that no object is made for a cell.
 */
import { quote, type Reason } from "../DataError.ts"
import {
  carriageReturn,
  isSpaced,
  type Layout,
  lineFeed,
  lineFeeds,
  pastSpaces,
  quoteMark,
  space,
  startsWith,
  tab,
} from "./Layout.ts"
import { decode } from "./TextStore.ts"

/** What a scan found: a cell, a quote that is still open at the end of the bytes, or a mistake, which is in `wrong`. */
export type Found = "cell" | "open" | "wrong"

export class CellScanner {
  /** The bytes that the cell is in, and its start and end there. */
  source: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** The position after the cell: of a delimiter, or of a line end. */
  next = 0
  /** Line feeds inside the cell. */
  lines = 0
  /** Bytes of the text; a line feed after them may have been added. */
  length = 0
  /** What is wrong, with the line counted from the cell's. */
  wrong: { readonly line: number; readonly got: string; readonly wanted: string; readonly hint: string } | undefined
  readonly #delimiter: Uint8Array
  readonly #first: number
  readonly #isSpaced: boolean

  constructor(layout: Layout) {
    this.#delimiter = layout.delimiter
    this.#first = layout.delimiter[0] as number
    this.#isSpaced = isSpaced(layout)
  }

  /** Whether a delimiter is at a position. */
  isDelimiter(bytes: Uint8Array, at: number): boolean {
    const byte = bytes[at]
    if (this.#isSpaced) return byte === space || byte === tab
    return byte === this.#first && (this.#delimiter.length === 1 || startsWith(bytes, at, this.#delimiter))
  }

  /** The position after the delimiter at a position: of the next cell. */
  pastDelimiter(bytes: Uint8Array, at: number): number {
    return this.#isSpaced ? pastSpaces(bytes, at) : at + this.#delimiter.length
  }

  /** Scans the cell at a position. A line feed is at `end` - 1. */
  scan(bytes: Uint8Array, at: number, end: number): Found {
    this.lines = 0
    this.source = bytes
    return bytes[at] === quoteMark ? this.#quoted(bytes, at, end) : this.#plain(bytes, at)
  }

  #plain(bytes: Uint8Array, from: number): Found {
    const first = this.#first
    const isSimple = !this.#isSpaced && this.#delimiter.length === 1
    let at = from
    let hasQuote = false
    for (;;) {
      const byte = bytes[at] as number
      if (byte === lineFeed) break
      if (isSimple ? byte === first : this.isDelimiter(bytes, at)) break
      if (byte === quoteMark) hasQuote = true
      at += 1
    }
    this.next = bytes[at] === lineFeed && at > from && bytes[at - 1] === carriageReturn ? at - 1 : at
    this.start = from
    this.end = this.next
    if (!hasQuote) return "cell"
    this.wrong = {
      line: 0,
      got: `a quote inside the cell ${quote(decode(bytes, from, this.end))}`,
      wanted: "quotes around a whole cell",
      hint: 'quote the cell and write the quote in it twice, as in "5"" pipe"',
    }
    return "wrong"
  }

  #quoted(bytes: Uint8Array, open: number, end: number): Found {
    let doubled = 0
    let close = bytes.indexOf(quoteMark, open + 1)
    while (close >= 0 && close < end && bytes[close + 1] === quoteMark) {
      doubled += 1
      close = bytes.indexOf(quoteMark, close + 2)
    }
    if (close < 0 || close >= end) {
      this.wrong = {
        line: 0,
        got: `a quote opened before ${quote(decode(bytes, open + 1, Math.min(this.length, open + 81)).slice(0, 20))} and never closed`,
        wanted: "a closing quote",
        hint: "close it, or write a quote inside a quoted cell twice",
      }
      return "open"
    }
    this.lines = lineFeeds(bytes, open, close)
    this.start = open + 1
    this.end = close
    this.next = close + 1
    const isCellEnd =
      this.isDelimiter(bytes, this.next) ||
      bytes[this.next] === lineFeed ||
      (bytes[this.next] === carriageReturn && bytes[this.next + 1] === lineFeed)
    if (doubled > 0) this.#unescape(doubled)
    if (isCellEnd) return "cell"
    const from = this.next
    const { lines } = this
    this.#plain(bytes, from)
    this.lines = lines
    this.wrong = {
      line: lines,
      got: `${quote(decode(bytes, from, this.next))} after a closing quote`,
      wanted: "a delimiter or the end of the line",
      hint: "write a quote inside a quoted cell twice",
    }
    return "wrong"
  }

  /** Copies the cell with one quote for each two. */
  #unescape(doubled: number): void {
    const text = new Uint8Array(this.end - this.start - doubled)
    let to = 0
    for (let at = this.start; at < this.end; at++) {
      const byte = this.source[at] as number
      text[to++] = byte
      if (byte === quoteMark) at += 1
    }
    this.source = text
    this.start = 0
    this.end = text.length
  }
}

/** The mistake that a scanner found, in a cell on a line. */
export const badQuote = ({ wrong }: CellScanner, line: number, column: string | undefined): Reason => ({
  _tag: "BadQuote",
  line: line + (wrong?.line ?? 0),
  ...(column === undefined ? {} : { column }),
  got: wrong?.got ?? "",
  wanted: wrong?.wanted ?? "",
  hint: wrong?.hint ?? "",
})
