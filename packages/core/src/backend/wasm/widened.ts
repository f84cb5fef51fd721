/**
 * A program that goes over to wide lanes when it has run for a while. It begins in narrow lanes, so that its first run does not
 * wait for the optimizing compiler. Then one run is done in both, on the same state and the same inputs: only if every bit of the
 * outputs and of the new state agrees, the program stays in wide lanes. V8's packing is experimental, and this holds the code that it
 * made of just this program to the promise that lanes change no bit (docs/decisions/wide-lanes.md).
 */
import type { NDArray } from "../../types/NDArray.ts"
import { inPieces, type Pieces, piecesOf, toEnd } from "../../types/Pieces.ts"
import { packsLanes } from "./assembler/hostLanes.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Prepared } from "./prepare.ts"

/** Milliseconds of running after which a program goes over: some times what it takes to optimize a large one. */
const usualPatience = 500

type Arrays = ReadonlyArray<NDArray>

/** Elements that are compared between two turns of others: a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 14

function* comparing(a: Arrays, b: Arrays): Pieces<boolean> {
  for (const [i, { data }] of a.entries()) {
    const other = b[i]?.data ?? []
    if (data.length !== other.length) return false
    for (let from = 0; from < data.length; from += pieceLength) {
      const end = Math.min(data.length, from + pieceLength)
      for (let k = from; k < end; k++) if (!Object.is(data[k], other[k])) return false
      yield
    }
  }
  return true
}

/** The pieces of a run, or the run as one piece. */
const runOf = ({ pieces, run }: Prepared, inputs: Arrays): Pieces<Arrays> => pieces?.(inputs) ?? piecesOf(run, inputs)

/** The pieces of a run on a state. */
function* runWith(prepared: Prepared, state: Arrays, inputs: Arrays): Pieces<Arrays> {
  yield* piecesOf(prepared.load, state)
  return yield* runOf(prepared, inputs)
}

/** What pieces give, or `undefined` if they fail. */
function* tried<A>(pieces: Pieces<A>): Pieces<A | undefined> {
  try {
    return yield* pieces
  } catch {
    return undefined
  }
}

/**
 * Prepares a program in narrow lanes; it goes over to wide ones after some milliseconds of running, if these have the same bits. With
 * no patience its first run is the one that decides.
 */
function* widened(prepareIn: (lanes: Lanes) => Prepared, patience: number): Pieces<Prepared> {
  let current = yield* piecesOf(prepareIn, 128)
  let isDecided = false
  let ran = 0

  /** A run in both lanes on the current state, after which the program stays in one of them. */
  function* deciding(inputs: Arrays): Pieces<Arrays> {
    const narrow = current
    let wide: Prepared | undefined
    try {
      // The host may have none, or no memory for both.
      if (packsLanes()) wide = yield* tried(piecesOf(prepareIn, 256))
      const got = wide && (yield* tried(runWith(wide, narrow.lend(), inputs)))
      const wanted = yield* runOf(narrow, inputs)
      const isSame =
        wide !== undefined &&
        got !== undefined &&
        (yield* comparing(wanted, got)) &&
        (yield* comparing(narrow.lend(), wide.lend()))
      if (isSame && wide !== undefined) current = wide
      isDecided = true
      return wanted
    } finally {
      if (wide !== undefined) (current === wide ? narrow : wide).release()
    }
  }

  /** Counts the milliseconds of some pieces. */
  function* counting<A>(pieces: Pieces<A>): Pieces<A> {
    for (;;) {
      const started = performance.now()
      const { done, value } = pieces.next()
      ran += performance.now() - started
      if (done === true) return value
      yield
    }
  }

  return {
    bytes: current.bytes,
    load: inPieces((state: Arrays) => piecesOf(current.load, state)),
    run: (inputs) => {
      if (isDecided) return current.run(inputs)
      return ran >= patience ? toEnd(deciding(inputs)) : toEnd(counting(piecesOf(current.run, inputs)))
    },
    pieces: (inputs) => {
      if (!isDecided && ran >= patience) return deciding(inputs)
      const pieces = current.pieces?.(inputs)
      return pieces === undefined || isDecided ? pieces : counting(pieces)
    },
    state: inPieces(() => piecesOf(current.state)),
    lend: () => current.lend(),
    release: () => current.release(),
  }
}

function* preparing(lanes: Lanes, prepareIn: (lanes: Lanes) => Prepared, isAsked: boolean): Pieces<Prepared> {
  if (lanes === 128) return yield* piecesOf(prepareIn, 128)
  return yield* widened(prepareIn, isAsked ? 0 : usualPatience)
}

/**
 * Prepares a program for lanes, perhaps in pieces: it stays in narrow ones, or goes over to wide ones, at its first run if the user
 * asked for them.
 */
export const prepareFor = inPieces(preparing)
