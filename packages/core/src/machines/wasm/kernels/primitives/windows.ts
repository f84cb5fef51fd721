/**
 * The kernels of pooling, four channels at a time. A sum adds a window's elements in their order, one after the other;
 * backwards the cotangents of the windows that hold an element, in the order of the windows. The maximum is the first of
 * the largest elements; NaN counts as larger than all.
 */
import type { WindowParams } from "../../../../language/Primitive.ts"
import * as Shape from "../../../../words/Shape.ts"
import type { Site } from "../loopNest.ts"
import { f32x4, type I32, i32, i32x4, type Local, type V128, v128 } from "../../assembler/Value.ts"
import { backward, type Count, eachTap, forward, type Phases } from "./slidingWindow.ts"
import { eachSpot, type Spot, space } from "./windowPositions.ts"
import { at, type Direct, input, type Step, storeLanes } from "./Operation.ts"

const movement = (params: WindowParams) => ({ ...params, dilation: params.window.map(() => 1) })

/** How many windows there are along each axis. */
const places = (extents: Shape.Shape, { padding, strides, window }: WindowParams): Shape.Shape =>
  extents.map(
    (n, i) => Math.floor((n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0) - (window[i] ?? 1)) / (strides[i] ?? 1)) + 1,
  )

const elements = (step: Step): number => {
  const { window } = step.params as WindowParams
  return Shape.size(window)
}

const nothing = (): void => {}

const summing = (site: Site, step: Step, all: ReadonlyArray<Phases>): void => {
  const { code } = site
  const from = input(step, 0)
  eachSpot(site, from.shape, step.out.shape, all, ({ channels, offset, source, taps, target }) => {
    const sum = code.let(f32x4.const(0))
    eachTap(code, taps, (indices) => {
      code.set(sum, f32x4.add(sum, v128.load(at(i32.add(source, from.address), ...offset(indices)))))
    })
    storeLanes(code, code.let(i32.add(target, step.out.address)), sum, channels)
  })
}

export const windowSum: Direct<"windowSum"> = {
  shared: true,
  work: elements,
  emit: (site, step) =>
    summing(site, step, forward(space(input(step, 0).shape), step.params.window, space(step.out.shape), movement(step.params))),
}

export const windowSumGrad: Direct<"windowSumGrad"> = {
  shared: true,
  work: elements,
  emit: (site, step) =>
    summing(site, step, backward(space(step.out.shape), step.params.window, space(input(step, 0).shape), movement(step.params))),
}

/** Where x comes before what is the largest so far. */
const exceeds = (x: V128, best: V128): V128 => v128.andnot(f32x4.eq(best, best), f32x4.le(x, best))

/** Goes through a window's elements; `take` is told where each is the largest so far, the first one before. */
const findLargest = (
  { code }: Site,
  { offset, source, taps }: Spot,
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

const windows = (step: Step<"windowMax" | "windowMaxPick">): ReadonlyArray<Phases> =>
  forward(space(input(step, 0).shape), step.params.window, space(step.out.shape), movement(step.params))

export const windowMax: Direct<"windowMax"> = {
  shared: true,
  work: (step) => 4 * elements(step),
  emit: (site, step) => {
    const from = input(step, 0)
    eachSpot(site, from.shape, step.out.shape, windows(step), (spot) => {
      const best = findLargest(site, spot, from.address, nothing, nothing)
      storeLanes(site.code, site.code.let(i32.add(spot.target, step.out.address)), best, spot.channels)
    })
  },
}

export const windowMaxPick: Direct<"windowMaxPick"> = {
  shared: true,
  work: (step) => 5 * elements(step),
  emit: (site, step) => {
    const { code } = site
    const [from, picked] = [input(step, 0), input(step, 1)]
    eachSpot(site, from.shape, step.out.shape, windows(step), (spot) => {
      const pick = code.local("v128")
      const element = (indices: ReadonlyArray<Count>): V128 =>
        v128.load(at(i32.add(spot.source, picked.address), ...spot.offset(indices)))
      findLargest(
        site,
        spot,
        from.address,
        (indices) => code.set(pick, element(indices)),
        (indices, larger) => code.set(pick, v128.bitselect(element(indices), pick, larger)),
      )
      storeLanes(code, code.let(i32.add(spot.target, step.out.address)), pick, spot.channels)
    })
  },
}

export const windowMaxGrad: Direct<"windowMaxGrad"> = {
  shared: true,
  work: (step) => 8 * elements(step),
  emit: (site, step, finish) => {
    const { code } = site
    const [x, cotangent] = [input(step, 0), input(step, 1)]
    const { window } = step.params
    const outputs = places(space(x.shape), step.params)
    const all = forward(space(x.shape), window, outputs, movement(step.params))
    const image = Shape.size(x.shape.slice(1)) * 4
    const tapSteps = Shape.strides(window)
    const number = (indices: ReadonlyArray<Count>): V128 =>
      i32x4.splat(at(0, ...indices.map((index, axis) => [index, tapSteps[axis] ?? 0] as const)))
    // Where every element is in one window exactly, each is written once; else windows add to zeros.
    const { padding, strides } = step.params
    const apart = window.every(
      (extent, axis) =>
        extent === strides[axis] && padding[axis]?.[0] === 0 && extent * (outputs[axis] ?? 0) === space(x.shape)[axis],
    )
    const clear = (n: I32): void => {
      if (!apart) code.memory.fill(at(step.out.address, [n, image]), 0, image)
    }
    const spread = (spot: Spot): void => {
      const chosen = code.local("v128")
      findLargest(
        site,
        spot,
        x.address,
        (indices) => code.set(chosen, number(indices)),
        (indices, larger) => code.set(chosen, v128.bitselect(number(indices), chosen, larger)),
      )
      const gradient = code.let(v128.load(i32.add(spot.target, cotangent.address)))
      eachTap(code, spot.taps, (indices) => {
        const into = code.let(at(i32.add(spot.source, step.out.address), ...spot.offset(indices)))
        const part = v128.and(gradient, i32x4.eq(chosen, number(indices)))
        const before = apart ? f32x4.const(0) : v128.load(into)
        storeLanes(code, into, code.let(f32x4.add(before, part)), spot.channels)
      })
    }
    eachSpot(site, x.shape, cotangent.shape, all, spread, { before: clear, after: (image) => finish?.({ indices: [image] }) })
  },
}
