/**
 * The kernels of pooling, four channels at a time. A sum adds a window's elements in their order, one after the other;
 * backwards the cotangents of the windows that hold an element, in the order of the windows. The maximum is the first of
 * the largest elements; NaN counts as larger than all.
 */
import type { WindowParams } from "../../../../language/Primitive.ts"
import * as Shape from "../../../../types/Shape.ts"
import { f32x4, type I32, i32, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import type { EmitContext } from "../loopNest.ts"
import { at, input, type Operation, type PrimitiveKernel, storeLanes } from "./Operation.ts"
import { backward, type Count, eachTap, forward, type Phases } from "./slidingWindow.ts"
import { eachWindowPosition, space, type WindowPosition } from "./windowPositions.ts"

const movement = (params: WindowParams) => ({ ...params, dilation: params.window.map(() => 1) })

/** How many windows there are along each axis. */
const windowCounts = (extents: Shape.Shape, { padding, stride, window }: WindowParams): Shape.Shape =>
  extents.map(
    (n, i) => Math.floor((n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0) - (window[i] ?? 1)) / (stride[i] ?? 1)) + 1,
  )

const elements = (operation: Operation): number => {
  const { window } = operation.params as WindowParams
  return Shape.size(window)
}

const nothing = (): void => {}

const summing = (context: EmitContext, operation: Operation, all: ReadonlyArray<Phases>): void => {
  const { code } = context
  const from = input(operation, 0)
  eachWindowPosition(context, from.shape, operation.out.shape, all, ({ channels, offset, source, taps, target }) => {
    const sum = code.let(f32x4.const(0))
    eachTap(code, taps, (indices) => {
      code.set(sum, f32x4.add(sum, v128.load(at(i32.add(source, from.address), ...offset(indices)))))
    })
    storeLanes(code, code.let(i32.add(target, operation.out.address)), sum, channels)
  })
}

export const windowSum: PrimitiveKernel<"windowSum"> = {
  parallel: true,
  work: elements,
  emit: (context, operation) =>
    summing(
      context,
      operation,
      forward(space(input(operation, 0).shape), operation.params.window, space(operation.out.shape), movement(operation.params)),
    ),
}

export const windowSumGrad: PrimitiveKernel<"windowSumGrad"> = {
  parallel: true,
  work: elements,
  emit: (context, operation) =>
    summing(
      context,
      operation,
      backward(space(operation.out.shape), operation.params.window, space(input(operation, 0).shape), movement(operation.params)),
    ),
}

/** Where x is larger than the largest so far. */
const exceeds = (x: V128, best: V128): V128 => v128.andnot(f32x4.eq(best, best), f32x4.le(x, best))

/** Visits a window's elements; `begin` gets the first one, and `take` a mask of where each is the largest so far. */
const findLargest = (
  { code }: EmitContext,
  { offset, source, taps }: WindowPosition,
  x: number,
  begin: (indices: ReadonlyArray<Count>) => void,
  take: (indices: ReadonlyArray<Count>, larger: Local<"v128">) => void,
): Local<"v128"> => {
  const element = (indices: ReadonlyArray<Count>): V128 => v128.load(at(i32.add(source, x), ...offset(indices)))
  const first = taps.map(({ start }) => start)
  const best = code.let(element(first))
  begin(first)
  eachTap(code, taps, (indices) => {
    const next = code.let(element(indices))
    const larger = code.let(exceeds(next, best))
    code.set(best, v128.bitselect(next, best, larger))
    take(indices, larger)
  })
  return best
}

const windows = (operation: Operation<"windowMax" | "windowMaxPick">): ReadonlyArray<Phases> =>
  forward(space(input(operation, 0).shape), operation.params.window, space(operation.out.shape), movement(operation.params))

export const windowMax: PrimitiveKernel<"windowMax"> = {
  parallel: true,
  work: (operation) => 4 * elements(operation),
  emit: (context, operation) => {
    const from = input(operation, 0)
    eachWindowPosition(context, from.shape, operation.out.shape, windows(operation), (position) => {
      const best = findLargest(context, position, from.address, nothing, nothing)
      storeLanes(context.code, context.code.let(i32.add(position.target, operation.out.address)), best, position.channels)
    })
  },
}

export const windowMaxPick: PrimitiveKernel<"windowMaxPick"> = {
  parallel: true,
  work: (operation) => 5 * elements(operation),
  emit: (context, operation) => {
    const { code } = context
    const [from, picked] = [input(operation, 0), input(operation, 1)]
    eachWindowPosition(context, from.shape, operation.out.shape, windows(operation), (position) => {
      const pick = code.local("v128")
      const element = (indices: ReadonlyArray<Count>): V128 =>
        v128.load(at(i32.add(position.source, picked.address), ...position.offset(indices)))
      findLargest(
        context,
        position,
        from.address,
        (indices) => code.set(pick, element(indices)),
        (indices, larger) => code.set(pick, v128.bitselect(element(indices), pick, larger)),
      )
      storeLanes(code, code.let(i32.add(position.target, operation.out.address)), pick, position.channels)
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
    const all = forward(space(x.shape), window, outputs, movement(operation.params))
    const image = Shape.size(x.shape.slice(1)) * 4
    const tapStrides = Shape.strides(window)
    const number = (indices: ReadonlyArray<Count>): V128 =>
      i32x4.splat(at(0, ...indices.map((index, axis) => [index, tapStrides[axis] ?? 0] as const)))
    // Where every element is in one window exactly, each is written once; else windows add to zeros.
    const { padding, stride } = operation.params
    const apart = window.every(
      (extent, axis) =>
        extent === stride[axis] && padding[axis]?.[0] === 0 && extent * (outputs[axis] ?? 0) === space(x.shape)[axis],
    )
    const clear = (n: I32): void => {
      if (!apart) code.memory.fill(at(operation.out.address, [n, image]), 0, image)
    }
    const spread = (position: WindowPosition): void => {
      const chosen = code.local("v128")
      findLargest(
        context,
        position,
        x.address,
        (indices) => code.set(chosen, number(indices)),
        (indices, larger) => code.set(chosen, v128.bitselect(number(indices), chosen, larger)),
      )
      const gradient = code.let(v128.load(i32.add(position.target, cotangent.address)))
      eachTap(code, position.taps, (indices) => {
        const into = code.let(at(i32.add(position.source, operation.out.address), ...position.offset(indices)))
        const part = v128.and(gradient, i32x4.eq(chosen, number(indices)))
        const before = apart ? f32x4.const(0) : v128.load(into)
        storeLanes(code, into, code.let(f32x4.add(before, part)), position.channels)
      })
    }
    eachWindowPosition(context, x.shape, cotangent.shape, all, spread, {
      before: clear,
      after: (image) => epilogue?.({ indices: [image] }),
    })
  },
}
