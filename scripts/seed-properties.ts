/**
 * Before the tests of a file: which random cases properties draw. On a developer's machine each run draws its own, so that
 * over time many are tried; the continuous run draws the same each time, so that a change is judged by what it changed.
 * `FAST_CHECK_SEED` names the cases to draw, as a failure prints them.
 */
import { configureGlobal, readConfigureGlobal } from "fast-check"

const seed = process.env.FAST_CHECK_SEED ?? (process.env.CI === undefined ? undefined : "20261120")

if (seed !== undefined) configureGlobal({ ...readConfigureGlobal(), seed: Number(seed) })
