/**
 * The error function in doubles. Near zero by Kummer's series, whose terms all have one sign, so nothing cancels;
 * far out by the continued fraction of erfc (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14).
 */
export const erf = (x: number): number => {
  const z = Math.abs(x)
  if (!(z < 6)) return Number.isNaN(x) ? x : Math.sign(x)
  return z < 2.5 ? series(x) : Math.sign(x) * (1 - complement(z))
}

const series = (x: number): number => {
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}

const complement = (z: number): number => {
  let fraction = z
  for (let n = 60; n >= 1; n--) fraction = z + n / 2 / fraction
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction
}
