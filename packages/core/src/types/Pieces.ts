/**
 * Long work in pieces, between which a caller may let others have their turn: a generator that yields between two pieces. Who does
 * not care calls the function as any other.
 */

/** Work that is done piece by piece. */
export type Pieces<A> = Generator<void, A, void>

/** Does all pieces. */
export const toEnd = <A>(pieces: Pieces<A>): A => {
  for (;;) {
    const { done, value } = pieces.next()
    if (done === true) return value
  }
}

type AnyFunction = (...args: never) => unknown

const generators = new WeakMap<AnyFunction, (...args: never) => Pieces<unknown>>()

/** The function of a generator: it does all pieces at once, and `piecesOf` finds them. */
export const inPieces = <Args extends ReadonlyArray<unknown>, A>(
  generator: (...args: Args) => Pieces<A>,
): ((...args: Args) => A) => {
  const whole = (...args: Args): A => toEnd(generator(...args))
  generators.set(whole, generator)
  return whole
}

/** The pieces of a call: those of a function that was made by `inPieces`, or else the call as one piece. */
export const piecesOf = <Args extends ReadonlyArray<unknown>, A>(f: (...args: Args) => A, ...args: Args): Pieces<A> => {
  const generator = generators.get(f) as ((...args: Args) => Pieces<A>) | undefined
  return generator === undefined ? once(() => f(...args)) : generator(...args)
}

// biome-ignore lint/correctness/useYield: it is one piece.
function* once<A>(f: () => A): Pieces<A> {
  return f()
}
