/**
 * Sets the seed of property tests, before the tests of a file. On a developer's machine each run draws new cases, so that many
 * are tried over time; continuous integration draws the same cases each time, so that only a change of the code can fail.
 * `FAST_CHECK_SEED` sets the seed that a failure printed.
 */
import { configureGlobal, readConfigureGlobal } from "fast-check"

const seed = process.env.FAST_CHECK_SEED ?? (process.env.CI === undefined ? undefined : "20261120")

if (seed !== undefined) configureGlobal({ ...readConfigureGlobal(), seed: Number(seed) })
