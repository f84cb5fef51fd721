/** The line of each row, as runs of rows that follow each other on consecutive lines: one run for a plain file. */
import { Integers } from "./Pages.ts"

export class LineNumbers {
  readonly #rows = new Integers()
  readonly #lines = new Integers()
  #next = 0

  /** Adds the line of the next row. */
  add(row: number, line: number): void {
    if (line !== this.#next || row === 0) {
      this.#rows.push(row)
      this.#lines.push(line)
    }
    this.#next = line + 1
  }

  /** The line of a row. */
  at(row: number): number {
    let [low, high] = [0, this.#rows.size]
    while (low + 1 < high) {
      const middle = (low + high) >>> 1
      if (this.#rows.at(middle) <= row) low = middle
      else high = middle
    }
    return this.#lines.at(low) + row - this.#rows.at(low)
  }
}
