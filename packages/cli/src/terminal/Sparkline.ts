/** A row of bars that shows how a number went. */

const bars = "▁▂▃▄▅▆▇█"

/** A bar as high as a share from 0 to 1. `sparkBar(1) // => "█"` */
export const sparkBar = (share: number): string => bars[Math.round(share * (bars.length - 1))] ?? ""

const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, x) => sum + x, 0) / values.length

/** Values in at most `width` bars from their least to their greatest; each bar is the mean of the values it stands for. `sparkline([1, 2, 3, 4], 4) // => "▁▃▆█"` */
export const sparkline = (values: ReadonlyArray<number>, width: number): string => {
  const n = Math.min(width, values.length)
  if (n < 1) return ""
  const means = Array.from({ length: n }, (_, i) =>
    mean(values.slice(Math.floor((i * values.length) / n), Math.floor(((i + 1) * values.length) / n))),
  )
  const [low, high] = [Math.min(...means), Math.max(...means)]
  return means.map((x) => sparkBar(high === low ? 0 : (x - low) / (high - low))).join("")
}
