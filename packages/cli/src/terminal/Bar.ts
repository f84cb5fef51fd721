/** A bar that fills as work gets done. */

/** A bar of `width` places filled to a share from 0 to 1, in steps of half a place. `bar(0.5, 4) // => { done: "━━", left: "──" }` */
export const bar = (share: number, width: number): { readonly done: string; readonly left: string } => {
  const halves = Math.max(0, Math.min(2 * width, Math.round(share * 2 * width)))
  const whole = Math.floor(halves / 2)
  const half = halves % 2 === 1 ? "╸" : ""
  return { done: "━".repeat(whole) + half, left: "─".repeat(width - whole - half.length) }
}
