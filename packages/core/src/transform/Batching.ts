/**
 * The batching rule of every primitive: how it is computed for all samples of a batch at once. A value that differs from sample to
 * sample is mapped, and has the batch axis first; the others stay as they are, and are broadcast only where a rule has no better way.
 */
import { endless, placeholder, type Tensor, write } from "../language/Expr.ts"
import {
  binary,
  type ConvParams,
  comparison,
  type Params,
  type Primitive,
  type Program,
  type Reduction,
  unary,
} from "../language/Primitive.ts"
import { capture } from "../language/Program.ts"
import * as T from "../tensor/Tensor.ts"
import * as Shape from "../types/Shape.ts"
import { threefryOf } from "./threefryOf.ts"

/** A value of a function that is batched: with the batch axis in front if it is mapped. */
export interface Value {
  readonly x: Tensor
  readonly isMapped: boolean
}

/** A use of a primitive of which at least one input is mapped. */
interface Use<P extends Primitive> {
  readonly params: Params[P]
  readonly inputs: ReadonlyArray<Value>
  /** Samples in the batch: at least one. */
  readonly n: number
}

/** The results of all samples, with the batch axis in front. */
type Rule<P extends Primitive> = (use: Use<P>) => Tensor

type Rules<P extends Primitive> = { readonly [Q in P]: Rule<Q> }

const input = ({ inputs }: { readonly inputs: ReadonlyArray<Value> }, i = 0): Value => inputs[i] as Value

/** The shape of one sample. */
const shapeOf = ({ isMapped, x }: Value): Shape.Shape => (isMapped ? x.shape.slice(1) : x.shape)

/** The value with the batch axis in front: what all samples share is broadcast. */
export const mapped = ({ isMapped, x }: Value, n: number): Tensor => (isMapped ? x : T.broadcastTo(x, [n, ...x.shape]))

/** The batch axis moved to another place. */
const moved = (x: Tensor, to: number): Tensor => T.moveAxis(x, 0, to)

/** Each sample is computed where it stands: the same primitive on arrays with one axis more. */
const inPlace =
  <P extends Primitive>(primitive: P, params: (given: Params[P], use: Use<P>) => Params[P] = (given) => given): Rule<P> =>
  (use) =>
    write(
      primitive,
      params(use.params, use),
      use.inputs.map((value) => mapped(value, use.n)),
    )

const table = <P extends Primitive>(names: ReadonlyArray<P>): Rules<P> =>
  Object.fromEntries(names.map((name) => [name, inPlace(name)])) as unknown as Rules<P>

/** Axes of a sample as axes of the batch. */
const shifted = (axes: ReadonlyArray<number>): ReadonlyArray<number> => axes.map((axis) => axis + 1)

const reducing = <P extends Reduction>(primitive: P): Rule<P> =>
  inPlace(primitive, ({ axes }) => ({ axes: shifted(axes) }) as Params[P])

/** Indices into rows of all samples together; an index outside its sample stays outside. */
const flatIndices = ({ which, rows, n }: { readonly which: Tensor; readonly rows: number; readonly n: number }): Tensor => {
  const isInside = T.and(T.greaterEqual(which, 0), T.less(which, rows))
  const start = T.mul(T.iota(which.shape, 0), rows)
  return T.where(isInside, T.add<Tensor, Tensor>(which, start), n * rows)
}

/** Images of all samples as one batch of images. */
const folded = (value: Value, n: number): Tensor => {
  const x = mapped(value, n)
  return T.reshape(x, [n * (x.shape[1] ?? 0), ...x.shape.slice(2)])
}

const unfolded = (x: Tensor, n: number): Tensor => T.reshape(x, [n, (x.shape[0] ?? 0) / n, ...x.shape.slice(1)])

/** Windows of each image alone: the images of all samples are one batch. */
const ofImages =
  <P extends "windowSum" | "windowSumGrad" | "windowMax" | "windowMaxGrad" | "windowMaxPick">(primitive: P): Rule<P> =>
  (use) =>
    unfolded(
      write(
        primitive,
        use.params,
        use.inputs.map((value) => folded(value, use.n)),
      ),
      use.n,
    )

/** The last axes of all samples side by side: [n, …, c] as […, n · c]. */
const beside = (value: Value, n: number): Tensor => {
  const x = mapped(value, n)
  const rank = x.shape.length
  const turned = moved(x, rank - 2)
  return T.reshape(turned, [...turned.shape.slice(0, -2), n * (x.shape[rank - 1] ?? 0)])
}

/** The opposite of `beside`. */
const apart = (x: Tensor, n: number): Tensor => {
  const last = x.shape.at(-1) ?? 0
  const split = T.reshape(x, [...x.shape.slice(0, -1), n, last / n])
  return T.moveAxis(split, split.shape.length - 2, 0)
}

/** A group of channels for each sample: kernels that differ from sample to sample are one convolution of more groups. */
const grouped = <P extends ConvParams>(params: P, n: number): P => ({ ...params, groups: params.groups * n })

/** Convolutions of the samples' images with one kernel, or with a kernel of each. */
const convolving =
  <P extends "conv" | "convInputGrad">(primitive: P): Rule<P> =>
  (use) => {
    const { n, params } = use
    const [images, kernel] = [input(use), input(use, 1)]
    return kernel.isMapped
      ? apart(write(primitive, grouped(params, n), [beside(images, n), beside(kernel, n)]), n)
      : unfolded(write(primitive, params, [folded(images, n), kernel.x]), n)
  }

/** The product of the samples' matrices. With one matrix for all, the others' rows or columns are one matrix. */
const dot: Rule<"dot"> = (use) => {
  const { n } = use
  const [a, b] = [input(use), input(use, 1)]
  const [left, right] = [shapeOf(a), shapeOf(b)]
  if (left.length === 2 && !b.isMapped) {
    const [m = 0, k = 0] = left
    return T.reshape(write("dot", {}, [T.reshape(a.x, [n * m, k]), b.x]), [n, m, right[1] ?? 0])
  }
  if (left.length === 2 && !a.isMapped) return apart(write("dot", {}, [a.x, beside(b, n)]), n)
  return write("dot", {}, [mapped(a, n), mapped(b, n)])
}

const gather: Rule<"gather"> = (use) => {
  const { n } = use
  const [rows, which] = [input(use), input(use, 1)]
  if (!rows.isMapped) return write("gather", {}, [rows.x, which.x])
  if (!which.isMapped) return T.moveAxis(write("gather", {}, [moved(rows.x, 1), which.x]), which.x.shape.length, 0)
  const [count = 0, ...row] = shapeOf(rows)
  return write("gather", {}, [T.reshape(rows.x, [n * count, ...row]), flatIndices({ which: which.x, rows: count, n })])
}

const scatterAdd: Rule<"scatterAdd"> = (use) => {
  const { n, params } = use
  const [which, updates] = [input(use), input(use, 1)]
  if (!which.isMapped) {
    const side = moved(updates.x, which.x.shape.length)
    return T.moveAxis(write("scatterAdd", params, [which.x, side]), 1, 0)
  }
  const flat = write("scatterAdd", { rows: n * params.rows }, [
    flatIndices({ which: which.x, rows: params.rows, n }),
    mapped(updates, n),
  ])
  return T.reshape(flat, [n, params.rows, ...flat.shape.slice(1)])
}

/** All samples have the derivative together; an argument that they share gets the sum of their cotangents. */
const custom: Rule<"custom"> = (use) => {
  const { inputs, n, params } = use
  const [, ...others] = inputs
  const value = mapped(input(use), n)
  const whole: Value = { x: value, isMapped: true }
  const extent = endless()
  const arguments_ = [whole, whole, ...others].map(
    ({ isMapped, x }): Value => ({ x: placeholder(x.dtype, x.shape, extent), isMapped }),
  )
  const cotangents = batched(params.backward, arguments_, n).map((cotangent, i) => {
    const all = mapped(cotangent, n)
    return others[i]?.isMapped === true ? all : T.sum(all, { axes: [0] })
  })
  const backward = capture(
    arguments_.map(({ x }) => x),
    cotangents,
  )
  return write("custom", { backward }, [value, ...others.map(({ x }) => x)])
}

const threefry: Rule<"threefry"> = (use) => {
  const [key, counters] = [input(use), input(use, 1)]
  if (!key.isMapped) return write("threefry", {}, [key.x, counters.x])
  const every = shapeOf(counters)
    .slice(0, -1)
    .map(() => 1)
  return threefryOf(T.reshape(key.x, [use.n, ...every, 2]), mapped(counters, use.n))
}

/** The values of a program for all samples, from those of its inputs. */
export const batched = (program: Program, inputs: ReadonlyArray<Value>, n: number): ReadonlyArray<Value> => {
  const values: Array<Value> = [...inputs, ...program.constants.map((x): Value => ({ x, isMapped: false }))]
  for (const { inputs: from, params, primitive } of program.equations)
    values.push(
      applied(
        primitive,
        params,
        from.map((value) => values[value] as Value),
        n,
      ),
    )
  return program.outputs.map((value) => values[value] as Value)
}

/** A primitive of values, one of which may be mapped. */
const applied = <P extends Primitive>(primitive: P, params: Params[P], inputs: ReadonlyArray<Value>, n: number): Value => {
  if (inputs.every(({ isMapped }) => !isMapped))
    return {
      x: write(
        primitive,
        params,
        inputs.map(({ x }) => x),
      ),
      isMapped: false,
    }
  const rule = rules[primitive] as unknown as Rule<P>
  return { x: rule({ params, inputs, n }), isMapped: true }
}

/** Which carries of a loop are mapped: those that begin so, and those that a round makes so. */
const mappedCarries = ({ inputs, params: { body, carries, constants, guard } }: Use<"scan">): ReadonlyArray<boolean> => {
  const uses = body.equations.map((equation) => equation.inputs)
  const first = body.inputs.length + body.constants.length
  const flags = inputs.map(({ isMapped }) => isMapped)
  for (let changed = true; changed; ) {
    changed = false
    const all = [...flags, ...body.constants.map(() => false)]
    uses.forEach((from, i) => {
      all[first + i] = from.some((value) => all[value])
    })
    for (let i = 0; i < carries; i++)
      // A guard of each sample skips other rounds of each.
      if ((all[body.outputs[i] ?? 0] === true || flags[guard ?? -1] === true) && flags[constants + i] !== true) {
        flags[constants + i] = true
        changed = true
      }
  }
  return flags.slice(constants, constants + carries)
}

/** The samples of x [n, …] for which the others of a guard are not 0; elsewhere those of `otherwise`. */
const chosen = (guard: Tensor, x: Tensor, otherwise: Tensor | number): Tensor =>
  T.where(T.reshape(T.notEqual(guard, 0), [guard.shape[0] ?? 0, ...x.shape.slice(1).map(() => 1)]), x, otherwise)

/** 1 where the guard of some sample is not 0, along its last axis. */
const someOn = (guard: Tensor): Tensor => T.max(T.cast(T.notEqual(guard, 0), "f32"), { axes: [-1] })

/**
 * A loop with a guard of each sample, from its arguments and results to its flat result: a round is computed where some sample needs
 * it, and has effect for those that do. Whether some sample does is a further input, of the kind of the guard.
 */
const eachGuarded = (
  params: Params["scan"],
  arguments_: ReadonlyArray<Tensor>,
  outputs: ReadonlyArray<Tensor>,
  laid: ReadonlyArray<Tensor>,
): Tensor => {
  const { carries, constants, guard = 0, length } = params
  const own = arguments_[guard] as Tensor
  const isCarry = guard >= constants && guard < constants + carries
  const masked = outputs.map((x, i) => chosen(own, x, i < carries ? (arguments_[constants + i] as Tensor) : 0))
  const place = guard < constants ? constants : isCarry ? constants + carries : laid.length
  const any = placeholder("f32", [], endless())
  const placed = <A>(list: ReadonlyArray<A>, x: A): ReadonlyArray<A> => [...list.slice(0, place), x, ...list.slice(place)]
  const next = isCarry ? [someOn(masked[guard - constants] as Tensor)] : []
  const body = capture(placed(arguments_, any), [...masked.slice(0, carries), ...next, ...masked.slice(carries)])
  const changed = { constants: constants + (guard < constants ? 1 : 0), carries: carries + next.length, guard: place }
  const flat = write("scan", { ...params, ...changed, body }, placed(laid, someOn(laid[guard] as Tensor)))
  if (!isCarry) return flat
  // Without the carry that was added.
  const before = masked.slice(0, carries).reduce((sum, { shape }) => sum + Shape.size(shape), 0)
  const after = masked.slice(carries).reduce((sum, { shape }) => sum + Shape.size(shape) * length, 0)
  const [first, , rest] = T.split(flat, [before, 1, after]) as [Tensor, Tensor, Tensor]
  return T.concat([first, rest])
}

/** A loop whose rounds compute all samples. */
const scan: Rule<"scan"> = (use) => {
  const { inputs, n, params } = use
  const { body, carries, constants, length } = params
  const isCarryMapped = mappedCarries(use)
  const given = inputs.map((value, i): Value => {
    const isMapped = value.isMapped || isCarryMapped[i - constants] === true
    return { x: isMapped ? mapped(value, n) : value.x, isMapped }
  })
  // The rows of a mapped sequence have the batch axis in front: [length, n, …].
  const isSequence = (i: number): boolean => i >= constants + carries
  const laid = given.map(({ isMapped, x }, i) => (isMapped && isSequence(i) ? moved(x, 1) : x))
  const extent = endless()
  const arguments_ = laid.map(({ dtype, shape }, i) => placeholder(dtype, isSequence(i) ? shape.slice(1) : shape, extent))
  const results = batched(
    body,
    arguments_.map((x, i): Value => ({ x, isMapped: given[i]?.isMapped === true })),
    n,
  )
  const outputs = results.map((value, i) => (i < carries && isCarryMapped[i] === false ? value.x : mapped(value, n)))
  const isGuardMapped = given[params.guard ?? -1]?.isMapped === true
  const flat = isGuardMapped
    ? eachGuarded(params, arguments_, outputs, laid)
    : write("scan", { ...params, body: capture(arguments_, outputs) }, laid)
  let from = 0
  const parts = outputs.map(({ shape }, i) => {
    const isCarry = i < carries
    const whole = isCarry ? shape : [length, ...shape]
    const start = from
    from += Shape.size(whole)
    const part = T.reshape(T.slice(flat, [start], [from]), whole)
    const isMapped = !isCarry || isCarryMapped[i] === true
    const samples = isCarry ? mapped({ x: part, isMapped }, n) : T.moveAxis(part, 1, 0)
    return T.reshape(samples, [n, Shape.size(samples.shape.slice(1))])
  })
  return parts.length === 0 ? T.zeros([n, 0]) : T.concat(parts, 1)
}

const elementwise = table([...unary, ...binary, ...comparison, "not", "where", "identity", "stop"])

/** The rules of all primitives. */
const rules: Rules<Primitive> = {
  ...elementwise,
  cast: inPlace("cast"),
  iota: inPlace("iota"),
  reduceSum: reducing("reduceSum"),
  reduceMax: reducing("reduceMax"),
  reduceMin: reducing("reduceMin"),
  argMax: reducing("argMax"),
  custom,
  reshape: inPlace("reshape", ({ shape }, { n }) => ({ shape: [n, ...shape] })),
  transpose: inPlace("transpose", ({ order }) => ({ order: [0, ...shifted(order)] })),
  broadcast: (use) => {
    const value = input(use)
    const { shape } = use.params
    const own = shapeOf(value)
    const aligned = [use.n, ...Array<number>(shape.length - own.length).fill(1), ...own]
    return T.broadcastTo(T.reshape(value.x, aligned), [use.n, ...shape])
  },
  slice: inPlace("slice", ({ limit, start, stride }, { n }) => ({
    start: [0, ...start],
    limit: [n, ...limit],
    stride: [1, ...stride],
  })),
  pad: inPlace("pad", ({ high, interior, low, value }) => ({
    low: [0, ...low],
    high: [0, ...high],
    interior: [0, ...interior],
    value,
  })),
  concat: inPlace("concat", ({ axis }) => ({ axis: axis + 1 })),
  reverse: inPlace("reverse", ({ axes }) => ({ axes: shifted(axes) })),
  gather,
  scatterAdd,
  dot,
  conv: convolving("conv"),
  convInputGrad: convolving("convInputGrad"),
  convKernelGrad: (use) => {
    const { n, params } = use
    return apart(write("convKernelGrad", grouped(params, n), [beside(input(use), n), beside(input(use, 1), n)]), n)
  },
  windowSum: ofImages("windowSum"),
  windowSumGrad: ofImages("windowSumGrad"),
  windowMax: ofImages("windowMax"),
  windowMaxGrad: ofImages("windowMaxGrad"),
  windowMaxPick: ofImages("windowMaxPick"),
  threefry,
  argsort: inPlace("argsort"),
  matrix: inPlace("matrix"),
  scan,
}
