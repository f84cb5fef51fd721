/**
 * Reads delimited text that arrives in pieces of bytes. Rows are stored as soon as they are complete; of the bytes only an
 * incomplete record is kept. Results, and the places of mistakes, do not depend on how the text is cut into pieces.
 */
import * as Result from "effect/Result"
import { concatBytes } from "../concatBytes.ts"
import { type DataError, dataError, type Reason } from "../DataError.ts"
import type { Table } from "../Table.ts"
import { type Encoding, malformed, transcoder } from "./Encoding.ts"
import { incomplete, invalidAt } from "./invalid.ts"
import { carriageReturn, lineFeed, lineFeeds } from "./Layout.ts"
import { RowReader } from "./RowReader.ts"
import { checked, type StartOptions, start } from "./Start.ts"

/** The options, with their defaults. */
export interface InputOptions extends StartOptions {
  readonly encoding: Encoding
  /** The longest record in bytes: a longer one is an unclosed quote, or no delimited text. */
  readonly longestRecord: number
}

type Answer<A> = Result.Result<A, DataError>

const done: Answer<void> = Result.succeed(undefined)

export class Input {
  readonly #options: Answer<InputOptions>
  readonly #transcoder: ReturnType<typeof transcoder>
  /** Bytes that no complete record has, in pieces; how many there are, and how many of them are checked to be text. */
  #pending: Array<Uint8Array> = []
  #held = 0
  #checked = 0
  /** Bytes before the pending ones. */
  #before = 0
  /** Whether lines end with a carriage return alone; `undefined` until the first line end. */
  #hasReturns: boolean | undefined
  #rows: RowReader | undefined

  constructor(options: InputOptions) {
    this.#options = Result.map(checked(options), () => options)
    this.#transcoder = transcoder(options.encoding)
  }

  /** Takes the rows that are stored. */
  take(): Table | undefined {
    return this.#rows === undefined || this.#rows.size === 0 ? undefined : this.#rows.take()
  }

  /** Reads the next piece. The bytes may change after the call. */
  push(piece: Uint8Array): Answer<void> {
    return Result.flatMap(this.#transcoder.push(piece), (bytes) => {
      if (bytes.length === 0) return done
      // A piece of which no record can end here waits, so that a long record is not read again with every piece.
      const waits = this.#hasReturns === false && this.#rows !== undefined && bytes.indexOf(lineFeed) < 0
      this.#pending.push(waits ? bytes.slice() : bytes)
      this.#held += bytes.length
      return waits && this.#held <= this.#longest() ? done : this.#read(false)
    })
  }

  /** Reads what is left when no piece follows. Fails with `Empty` for a text without rows. */
  end(): Answer<void> {
    return Result.flatMap(this.#transcoder.end(), (bytes) => {
      this.#pending.push(bytes)
      this.#held += bytes.length
      return Result.flatMap(this.#read(true), () => {
        if (this.#rows === undefined || this.#rows.before + this.#rows.size > 0) return done
        return Result.fail(dataError({ _tag: "Empty", got: "there is a header but no row", wanted: "rows of cells" }))
      })
    })
  }

  #longest(): number {
    return Result.isSuccess(this.#options) ? this.#options.success.longestRecord : 0
  }

  #read(isLast: boolean): Answer<void> {
    if (Result.isFailure(this.#options)) return Result.fail(this.#options.failure)
    const options = this.#options.success
    const bytes = concatBytes(this.#pending)
    const whole = isLast ? bytes.length : bytes.length - incomplete(bytes)
    const wrong = this.#transcoder.encoding() === undefined ? this.#firstWrong(bytes, whole) : firstMark(bytes, this.#checked)
    const length = wrong < 0 ? whole : wrong
    const isEnd = isLast && wrong < 0
    this.#hasReturns ??= hasReturns(bytes, length, isEnd)
    if (this.#hasReturns === undefined) {
      this.#keep(bytes, 0)
      return wrong < 0 ? done : this.#notText(bytes, wrong, 1)
    }
    const lined = this.#hasReturns ? withLineFeeds(bytes, length) : bytes
    const text = isEnd && length > 0 && lined[length - 1] !== lineFeed ? concatBytes([lined.subarray(0, length), newLine]) : lined
    const end = isEnd ? text.length : text.subarray(0, length).lastIndexOf(lineFeed) + 1
    const state = { isLast: isEnd, length }
    let at = 0
    if (this.#rows === undefined) {
      const started = start(text, end, state, options)
      if (Result.isFailure(started)) return Result.fail(started.failure)
      if (started.success !== undefined) {
        this.#rows = new RowReader(started.success.begin)
        at = started.success.at
      }
    }
    const rows = this.#rows
    if (rows !== undefined) {
      at = rows.read(text, at, end, state)
      if (rows.failure !== undefined) return Result.fail(rows.failure)
    }
    if (wrong >= 0) return this.#notText(text, wrong, (rows?.line ?? 1) + lineFeeds(text, at, wrong))
    this.#keep(text.subarray(0, bytes.length), at)
    if (this.#held <= options.longestRecord || isLast) return done
    return this.#tooLong(options)
  }

  /** Keeps the bytes from a position on. */
  #keep(bytes: Uint8Array, from: number): void {
    const rest = bytes.slice(from)
    this.#pending = [rest]
    this.#held = rest.length
    this.#checked = Math.max(0, rest.length - incomplete(rest))
    this.#before += from
  }

  /** The first pending byte that is no text; -1 if there is none. */
  #firstWrong(bytes: Uint8Array, length: number): number {
    const from = Math.min(this.#checked, length)
    const found = invalidAt(bytes.subarray(from, length))
    return found < 0 ? -1 : from + found
  }

  #notText(bytes: Uint8Array, at: number, line: number): Answer<never> {
    const got = bytes[at] ?? 0
    const encoding = this.#transcoder.encoding()
    if (encoding !== undefined && got === malformed) return Result.fail(dataError({ _tag: "BadEncoding", line, encoding }))
    if (encoding !== undefined)
      return Result.fail(dataError({ _tag: "Corrupt", format: "text", got: `line ${line} has a NUL character` }))
    const offset = this.#before + at
    const hint =
      got === 0
        ? offset > 1
          ? ""
          : `\`encoding: ${offset === 1 ? "utf-16le" : "utf-16be"}\`, if it is a text`
        : "if it is a text, name its encoding, as in `encoding: latin1`"
    const reason: Reason = { _tag: "NotText", offset: this.#transcoder.skipped() + offset, line, got, hint }
    return Result.fail(dataError(reason))
  }

  /** The error of a record that is too long: its quote, or its length. */
  #tooLong({ longestRecord }: InputOptions): Answer<void> {
    const held = this.#held
    const line = this.#rows?.line ?? 1
    const bytes = concatBytes([...this.#pending, newLine])
    if (this.#rows !== undefined) {
      this.#rows.read(bytes, 0, bytes.length, { isLast: true, length: held })
      if (this.#rows.failure?.reason._tag === "BadQuote") return Result.fail(this.#rows.failure)
    }
    const what = `the record that starts on line ${line}`
    return Result.fail(dataError({ _tag: "TooLarge", what, got: BigInt(held), limit: longestRecord, unit: "bytes" }))
  }
}

const newLine = Uint8Array.of(lineFeed)

/** The first NUL, or what stands for a malformed character; -1 if there is none. */
const firstMark = (bytes: Uint8Array, from: number): number => {
  const [nul, wrong] = [bytes.indexOf(0, from), bytes.indexOf(malformed, from)]
  return nul < 0 || wrong < 0 ? Math.max(nul, wrong) : Math.min(nul, wrong)
}

/** Bytes that decide how lines end. */
const enough = 2 ** 20

/**
 * Whether lines end with a carriage return alone, as old spreadsheets for the Macintosh write them; `undefined` if more bytes
 * are needed. The first megabyte decides: it has carriage returns, and no line feed.
 */
const hasReturns = (bytes: Uint8Array, length: number, isLast: boolean): boolean | undefined => {
  const first = bytes.subarray(0, Math.min(length, enough))
  if (first.includes(lineFeed)) return false
  return length >= enough || isLast ? first.includes(carriageReturn) : undefined
}

/** A copy with a line feed in place of each carriage return. */
const withLineFeeds = (bytes: Uint8Array, length: number): Uint8Array => {
  const copy = bytes.slice()
  for (let at = copy.indexOf(carriageReturn); at >= 0 && at < length; at = copy.indexOf(carriageReturn, at + 1))
    copy[at] = lineFeed
  return copy
}
