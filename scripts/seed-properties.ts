/**
 * Sets the seed and the number of cases of property tests, before the tests of a file. On a developer's machine each run draws new
 * cases, so that many are tried over time; continuous integration draws the same cases each time, so that only a change of the code
 * can fail. `FAST_CHECK_SEED` sets the seed that a failure printed.
 *
 * `pnpm test` draws half of the cases, since the same ones tomorrow find nothing new; `pnpm fresh-seeds` draws all of them.
 */
import { configureGlobal, readConfigureGlobal } from "fast-check"

const seed = process.env.FAST_CHECK_SEED ?? (process.env.CI === undefined ? undefined : "20261120")

/** The cases of a property that sets no number: fast-check's own 100, or half of them. */
const numRuns = process.env.PROPERTY_CASES === "all" ? 100 : 50

configureGlobal({ ...readConfigureGlobal(), numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) })
