/**
 * Sets the seed and the number of cases of property tests, before the tests of a file. On a developer's machine each run draws new
 * cases, so that many are tried over time; continuous integration draws the same cases each time, so that only a change of the code
 * can fail. `FAST_CHECK_SEED` sets the seed that a failure printed.
 *
 * `pnpm test` draws half of the cases, since the same ones tomorrow find nothing new; `pnpm fresh-seeds` draws all of them.
 */
import { configureGlobal, readConfigureGlobal } from "fast-check"
import { caseCount } from "../packages/core/test/case-count.ts"

const seed = process.env.FAST_CHECK_SEED ?? (process.env.CI === undefined ? undefined : "20261120")

/** Of a property that sets no number, fast-check draws 100. */
configureGlobal({ ...readConfigureGlobal(), numRuns: caseCount(100), ...(seed === undefined ? {} : { seed: Number(seed) }) })
