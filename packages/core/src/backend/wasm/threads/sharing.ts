/**
 * Whether runs are shared with workers, decided by how long they take. Where other programs take the cores, threads wait for each
 * other, and one thread alone may be faster. So the runs of a job are timed: some with the workers, some without, and from then
 * on most of them in the faster way. The other way is tried again at intervals, which grow while the answer stays the same. The
 * bits are the same both ways.
 */

/** The decisions for the runs of one job. Times are in milliseconds. */
export interface Sharing {
  /** Whether the next run is shared. */
  readonly next: () => boolean
  /** Reports how long the run took that was decided last. */
  readonly took: (elapsed: number) => void
}

/** Sharing must save this part of the time: workers take cores from other programs. */
const leastGain = 0.05

/** The shortest and the longest time that runs go one way before the other way is tried. */
const shortest = 10
const longest = 1000

/** A trial of the slower way lasts this long; at least so many runs, of which there are a number for each trial run. */
const trial = { shared: { time: 10, runs: 2 }, alone: { time: 0, runs: 2 } }
const runsPerTrialRun = 16

/** Shared runs that take so many times as long as they took before are compared with lone runs at once, after some milliseconds. */
const slowdown = 1.25
const soon = 10

/** Times of runs that went one way. */
interface Timed {
  runs: number
  elapsed: number
}

const nothing = (): Timed => ({ runs: 0, elapsed: 0 })
const mean = ({ elapsed, runs }: Timed): number => elapsed / runs

/** Decides for the runs of a job. The first ones are shared. */
export const makeSharing = (): Sharing => {
  let isShared = true
  /** The time and the runs until the other way is tried. */
  let least = { time: shortest, runs: 1 }
  let patience = shortest
  let now = nothing()
  let lately = nothing()
  /** The means of the last complete periods. */
  const means = { shared: Number.POSITIVE_INFINITY, alone: Number.POSITIVE_INFINITY }
  let isTrial = false

  const begin = (shared: boolean, next: typeof least): void => {
    isShared = shared
    least = next
    now = nothing()
    lately = nothing()
  }
  const tryOther = (): void => {
    isTrial = true
    begin(!isShared, isShared ? trial.alone : trial.shared)
  }
  const compare = (): void => {
    const isBetter = means.shared < (1 - leastGain) * means.alone
    // A trial that changes nothing makes the next one later.
    patience = isBetter === isShared ? shortest : Math.min(longest, 2 * patience)
    isTrial = false
    const tried = now.runs
    begin(isBetter, { time: patience, runs: tried * runsPerTrialRun })
  }
  return {
    next: () => isShared,
    took: (elapsed) => {
      for (const timed of [now, lately]) {
        timed.runs++
        timed.elapsed += elapsed
      }
      const key = isShared ? "shared" : "alone"
      if (now.elapsed >= least.time && now.runs >= least.runs) {
        means[key] = mean(now)
        if (isTrial) compare()
        else tryOther()
      } else if (isShared && !isTrial && lately.elapsed >= soon) {
        const slow = mean(lately) > slowdown * means.shared
        if (slow) {
          means.shared = mean(lately)
          patience = shortest
          tryOther()
        } else lately = nothing()
      }
    },
  }
}

/** Every run is shared. */
export const alwaysShared: Sharing = { next: () => true, took: () => {} }
