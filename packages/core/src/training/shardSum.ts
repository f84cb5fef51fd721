/**
 * The sum of the gradients of shards in one fixed order, whatever the order in which they arrive: neighbours are added first, then
 * the sums of neighbours, and so on; one without a neighbour moves up as it is. Each addition rounds to f32 once, as the engine does.
 */
import { NDArray } from "../types/NDArray.ts"
import type { Pieces } from "../types/Pieces.ts"

/** Lists of arrays f32 of equal shapes, one list for each shard. */
export type Summands = ReadonlyArray<NDArray>

/** The numbers that are added between two turns of others: about a millisecond of code that the host has not optimized yet. */
const pieceLength = 2 ** 15

/** The sum of some shards that are next to each other. */
interface Node {
  readonly arrays: Summands
  /** Whether nobody else has these arrays, so that a sum may overwrite them. */
  readonly isOwn: boolean
}

function* added(left: Node, right: Node): Pieces<Node> {
  const into = left.isOwn ? left : right.isOwn ? right : undefined
  const arrays: Array<NDArray> = []
  for (const [i, { data: a, dtype, shape }] of left.arrays.entries()) {
    const b = right.arrays[i]?.data ?? a
    const sum = into?.arrays[i]?.data ?? new Float32Array(a.length)
    for (let from = 0; from < a.length; from += pieceLength) {
      const to = Math.min(a.length, from + pieceLength)
      for (let at = from; at < to; at++) sum[at] = (a[at] as number) + (b[at] as number)
      yield
    }
    arrays.push(new NDArray(dtype, shape, sum))
  }
  return { arrays, isOwn: true }
}

/** A sum over shards that grows as they arrive. */
export interface ShardSum {
  /** Adds a shard, counted from 0, once. It holds no more than one list of arrays for each shard that waits for its neighbour. */
  readonly add: (shard: number, arrays: Summands) => Pieces<void>
  /** The sum, once all shards are added. */
  readonly total: () => Summands
}

/** The sum over `count` shards, at least one. */
export const shardSum = (count: number): ShardSum => {
  const waiting = new Map<string, Node>()
  let total: Summands | undefined
  return {
    *add(shard, arrays) {
      let node: Node = { arrays, isOwn: false }
      let [index, width] = [shard, count]
      for (let level = 0; width > 1; level++) {
        const neighbour = index ^ 1
        if (neighbour < width) {
          const key = `${level} ${neighbour}`
          const other = waiting.get(key)
          if (other === undefined) {
            waiting.set(`${level} ${index}`, node)
            return
          }
          waiting.delete(key)
          node = yield* neighbour < index ? added(other, node) : added(node, other)
        }
        index >>= 1
        width = (width + 1) >> 1
      }
      total = node.arrays
    },
    total: () => {
      if (total === undefined) throw new Error(`a sum of ${count} shards was read before all of them were added`)
      return total
    },
  }
}
