/**
 * The local variables of one function. They belong to scopes; when a scope ends, its locals are released and reused.
 */
import type { Bytes } from "./Bytes.ts"
import { typeCodes, type ValueType } from "./opcodes.ts"
import { Local, Variable } from "./Value.ts"

export class Locals {
  readonly params: ReadonlyArray<Local>
  /** The types of the locals that are not parameters, by index. */
  readonly #types: Array<ValueType> = []
  readonly #free: { readonly [T in ValueType]: Array<number> } = { i32: [], i64: [], f32: [], f64: [], v128: [] }
  readonly #scopes: Array<Array<Local>>
  /** Locals whose scope has ended while none may be reused. */
  #kept: Array<Local> | undefined

  constructor(params: ReadonlyArray<ValueType>) {
    this.params = params.map((type, index) => new Local(type, index))
    this.#scopes = [[...this.params]]
  }

  /** A local of the innermost scope. It holds anything until it is set. */
  take<T extends ValueType>(type: T): Local<T> {
    return this.#own(new Local(type, this.#index(type)))
  }

  /** The same, to be set again. */
  takeVariable<T extends ValueType>(type: T): Variable<T> {
    return this.#own(new Variable(type, this.#index(type)))
  }

  #index(type: ValueType): number {
    return this.#free[type].pop() ?? this.declare(type)
  }

  #own<L extends Local>(local: L): L {
    this.#scopes.at(-1)?.push(local)
    return local
  }

  /** The index of a local of the whole function. */
  declare(type: ValueType): number {
    this.#types.push(type)
    return this.params.length + this.#types.length - 1
  }

  openScope(): void {
    this.#scopes.push([])
  }

  closeScope(): void {
    for (const local of this.#scopes.pop() ?? []) {
      local.released = true
      if (this.#kept === undefined) this.#free[local.type].push(local.immediate)
      else this.#kept.push(local)
    }
  }

  /** Runs `body`; none of its locals is reused before it has ended. */
  withoutReuse(body: () => void): void {
    this.#kept = []
    body()
    for (const { immediate, type } of this.#kept) this.#free[type].push(immediate)
    this.#kept = undefined
  }

  /** Ends all scopes, the parameters' too. */
  close(): void {
    while (this.#scopes.length > 0) this.closeScope()
  }

  /** The declarations as they precede a function's instructions: how many of which type, in the order of their indices. */
  write(out: Bytes): void {
    const runs: Array<{ readonly type: ValueType; count: number }> = []
    for (const type of this.#types) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ type, count: 1 })
    }
    out.u32(runs.length)
    for (const { type, count } of runs) {
      out.u32(count)
      out.u8(typeCodes[type])
    }
  }
}
