/**
 * Sums of source elements times weights under windows that slide: a convolution, and its gradient for the input, which
 * is a convolution of the cotangent with the weights reversed.
 *
 * The terms of a sum are the products of a window's taps in their order, and in each tap of its channels in theirs. A sum is
 * a cascade over them (`reference/sumOrder`): blocks of 256 terms, one product after the other, whose sums are summed in the
 * same way. Elements outside the source are left out, but counted, so that an infinite weight there does not matter.
 */
import { productBlock } from "../../../../reference/sumOrder.ts"
import * as Shape from "../../../../types/Shape.ts"
import type { Code } from "../../assembler/Code.ts"
import { f32x4, type I32, i32, v128 } from "../../assembler/Value.ts"
import { chunks, inBlocks, threadRange } from "../../threads/partition.ts"
import { bySize } from "../functionsBySize.ts"
import type { EmitContext } from "../loopNest.ts"
import { emitPanel, type Layout } from "./correlationTile.ts"
import { at, blocks, type EmitEpilogue, storeLanes } from "./Operation.ts"
import { eachBlock, incompleteBytes } from "./productBlocks.ts"
import { mostColumns, sharedWidth, tileBytes, tileVectors, tileWidths } from "./registerTile.ts"
import { eachPhase, flat, type Phases } from "./slidingWindow.ts"

/** Where an array [n, …space, channels] begins, and its shape. */
interface Images {
  readonly address: number
  readonly shape: Shape.Shape
}

/** Copies the weights of some columns of a group to [taps, depth, vectors]. */
export type Pack = (to: I32, group: I32, column: I32, width: number, vectors: number) => void

export interface Correlation {
  readonly source: Images
  readonly target: Images
  readonly pack: Pack
  /** The address of scratch memory, of as many bytes as `correlationBytes` says. */
  readonly scratch: I32
  readonly window: Shape.Shape
  readonly groups: number
  /** Whether each column has one channel of its own, instead of all channels of the group. */
  readonly apart: boolean
  readonly phases: ReadonlyArray<Phases>
}

/** The most bytes of packed weights at once, so that they stay in the second-level cache. */
const mostPacked = 2 ** 18

/** Bytes of the packed weights of a tile's columns, for so many terms. */
const panelBytes = (terms: number, width: number): number => terms * width * 4

/** Panels of weights that are packed at once, for so many columns in tiles of one width. */
const panelsAtOnce = (terms: number, columns: number, width: number): number =>
  Math.min(Math.ceil(columns / width), Math.max(1, Math.floor(mostPacked / panelBytes(terms, width))))

/** Bytes of the packed weights, whatever the width of tiles. */
const packedBytes = (terms: number, columns: number): number =>
  Math.max(...tileWidths.map((width) => panelsAtOnce(terms, columns, width) * panelBytes(terms, width)))

const imageBytes = (shape: Shape.Shape): number => Shape.size(shape.slice(1)) * 4

/** Bytes of scratch memory for a correlation: packed weights of one group, a tile, and the sums of blocks that are not complete. */
export const correlationBytes = (target: Shape.Shape, terms: number, columns: number): number =>
  packedBytes(terms, columns) + tileBytes + incompleteBytes(terms, imageBytes(target))

const layoutOf = ({ apart, groups, phases, source, target, window }: Correlation): Layout => {
  const full = (steps: Shape.Shape): Shape.Shape => (phases.length < 2 ? [0, ...steps] : steps)
  const bytes = (shape: Shape.Shape): Shape.Shape =>
    full(
      Shape.strides(shape)
        .slice(1, -1)
        .map((n) => n * 4),
    )
  return {
    depth: apart ? 1 : (source.shape.at(-1) ?? 0) / groups,
    groups,
    apart,
    sourceStrides: bytes(source.shape),
    targetStrides: bytes(target.shape),
    tapStrides: full(Shape.strides(window)),
  }
}

/** Adds the sums of some columns in an image at `from` to those at `to`, or replaces them. */
const addSums = (code: Code, target: Shape.Shape, width: number, from: I32, to: I32, adds: I32): void =>
  code.for(0, imageBytes(target), (target.at(-1) ?? 0) * 4, (i) =>
    blocks(code, width, 4, (column, count) => {
      const offset = code.let(at(i, [column, 4]))
      const sum = code.variable(v128.load(i32.add(from, offset)))
      const into = code.let(i32.add(to, offset))
      code.if(adds, () => code.set(sum, f32x4.add(v128.load(into), sum)))
      storeLanes(code, into, sum, count)
    }),
  )

/** Writes the kernel. */
export const emitCorrelation = (context: EmitContext, correlation: Correlation, epilogue?: EmitEpilogue): void => {
  const { code, module, team } = context
  const { apart, groups, pack, phases, scratch, source, target, window } = correlation
  const layout = layoutOf(correlation)
  const { depth } = layout
  const [sourceImage, targetImage] = [imageBytes(source.shape), imageBytes(target.shape)]
  const [images, columns] = [target.shape[0] ?? 0, (target.shape.at(-1) ?? 0) / groups]
  const terms = Shape.size(window) * depth
  // Threads share the images, or blocks of columns where there are few.
  const few = team.shares > 1 && images < 2 * team.shares
  const most = few ? sharedWidth(context, columns) : mostColumns(code.lanes)
  const atOnce = panelsAtOnce(terms, columns, most) * most
  // The columns of a group need not be whole vectors: the epilogue waits for the last group.
  const byRegion = epilogue !== undefined && groups === 1
  const byColumns = few && columns >= most * team.shares && (epilogue === undefined || byRegion)
  const imagePart = byColumns ? { start: 0, end: images } : threadRange(code, team, images)
  const columnPart = byColumns ? threadRange(code, team, columns, most) : { start: 0, end: columns }
  const areAll = !byColumns && columns <= atOnce
  const buffer = code.let(i32.add(scratch, packedBytes(terms, columns)))
  const incomplete = code.let(i32.add(buffer, tileBytes))
  const isOneBlock = terms <= productBlock
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const
  const columnsOf = bySize((width) =>
    module.func(`columns ${width}`, { params }, (own, [from, to, weights, tile, start, end, adds]) =>
      eachPhase(own, phases.length < 2 ? [flat, ...phases] : phases, (axes) => {
        const block = isOneBlock ? undefined : { start, end, adds }
        emitPanel({ code: own, layout, axes, source: from, target: to, weights, buffer: tile, width, block })
      }),
    ),
  )
  const sumsOf = bySize((width) =>
    module.func(`sums ${width}`, { params: ["i32", "i32", "i32"] }, (own, [from, to, adds]) =>
      addSums(own, target.shape, width, from, to, adds),
    ),
  )
  /** Computes the columns of a panel in an image, which are `offset` bytes from its beginning. */
  const computeColumns = (from: I32, image: I32, offset: I32, weights: I32, width: number): void => {
    if (isOneBlock) {
      code.call(columnsOf(width), from, i32.add(image, offset), weights, buffer, 0, 0, 0)
      return
    }
    const row = tileVectors(code.lanes, width) * 16
    eachBlock(code, {
      terms,
      result: image,
      incomplete,
      bytes: targetImage,
      sum: (first, last, to, adds) => {
        const [start, end] = [at(weights, [first, row]), at(weights, [last, row])]
        code.call(columnsOf(width), from, i32.add(to, offset), weights, buffer, start, end, adds)
      },
      move: (held, to, adds) => code.call(sumsOf(width), i32.add(held, offset), i32.add(to, offset), adds),
    })
  }
  code.for(0, groups, 1, (group) =>
    inBlocks(code, columnPart, columns, atOnce, (left, right) => {
      const panels = (body: (column: I32, width: number, weights: I32) => void): void =>
        chunks(code, { start: left, end: right }, columns, most, (column, width) => {
          const panel = i32.div_u(i32.sub(column, left), most)
          body(column, width, code.let(at(scratch, [panel, panelBytes(terms, most)])))
        })
      panels((column, width, weights) => pack(weights, group, column, width, tileVectors(code.lanes, width)))
      code.for(imagePart.start, imagePart.end, 1, (image) => {
        const from = code.let(at(source.address, [image, sourceImage], [group, depth * 4]))
        const to = code.let(at(target.address, [image, targetImage]))
        panels((column, width, weights) => {
          const offset = code.let(at(0, [group, columns * 4], [column, 4]))
          computeColumns(apart ? code.let(i32.add(from, offset)) : from, to, offset, weights, width)
        })
        if (byRegion) epilogue({ indices: [image], columns: areAll ? undefined : { start: left, end: right } })
      })
    }),
  )
  if (epilogue !== undefined && !byRegion) code.for(imagePart.start, imagePart.end, 1, (image) => epilogue({ indices: [image] }))
}
