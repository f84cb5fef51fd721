/**
 * Which numerics this host has. Relaxed multiply-add may round once or twice, which each host decides once for all. Only
 * where it rounds once are the numerics `fast`, with the same bits on every such host. Where it rounds twice, its bits are those of
 * `portable`, and that is what the numerics are called.
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

/** Whether the host has multiply-add in vectors that rounds once. */
export const fusesMultiplyAdd = (): boolean => {
  if (known !== undefined) return known
  const bytes = probe()
  known = validate(bytes) && instantiate(compile(bytes)).probe?.(1 + 2 ** -12, -(1 + 2 ** -11)) === 2 ** -24
  return known
}

/** The numerics that this host uses where these are requested. */
export const offered = (wanted: Numerics): Numerics => (wanted === "fast" && !fusesMultiplyAdd() ? "portable" : wanted)
