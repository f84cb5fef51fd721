/**
 * The gradient of a convolution for its kernel. Each element is summed one product after the other, over the images in
 * their order, and in each over the output's positions in theirs; positions where the element lay in the padding are left out.
 *
 * Tiles of channels by filters are summed at once over some rows of one image, which stay in the first-level cache while
 * every tile advances over them; in between, the sums are in the result.
 */
import * as Shape from "../../../../types/Shape.ts"
import { bytesOf } from "../../../../types/ShapeError.ts"
import { multiplyAdd } from "../../assembler/numerics.ts"
import { f32x4, type I32, i32, type Local, select, v128 } from "../../assembler/Value.ts"
import { firstAlone } from "../../threads/partition.ts"
import type { EmitContext } from "../loopNest.ts"
import { emitDepthwiseGradient } from "./depthwise.ts"
import {
  byChannels,
  type Cut,
  type Edge,
  eachTile,
  eachVector,
  everything,
  type Gradient,
  overTaps,
  type Region,
  type Rows,
  regionOf,
  type Tile,
} from "./gradientTiles.ts"
import { at, input, type PrimitiveKernel, storeLanes } from "./Operation.ts"
import { type Axis, type Count, eachPosition, flat, forward, type Position, positionsOf, type Taps } from "./slidingWindow.ts"
import { space } from "./windowPositions.ts"

/** Bytes of the cotangent that a block of rows takes: they and the input's rows stay in the first-level cache. */
const blockBytes = 2 ** 15

type Sums = ReadonlyArray<Local<"v128">>

/** Adds to a tile's sums the products at the output's position at `q`, for the rows whose input is `steps` from `p`. */
const addPosition = ({ code }: EmitContext, sums: Sums, steps: ReadonlyArray<number | undefined>, p: I32, q: I32): void =>
  code.scope(() => {
    const vectors = sums.length / steps.length
    const right = Array.from({ length: vectors }, (_, v) => code.let(v128.load(q, v * 16)))
    steps.forEach((step, r) => {
      if (step === undefined) return
      code.scope(() => {
        const left = code.let(v128.load32_splat(p, step))
        right.forEach((value, v) => {
          const sum = sums[r * vectors + v] as Local<"v128">
          code.set(sum, multiplyAdd(code, left, value, sum))
        })
      })
    })
  })

/** Adds all positions of one row of the output; `p` and `q` are where position 0 would be. */
const addRow = ({ axes, cotangentStrides, context, xStrides }: Gradient, sums: Sums, rows: Rows, p: I32, q: I32): void => {
  const { code } = context
  const pStride = (axes.at(-1)?.move ?? 1) * (xStrides.at(-1) ?? 0)
  const qStride = cotangentStrides.at(-1) ?? 0
  const edge = ({ position, rows: taking }: Edge): void => {
    // The input is inside the array only from the first row that takes part.
    const origin = rows.steps[taking.indexOf(true)] ?? 0
    const steps = rows.steps.map((step, r) => (taking[r] ? step - origin : undefined))
    if (taking.includes(true))
      addPosition(
        context,
        sums,
        steps,
        code.let(i32.add(p, position * pStride + origin)),
        code.let(i32.add(q, position * qStride)),
      )
  }
  code.scope(() => {
    for (const one of rows.before) code.scope(() => edge(one))
    const { end, start } = rows.positions
    const from = code.let(at(p, [start, pStride]))
    code.forAddress(at(q, [start, qStride]), at(q, [end, qStride]), qStride, (here) => {
      addPosition(context, sums, rows.steps, from, here)
      code.set(from, i32.add(from, pStride))
    })
    for (const one of rows.after) code.scope(() => edge(one))
  })
}

const later = (a: Count, b: Count): Count => (b === 0 ? a : select(i32.gt_s(at(0, [a, 1]), b), at(0, [a, 1]), at(0, [b, 1])))

const sooner = (a: Count, b: Count): Count => select(i32.lt_s(at(0, [a, 1]), b), at(0, [a, 1]), at(0, [b, 1]))

/** Continues a tile's sums over a block of rows of the output. */
const addBlock = (gradient: Gradient, tile: Tile, image: I32, outer: ReadonlyArray<Position>, block: Taps): void => {
  const { axes, channels, cotangent, cotangentStrides, filters, context, x, xStrides } = gradient
  const { code } = context
  const y = axes.length - 2
  const sums: Array<Local<"v128">> = []
  eachVector(gradient, tile, (offset) => sums.push(code.let(v128.load(tile.address, offset))))
  const from = code.let(
    at(
      x.address,
      [image, bytesOf(x) / (x.shape[0] ?? 1)],
      [tile.group, channels * 4],
      [tile.rows.channel, 4],
      ...axes.flatMap(({ first, spread }, axis) => {
        const step = xStrides[axis] ?? 0
        return [[first, step] as const, [tile.taps[axis] ?? 0, spread * step] as const]
      }),
      ...outer.map(({ t }, axis) => [t, (axes[axis]?.move ?? 1) * (xStrides[axis] ?? 0)] as const),
    ),
  )
  const to = code.let(
    at(
      cotangent.address,
      [image, bytesOf(cotangent) / (cotangent.shape[0] ?? 1)],
      [tile.group, filters * 4],
      [tile.filter, 4],
      ...outer.map(({ t }, axis) => [t, cotangentStrides[axis] ?? 0] as const),
    ),
  )
  const { end, start } = positionsOf(code, axes[y] as Axis, tile.taps[y] ?? 0)
  code.for(later(start, block.start), sooner(end, block.end), 1, (row) => {
    const p = code.let(at(from, [row, (axes[y]?.move ?? 1) * (xStrides[y] ?? 0)]))
    addRow(gradient, sums, tile.rows, p, code.let(at(to, [row, cotangentStrides[y] ?? 0])))
  })
  eachVector(gradient, tile, (offset, i, lanes) => storeLanes(code, tile.address, sums[i] as Local<"v128">, lanes, offset))
}

/** Clears every tile, and then continues all of them over each image and its blocks of rows. */
const emit = (gradient: Gradient, cut: Cut, region: Region): void => {
  const { axes, cotangentStrides, context, window, x } = gradient
  const { code } = context
  const rows = axes[axes.length - 2] as Axis
  const all = [...window.slice(0, -2).map((end) => ({ start: 0, end })), region.lines]
  eachTile(gradient, cut, region, all, (tile) => {
    const zero = code.let(f32x4.const(0))
    eachVector(gradient, tile, (offset, _, lanes) => storeLanes(code, tile.address, zero, lanes, offset))
  })
  const most = Math.max(1, Math.floor(blockBytes / ((cotangentStrides.at(-2) ?? 0) || blockBytes)))
  code.for(0, x.shape[0] ?? 0, 1, (image) =>
    eachPosition(code, axes.slice(0, -2), (outer) => {
      const ranges = [...outer.map(({ taps }) => taps), region.lines]
      const count = rows.count as number
      const block = (taps: Taps): void =>
        eachTile(gradient, cut, region, ranges, (tile) => addBlock(gradient, tile, image, outer, taps))
      if (count <= most) block({ start: 0, end: count })
      else code.for(0, count, most, (start) => block({ start, end: code.let(i32.add(start, most)) }))
    }),
  )
}

export const convKernelGrad: PrimitiveKernel<"convKernelGrad"> = {
  parallel: true,
  work: (operation) => 2 * Shape.size(input(operation, 1).shape.slice(0, -1)),
  emit: (context, operation) => {
    const { out, params } = operation
    const [x, cotangent] = [input(operation, 0), input(operation, 1)]
    const phases = forward(space(x.shape), params.window, space(cotangent.shape), params)
    const missing = phases.length < 2
    const full = (list: Shape.Shape, extra: number): Shape.Shape => (missing ? [extra, ...list] : list)
    const byteStrides = (shape: Shape.Shape): Shape.Shape => Shape.strides(shape).map((n) => n * 4)
    const [channels = 0, all = 0] = out.shape.slice(-2)
    const gradient: Gradient = {
      context,
      x,
      cotangent,
      out,
      groups: params.groups,
      channels,
      filters: all / params.groups,
      axes: (missing ? [flat, ...phases] : phases).flatMap(({ phases: [only], steps: own }) =>
        only ? [{ ...own, ...only }] : [],
      ),
      window: full(params.window, 1),
      xStrides: full(space(byteStrides(x.shape)), 0),
      cotangentStrides: full(space(byteStrides(cotangent.shape)), 0),
      tapStrides: full(byteStrides(out.shape).slice(0, -2), 0),
    }
    if (channels === 1 && all === params.groups && all > 1) {
      emitDepthwiseGradient(gradient)
      return
    }
    const cut = overTaps(gradient) ?? byChannels(gradient)
    const region = regionOf(gradient, cut.byTaps)
    if (region !== undefined) emit(gradient, cut, region)
    else firstAlone(context.code, context.team, () => emit(gradient, cut, everything(gradient)))
  },
}
