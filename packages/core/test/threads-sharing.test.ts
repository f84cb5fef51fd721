/** Whether runs are shared with workers: decided by the times of runs, here those of simulated machines. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { makeSharing } from "../src/backend/wasm/threads/sharing.ts"

/** How long a run takes at some time, alone and shared, in milliseconds. */
interface Machine {
  readonly alone: number
  readonly shared: (time: number) => number
}

/** Runs for so many milliseconds. Returns the mean time of a run from `from` on, and the part of those that were shared. */
const simulate = ({ alone, shared }: Machine, until: number, from = 0) => {
  const sharing = makeSharing(true)
  let [time, runs, elapsed, together] = [0, 0, 0, 0]
  while (time < until) {
    const isShared = sharing.next()
    const took = isShared ? shared(time) : alone
    sharing.took(took)
    time += took
    if (time <= from) continue
    runs++
    elapsed += took
    if (isShared) together++
  }
  return { mean: elapsed / runs, together: together / runs }
}

/** Times of a run from 50 µs to 300 ms. */
const times = fc.double({ min: Math.log(0.05), max: Math.log(300), noNaN: true }).map(Math.exp)

describe("runs", () => {
  it("are shared where that is faster, whatever they take", () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0.3, max: 0.9, noNaN: true }), (alone, ratio) => {
        const { mean, together } = simulate({ alone, shared: () => alone * ratio }, 10_000 + 200 * alone, 2000 + 40 * alone)
        expect(together).toBeGreaterThan(0.9)
        expect(mean).toBeLessThan(alone * ratio * 1.03 + 0.03 * alone)
      }),
    )
  })

  it("are not where it is slower: even from the first on they take little longer than alone", () => {
    fc.assert(
      fc.property(times, fc.double({ min: 1, max: 3, noNaN: true }), (alone, ratio) => {
        const machine = { alone, shared: () => alone * ratio }
        const { mean, together } = simulate(machine, 10_000 + 200 * alone, 2000 + 40 * alone)
        expect(together).toBeLessThan(0.1)
        expect(mean).toBeLessThan(alone * 1.1)
      }),
    )
  })

  it("are shared again soon after the other programs have ended, and alone again when they come back", () => {
    const isBusy = (time: number): boolean => (time > 3000 && time < 6000) || time > 9000
    const machine = { alone: 1, shared: (time: number) => (isBusy(time) ? 2 : 0.55) }
    expect(simulate(machine, 3000, 100).mean).toBeLessThan(0.6)
    expect(simulate(machine, 6000, 3050).mean).toBeLessThan(1.1)
    expect(simulate(machine, 9000, 7100).mean).toBeLessThan(0.6)
    expect(simulate(machine, 12_000, 9050).mean).toBeLessThan(1.1)
  })

  it("are shared although another program takes a core for a moment now and then", () => {
    const machine = { alone: 1, shared: (time: number) => (time % 100 < 4 ? 4 : 0.55) }
    expect(simulate(machine, 20_000, 1000).mean).toBeLessThan(0.8)
  })
})
