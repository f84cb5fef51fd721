/**
 * The body of one WebAssembly function while it is being written: its locals, its control flow, and the instructions with an
 * effect. Functions of `Value.ts` build values; the methods here write instructions immediately.
 *
 * Locals belong to scopes (the body of a loop, of a branch, of `scope`) and are reused afterwards. Vector
 * constants inside loops are set up once where the function begins (`HoistedConstants`).
 */
import { Bytes } from "./Bytes.ts"
import { type CallArguments, callOperands, type Func } from "./Func.ts"
import { HoistedConstants } from "./HoistedConstants.ts"
import { Locals } from "./Locals.ts"
import type { Lanes } from "./lanes.ts"
import type { Numerics } from "./numerics.ts"
import { effects, type Instruction, structure, type ValueType } from "./opcodes.ts"
import {
  type Argument,
  type Arguments,
  apply,
  copyOf,
  type I32,
  i32,
  type Local,
  operand,
  type V128,
  Value,
  type Variable,
} from "./Value.ts"
import { writeCode, writeNode } from "./writeInstruction.ts"

type Doers<Family> = {
  readonly [M in keyof Family]: Family[M] extends Instruction ? (...args: Arguments<Family[M]>) => void : never
}

/** Where a branch goes: the end of a block, the beginning of a loop. */
export interface Label {
  readonly depth: number
}

const emptyType = 0x40

export class Code {
  readonly #made = new Map<keyof typeof effects, object>()

  /** How the module rounds sums of products. */
  readonly numerics: Numerics
  /** How wide the vectors are that the module is written for, in bits: kernels choose their tiles by it. */
  readonly lanes: Lanes

  #out: Bytes
  readonly #locals: Locals
  readonly #constants: HoistedConstants
  readonly #labels: Array<Label> = []
  #loops = 0
  /** Of code that is written in step with other code: where each step ends, and how many blocks it is in. */
  #steps: { readonly ends: Array<number>; readonly depth: number } | undefined

  /** `out` is where the instructions go; it is cleared first. */
  constructor(
    params: ReadonlyArray<ValueType>,
    out: Bytes,
    { lanes, numerics }: { readonly lanes: Lanes; readonly numerics: Numerics },
  ) {
    out.clear()
    this.numerics = numerics
    this.lanes = lanes
    this.#out = out
    this.#locals = new Locals(params)
    this.#constants = new HoistedConstants(this.#locals)
  }

  // A function that only calls others needs none of these.
  get i32(): Doers<typeof effects.i32> {
    return this.#doers("i32")
  }

  get i64(): Doers<typeof effects.i64> {
    return this.#doers("i64")
  }

  get f32(): Doers<typeof effects.f32> {
    return this.#doers("f32")
  }

  get f64(): Doers<typeof effects.f64> {
    return this.#doers("f64")
  }

  get v128(): Doers<typeof effects.v128> {
    return this.#doers("v128")
  }

  get memory(): Doers<typeof effects.memory> {
    return this.#doers("memory")
  }

  get atomic(): Doers<typeof effects.atomic> {
    return this.#doers("atomic")
  }

  #doers<F extends keyof typeof effects>(family: F): Doers<(typeof effects)[F]> {
    const made =
      this.#made.get(family) ??
      Object.fromEntries(
        Object.entries<Instruction>(effects[family]).map(([name, instruction]) => [
          name,
          (...args: ReadonlyArray<unknown>) => this.#write(apply(instruction, args)),
        ]),
      )
    this.#made.set(family, made)
    return made as Doers<(typeof effects)[F]>
  }

  get params(): ReadonlyArray<Local> {
    return this.#locals.params
  }

  // Locals

  /**
   * Computes a value here, once, and keeps it in a new local. Given a function, computes what it returns in a scope of its
   * own, so that only the result outlives it.
   */
  let<T extends ValueType>(value: Value<T> | (() => Value<T>)): Local<T> {
    if (typeof value !== "function") {
      this.#write(value)
      return this.#setNew(value.type)
    }
    this.#locals.openScope()
    const result = value()
    this.#write(result)
    this.#locals.closeScope()
    return this.#setNew(result.type)
  }

  /** A new local that holds anything until it is set. A vector begins with a value: see `variable`. */
  local<T extends Exclude<ValueType, "v128">>(type: T): Local<T> {
    return this.#locals.take(type)
  }

  /**
   * A new local that may be set again, in branches and in rounds of a loop. Where lanes are wide it holds results of its own
   * instructions only, never the vector of another local or of a constant: V8 may pack that vector, keep it on the stack, and
   * where control flow meets load its lower half for both, so that the packed vector loses its upper lanes
   * (docs/decisions/wide-lanes.md).
   */
  variable<T extends ValueType>(start: Value<T>): Variable<T> {
    this.#writeOwn(start)
    const variable = this.#locals.takeVariable(start.type)
    this.#setTo(variable)
    return variable
  }

  set(local: Variable<"v128">, value: V128): void
  set<T extends Exclude<ValueType, "v128">>(local: Local<T>, value: NoInfer<Argument<T>>): void
  set(local: Local, value: unknown): void {
    this.#writeOwn(operand(local.type, value))
    this.#checkAlive(local)
    this.#setTo(local)
  }

  /** Runs `body`; its locals are reused afterwards. */
  scope(body: () => void): void {
    this.#locals.openScope()
    body()
    this.#locals.closeScope()
  }

  #setNew<T extends ValueType>(type: T): Local<T> {
    const local = this.#locals.take(type)
    this.#setTo(local)
    return local
  }

  #setTo(local: Local): void {
    this.#op(structure["local.set"])
    this.#out.u32(local.immediate)
    if (this.#isInStep()) this.#steps?.ends.push(this.#out.length)
  }

  /** Whether instructions are written in step with others, and outside of their blocks. */
  #isInStep(): boolean {
    return this.#steps?.depth === this.#labels.length
  }

  /**
   * Values that the same instructions compute, written in step: the first instruction of each, then the second of each, so that the
   * processor has something to do while it waits for a result.
   */
  letInStep<T extends ValueType>(makes: ReadonlyArray<() => Value<T>>): ReadonlyArray<Local<T>> {
    const [out, outer] = [this.#out, this.#steps]
    if (makes.length === 1 || outer !== undefined) return makes.map((make) => this.let(make))
    const made: Array<Local<T>> = []
    const written: Array<{ readonly bytes: Bytes; readonly ends: ReadonlyArray<number> }> = []
    this.#locals.withoutReuse(() => {
      for (const make of makes) {
        const steps = { ends: [0], depth: this.#labels.length }
        this.#steps = steps
        this.#out = new Bytes()
        made.push(this.let(make))
        written.push({ bytes: this.#out, ends: steps.ends })
      }
    })
    this.#out = out
    this.#steps = undefined
    const steps = Math.max(...written.map(({ ends }) => ends.length))
    for (let step = 1; step < steps; step++)
      for (const { bytes, ends } of written) {
        const end = ends[step]
        if (end !== undefined) out.appendPart(bytes, ends[step - 1] ?? 0, end)
      }
    return made
  }

  #checkAlive(local: Local): void {
    if (local.released) throw new Error("a local is used after its scope has ended")
  }

  // Control flow

  /** A block whose label is its end: branching to it leaves the block. */
  block(body: (end: Label) => void): void {
    this.#construct(structure.block, body)
  }

  /** A loop whose label is its beginning: it repeats only where `body` branches to it. */
  loop(body: (again: Label) => void): void {
    this.#loops++
    this.#construct(structure.loop, body)
    this.#loops--
  }

  if(condition: I32, then: () => void, otherwise?: () => void): void {
    this.#write(condition)
    this.#construct(structure.if, () => {
      then()
      if (otherwise === undefined) return
      this.#locals.closeScope()
      this.#op(structure.else)
      this.#locals.openScope()
      otherwise()
    })
  }

  br(label: Label): void {
    this.#op(structure.br)
    this.#out.u32(this.#distance(label))
  }

  brIf(label: Label, condition: I32): void {
    this.#write(condition)
    this.#op(structure.br_if)
    this.#out.u32(this.#distance(label))
  }

  /** Runs the case whose number the index is, or `otherwise`. */
  switch(index: I32, cases: ReadonlyArray<() => void>, otherwise: () => void = () => {}): void {
    const branches = [...cases, otherwise]
    this.block((end) => {
      const nest = (depth: number): void => {
        if (depth === 0) {
          this.#write(index)
          this.#op(structure.br_table)
          this.#out.u32(cases.length)
          for (let i = 0; i < branches.length; i++) this.#out.u32(i)
          return
        }
        this.block(() => nest(depth - 1))
        branches[depth - 1]?.()
        if (depth < branches.length) this.br(end)
      }
      nest(branches.length)
    })
  }

  /**
   * Counts from `start` while less than `end`, both signed. `end` is computed once, before the first iteration; an empty range
   * runs nothing. The last count plus `step` must stay below 2³¹.
   */
  for(start: I32 | number, end: I32 | number, step: I32 | number, body: (i: Local<"i32">) => void): void {
    this.#count(start, end, step, i32.lt_s, body)
  }

  /** Like `for`, unsigned: for addresses, which may lie above 2³¹. */
  forAddress(start: I32 | number, end: I32 | number, step: I32 | number, body: (address: Local<"i32">) => void): void {
    this.#count(start, end, step, i32.lt_u, body)
  }

  #count(
    start: I32 | number,
    end: I32 | number,
    step: I32 | number,
    less: (a: I32 | number, b: I32 | number) => I32,
    body: (i: Local<"i32">) => void,
  ): void {
    this.scope(() => {
      const i = this.local("i32")
      this.set(i, start)
      const bound = typeof end === "number" ? end : this.let(end)
      const stride = typeof step === "number" ? step : this.let(step)
      const rounds = () =>
        this.loop((again) => {
          this.scope(() => body(i))
          this.set(i, i32.add(i, stride))
          this.brIf(again, less(i, bound))
        })
      if (typeof start !== "number" || typeof bound !== "number") this.if(less(i, bound), rounds)
      else if (start < bound) rounds()
    })
  }

  /** Leaves the function, with its result if it has one. */
  return(value?: Value): void {
    if (value !== undefined) this.#write(value)
    this.#op(structure.return)
  }

  /** Marks an unreachable position; reaching it traps. */
  unreachable(): void {
    this.#op(structure.unreachable)
  }

  /** Calls a function and drops its result. */
  call<P extends ReadonlyArray<ValueType>>(func: Func<P>, ...args: CallArguments<P>): void {
    for (const argument of callOperands(func.params, args)) this.#write(argument)
    this.#op(structure.call)
    this.#out.u32(func.index)
    if (func.result !== undefined) this.#op(structure.drop)
  }

  /** Computes a value and drops it. */
  drop(value: Value): void {
    this.#write(value)
    this.#op(structure.drop)
  }

  #construct(code: number, body: (label: Label) => void): void {
    const label: Label = { depth: this.#labels.length }
    this.#op(code)
    this.#out.u8(emptyType)
    this.#labels.push(label)
    this.#locals.openScope()
    body(label)
    this.#locals.closeScope()
    this.#labels.pop()
    this.#op(structure.end)
  }

  #distance(label: Label): number {
    if (this.#labels[label.depth] !== label) throw new Error("a branch goes to a block that it is not in")
    return this.#labels.length - 1 - label.depth
  }

  // Writing

  /** Ends the function and appends it, as the binary format requires, to a code section. */
  finish(section: Bytes, result: Value | undefined): void {
    if (result !== undefined) this.#write(result)
    this.#op(structure.end)
    this.#locals.close()
    const head = new Bytes(64)
    this.#locals.write(head)
    this.#constants.write(head)
    section.u32(head.length + this.#out.length)
    section.append(head)
    section.append(this.#out)
  }

  #op(code: number): void {
    writeCode(this.#out, code)
  }

  /** Writes a value for a variable: see `variable`. */
  #writeOwn(value: Value): void {
    if (this.lanes === 128 || value.type !== "v128") this.#write(value)
    else if (value.form === "v128") writeNode(this.#out, value)
    else this.#write(value.form === "local" || value.code === structure["local.tee"] ? copyOf(value as V128) : value)
  }

  /** The same value with operands that are computed before it, each in a step of its own. */
  #inSteps(value: Value): Value {
    const operands = value.operands.map((each) => (each.operands.length === 0 ? each : this.let(each)))
    return new Value(value.type, value.code, value.form, operands, value.immediate, value.wide, value.align, value.lane)
  }

  #write(given: Value): void {
    const value = given.operands.length > 0 && this.#isInStep() ? this.#inSteps(given) : given
    for (let i = 0; i < value.operands.length; i++) this.#write(value.operands[i] as Value)
    const constant = value.form === "v128" && this.#loops > 0 ? this.#constants.local(value) : undefined
    if (constant !== undefined) {
      this.#op(structure["local.get"])
      this.#out.u32(constant)
      return
    }
    if (value.form === "local") this.#checkAlive(value as Local)
    writeNode(this.#out, value)
  }
}
