/**
 * Whether runs are shared with workers, decided by how long they take. Where other programs take the cores, threads wait for each
 * other, and one thread alone may be faster. So the runs of a job are timed: some with the workers, some without, and from then
 * on most of them in the faster way. The other way is tried again at intervals, which grow while the answer stays the same. The
 * bits are the same both ways.
 */

/** The decisions for the runs of one job. */
export interface Sharing {
  /** Whether the next run is shared. */
  readonly next: () => boolean
  /** Reports how many milliseconds the run took that was decided last. */
  readonly took: (elapsed: number) => void
}

/** Sharing must save this part of the time: workers take cores from other programs. */
const leastGain = 0.05

/** The first period lasts so many milliseconds and one run; both double, up to a bound, while the answer stays the same. */
const shortest = 10
const longest = 1000
const mostRuns = 64

/** A trial of the slower way lasts so many milliseconds and at least one run. A shared one is longer, since its runs differ more. */
const trials = { shared: 20, alone: 1 }

/** The first milliseconds of a shared trial do not count: the system has not yet given each worker a core. */
const settling = 10

/** Shared runs are compared with lone ones at once when they take so many times as long as before, for some milliseconds. */
const slowdown = 1.25
const soon = 10

interface Times {
  runs: number
  elapsed: number
}

const noTimes = (): Times => ({ runs: 0, elapsed: 0 })
const add = (times: Times, elapsed: number): void => {
  times.runs++
  times.elapsed += elapsed
}
const mean = ({ elapsed, runs }: Times): number => elapsed / runs

/** Decides for the runs of a job, of which the first ones are shared or not. */
export const makeSharing = (isSharedFirst: boolean): Sharing => {
  let isShared = isSharedFirst
  let isTrial = false
  /** How often the answer has stayed the same. */
  let confirmed = 0
  /** The least milliseconds and runs of this period, its times so far, and those of its last few milliseconds. */
  let least = { elapsed: shortest, runs: 1 }
  let period = noTimes()
  let recent = noTimes()
  /** The milliseconds that do not count yet. */
  let unsettled = 0
  /** The mean times of a run in the last periods. */
  const means = { shared: Number.POSITIVE_INFINITY, alone: Number.POSITIVE_INFINITY }

  const begin = (shared: boolean, wanted: Times): void => {
    isShared = shared
    least = wanted
    period = noTimes()
    recent = noTimes()
  }
  const tryOther = (): void => {
    isTrial = true
    unsettled = isShared ? 0 : settling
    begin(!isShared, { elapsed: isShared ? trials.alone : trials.shared, runs: 1 })
  }
  const decide = (): void => {
    const shared = means.shared < (1 - leastGain) * means.alone
    confirmed = shared === isShared ? 0 : confirmed + 1
    isTrial = false
    begin(shared, { elapsed: Math.min(longest, shortest * 2 ** confirmed), runs: Math.min(mostRuns, 2 ** confirmed) })
  }
  const hasSlowed = (): boolean => isShared && !isTrial && recent.elapsed >= soon && mean(recent) > slowdown * means.shared

  return {
    next: () => isShared,
    took: (elapsed) => {
      if (unsettled > 0) {
        unsettled -= elapsed
        return
      }
      add(period, elapsed)
      add(recent, elapsed)
      if (hasSlowed()) {
        confirmed = 0
        means.shared = mean(recent)
        tryOther()
      } else if (period.elapsed >= least.elapsed && period.runs >= least.runs) {
        means[isShared ? "shared" : "alone"] = mean(period)
        if (isTrial) decide()
        else tryOther()
      } else if (recent.elapsed >= soon) recent = noTimes()
    },
  }
}

/** Every run is shared. */
export const alwaysShared: Sharing = { next: () => true, took: () => {} }
