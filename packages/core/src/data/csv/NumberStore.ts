/** A column of numbers, 8 bytes each; cells that are not finite numbers are NaN, with their texts beside them. */
import type { Rows } from "../TableColumn.ts"
import { doubles } from "./Pages.ts"
import { SparseTexts } from "./SparseTexts.ts"

export class NumberStore {
  readonly #values = doubles()
  #texts: SparseTexts | undefined

  /** The page that the last rows are in. */
  get page(): Float64Array {
    return this.#values.page
  }

  grow(room: number): void {
    this.#values.grow(room)
  }

  /** Keeps the text of a row that is NaN; a row without one is blank. */
  keep(row: number, text: string): void {
    this.#texts ??= new SparseTexts()
    this.#texts.set(row, text)
  }

  text(row: number): string {
    const value = this.#values.at(row)
    return Number.isNaN(value) ? (this.#texts?.get(row) ?? "") : String(value)
  }

  numbers(rows: Rows): Float64Array {
    const out = new Float64Array(rows.length)
    for (let i = 0; i < out.length; i++) out[i] = this.#values.at(rows[i] as number)
    return out
  }
}
