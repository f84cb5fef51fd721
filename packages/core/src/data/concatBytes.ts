/** Pieces of bytes as one array. A single piece is returned as it is. `concatBytes([Uint8Array.of(1), Uint8Array.of(2, 3)]).length // => 3` */
export const concatBytes = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = pieces
  if (first !== undefined && pieces.length === 1) return first
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
