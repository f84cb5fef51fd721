/** Numbers formatted for people. */

/** Three significant digits, or all digits before the point. `significant(1234.5) // => "1235"` */
export const significant = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3))

/** A time in the unit that suits it. `printTime(0.0254) // => "25.4 µs"` */
export const printTime = (milliseconds: number): string => {
  // At these bounds three digits round up to the next unit.
  if (milliseconds < 0.9995) return `${significant(milliseconds * 1e3)} µs`
  return milliseconds < 999.5 ? `${significant(milliseconds)} ms` : `${significant(milliseconds / 1e3)} s`
}

/** A count of bytes, in thousands or millions. `printBytes(12345) // => "12.3 kB"` */
export const printBytes = (bytes: number): string =>
  bytes < 9.995e6 ? `${significant(bytes / 1e3)} kB` : `${significant(bytes / 1e6)} MB`
