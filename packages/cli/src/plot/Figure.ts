/**
 * A picture as plain data: panels with axes and marks, in the numbers that they show. How it looks is decided where it is drawn,
 * so that a picture is a pure function of its numbers.
 */

/** A place in the numbers of the axes. */
export type Point = readonly [x: number, y: number]

/** The colour of a mark: one of the series of a picture, by number, or one with a meaning. */
export type Tone = number | "soft" | "good" | "bad"

/** What is drawn in a panel, in the order of the marks. */
export type Mark =
  /** Points joined by straight lines. Points whose numbers are not finite break it. */
  | {
      readonly kind: "line"
      readonly points: ReadonlyArray<Point>
      readonly tone: Tone
      readonly label?: string
      readonly dashed?: true
    }
  | {
      readonly kind: "dots"
      readonly points: ReadonlyArray<Point>
      readonly tone: Tone
      readonly label?: string
      readonly radius?: number
    }
  /** Rectangles from one corner to the other. */
  | {
      readonly kind: "bars"
      readonly bars: ReadonlyArray<readonly [from: Point, to: Point]>
      readonly tone: Tone
      readonly label?: string
    }
  /** Horizontal intervals around a place of an axis of names. */
  | { readonly kind: "intervals"; readonly rows: ReadonlyArray<readonly [low: number, high: number]>; readonly tone: Tone }
  /** A line across the panel at a number of an axis, with a word beside it. */
  | { readonly kind: "rule"; readonly at: number; readonly axis: "x" | "y"; readonly label?: string }
  /** A grid of cells, row by row from the top: each a shade from 0 to 1 and a text. */
  | { readonly kind: "cells"; readonly rows: ReadonlyArray<ReadonlyArray<Cell>> }
  /** Words at a place. */
  | { readonly kind: "text"; readonly at: Point; readonly text: string }

export interface Cell {
  readonly shade: number
  readonly tone: Tone
  readonly text: string
}

/** An axis of numbers, or of names: the name at index i has its middle at i + ½. */
export interface Axis {
  readonly label?: string
  readonly domain: readonly [low: number, high: number]
  readonly names?: ReadonlyArray<string>
  readonly log?: true
  /** How its numbers are written. */
  readonly print?: (x: number) => string
}

/** One system of axes with its marks. */
export interface Panel {
  readonly title?: string
  readonly x: Axis
  readonly y: Axis
  readonly marks: ReadonlyArray<Mark>
  /** Whether a unit is as long on both axes. */
  readonly isSquare?: true
  /** The height of the area of marks, in pixels; its usual one unless given. */
  readonly height?: number
}

/** An image with words under it: its bytes as a PNG, and its size in pixels. */
export interface Tile {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
  readonly caption: ReadonlyArray<string>
}

interface Common {
  readonly title: string
  /** What the picture shows, in a sentence for those who do not see it. */
  readonly description: string
}

/** A picture: panels side by side in rows, or images in rows. */
export type Figure = Common &
  (
    | { readonly kind: "panels"; readonly panels: ReadonlyArray<Panel>; readonly columns: number }
    | { readonly kind: "tiles"; readonly tiles: ReadonlyArray<Tile>; readonly columns: number }
  )

/** The least and the greatest of some numbers with room around them; non-finite numbers are left out. `domainOf([0, 10], 0.1) // => [-1, 11]` */
export const domainOf = (values: ReadonlyArray<number>, room = 0.05): readonly [low: number, high: number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const x of values)
    if (Number.isFinite(x)) {
      low = Math.min(low, x)
      high = Math.max(high, x)
    }
  if (low > high) return [0, 1]
  const around = 0.05 * Math.abs(low) || 0.5
  if (low === high) return [low - around, high + around]
  return [low - room * (high - low), high + room * (high - low)]
}
