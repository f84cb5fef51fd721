/** How the rows of a batch are cut into shards: by position, as a function of the number of rows and of shards alone. */

/**
 * The numbers of rows of each shard of a batch. They differ by at most one, the larger ones first, and none is 0: a batch of fewer
 * rows than shards has a shard for each row. `shardSizes(10, 4) // => [3, 3, 2, 2]`
 */
export const shardSizes = (rows: number, shards: number): ReadonlyArray<number> => {
  const count = Math.min(rows, shards)
  const [least, larger] = [Math.floor(rows / Math.max(1, count)), rows % Math.max(1, count)]
  return Array.from({ length: count }, (_, shard) => least + (shard < larger ? 1 : 0))
}

/** The rows of each shard of a batch, in order. `cutRows(Int32Array.of(5, 3, 8), 2) // => [Int32Array.of(5, 3), Int32Array.of(8)]` */
export const cutRows = (rows: Int32Array, shards: number): ReadonlyArray<Int32Array> => {
  let end = 0
  return shardSizes(rows.length, shards).map((size) => {
    end += size
    return rows.subarray(end - size, end)
  })
}
