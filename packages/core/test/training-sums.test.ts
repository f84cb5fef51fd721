/** Sums of scores gathered batch by batch: the sums of all in order, at a cost that grows with the rows alone. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { NDArray, Score } from "../src/index.ts"
import { accumulate, accumulatorOf, emptySums, type ScoreTable, totals } from "../src/training/Evaluate.ts"

const vector = (numbers: ReadonlyArray<number>) => NDArray.make("f32", [numbers.length], Float64Array.from(numbers))

const scores: ScoreTable = { accuracy: Score.accuracy, auroc: Score.auroc }

const batch = fc.record({
  loss: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }).map((x) => [x]),
  accuracy: fc.tuple(fc.nat(), fc.nat()),
  auroc: fc.array(fc.double({ noNaN: true, min: 0, max: 1 }), { maxLength: 9 }),
})
type Batch = typeof batch extends fc.Arbitrary<infer B> ? B : never

const tensorsOf = ({ accuracy, auroc, loss }: Batch) => ({
  loss: vector(loss),
  accuracy: vector(accuracy),
  auroc: vector(auroc),
})

describe("sums of batches", () => {
  test("are added, or put one after another, in order, wherever the run was left and taken up; earlier ones stay as they were", () => {
    fc.assert(
      fc.property(fc.array(fc.array(batch, { maxLength: 5 }), { maxLength: 12 }), fc.nat(12), (bursts, left) => {
        let gathered = accumulatorOf(emptySums)
        const before: Array<readonly [typeof gathered, string]> = []
        for (const [i, burst] of bursts.entries()) {
          if (i === left) gathered = accumulatorOf(JSON.parse(JSON.stringify(totals(gathered, scores))))
          before.push([gathered, JSON.stringify(totals(gathered, scores))])
          gathered = accumulate(gathered, scores, burst.map(tensorsOf), burst.length)
        }
        const all = bursts.flat()
        const whole = totals(gathered, scores)
        expect(whole.rows).toBe(all.length)
        if (bursts.length > 0) {
          // Bursts without batches name no loss.
          expect(whole.of.loss ?? []).toEqual(all.map(({ loss }) => loss).reduce(Score.add, []))
          expect(whole.of.accuracy).toEqual(all.map(({ accuracy }) => accuracy as ReadonlyArray<number>).reduce(Score.add, []))
          expect(whole.of.auroc).toEqual(all.flatMap(({ auroc }) => auroc))
        }
        for (const [earlier, text] of before) expect(JSON.stringify(totals(earlier, scores))).toBe(text)
      }),
    )
  })

  test("of every row are copied a few times in all, not once a batch", () => {
    let copied = 0
    const counting: ScoreTable = {
      rows: Score.make(Score.auroc, {
        ...Score.auroc,
        merge: (sofar, next) => {
          copied += sofar.length + next.length
          return Score.append(sofar, next)
        },
      }),
    }
    const [batches, size] = [2000, 64]
    let gathered = accumulatorOf(emptySums)
    for (let i = 0; i < batches; i++)
      gathered = accumulate(gathered, counting, [{ loss: vector([0]), rows: vector(Array.from({ length: size }, () => i)) }], 1)
    expect(totals(gathered, counting).of.rows).toHaveLength(batches * size)
    expect(copied).toBeLessThan(batches * size * (4 + Math.log2(batches)))
  })
})
