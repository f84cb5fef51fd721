/**
 * A fast reader for the plain part of YAML: block maps and lists, `{ }` and `[ ]`, words, numbers and quoted texts on one line,
 * and comments. Nearly all model files need no more. The result equals that of the YAML library, which takes ten times as long;
 * a property test compares them. For a text with anything else, or with a mistake, the result is `undefined`, and the library
 * reads the text.
 */
import type { Data } from "../source/Data.ts"
import type { Place } from "../source/Positions.ts"
import { type Source, type Span, span } from "../source/Source.ts"

/** The data of a text, with the place of every value by JSON Pointer. */
export interface Plain {
  readonly data: Data
  readonly places: ReadonlyMap<string, Place>
}

/** The limit on values of a text: maps, lists and scalars. */
export const maxValues = 52_000

/** Deeper texts are left to the library, which locates the first collection that is too deep. */
const maxDepth = 60

const maxKeyLength = 1000

/** Characters with a meaning of their own to YAML, and markers between documents. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const unusual = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udfff]|\r(?!\n)|^(?:---|\.\.\.)/mu

/** A plain scalar, with the blanks after it. Inside brackets it ends at `,`, `[`, `]`, `{` and `}`. */
const inBlock = /(?:[^ \r\n\-?:,[\]{}#&*!|>'"%@`]|-(?=[^ \r\n]))(?:[^ \r\n#:]|:(?=[^ \r\n])|#| +(?=[^ \r\n#:])| +:(?=[^ \r\n]))*/y
const inBrackets =
  /(?:[^ \r\n\-?:,[\]{}#&*!|>'"%@`]|-(?=[^ \r\n,[\]{}]))(?:[^ \r\n#:,[\]{}]|:(?=[^ \r\n,[\]{}])|#| +(?=[^ \r\n#:,[\]{}])| +:(?=[^ \r\n,[\]{}]))*/y
const quoted = /"([^"\\\r\n]*)"|'([^'\r\n]*)'(?!')/y

const words: ReadonlyMap<string, Data> = new Map<string, Data>([
  ...["null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
])

/** Numbers in decimal notation. */
const decimal = /^-?(?:\d{1,15}|\d{0,15}\.\d{1,15}|\d(?:\.\d{1,15})?[eE][-+]?\d{1,3})$/

/** All other texts that YAML's core schema reads as something else. */
const other = /^(?:~|0o[0-7]+|0x[\da-fA-F]+|[-+]?(?:\.\d+|\d+\.?\d*)(?:[eE][-+]?\d+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)

/** Whether a line ends here: `\n` or `\r\n`. */
const isBreak = (code: number): boolean => code === 10 || code === 13

const isBlank = (code: number): boolean => code === 32 || isBreak(code)

/** The value of a plain scalar; `undefined` leaves it to the library. */
const scalarOf = (text: string): Data | undefined => {
  if (isLetter(text.charCodeAt(0))) {
    const word = text.length > 5 ? undefined : words.get(text)
    return word === undefined ? text : word
  }
  if (decimal.test(text)) return Number(text)
  return other.test(text) ? undefined : text
}

/** A text with more values than the limit, and where the first above it begins. */
export interface Excess {
  readonly excessAt: number
}

/** The data of a source, if it is plain and within the limit on values. */
export const read = (source: Source): Plain | Excess | undefined => {
  if (unusual.test(source.text)) return undefined
  const reader = new Reader(source)
  const plain = reader.all()
  return reader.excessAt === undefined ? plain : { excessAt: reader.excessAt }
}

class Reader {
  readonly places = new Map<string, Place>()
  private readonly source: Source
  private readonly text: string
  private at = 0
  /** The number of the line, from 1, and the offset of its start. */
  private line = 1
  private lineStart = 0
  /** The column of the content of this line, from 0; -1 at the end of the text. */
  private indent = 0
  /** The column of the comment that is indented most, of those between the last content and this one; -1 without a comment. */
  private commentIndent = -1
  /** The end of the last line with content: a block ends there. */
  private contentEnd = 0
  private depth = 0
  /** Where the first value above the limit begins. */
  excessAt: number | undefined

  constructor(source: Source) {
    this.source = source
    this.text = source.text
  }

  all(): Plain | undefined {
    this.toContent()
    if (this.indent < 0) return undefined
    const first = this.text.charAt(this.at)
    const isFlow = first === "{" || first === "["
    if (this.indent > 0 || (!isFlow && !this.isItem() && !this.isKey())) return undefined
    const data = isFlow ? this.ended(this.collection("", undefined, -1)) : this.block("", undefined, 0)
    return data === undefined || this.indent >= 0 ? undefined : { data, places: this.places }
  }

  /** The value if nothing but blanks and a comment follow it on its line; then moves to the next content. */
  private ended<T>(value: T | undefined): T | undefined {
    return value !== undefined && this.endLine() ? value : undefined
  }

  private blanks(): void {
    while (this.text.charCodeAt(this.at) === 32) this.at++
  }

  /** Ends a line of content, and moves to the next one. */
  private endLine(): boolean {
    const before = this.at
    this.blanks()
    if (this.text.charCodeAt(this.at) === 35) {
      if (this.at === before) return false
      this.toLineEnd()
    }
    if (this.at < this.text.length && !isBreak(this.text.charCodeAt(this.at))) return false
    this.newLine()
    this.contentEnd = this.lineStart
    this.toContent()
    return true
  }

  private newLine(): void {
    this.at = Math.min(this.at + (this.text.charCodeAt(this.at) === 13 ? 2 : 1), this.text.length)
    this.lineStart = this.at
    this.line++
  }

  /** Over a comment. */
  private toLineEnd(): void {
    const end = this.text.indexOf("\n", this.at)
    this.at = end < 0 ? this.text.length : end
  }

  /** From the start of a line over blank lines and comments. */
  private toContent(): void {
    this.commentIndent = -1
    for (; this.at < this.text.length; this.newLine()) {
      this.blanks()
      const code = this.text.charCodeAt(this.at)
      if (code === 35) {
        this.commentIndent = Math.max(this.commentIndent, this.at - this.lineStart)
        this.toLineEnd()
      } else if (this.at < this.text.length && !isBreak(code)) {
        this.indent = this.at - this.lineStart
        return
      }
    }
    this.indent = -1
  }

  /** Whether a `-` of a list is here. */
  private isItem(): boolean {
    const next = this.text.charCodeAt(this.at + 1)
    return this.text.charCodeAt(this.at) === 45 && isBlank(next)
  }

  /** Whether a key of a block map is here. */
  private isKey(): boolean {
    const start = this.at
    const isKey = this.key(inBlock) !== undefined && this.isColon()
    this.at = start
    return isKey
  }

  /** Whether a colon with a blank after it is here. */
  private isColon(): boolean {
    const next = this.text.charCodeAt(this.at + 1)
    return this.text.charCodeAt(this.at) === 58 && (isBlank(next) || this.at + 1 === this.text.length)
  }

  private spanFrom(start: number): Span {
    const { at, line, lineStart } = this
    return { start, end: at, line, column: start - lineStart + 1, endLine: line, endColumn: at - lineStart + 1 }
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found !== null) this.at = pattern.lastIndex
    return found
  }

  /** A key and the blanks after it. */
  private key(plain: RegExp): { readonly name: string; readonly span: Span; readonly isQuoted: boolean } | undefined {
    const start = this.at
    const code = this.text.charCodeAt(start)
    const isQuoted = code === 34 || code === 39
    const found = this.match(isQuoted ? quoted : plain)
    if (found === null) return undefined
    const name = isQuoted ? (found[1] ?? found[2] ?? "") : found[0]
    if (name === "" || name === "<<" || name === "__proto__" || name.length > maxKeyLength) return undefined
    const keySpan = this.spanFrom(start)
    this.blanks()
    return { name, span: keySpan, isQuoted }
  }

  /** Whether the value that begins here is one too many. */
  private isExcess(): boolean {
    if (this.places.size < maxValues) return false
    this.excessAt ??= this.at
    return true
  }

  private place(pointer: string, key: Span | undefined, value: Span): void {
    this.places.set(pointer, key === undefined ? { value } : { value, key })
  }

  /** The block map or list whose first key or `-` is here, at column `indent`; then the next content is not part of it. */
  private block(pointer: string, key: Span | undefined, indent: number): Data | undefined {
    if (this.depth >= maxDepth || this.isExcess()) return undefined
    const start = this.at
    this.place(pointer, key, this.spanFrom(start))
    this.depth++
    const data = this.isItem() ? this.blockList(pointer, indent) : this.blockMap(pointer, indent)
    this.depth--
    this.place(pointer, key, span(this.source, start, this.contentEnd))
    // The library counts a comment after the last entry as a part of the block if it is indented more than the entries.
    return this.indent > indent || this.commentIndent > indent ? undefined : data
  }

  private blockList(pointer: string, indent: number): Data | undefined {
    const items: Array<Data> = []
    do {
      const at = `${pointer}/${items.length}`
      this.at++
      this.blanks()
      const code = this.text.charCodeAt(this.at)
      const column = this.at - this.lineStart
      const item =
        isBreak(code) || code === 35
          ? this.below(at, undefined, indent)
          : this.isItem() || this.isKey()
            ? this.block(at, undefined, column)
            : this.ended(this.inline(at, undefined, inBlock, indent))
      if (item === undefined) return undefined
      items.push(item)
    } while (this.indent === indent && this.isItem())
    return items
  }

  private blockMap(pointer: string, indent: number): Data | undefined {
    const map: { [name: string]: Data } = {}
    do {
      const key = this.key(inBlock)
      if (key === undefined || !this.isColon() || Object.hasOwn(map, key.name)) return undefined
      this.at++
      this.blanks()
      const at = `${pointer}/${escaped(key.name)}`
      const code = this.text.charCodeAt(this.at)
      const value =
        isBreak(code) || code === 35
          ? this.below(at, key.span, indent, true)
          : this.ended(this.inline(at, key.span, inBlock, indent))
      if (value === undefined) return undefined
      map[key.name] = value
    } while (this.indent === indent && !this.isItem())
    return map
  }

  /** The block below a key or a `-`. The list of a key may have the indentation of the key; comments after it are left to the library. */
  private below(pointer: string, key: Span | undefined, indent: number, isMap = false): Data | undefined {
    if (!this.endLine()) return undefined
    if (this.indent > indent ? !this.isItem() && !this.isKey() : !(isMap && this.indent === indent && this.isItem()))
      return undefined
    const isBeside = this.indent === indent
    const data = this.block(pointer, key, this.indent)
    return isBeside && this.commentIndent >= indent ? undefined : data
  }

  /** A scalar or a collection in brackets. `block` is the indentation of the block that it is in. */
  private inline(pointer: string, key: Span | undefined, plain: RegExp, block: number): Data | undefined {
    const start = this.at
    const code = this.text.charCodeAt(start)
    if (code === 123 || code === 91) return this.collection(pointer, key, block)
    if (this.isExcess()) return undefined
    const isQuoted = code === 34 || code === 39
    const found = this.match(isQuoted ? quoted : plain)
    if (found === null) return undefined
    this.place(pointer, key, this.spanFrom(start))
    return isQuoted ? (found[1] ?? found[2]) : scalarOf(found[0])
  }

  /** A map or a list in brackets. */
  private collection(pointer: string, key: Span | undefined, block: number): Data | undefined {
    if (this.depth >= maxDepth || this.isExcess()) return undefined
    const start = this.at
    this.place(pointer, key, this.spanFrom(start))
    const isMap = this.text.charCodeAt(start) === 123
    this.depth++
    this.at++
    const data = isMap ? this.flowMap(pointer, block) : this.flowList(pointer, block)
    this.depth--
    this.at++
    this.place(pointer, key, span(this.source, start, this.at))
    return data
  }

  private flowList(pointer: string, block: number): Data | undefined {
    const items: Array<Data> = []
    let more = this.hasEntry(block, 93)
    for (; more === true; more = this.hasEntry(block, 93)) {
      const item = this.inline(`${pointer}/${items.length}`, undefined, inBrackets, block)
      if (item === undefined || !this.isSeparated(block, 93)) return undefined
      items.push(item)
    }
    return more === false ? items : undefined
  }

  private flowMap(pointer: string, block: number): Data | undefined {
    const map: { [name: string]: Data } = {}
    let more = this.hasEntry(block, 125)
    for (; more === true; more = this.hasEntry(block, 125)) {
      const key = this.key(inBrackets)
      if (key === undefined || Object.hasOwn(map, key.name)) return undefined
      if (!this.isColon() && !(key.isQuoted && this.text.charCodeAt(this.at) === 58)) return undefined
      this.at++
      if (!this.breaks(block)) return undefined
      const value = this.inline(`${pointer}/${escaped(key.name)}`, key.span, inBrackets, block)
      if (value === undefined || !this.isSeparated(block, 125)) return undefined
      map[key.name] = value
    }
    return more === false ? map : undefined
  }

  /** Over blanks and line ends. Every line must be indented more than the block. */
  private breaks(block: number): boolean {
    this.blanks()
    while (isBreak(this.text.charCodeAt(this.at))) {
      this.newLine()
      this.blanks()
      if (this.at - this.lineStart <= block && !isBreak(this.text.charCodeAt(this.at))) return false
    }
    return true
  }

  /** Whether another entry is here (true) or the closing bracket (false); `undefined` for a mistake. */
  private hasEntry(block: number, closing: number): boolean | undefined {
    if (!this.breaks(block) || this.at === this.text.length) return undefined
    return this.text.charCodeAt(this.at) !== closing
  }

  /** Moves over the comma after an entry. The closing bracket stays. */
  private isSeparated(block: number, closing: number): boolean {
    if (!this.breaks(block)) return false
    const code = this.text.charCodeAt(this.at)
    if (code === 44) this.at++
    return code === 44 || code === closing
  }
}

const escaped = (name: string): string => (/[~/]/.test(name) ? name.replaceAll("~", "~0").replaceAll("/", "~1") : name)
