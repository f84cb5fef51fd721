/** Texts of a few rows of a column. Equal texts are held once, so that millions of `unknown` take 8 bytes each. */
import { Integers } from "./Pages.ts"

/** Texts by row. Rows are added in rising order; adding a row again replaces nothing. */
export class SparseTexts {
  readonly #rows = new Integers()
  readonly #codes = new Integers()
  readonly #texts: Array<string> = []
  readonly #codeOf = new Map<string, number>()

  set(row: number, text: string): void {
    const { size } = this.#rows
    if (size > 0 && this.#rows.at(size - 1) >= row) return
    let code = this.#codeOf.get(text)
    if (code === undefined) {
      code = this.#texts.length
      this.#texts.push(text)
      this.#codeOf.set(text, code)
    }
    this.#rows.push(row)
    this.#codes.push(code)
  }

  get(row: number): string | undefined {
    let [low, high] = [0, this.#rows.size]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#rows.at(middle) < row) low = middle + 1
      else high = middle
    }
    return low < this.#rows.size && this.#rows.at(low) === row ? this.#texts[this.#codes.at(low)] : undefined
  }
}
