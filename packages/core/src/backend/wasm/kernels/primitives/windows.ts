/**
 * The kernels of pooling, some vectors of channels at a time. The terms of a sum are a window's elements in their order; backwards they
 * are the cotangents of the windows that hold an element, in the order of the windows. A sum is a cascade over them
 * (`reference/sumOrder`): up to 64 elements one after the other. The maximum is the first of the largest elements; NaN counts
 * as larger than all. Its gradient adds the cotangents of the windows whose maximum an element is, one after the other.
 */
import type { WindowParams } from "../../../../language/Primitive.ts"
import { cascade, sumBlock, sumFanIn } from "../../../../reference/sumOrder.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import type { Lanes } from "../../assembler/lanes.ts"
import { f32x4, type I32, i32, i32x4, type Local, type V128, type Variable, v128 } from "../../assembler/Value.ts"
import type { EmitContext } from "../loopNest.ts"
import { inStoreOrder } from "../vectors.ts"
import { at, input, type Operation, type PrimitiveKernel, storeLanes } from "./Operation.ts"
import { backward, type Count, eachTap, forward, type Phases } from "./slidingWindow.ts"
import { eachWindowPosition, space, type WindowPosition } from "./windowPositions.ts"

/** How many windows there are along each axis. */
const windowCounts = (extents: Shape.Shape, { dilation, padding, stride, window }: WindowParams): Shape.Shape =>
  extents.map((n, i) => {
    const reach = ((window[i] ?? 1) - 1) * (dilation[i] ?? 1) + 1
    return Math.floor((n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0) - reach) / (stride[i] ?? 1)) + 1
  })

const elements = (operation: Operation): number => {
  const { window } = operation.params as WindowParams
  return Shape.size(window)
}

/** Channels that are summed at once: four registers, which hide each other's latency. */
const summedTogether = (lanes: Lanes): number => lanes / 8

/** Channels whose maxima are sought at once: each takes several registers. */
const soughtTogether = (lanes: Lanes): number => lanes / 16

type Vectors = ReadonlyArray<Local<"v128">>
type Variables = ReadonlyArray<Variable<"v128">>

/** Writes the channels that count of neighbouring vectors. */
const storeChannels = (code: Code, address: I32, values: Vectors, channels: number): void =>
  inStoreOrder(values.length, (v) => storeLanes(code, address, values[v] as Local<"v128">, channels - v * 4, v * 16))

/** Sums of vectors in registers. */
interface RegisterSums {
  /** Adds to each sum its part of a term. */
  readonly add: (term: () => I32, parts: ReadonlyArray<V128>) => void
  readonly result: () => Vectors
}

/** As many sums as there are vectors, each a cascade of at most so many terms. Those that are left out add nothing. */
const cascadeIn = ({ code }: EmitContext, vectors: ReadonlyArray<number>, terms: number): RegisterSums => {
  const sizes = cascade(terms, sumBlock, sumFanIn)
  const levels = [0, ...sizes].map((): Variables => vectors.map(() => code.variable(f32x4.const(0))))
  const last = sizes.length > 0 ? code.let(i32.const(0)) : undefined
  const pour = (level: number): void =>
    levels[level]?.forEach((sum, v) => {
      const above = levels[level + 1]?.[v] as Variable<"v128">
      code.set(above, f32x4.add(above, sum))
      code.set(sum, f32x4.const(0))
    })
  /** Completes the blocks that end between the last term and this one. */
  const complete = (last: Local<"i32">, term: Local<"i32">, level = 0): void => {
    const size = sizes[level]
    if (size === undefined) return
    code.if(i32.ne(i32.div_u(last, size), i32.div_u(term, size)), () => {
      pour(level)
      complete(last, term, level + 1)
    })
  }
  return {
    add: (term, parts) => {
      if (last !== undefined) {
        const now = code.let(term())
        complete(last, now)
        code.set(last, now)
      }
      // All loads come before the sums, so that a host can pack them.
      const loaded = parts.map((part) => code.let(part))
      levels[0]?.forEach((sum, v) => {
        code.set(sum, f32x4.add(sum, loaded[v] as V128))
      })
    },
    result: () => {
      for (const level of sizes.keys()) pour(level)
      return levels.at(-1) ?? []
    },
  }
}

const summing = (context: EmitContext, operation: Operation, all: ReadonlyArray<Phases>): void => {
  const { code } = context
  const from = input(operation, 0)
  const { window } = operation.params as WindowParams
  const strides = Shape.strides(window)
  const together = summedTogether(code.lanes)
  const body = ({ axes, channels, offset, source, taps, target, vectors }: WindowPosition): void => {
    const sums = cascadeIn(context, vectors, Shape.size(window))
    eachTap(code, taps, (indices) => {
      const element = code.let(at(i32.add(source, from.address), ...offset(indices)))
      const term = (): I32 =>
        at(
          0,
          ...axes.flatMap(({ weight, weightStride }, i) => [
            [weight, strides[i] ?? 0] as const,
            [indices[i] ?? 0, weightStride * (strides[i] ?? 0)] as const,
          ]),
        )
      sums.add(
        term,
        vectors.map((v) => v128.load(element, v)),
      )
    })
    const into = code.let(i32.add(target, operation.out.address))
    storeChannels(code, into, sums.result(), channels)
  }
  eachWindowPosition(context, from.shape, operation.out.shape, all, together, body)
}

export const windowSum: PrimitiveKernel<"windowSum"> = {
  parallel: true,
  work: elements,
  emit: (context, operation) =>
    summing(
      context,
      operation,
      forward(space(input(operation, 0).shape), operation.params.window, space(operation.out.shape), operation.params),
    ),
}

export const windowSumGrad: PrimitiveKernel<"windowSumGrad"> = {
  parallel: true,
  work: elements,
  emit: (context, operation) =>
    summing(
      context,
      operation,
      backward(space(operation.out.shape), operation.params.window, space(input(operation, 0).shape), operation.params),
    ),
}

/** Where x is larger than the largest so far. */
const exceeds = (x: V128, best: V128): V128 => v128.andnot(f32x4.eq(best, best), f32x4.le(x, best))

/** What goes with the largest element of each vector: it is taken from where that element was found. */
type Follows = (indices: ReadonlyArray<Count>) => ReadonlyArray<V128>

/** The largest elements of a window, and what follows them. */
const findLargest = (
  { code }: EmitContext,
  { offset, source, taps, vectors }: WindowPosition,
  x: number,
  follows: Follows = () => [],
): { readonly best: Vectors; readonly followers: Vectors } => {
  const element = (indices: ReadonlyArray<Count>): ReadonlyArray<V128> => {
    const address = code.let(at(i32.add(source, x), ...offset(indices)))
    return vectors.map((v) => v128.load(address, v))
  }
  const first = taps.map(({ start }) => start)
  const best = element(first).map((value) => code.variable(value))
  const followers = follows(first).map((value) => code.variable(value))
  eachTap(code, taps, (indices) => {
    if (indices.every((index, axis) => typeof index === "number" && index === first[axis])) return
    const next = element(indices).map((value) => code.let(value))
    const larger = next.map((value, v) => code.let(exceeds(value, best[v] as V128)))
    const following = follows(indices)
    larger.forEach((mask, v) => {
      code.set(best[v] as Variable<"v128">, v128.bitselect(next[v] as V128, best[v] as V128, mask))
      const [follower, value] = [followers[v], following[v]]
      if (follower !== undefined && value !== undefined) code.set(follower, v128.bitselect(value, follower, mask))
    })
  })
  return { best, followers }
}

const windows = (operation: Operation<"windowMax" | "windowMaxPick">): ReadonlyArray<Phases> =>
  forward(space(input(operation, 0).shape), operation.params.window, space(operation.out.shape), operation.params)

/** Writes for each position what `find` leaves. */
const seeking = (
  context: EmitContext,
  operation: Operation<"windowMax" | "windowMaxPick">,
  find: (position: WindowPosition) => Vectors,
): void => {
  const { code } = context
  const from = input(operation, 0)
  eachWindowPosition(context, from.shape, operation.out.shape, windows(operation), soughtTogether(code.lanes), (position) => {
    const found = find(position)
    const into = code.let(i32.add(position.target, operation.out.address))
    storeChannels(code, into, found, position.channels)
  })
}

export const windowMax: PrimitiveKernel<"windowMax"> = {
  parallel: true,
  work: (operation) => 4 * elements(operation),
  emit: (context, operation) => {
    const x = input(operation, 0).address
    seeking(context, operation, (position) => findLargest(context, position, x).best)
  },
}

export const windowMaxPick: PrimitiveKernel<"windowMaxPick"> = {
  parallel: true,
  work: (operation) => 5 * elements(operation),
  emit: (context, operation) => {
    const { code } = context
    const [from, picked] = [input(operation, 0), input(operation, 1)]
    seeking(context, operation, (position) => {
      const element: Follows = (indices) => {
        const address = code.let(at(i32.add(position.source, picked.address), ...position.offset(indices)))
        return position.vectors.map((v) => v128.load(address, v))
      }
      return findLargest(context, position, from.address, element).followers
    })
  },
}

export const windowMaxGrad: PrimitiveKernel<"windowMaxGrad"> = {
  parallel: true,
  work: (operation) => 8 * elements(operation),
  emit: (context, operation, epilogue) => {
    const { code } = context
    const [x, cotangent] = [input(operation, 0), input(operation, 1)]
    const { window } = operation.params
    const outputs = windowCounts(space(x.shape), operation.params)
    const all = forward(space(x.shape), window, outputs, operation.params)
    const image = Shape.size(x.shape.slice(1)) * 4
    const tapStrides = Shape.strides(window)
    const number = (indices: ReadonlyArray<Count>): V128 => {
      const parts = indices.map((index, axis) => [index, tapStrides[axis] ?? 0] as const)
      const known = parts.reduce((sum, [index, stride]) => sum + (typeof index === "number" ? index * stride : Number.NaN), 0)
      return Number.isNaN(known) ? i32x4.splat(at(0, ...parts)) : i32x4.const(known)
    }
    // Where every element is in one window exactly, each is written once; else windows add to zeros.
    const { dilation, padding, stride } = operation.params
    const apart = window.every(
      (extent, axis) =>
        extent === stride[axis] &&
        (extent === 1 || dilation[axis] === 1) &&
        padding[axis]?.[0] === 0 &&
        extent * (outputs[axis] ?? 0) === space(x.shape)[axis],
    )
    const clear = (n: I32): void => {
      if (!apart) code.memory.fill(at(operation.out.address, [n, image]), 0, image)
    }
    const spread = (position: WindowPosition): void => {
      const { channels, offset, source, taps, target, vectors } = position
      const numbers: Follows = (indices) => {
        const one = code.let(number(indices))
        return vectors.map(() => one)
      }
      const { followers: chosen } = findLargest(context, position, x.address, numbers)
      const from = code.let(i32.add(target, cotangent.address))
      const gradient = vectors.map((v) => code.let(v128.load(from, v)))
      eachTap(code, taps, (indices) => {
        const into = code.let(at(i32.add(source, operation.out.address), ...offset(indices)))
        const own = code.let(number(indices))
        const before = vectors.map((v) => (apart ? f32x4.const(0) : code.let(v128.load(into, v))))
        const sums = gradient.map((value, v) =>
          code.let(f32x4.add(before[v] as V128, v128.and(value, i32x4.eq(chosen[v] as V128, own)))),
        )
        storeChannels(code, into, sums, channels)
      })
    }
    eachWindowPosition(context, x.shape, cotangent.shape, all, soughtTogether(code.lanes), spread, {
      before: clear,
      after: (image) => epilogue?.({ indices: [image] }),
    })
  },
}
