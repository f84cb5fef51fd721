/** How the bytes of delimited text are divided into records and cells. */

export const [lineFeed, carriageReturn, space, tab, quoteMark] = [10, 13, 32, 9, 34]

export interface Layout {
  /** The UTF-8 bytes of the character between cells. A space means any number of spaces and tabs. */
  readonly delimiter: Uint8Array
  /** The UTF-8 bytes that start a line of comment; absent if there are none. */
  readonly comment?: Uint8Array
}

const encoder = /* @__PURE__ */ new TextEncoder()

/** A layout of characters. */
export const layoutOf = (delimiter: string, comment: string | undefined): Layout => ({
  delimiter: encoder.encode(delimiter),
  ...(comment === undefined ? {} : { comment: encoder.encode(comment) }),
})

/** Whether a space is the delimiter. */
export const isSpaced = ({ delimiter }: Layout): boolean => delimiter[0] === space

/** Whether bytes have these bytes at a position. */
export const startsWith = (bytes: Uint8Array, at: number, prefix: Uint8Array): boolean => {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false
  return true
}

/** The position after spaces and tabs. */
export const pastSpaces = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (bytes[at] === space || bytes[at] === tab) at += 1
  return at
}

/** The length of a line end at a position: 1 for a line feed, 2 for a carriage return before one, 0 elsewhere. */
export const lineEndAt = (bytes: Uint8Array, at: number): number =>
  bytes[at] === lineFeed ? 1 : bytes[at] === carriageReturn && bytes[at + 1] === lineFeed ? 2 : 0

/** The number of line feeds between two positions. */
export const lineFeeds = (bytes: Uint8Array, from: number, to: number): number => {
  let count = 0
  for (let at = bytes.indexOf(lineFeed, from); at >= 0 && at < to; at = bytes.indexOf(lineFeed, at + 1)) count += 1
  return count
}
