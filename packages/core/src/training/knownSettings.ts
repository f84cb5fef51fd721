/**
 * The settings that runs have. Types refuse misspelt ones in TypeScript; in JavaScript `earlystop` or `valdiation` would be ignored,
 * so they are refused before anything is computed. Other names pass: a program may describe a run by a record with more in it.
 */

import { nearest } from "../data/Nearest.ts"
import type { Config } from "./Config.ts"
import { firstOf, type Problem, problem } from "./checkData.ts"
import type { Config as LoopConfig, Validation } from "./LoopConfig.ts"
import type { Saving } from "./LoopRun.ts"
import type { EarlyStop, Monitor } from "./Monitor.ts"
import type { Plateau } from "./Plateau.ts"
import type { Rewind } from "./Rewind.ts"

/** All names of a type's fields, which the type checker asks for. */
export type Names<A> = { readonly [K in keyof Required<A>]: true }

const monitor: Names<Monitor> = { monitor: true, mode: true, minDelta: true }
const saving: Names<Saving<never, never>> = { save: true, every: true }

/** The settings that both kinds of runs have, and the names in them. */
const shared = {
  best: monitor,
  earlyStop: { ...monitor, patience: true, restoreBest: true } satisfies Names<EarlyStop>,
  plateau: { ...monitor, patience: true, factor: true, cooldown: true, least: true } satisfies Names<Plateau>,
  rewind: { times: true, factor: true } satisfies Names<Rewind>,
  saving,
} as const

const common = { data: true, validation: true, seed: true, epochs: true, batch: true, fingerprint: true, resume: true } as const

const train: { readonly [K in keyof Required<Config<unknown, unknown, unknown>>]: Names<object> | true } = {
  ...common,
  ...shared,
  watch: true,
  shards: true,
  workers: true,
  net: true,
  loss: true,
  penalty: true,
  optimizer: true,
  scores: true,
  start: true,
  scored: true,
}

const loop: { readonly [K in keyof Required<LoopConfig<unknown, unknown, unknown>>]: Names<object> | true } = {
  ...common,
  ...shared,
  validation: { data: true, scores: true } satisfies Names<Validation<unknown, unknown>>,
  state: true,
  step: true,
  optimizers: true,
}

/** A misspelt name begins with the same letter: `test` is not meant to be `best`. */
const meant = (name: string, known: ReadonlyArray<string>): string | undefined =>
  nearest(name, known).find((near) => near[0] === name[0]?.toLowerCase())

/** A problem with the first name that is none of these, but close to one. */
export const misspeltIn = (path: string, given: object, names: object): Problem => {
  const known = Object.keys(names)
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || Object.hasOwn(names, name)) continue
    const near = meant(name, known)
    if (near !== undefined)
      return problem(`${path}${name}`, "a setting that does not exist", `one of ${known.join(", ")}`, `${path}${near}`)
  }
  return undefined
}

const knownIn =
  (settings: { readonly [name: string]: object | true }) =>
  (config: object): Problem =>
    misspeltIn("", config, settings) ??
    firstOf(
      Object.entries(settings).map(([name, names]) => {
        const given: unknown = Reflect.get(config, name)
        return names === true || typeof given !== "object" || given === null ? undefined : misspeltIn(`${name}.`, given, names)
      }),
    )

/** A problem with a setting that `Train.run` does not have. */
export const knownOfTrain: (config: object) => Problem = knownIn(train)

/** A problem with a setting that `Loop.run` does not have. */
export const knownOfLoop: (config: object) => Problem = knownIn(loop)
