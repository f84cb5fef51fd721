/**
 * The names of rows as numbers, in the order of their first use: 4 bytes for a row and some 30 for each different name, whose text
 * stays in its column.
 */
import { hash, hashNumber, hashText, slotOf } from "./cellHash.ts"

/** The code of a blank. */
export const blank = -1

const grown = (list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(list.length * 2)
  larger.set(list)
  return larger
}

export class NameCodes {
  /** The code of each row; -1 for a blank. */
  readonly codes: Int32Array
  readonly #textOf: (row: number) => string
  /** Of each code: three words of hash, its first row, and how many rows have it. */
  #keys = new Int32Array(3 * 16)
  #first = new Int32Array(16)
  #counts = new Int32Array(16)
  #slots = new Int32Array(64).fill(-1)
  #size = 0

  /** The codes of `rows` rows, all blank at first. `textOf` is the text of a row. */
  constructor(rows: number, textOf: (row: number) => string) {
    this.codes = new Int32Array(rows).fill(blank)
    this.#textOf = textOf
  }

  /** How many different names there are. */
  get size(): number {
    return this.#size
  }

  /** How many rows have each name. */
  get counts(): Int32Array {
    return this.#counts.subarray(0, this.#size)
  }

  /** The name of a code. */
  nameOf(code: number): string {
    return this.#textOf(this.#first[code] ?? 0)
  }

  /** Sets the name of a row. */
  setText(row: number, text: string): void {
    hashText(text)
    this.#set(row)
  }

  /** Sets the name of a row to the text of a number. */
  setNumber(row: number, value: number): void {
    hashNumber(value)
    this.#set(row)
  }

  /** The code here of another's name; -1 if it is not here. */
  codeOf(other: NameCodes, code: number): number {
    const at = 3 * code
    return this.#slots[
      this.#slotFor(other.#keys[at] as number, other.#keys[at + 1] as number, other.#keys[at + 2] as number)
    ] as number
  }

  /** The slot that three words are in, or would be. */
  #slotFor(a: number, b: number, c: number): number {
    const mask = this.#slots.length - 1
    let slot = slotOf(a, b, c) & mask
    for (;;) {
      const code = this.#slots[slot] as number
      const at = 3 * code
      if (code < 0 || (this.#keys[at] === a && this.#keys[at + 1] === b && this.#keys[at + 2] === c)) return slot
      slot = (slot + 1) & mask
    }
  }

  #set(row: number): void {
    const [a, b, c] = [hash[0] as number, hash[1] as number, hash[2] as number]
    const slot = this.#slotFor(a, b, c)
    let code = this.#slots[slot] as number
    if (code < 0) {
      code = this.#size
      if (code === this.#first.length) {
        this.#keys = grown(this.#keys)
        this.#first = grown(this.#first)
        this.#counts = grown(this.#counts)
      }
      this.#keys.set(hash, 3 * code)
      this.#first[code] = row
      this.#slots[slot] = code
      this.#size = code + 1
      if (2 * this.#size > this.#slots.length) this.#rehash()
    }
    this.codes[row] = code
    this.#counts[code] = (this.#counts[code] as number) + 1
  }

  #rehash(): void {
    this.#slots = new Int32Array(4 * this.#slots.length).fill(-1)
    for (let code = 0; code < this.#size; code++) {
      const at = 3 * code
      this.#slots[this.#slotFor(this.#keys[at] as number, this.#keys[at + 1] as number, this.#keys[at + 2] as number)] = code
    }
  }
}

/** The codes of names in memory. An empty name is a blank, unless `keepsBlanks`. */
export const ofNames = (names: ReadonlyArray<string>, keepsBlanks = false): NameCodes => {
  const codes = new NameCodes(names.length, (row) => names[row] ?? "")
  for (const [row, name] of names.entries()) if (name !== "" || keepsBlanks) codes.setText(row, name)
  return codes
}

/** A name, and how many rows have it. */
export interface NameCount {
  readonly name: string
  readonly rows: number
  readonly code: number
}

/**
 * The names with the most rows, at most `limit`, the most common first, equal ones in order. `counts` are the rows of each code. The
 * names that are compared are read in the order of their codes, which a column on disk has in its order too.
 */
export const mostCommon = (counts: Int32Array, nameOf: (code: number) => string, limit: number): ReadonlyArray<NameCount> => {
  const least = Math.max(1, counts.slice().sort().at(-limit) ?? 1)
  const before = ({ name, rows }: NameCount, other: NameCount): boolean =>
    rows > other.rows || (rows === other.rows && name < other.name)
  const found: Array<NameCount> = []
  for (const [code, rows] of counts.entries()) {
    if (rows < least) continue
    const one = { name: nameOf(code), rows, code }
    const last = found.at(-1)
    if (found.length === limit && last !== undefined && !before(one, last)) continue
    const at = found.findIndex((other) => before(one, other))
    found.splice(at < 0 ? found.length : at, 0, one)
    if (found.length > limit) found.pop()
  }
  return found
}
