/** A share as whole percent. `percent(0.126) // => "13%"` */
export const percent = (share: number): string => `${Math.round(100 * share)}%`
