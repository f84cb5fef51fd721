/**
 * JSON of records that may hold non-finite numbers, which JSON cannot represent: they are written as the texts "NaN",
 * "Infinity" and "-Infinity". `Progress.Score` reads both back.
 */

/** A value as JSON. `print({ loss: Infinity, rows: 2 }) // => '{"loss":"Infinity","rows":2}'` */
export const print = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_, each) => (typeof each === "number" && !Number.isFinite(each) ? String(each) : each), indent)
