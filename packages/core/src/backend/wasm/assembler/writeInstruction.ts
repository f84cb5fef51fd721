/** Instructions as bytes: the code, then what follows it. */
import type { Bytes } from "./Bytes.ts"
import type { Form, Value } from "./Value.ts"

/** A code, with its prefix byte if it has one. */
export const writeCode = (out: Bytes, code: number): void => {
  if (code < 0x100) out.u8(code)
  else {
    out.u8(code >>> 16)
    out.u32(code & 0xffff)
  }
}

const nothing = (): void => {}
const index = (out: Bytes, { immediate }: Value): void => out.u32(immediate)
const wide = (out: Bytes, value: Value): void => out.raw(value.wide as Uint8Array)
const address = (out: Bytes, { align, immediate }: Value): void => {
  out.u32(align)
  out.u32(immediate)
}

const immediates: { readonly [F in Form]: (out: Bytes, value: Value) => void } = {
  none: nothing,
  local: index,
  index,
  memory: address,
  memoryLane: (out, value) => {
    address(out, value)
    out.u8(value.lane)
  },
  lane: (out, { lane }) => out.u8(lane),
  i32: (out, { immediate }) => out.s32(immediate),
  i64: (out, value) => out.s64(value.wide as bigint),
  f32: (out, { immediate }) => out.f32(immediate),
  f64: (out, { immediate }) => out.f64(immediate),
  v128: wide,
  shuffle: wide,
  zero: (out) => out.u8(0),
  zeros: (out) => {
    out.u8(0)
    out.u8(0)
  },
}

/** A node without its operands. */
export const writeNode = (out: Bytes, value: Value): void => {
  writeCode(out, value.code)
  immediates[value.form](out, value)
}
