/**
 * A whole number with commas between groups of three digits. `toLocaleString` loads the host's tables of languages, which takes
 * longer than any other step of loading this library. `grouped(1234567n) // => "1,234,567"`
 */
export const grouped = (n: number | bigint): string => String(n).replace(/\B(?=(?:\d{3})+$)/g, ",")
