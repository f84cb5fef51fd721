/** Intervals of scores: against recorded values of SciPy 1.17.1, and by how often they cover the truth. */
import { Key, Score, Tensor } from "@adjoint/core"
import { jackknife, studentQuantile, wilson } from "@adjoint/core/learning/Interval"
import * as Scored from "@adjoint/core/training/Scored"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

describe("Wilson's interval", () => {
  // scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
  test.each([
    [0, 10, 0, 0.27753279986288926],
    [8, 10, 0.4901624715366418, 0.9433178485456248],
    [50, 100, 0.4038315303659956, 0.5961684696340044],
    [324, 418, 0.7326942621290333, 0.8125342714603185],
    [10, 10, 0.7224672001371109, 1],
    [1, 1000, 0.00017654637062607809, 0.0056425585979579355],
  ])("%i of %i", (k, n, low, high) => {
    const interval = wilson(k / n, n)
    expect(interval.low).toBeCloseTo(low, 12)
    expect(interval.high).toBeCloseTo(high, 12)
  })

  test("contains its share, stays in 0 to 1, and is narrower with more rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, of) => {
        const share = Math.round(of * n) / n
        const { high, low } = wilson(share, n)
        expect(0 <= low && low <= share + 1e-12 && share <= high + 1e-12 && high <= 1).toBe(true)
        const wider = wilson(share, 4 * n)
        expect(wider.high - wider.low).toBeLessThan(high - low)
      }),
    )
  })
})

test.each([
  // scipy.stats.t.ppf(0.975, f)
  [1, 12.706204736174694],
  [2, 4.302652729749462],
  [3, 3.1824463052837078],
  [4, 2.7764451051977934],
  [5, 2.5705818356363146],
  [9, 2.262157162798205],
  [19, 2.0930240544083087],
  [49, 2.0095752371292392],
  [99, 1.9842169515864174],
])("Student's quantile with %i degrees of freedom", (freedom, quantile) => {
  expect(studentQuantile(freedom)).toBeCloseTo(quantile, 4)
})

describe("the jackknife", () => {
  test("of a mean is its interval by Student", () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6]
    const n = values.length
    const mean = values.reduce((sum, x) => sum + x, 0) / n
    const error = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1) / n)
    const without = values.map((x) => (mean * n - x) / (n - 1))
    const interval = jackknife(mean, without)
    expect(interval?.low).toBeCloseTo(mean - studentQuantile(n - 1) * error, 10)
    expect(interval?.high).toBeCloseTo(mean + studentQuantile(n - 1) * error, 10)
  })

  test("has no interval for what does not vary, is not finite or at its end", () => {
    expect(jackknife(1, [1, 1, 1])).toBeUndefined()
    expect(jackknife(Number.NaN, [1, 2])).toBeUndefined()
    expect(jackknife(1, [1, Number.NaN])).toBeUndefined()
    expect(jackknife(1, [0.9, 1], { isUnit: true })).toBeUndefined()
    expect(jackknife(1, [1])).toBeUndefined()
  })

  test("of a score from 0 to 1 stays there", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.99 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2 }),
        (x, all) => {
          const interval = jackknife(x, all, { isUnit: true })
          expect(
            interval === undefined || (0 <= interval.low && interval.low <= x && x <= interval.high && interval.high <= 1),
          ).toBe(true)
        },
      ),
    )
  })
})

/** Logits of rows whose labels are 1 in half of the cases; the mean logit of the two classes differs by `apart`. */
const sample = (seed: number, rows: number, apart: number) => {
  const key = Key.make(seed)
  const targets = Tensor.read(Tensor.cast(Key.bernoulli(Key.fold(key, "label"), 0.5, [rows]), "i32"))
  const noise = Key.normal(Key.fold(key, "noise"), [rows])
  const logits = Tensor.add(noise, Tensor.mul(Tensor.sub(Tensor.cast(targets, "f32"), 0.5), apart))
  return { predictions: Tensor.read(Tensor.reshape(logits, [rows, 1])), targets }
}

/** DeLong's variance of an area under a ROC curve: that of the mean rank of each row among those of the other class. */
const delong = ({ predictions, targets }: ReturnType<typeof sample>): number => {
  const scores = [...predictions.data]
  const of = (label: number) => scores.filter((_, i) => targets.data[i] === label)
  const [negative, positive] = [of(0), of(1)]
  const kernel = (p: number, n: number) => (p > n ? 1 : p === n ? 0.5 : 0)
  const mean = (xs: ReadonlyArray<number>) => xs.reduce((sum, x) => sum + x, 0) / xs.length
  const variance = (xs: ReadonlyArray<number>) => xs.reduce((sum, x) => sum + (x - mean(xs)) ** 2, 0) / (xs.length - 1)
  const ofPositive = positive.map((p) => mean(negative.map((n) => kernel(p, n))))
  const ofNegative = negative.map((n) => mean(positive.map((p) => kernel(p, n))))
  return variance(ofPositive) / positive.length + variance(ofNegative) / negative.length
}

describe("scores with intervals", () => {
  const table = { accuracy: Score.accuracy, auroc: Score.auroc, f1: Score.f1() }

  test("are the scores of all rows, whatever the groups", () => {
    const judged = sample(1, 257, 1)
    const scored = Scored.scores(table, judged)
    for (const [name, score] of Object.entries(table))
      expect(scored[name as keyof typeof table]?.value).toBe(Score.of(score, judged.predictions, judged.targets))
    expect(Scored.scores(table, judged)).toEqual(scored)
    const plain = Scored.scores(table, judged, { hasIntervals: false })
    expect(Object.values(plain).every((one) => one?.interval === undefined)).toBe(true)
  })

  test("the interval of auroc is as wide as DeLong's, with and without groups", () => {
    for (const rows of [50, 1000]) {
      const judged = sample(2, rows, 1.5)
      const { auroc } = Scored.scores({ auroc: Score.auroc }, judged)
      const value = auroc?.value ?? 0
      const logit = (p: number) => Math.log(p / (1 - p))
      const [low, high] = [auroc?.interval?.low ?? 0, auroc?.interval?.high ?? 0]
      const error = ((logit(high) - logit(low)) / 2 / studentQuantile(49)) * value * (1 - value)
      // Random groups estimate an error within some tenths.
      expect(error / Math.sqrt(delong(judged))).toBeGreaterThan(rows > 50 ? 0.7 : 0.97)
      expect(error / Math.sqrt(delong(judged))).toBeLessThan(rows > 50 ? 1.3 : 1.05)
    }
  })

  test("cover the truth 95 times in a hundred", () => {
    // Logits with noise of variance 1 and means 1.5 apart: Φ(1.5 / √2) is the area, Φ(0.75) the accuracy, and 2 / √(2π) the mean of |noise|.
    const truths = { accuracy: 0.7733726, auroc: 0.8555778 }
    const covered = { accuracy: 0, auroc: 0, mae: 0 }
    const trials = 120
    for (let seed = 0; seed < trials; seed++) {
      const judged = sample(100 + seed, 60, 1.5)
      const { accuracy, auroc } = Scored.scores({ accuracy: Score.accuracy, auroc: Score.auroc }, judged)
      const errors = Tensor.read(Key.normal(Key.make(900 + seed), [60, 1]))
      const { mae } = Scored.scores(
        { mae: Score.meanAbsoluteError },
        { predictions: errors, targets: Tensor.read(Tensor.zeros([60, 1])) },
      )
      const covers = (interval: { readonly low: number; readonly high: number } | undefined, truth: number) =>
        interval !== undefined && interval.low <= truth && truth <= interval.high ? 1 : 0
      covered.accuracy += covers(accuracy?.interval, truths.accuracy)
      covered.auroc += covers(auroc?.interval, truths.auroc)
      covered.mae += covers(mae?.interval, Math.sqrt(2 / Math.PI))
    }
    // Of 120 trials at 95 %, fewer than 106 cover in one of a thousand cases, and intervals that always cover are too wide.
    for (const count of Object.values(covered)) expect(count).toBeGreaterThanOrEqual(106)
    for (const count of Object.values(covered)) expect(count).toBeLessThan(trials)
  })

  test("of few rows, and of none", () => {
    const one = { predictions: Tensor.make([[1]]), targets: Tensor.make([1], "i32") }
    expect(Scored.scores({ accuracy: Score.accuracy }, one)).toEqual({ accuracy: { value: 1 } })
    const none = { predictions: Tensor.read(Tensor.zeros([0, 1])), targets: Tensor.read(Tensor.zeros([0], "i32")) }
    expect(Scored.scores({ accuracy: Score.accuracy }, none)).toEqual({ accuracy: { value: Number.NaN } })
  })
})
