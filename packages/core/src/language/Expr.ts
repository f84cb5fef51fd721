/**
 * An expression: a tensor that is not computed yet. It has a recipe: a primitive, its parameters and its inputs. Reading an
 * expression computes it once and drops the recipe, unless a running differentiation may still need it.
 */
import type { DType } from "../types/DType.ts"
import { NDArray, TensorTypeId } from "../types/NDArray.ts"
import type { Shape } from "../types/Shape.ts"
import { refuse } from "../types/ShapeError.ts"
import type { Params, Primitive } from "./Primitive.ts"
import { infer } from "./ShapeRule.ts"

/** An immutable array: stored, or an expression that computes it. */
export type Tensor<S extends Shape = Shape> = NDArray<S> | Expr<S>

/** The operation that computes an expression. */
export interface Recipe<P extends Primitive = Primitive> {
  readonly primitive: P
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<Tensor>
}

/**
 * The extent of one differentiation or trace. Extents nest: among those that an expression depends on, the one opened first
 * closes last. That one alone decides whether the recipe may still be needed.
 */
export interface Extent {
  readonly serial: number
  /** Whether the reverse pass may still run. */
  open: boolean
  /** Whether its function is being called. */
  running: boolean
}

let opened = 0

/** Opens an extent. The caller closes it by setting `open` to false. */
export const openExtent = (): Extent => ({ serial: opened++, open: true, running: true })

/** An extent that is never closed: for a reverse pass that may run at any time, or a trace. */
export const endless = (): Extent => ({ serial: -1, open: true, running: true })

type State =
  | { readonly tag: "recipe"; readonly recipe: Recipe }
  | { readonly tag: "both"; readonly recipe: Recipe; readonly value: NDArray }
  | { readonly tag: "value"; readonly value: NDArray }
  | { readonly tag: "placeholder" }

let born = 0

/** How many expressions there are: those of a function are born from this number on when it is called. */
export const births = (): number => born

/** A tensor that is not computed yet. */
export class Expr<out S extends Shape = Shape> {
  readonly [TensorTypeId] = "Expr"
  readonly shape: S
  readonly dtype: DType
  /** @internal The extent that closes last of those this depends on. */
  readonly extent: Extent | undefined
  /** @internal The differentiation that this is a variable of. */
  readonly variableOf: Extent | undefined
  /** @internal How many expressions were born before. */
  readonly born = born++
  #state: State

  constructor(dtype: DType, shape: S, state: State, extent: Extent | undefined, variableOf?: Extent) {
    this.dtype = dtype
    this.shape = shape
    this.#state = state
    this.extent = extent
    this.variableOf = variableOf
  }

  /** @internal The recipe, unless it was dropped. */
  get recipe(): Recipe | undefined {
    const state = this.#current()
    return state.tag === "recipe" || state.tag === "both" ? state.recipe : undefined
  }

  /** @internal The values, if they were read. */
  get value(): NDArray<S> | undefined {
    const state = this.#current()
    return state.tag === "value" || state.tag === "both" ? (state.value as NDArray<S>) : undefined
  }

  /** The state. Drops the recipe if the differentiation that needed it has ended. */
  #current(): State {
    if (this.#state.tag === "both" && this.extent?.open !== true) this.#state = { tag: "value", value: this.#state.value }
    return this.#state
  }

  /** @internal Stores the values. Keeps the recipe only while an extent that it depends on is open. */
  settle(value: NDArray): void {
    const recipe = this.recipe
    this.#state = recipe !== undefined && this.extent?.open === true ? { tag: "both", recipe, value } : { tag: "value", value }
  }
}

const latest = (inputs: ReadonlyArray<Tensor>): Extent | undefined => {
  let found: Extent | undefined
  for (const input of inputs) {
    if (input instanceof NDArray) continue
    const { extent } = input
    if (extent?.open === true && (found === undefined || extent.serial < found.serial)) found = extent
  }
  return found
}

/** Creates an expression, with its shape from the primitive's rule. Throws `ShapeError`. */
export const write = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Tensor>): Expr => {
  const { dtype, shape } = infer(primitive, params, inputs)
  return new Expr(dtype, shape, { tag: "recipe", recipe: { primitive, params, inputs } }, latest(inputs))
}

/** The argument of a function that is being traced: a shape without values. */
export const placeholder = (dtype: DType, shape: Shape, extent: Extent): Expr =>
  new Expr(dtype, shape, { tag: "placeholder" }, extent)

/** The same values as `x` under a new identity, which a differentiation distinguishes from `x`. */
export const marker = (x: Tensor, extent: Extent): Expr => {
  const older = latest([x])
  const outer = older !== undefined && older.serial < extent.serial ? older : extent
  return new Expr(x.dtype, x.shape, { tag: "recipe", recipe: { primitive: "identity", params: {}, inputs: [x] } }, outer, extent)
}

/** Whether something is a tensor. */
export const isTensor = (x: unknown): x is Tensor => typeof x === "object" && x !== null && TensorTypeId in x

/** The values of a tensor if they are known without computing. */
export const known = (x: Tensor): NDArray | undefined => (x instanceof NDArray ? x : x.value)

/** The recipe of a tensor, if it is an expression that still has one. */
export const recipeIfAny = (x: Tensor | undefined): Recipe | undefined =>
  x === undefined || x instanceof NDArray ? undefined : x.recipe

/** The recipe of an expression. Throws `ShapeError` for the argument of a function that is being traced, which has a shape but no values. */
export const recipeOf = (x: Expr): Recipe =>
  x.recipe ??
  refuse(
    "read",
    [x],
    "numbers, and inside a traced function a tensor has only a shape",
    "Tensor.where instead of if, or read outside the function",
  )
