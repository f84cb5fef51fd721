/**
 * The gradient of a convolution for its kernel. The terms of a sum are the products at the output's positions, image by image and
 * in each in their order. A sum is a cascade over them (`reference/sumOrder`): blocks of 256 terms, one product after the
 * other, whose sums are summed in the same way. Positions where the element lay in the padding are left out, but counted.
 *
 * All tiles of the result, channels by filters, advance over one block before the next, so that its positions stay in the caches.
 */
import { productBlock } from "../../../../reference/sumOrder.ts"
import * as Shape from "../../../../types/Shape.ts"
import { bytesOf } from "../../../../types/ShapeError.ts"
import type { Code } from "../../assembler/Code.ts"
import { f32x4, type I32, i32, v128 } from "../../assembler/Value.ts"
import { firstAlone } from "../../threads/partition.ts"
import { bySize } from "../functionsBySize.ts"
import { copyVectors } from "../vectors.ts"
import { emitPanel } from "./gradientPanel.ts"
import { byChannels, type Cut, eachFilters, everything, type Gradient, overTaps, type Region, regionOf } from "./gradientTiles.ts"
import { at, input, type Operation, type PrimitiveKernel, storeLanes } from "./Operation.ts"
import { eachBlock, incompleteBytes } from "./productBlocks.ts"
import { mostColumns, sharedWidth, tileBytes, tileVectors } from "./registerTile.ts"
import { counted, flat, forward } from "./slidingWindow.ts"
import { space } from "./windowPositions.ts"

/** The terms of each sum. */
const termsOf = (cotangent: Shape.Shape): number => Shape.size(cotangent.slice(0, -1))

/** Bytes of a block's cotangents for one tile's filters, whatever the lanes. */
const packedBytes = productBlock * mostColumns(256) * 4

/** Bytes of scratch memory: a block's cotangents for one tile's filters, a tile, and the sums of blocks that are not complete. */
const scratchBytes = (operation: Operation): number =>
  packedBytes + tileBytes + incompleteBytes(termsOf(input(operation, 1).shape), bytesOf(operation.out))

/** Adds the sums of a region at `from` to those at `to`, or replaces them. */
const addSums = (gradient: Gradient, region: Region, from: I32, to: I32, adds: I32): void => {
  const { channels, context, filters, out, tapStrides, window } = gradient
  const { code } = context
  const row = (out.shape.at(-1) ?? 0) * 4
  const ranges = [...window.slice(0, -2).map((end) => ({ start: 0, end })), region.lines, region.taps]
  const each = (place: I32, axis: number): void => {
    const range = ranges[axis]
    if (range !== undefined) {
      code.for(range.start, range.end, 1, (tap) => each(code.let(at(place, [tap, tapStrides[axis] ?? 0])), axis + 1))
      return
    }
    code.for(region.groups.start, region.groups.end, 1, (group) =>
      eachFilters(gradient, region, (filter, width) =>
        code.for(0, channels, 1, (channel) => {
          const offset = code.let(at(place, [channel, row], [group, filters * 4], [filter, 4]))
          for (let v = 0; v * 4 < width; v++)
            code.scope(() => {
              const sum = code.variable(v128.load(i32.add(from, offset), v * 16))
              const into = code.let(i32.add(to, offset))
              code.if(adds, () => code.set(sum, f32x4.add(v128.load(into, v * 16), sum)))
              storeLanes(code, into, sum, width - v * 4, v * 16)
            })
        }),
      ),
    )
  }
  each(code.let(i32.const(0)), 0)
}

/** Copies the cotangents of a block's terms, of `width` filters from `from` on, to rows of so many vectors. */
const packCotangents = (
  { cotangent }: Gradient,
  code: Code,
  from: I32,
  to: I32,
  count: I32,
  width: number,
  vectors: number,
): void => {
  const row = (cotangent.shape.at(-1) ?? 0) * 4
  code.scope(() => {
    const source = code.let(from)
    code.forAddress(to, at(to, [count, vectors * 16]), vectors * 16, (target) => {
      copyVectors(code, target, source, Math.ceil(width / 4))
      code.set(source, i32.add(source, row))
    })
  })
}

/** Rows of the result from which it pays to pack cotangents, whose filters are not all in one tile. */
const worthPacking = 16

/** Whether cotangents are packed. */
const packs = ({ channels, columns, cotangent, window }: Gradient): boolean =>
  (cotangent.shape.at(-1) ?? 0) > columns && Shape.size(window) * channels >= worthPacking

/** Advances all tiles of a region over block after block. */
const emit = (gradient: Gradient, operation: Operation, cut: Cut, region: Region): void => {
  const { apart, channels, context, cotangent, filters, out, x } = gradient
  const { code, module, team } = context
  const terms = termsOf(cotangent.shape)
  // A part finds in the next stage the sums of its last one, whoever computes it.
  const panel = code.let(at(operation.scratch, [team.stages > 1 ? team.part : team.thread, scratchBytes(operation)]))
  const buffer = code.let(i32.add(panel, packedBytes))
  const isOneBlock = terms <= productBlock
  const isPacked = packs(gradient)
  const all = (cotangent.shape.at(-1) ?? 0) * 4
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const
  const tilesOf = bySize((width) =>
    module.func(
      `tiles ${width}`,
      { params },
      (own, [first, last, from, cotangents, to, tile, adds, tap, tapEnd, line, lineEnd]) => {
        const termStride = isPacked ? tileVectors(own.lanes, width) * 16 : all
        emitPanel({
          gradient,
          code: own,
          cut,
          width,
          first,
          last,
          x: from,
          cotangents,
          out: to,
          termStride,
          taps: { start: tap, end: tapEnd },
          lines: { start: line, end: lineEnd },
          buffer: tile,
          adds: isOneBlock ? undefined : adds,
        })
      },
    ),
  )
  const block = (first: I32, last: I32, to: I32, adds: I32): void =>
    code.for(region.groups.start, region.groups.end, 1, (group) =>
      eachFilters(gradient, region, (filter, width) => {
        const vectors = tileVectors(code.lanes, width)
        const columns = [
          [group, filters * 4],
          [filter, 4],
        ] as const
        const from = at(cotangent.address, [first, all], ...columns)
        if (isPacked) packCotangents(gradient, code, from, panel, i32.sub(last, first), width, vectors)
        code.call(
          tilesOf(width),
          first,
          last,
          at(x.address, [group, channels * 4], [filter, apart ? 4 : 0]),
          isPacked ? i32.sub(panel, i32.mul(first, vectors * 16)) : at(cotangent.address, ...columns),
          at(to, ...columns),
          buffer,
          adds,
          counted(region.taps.start),
          counted(region.taps.end),
          counted(region.lines.start),
          counted(region.lines.end),
        )
      }),
    )
  if (terms === 0) code.memory.fill(i32.const(out.address), 0, bytesOf(out))
  else
    eachBlock(
      code,
      {
        terms,
        result: i32.const(out.address),
        incomplete: code.let(i32.add(buffer, tileBytes)),
        bytes: bytesOf(out),
        sum: block,
        move: (from, to, adds) => addSums(gradient, region, from, to, adds),
      },
      team,
    )
}

export const convKernelGrad: PrimitiveKernel<"convKernelGrad"> = {
  parallel: true,
  work: (operation) => 2 * termsOf(input(operation, 1).shape),
  scratch: scratchBytes,
  // Each part reads all of x or all of the cotangent.
  pieces: () => 1,
  stages: (operation) => Math.ceil(termsOf(input(operation, 1).shape) / productBlock),
  emit: (context, operation) => {
    const { out, params } = operation
    const [x, cotangent] = [input(operation, 0), input(operation, 1)]
    const phases = forward(space(x.shape), params.window, space(cotangent.shape), params)
    const missing = phases.length < 2
    const full = (list: Shape.Shape, extra: number): Shape.Shape => (missing ? [extra, ...list] : list)
    const byteStrides = (shape: Shape.Shape): Shape.Shape => Shape.strides(shape).map((n) => n * 4)
    const [channels = 0, all = 0] = out.shape.slice(-2)
    const apart = channels === 1 && all === params.groups && all > 1
    const groups = apart ? 1 : params.groups
    const gradient: Gradient = {
      context,
      x,
      cotangent,
      out,
      groups,
      apart,
      channels,
      filters: all / groups,
      columns: sharedWidth(context, all / groups),
      axes: (missing ? [flat, ...phases] : phases).flatMap(({ phases: [only], steps: own }) =>
        only ? [{ ...own, ...only }] : [],
      ),
      window: full(params.window, 1),
      xStrides: full(space(byteStrides(x.shape)), 0),
      tapStrides: full(byteStrides(out.shape).slice(0, -2), 0),
    }
    const cut = overTaps(gradient) ?? byChannels(gradient)
    const region = regionOf(gradient, cut.byTaps)
    if (region !== undefined) emit(gradient, operation, cut, region)
    else firstAlone(context.code, context.team, () => emit(gradient, operation, cut, everything(gradient)))
  },
}
