/**
 * A growing list of numbers of one type, in pages. Only the first page is ever copied, while it grows; so a list takes no more
 * memory than its numbers, whatever its length.
 */

/** Numbers of a full page. */
export const pageSize = 2 ** 16

/** Numbers of a new list's first page. */
const firstSize = 2 ** 4

/** The number of elements that lists of `size` elements have room for after they grow by one step. */
export const grown = (room: number): number => (room === 0 ? firstSize : room < pageSize ? 2 * room : room + pageSize)

/** Pages of one type of array. */
export class Pages<A extends Float64Array | Int32Array> {
  /** The page that the next elements are written to. */
  page: A
  readonly #full: Array<A> = []
  readonly #make: (length: number) => A

  constructor(make: (length: number) => A) {
    this.#make = make
    this.page = make(0)
  }

  /** Grows to a room that `grown` returned. */
  grow(room: number): void {
    if (room > pageSize) {
      this.#full.push(this.page)
      this.page = this.#make(pageSize)
      return
    }
    const larger = this.#make(room)
    larger.set(this.page)
    this.page = larger
  }

  /** The element at an index. */
  at(index: number): number {
    const page = index >>> 16
    return ((page < this.#full.length ? this.#full[page] : this.page) as A)[index & (pageSize - 1)] as number
  }
}

/** A list of doubles. */
export const doubles = (): Pages<Float64Array> => new Pages((length) => new Float64Array(length))

/** A list of 32-bit integers. */
export const integers = (): Pages<Int32Array> => new Pages((length) => new Int32Array(length))

/** A list of integers that grows by itself. */
export class Integers {
  size = 0
  #room = 0
  readonly #pages = integers()

  push(value: number): void {
    if (this.size === this.#room) {
      this.#room = grown(this.#room)
      this.#pages.grow(this.#room)
    }
    this.#pages.page[this.size & (pageSize - 1)] = value
    this.size += 1
  }

  at(index: number): number {
    return this.#pages.at(index)
  }
}
