/** A program goes over to wide lanes only if one run in both gives the same bits. */
import { afterEach, expect, it, vi } from "vitest"
import { packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"
import type { Lanes } from "../src/backend/wasm/assembler/lanes.ts"
import type { Prepared } from "../src/backend/wasm/prepare.ts"
import { prepareFor } from "../src/backend/wasm/widened.ts"
import { NDArray } from "../src/types/NDArray.ts"

const array = (...numbers: ReadonlyArray<number>): NDArray => new NDArray("f32", [numbers.length], Float32Array.from(numbers))

interface Fake {
  readonly prepareIn: (lanes: Lanes) => Prepared
  readonly log: ReadonlyArray<string>
}

type Output = (state: number) => ReadonlyArray<number>

/** Programs that add one to their state; what they put out is a function of it. A wide one may change the new state, too. */
const fake = (narrow: Output, wide: Output, { prepares = true, change = (x: number) => x } = {}): Fake => {
  const log: Array<string> = []
  const prepareIn = (lanes: Lanes): Prepared => {
    log.push(`prepare ${lanes}`)
    if (lanes === 256 && !prepares) throw new Error("no memory")
    let state = 0
    return {
      bytes: lanes,
      load: ([x]) => {
        state = x?.data[0] ?? 0
      },
      run: () => {
        log.push(`run ${lanes}`)
        const made = [array(...(lanes === 128 ? narrow : wide)(state))]
        state = lanes === 128 ? state + 1 : change(state + 1)
        return made
      },
      state: () => [array(state)],
      lend: () => [array(state)],
      release: () => log.push(`release ${lanes}`),
    }
  }
  return { prepareIn, log }
}

const both: Output = (state) => [state, 2 * state, Number.NaN]

afterEach(() => vi.restoreAllMocks())

const hasWide = packsLanes()

it.runIf(hasWide)("goes over with its state at the first run where the user asks, and releases the narrow program", () => {
  const { log, prepareIn } = fake(both, both)
  const prepared = prepareFor(256, prepareIn, true)
  prepared.load([array(5)])
  expect(prepared.run([])).toEqual([array(5, 10, Number.NaN)])
  expect(prepared.run([])).toEqual([array(6, 12, Number.NaN)])
  expect(prepared.state()).toEqual([array(7)])
  prepared.release()
  expect(log).toEqual(["prepare 128", "prepare 256", "run 256", "run 128", "release 128", "run 256", "release 256"])
})

it.runIf(hasWide).each([
  [
    "an output has another bit",
    fake(
      (x) => [x, 0],
      (x) => [x, -0],
    ),
  ],
  [
    "a number is NaN in one only",
    fake(
      (x) => [x],
      () => [Number.NaN],
    ),
  ],
  ["the new state differs", fake(both, both, { change: (x) => x + 2 ** -20 })],
  [
    "it has fewer numbers",
    fake(
      (x) => [x, 1],
      (x) => [x],
    ),
  ],
  [
    "it fails",
    fake(both, () => {
      throw new Error("a trap")
    }),
  ],
  ["there is no memory for both", fake(both, both, { prepares: false })],
] as const)("stays narrow for good where %s", (_, { log, prepareIn }) => {
  const prepared = prepareFor(256, prepareIn, true)
  const first = prepared.run([])
  prepared.run([])
  expect(first[0]?.data[0]).toBe(0)
  expect(prepared.state()).toEqual([array(2)])
  expect(log.filter((line) => line === "prepare 256")).toHaveLength(1)
  expect(log.filter((line) => line === "run 128")).toHaveLength(2)
  expect(log.includes("release 256")).toBe(log.includes("run 256"))
  expect(log).not.toContain("release 128")
})

it.runIf(hasWide)("begins narrow where the user does not ask, and goes over when it has run for half a second", () => {
  let now = 0
  vi.spyOn(performance, "now").mockImplementation(() => (now += 100))
  const { log, prepareIn } = fake(both, both)
  const prepared = prepareFor(256, prepareIn, false)
  for (let step = 0; step < 7; step++) expect(prepared.run([])[0]?.data[0]).toBe(step)
  expect(log.indexOf("prepare 256")).toBe(6)
  expect(log.slice(6)).toEqual(["prepare 256", "run 256", "run 128", "release 128", "run 256"])
})

it.runIf(hasWide)("releases the wide program where the run fails in narrow lanes", () => {
  const failing: Output = () => {
    throw new Error("a worker died")
  }
  const { log, prepareIn } = fake(failing, both)
  expect(() => prepareFor(256, prepareIn, true).run([])).toThrow("a worker died")
  expect(log).toContain("release 256")
})

it("prepares narrow lanes alone where these are chosen", () => {
  const { log, prepareIn } = fake(both, both)
  prepareFor(128, prepareIn, true).run([])
  expect(log).toEqual(["prepare 128", "run 128"])
})
