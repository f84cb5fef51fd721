/**
 * Which numerics this host has. Relaxed multiply-add may round once or twice, as a host likes, though always alike. Only
 * where it rounds once is it `fast`: then the bits are the same on every host that has it, and where it would round twice
 * they are those of `portable`, which is then what it is called.
 */
import { Assembler } from "./Assembler.ts"
import { multiplyAdd, type Numerics } from "./numerics.ts"
import { f32x4 } from "./Value.ts"
import { compile, instantiate, validate } from "./webAssembly.ts"

/** (1 + 2⁻¹²)² − (1 + 2⁻¹¹), which is 2⁻²⁴ if rounded once and 0 if twice. */
const probe = (): Uint8Array<ArrayBuffer> => {
  const module = new Assembler("fast")
  module.func("probe", { params: ["f32", "f32"], result: "f32", export: true }, (code, [x, y]) =>
    f32x4.extract_lane(multiplyAdd(code, f32x4.splat(x), f32x4.splat(x), f32x4.splat(y)), 0),
  )
  return module.bytes()
}

let known: boolean | undefined

/** Whether multiply-add in vectors is there and rounds once. */
export const fusesMultiplyAdd = (): boolean => {
  if (known !== undefined) return known
  const bytes = probe()
  known = validate(bytes) && instantiate(compile(bytes)).probe?.(1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24
  return known
}

/** The numerics that are used where these are asked for. */
export const offered = (wanted: Numerics): Numerics => (wanted === "fast" && !fusesMultiplyAdd() ? "portable" : wanted)
