/** All positions of the windows of pooling, some channels at a time. */
import * as Shape from "../../../../types/Shape.ts"
import { type I32, i32 } from "../../assembler/Value.ts"
import { threadRange } from "../../threads/partition.ts"
import type { EmitContext } from "../loopNest.ts"
import { at, blocks } from "./Operation.ts"
import {
  type Axis,
  allTaps,
  type Count,
  eachPhase,
  eachPosition,
  isInside,
  type Phases,
  sourceAt,
  type Taps,
  targetAt,
} from "./slidingWindow.ts"

/** The axes of space of [n, …space, channels]. */
export const space = (shape: Shape.Shape): Shape.Shape => shape.slice(1, -1)

/** Bytes between neighbours along the axes of space. */
const byteStrides = (shape: Shape.Shape): Shape.Shape => space(Shape.strides(shape)).map((n) => n * 4)

/** Some channels of one position of the target. */
export interface WindowPosition {
  readonly axes: ReadonlyArray<Axis>
  /** Bytes from the source's beginning to the element under tap 0, which may be outside. */
  readonly source: I32
  /** Bytes from the target's beginning. */
  readonly target: I32
  /** The channels that count, and the bytes from the first one to each vector of them. */
  readonly channels: number
  readonly vectors: ReadonlyArray<number>
  readonly taps: ReadonlyArray<Taps>
  /** Bytes from tap 0 to another. */
  readonly offset: (indices: ReadonlyArray<Count>) => ReadonlyArray<readonly [Count, number]>
}

/** Code that runs once for each image. */
interface Around {
  readonly before?: (image: I32) => void
  readonly after?: (image: I32) => void
}

/** Runs `body` for all positions of a target [n, …, channels] whose taps lie in a source, for `together` channels at a time. */
export const eachWindowPosition = (
  { code, team }: EmitContext,
  source: Shape.Shape,
  target: Shape.Shape,
  all: ReadonlyArray<Phases>,
  together: number,
  body: (position: WindowPosition) => void,
  { after, before }: Around = {},
): void => {
  const [images = 0] = target
  const channels = target.at(-1) ?? 0
  const [sourceStrides, targetStrides] = [byteStrides(source), byteStrides(target)]
  const [sourceImage, targetImage] = [Shape.size(source.slice(1)) * 4, Shape.size(target.slice(1)) * 4]
  const { end, start } = threadRange(code, team, images)
  code.for(start, end, 1, (image) => {
    before?.(image)
    eachPhase(code, all, (axes) =>
      eachPosition(code, axes, (found) => {
        const ts = found.map(({ t }) => t)
        const from = code.let(sourceAt(at(0, [image, sourceImage]), axes, ts, sourceStrides))
        const to = code.let(targetAt(at(0, [image, targetImage]), axes, ts, targetStrides))
        const withTaps = (taps: ReadonlyArray<Taps>): void =>
          blocks(code, channels, together, (channel, count) =>
            body({
              axes,
              source: code.let(at(from, [channel, 4])),
              target: code.let(at(to, [channel, 4])),
              channels: count,
              vectors: Array.from({ length: Math.ceil(count / 4) }, (_, v) => v * 16),
              taps,
              offset: (indices) => axes.map(({ spread }, i) => [indices[i] ?? 0, spread * (sourceStrides[i] ?? 0)] as const),
            }),
          )
        const inside = axes.flatMap((axis, i) => isInside(axis, ts[i] ?? i32.const(0)))
        const [first, ...others] = inside
        // Where all taps lie in the source their number is known, and they can be unrolled.
        if (first === undefined) withTaps(axes.map(allTaps))
        else
          code.if(
            others.reduce((sofar, one) => i32.and(sofar, one), first),
            () => withTaps(axes.map(allTaps)),
            () => withTaps(found.map(({ taps }) => taps)),
          )
      }),
    )
    after?.(image)
  })
}
