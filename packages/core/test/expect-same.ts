/** Comparisons of results, bit for bit. `expect` alone takes longer over two long lists than the engine takes to compute them. */
import { expect } from "vitest"
import type { NDArray } from "../src/types/NDArray.ts"
import { bits } from "./one-by-one.ts"

const isSame = (a: NDArray, b: NDArray | undefined): boolean => {
  if (a.dtype !== b?.dtype || a.data.length !== b.data.length) return false
  const round = a.dtype === "f32" ? Math.fround : (x: number) => x
  for (let i = 0; i < a.data.length; i++) if (!Object.is(round(a.data[i] as number), round(b.data[i] as number))) return false
  return true
}

/** Expects the same bits, every NaN the same. */
export const expectSame = (got: ReadonlyArray<NDArray>, wanted: ReadonlyArray<NDArray>, hint?: string): void => {
  if (got.length !== wanted.length || !got.every((array, i) => isSame(array, wanted[i])))
    expect(got.map(bits), hint).toEqual(wanted.map(bits))
}
