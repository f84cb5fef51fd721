/**
 * A program that goes over to wide lanes when it has run for a while. It begins in narrow lanes, so that its first run does not
 * wait for the optimizing compiler. Then one run is done in both, on the same state and the same inputs: only if every bit of the
 * outputs and of the new state agrees, the program stays in wide lanes. V8's packing is experimental, and this holds the code that it
 * made of just this program to the promise that lanes change no bit (docs/decisions/wide-lanes.md).
 */
import type { NDArray } from "../../types/NDArray.ts"
import { packsLanes } from "./assembler/hostLanes.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Prepared } from "./prepare.ts"

/** Milliseconds of running after which a program goes over: some times what it takes to optimize a large one. */
const usualPatience = 500

type Arrays = ReadonlyArray<NDArray>

const same = (a: Arrays, b: Arrays): boolean =>
  a.every(({ data }, i) => {
    const other = b[i]?.data ?? []
    return data.length === other.length && data.every((x, k) => Object.is(x, other[k]))
  })

/**
 * Prepares a program in narrow lanes; it goes over to wide ones after some milliseconds of running, if these have the same bits. With
 * no patience its first run is the one that decides.
 */
const widened = (prepareIn: (lanes: Lanes) => Prepared, patience: number): Prepared => {
  let current = prepareIn(128)
  let isDecided = false
  let ran = 0

  /** The program in wide lanes with the current state, or `undefined` where the host has none, or no memory for both. */
  const wideOne = (): Prepared | undefined => {
    if (!packsLanes()) return undefined
    try {
      const wide = prepareIn(256)
      wide.load(current.lend())
      return wide
    } catch {
      return undefined
    }
  }
  /** What a run gives, or `undefined` if it fails. */
  const tried = (wide: Prepared, inputs: Arrays): Arrays | undefined => {
    try {
      return wide.run(inputs)
    } catch {
      return undefined
    }
  }
  const decide = (inputs: Arrays): Arrays => {
    isDecided = true
    const narrow = current
    const wide = wideOne()
    try {
      const got = wide && tried(wide, inputs)
      const wanted = narrow.run(inputs)
      if (wide !== undefined && got !== undefined && same(wanted, got) && same(narrow.lend(), wide.lend())) current = wide
      return wanted
    } finally {
      if (wide !== undefined) (current === wide ? narrow : wide).release()
    }
  }

  return {
    bytes: current.bytes,
    load: (state) => current.load(state),
    run: (inputs) => {
      if (isDecided) return current.run(inputs)
      if (ran >= patience) return decide(inputs)
      const started = performance.now()
      const made = current.run(inputs)
      ran += performance.now() - started
      return made
    },
    state: () => current.state(),
    lend: () => current.lend(),
    release: () => current.release(),
  }
}

/** Prepares a program for lanes: it stays in narrow ones, or goes over to wide ones, at its first run if the user asked for them. */
export const prepareFor = (lanes: Lanes, prepareIn: (lanes: Lanes) => Prepared, isAsked: boolean): Prepared =>
  lanes === 128 ? prepareIn(128) : widened(prepareIn, isAsked ? 0 : usualPatience)
