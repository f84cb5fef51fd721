/** Studies of Optuna whose objectives are computed here: `studies.py` asks for one trial after the other. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Point, Space } from "../../packages/core/src/search/Space.ts"

/** What a trial gave: its score after each epoch, and at the end; undefined where the training diverged. */
export interface Curve {
  readonly reports: ReadonlyArray<number>
  readonly value: number | undefined
}

/** A trial of a study: its value, where it got to its end, and how many epochs it took. */
export interface Tried {
  readonly point: Point
  readonly value: number | undefined
  readonly epochs: number
}

export interface Wanted {
  readonly space: Space
  readonly sampler: "random" | "tpe" | "multivariate"
  readonly pruner: "none" | "asha"
  readonly seed: number
  readonly trials: number
  /** The points that are tried, in place of those that the sampler would choose. */
  readonly points?: ReadonlyArray<Point>
}

export interface Optuna {
  readonly version: string
  readonly study: (wanted: Wanted, curveAt: (point: Point) => Curve | Promise<Curve>) => Promise<ReadonlyArray<Tried>>
  readonly close: () => void
}

/** JSON has no numbers that are not finite. */
const finite = (value: number | undefined): number | null => (Number.isFinite(value) ? (value ?? null) : null)

/** Starts Optuna in the Python interpreter at `python`, which must have it. */
export const start = async (python: string): Promise<Optuna> => {
  const child = spawn(python, [join(import.meta.dirname, "studies.py")], { stdio: ["pipe", "pipe", "inherit"] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const say = (value: unknown) => child.stdin.write(`${JSON.stringify(value)}\n`)
  const heard = async () => {
    const { done, value } = await lines.next()
    if (done) throw new Error(`${python} ended`)
    return JSON.parse(value)
  }
  const { version } = await heard()
  return {
    version,
    study: async (wanted, curveAt) => {
      say(wanted)
      const all: Array<Tried> = []
      while (all.length < wanted.trials) {
        const { point } = await heard()
        const { reports, value } = await curveAt(point)
        say({ reports: reports.map(finite), value: finite(value) })
        const { stopped } = await heard()
        all.push({ point, value: stopped === null ? value : undefined, epochs: stopped ?? reports.length })
      }
      return all
    },
    close: () => child.kill(),
  }
}
