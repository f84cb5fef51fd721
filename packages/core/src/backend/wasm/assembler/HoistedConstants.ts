/**
 * The vector constants of a function that are set up once where it begins. Hosts build a constant anew wherever it is used,
 * with several instructions; in a loop it is quicker to keep it in a local, even one that lives on the stack.
 *
 * Code in loops uses a constant itself and does not copy it to another local, except to begin a sum. V8 keeps the copy for the next
 * round, even if nobody reads it. Where it packs the constant (docs/decisions/wide-lanes.md), both lie in one place on the stack,
 * and V8 may then load the lower half for both: the upper lanes of the constant are 0 after that.
 */
import type { Bytes } from "./Bytes.ts"
import type { Locals } from "./Locals.ts"
import { structure } from "./opcodes.ts"
import type { Value } from "./Value.ts"
import { writeCode } from "./writeInstruction.ts"

/** Vectors that a host makes faster than it reads them: all zeros, all ones. */
const isUniform = (bytes: Uint8Array): boolean => {
  const first = bytes[0]
  return (first === 0 || first === 0xff) && bytes.every((byte) => byte === first)
}

export class HoistedConstants {
  readonly #locals: Locals
  readonly #byBytes = new Map<string, { readonly index: number; readonly bytes: Uint8Array }>()
  /** Of a constant seen before its local, if it has one: quicker to find than by its bytes. */
  readonly #byValue = new Map<Value, number | undefined>()

  constructor(locals: Locals) {
    this.#locals = locals
  }

  /** The local that holds a vector constant, or none if it is better written out. */
  local(constant: Value): number | undefined {
    if (this.#byValue.has(constant)) return this.#byValue.get(constant)
    const index = this.#find(constant.wide as Uint8Array)
    this.#byValue.set(constant, index)
    return index
  }

  #find(bytes: Uint8Array): number | undefined {
    if (isUniform(bytes)) return undefined
    const key = bytes.join()
    const known = this.#byBytes.get(key)
    if (known !== undefined) return known.index
    const index = this.#locals.declare("v128")
    this.#byBytes.set(key, { index, bytes })
    return index
  }

  /** The instructions that set them. */
  write(out: Bytes): void {
    for (const { index, bytes } of this.#byBytes.values()) {
      writeCode(out, structure["v128.const"])
      out.raw(bytes)
      writeCode(out, structure["local.set"])
      out.u32(index)
    }
  }
}
