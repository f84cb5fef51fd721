/** Losses and scores of nets with several heads, and plain functions as losses, scores and activations. */
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Activation, Autodiff, Key, Layers, Loss, OptionError, Score, ShapeError, Tensor } from "../src/index.ts"
import { assertAllClose } from "../src/testing/allClose.ts"
import { checkGrads } from "../src/testing/checkGrads.ts"

type T = Tensor.Tensor

const normal = (name: string, seed: number, shape: ReadonlyArray<number>): T => Key.normal(Key.fold(Key.make(seed), name), shape)

const batch = (seed: number, rows: number) => ({
  prediction: { kind: normal("kind", seed, [rows, 3]), price: normal("price", seed, [rows, 1]) },
  target: {
    kind: Tensor.cast(Tensor.floor(Tensor.mul(Key.uniform(Key.make(seed), [rows]), 3)), "i32"),
    price: normal("target", seed, [rows, 1]),
  },
})

const rows = fc.integer({ min: 1, max: 7 })
const weight = fc.double({ min: 0, max: 8, noNaN: true })

describe("losses of heads", () => {
  test("add up, each times its weight, to the bit", () => {
    fc.assert(
      fc.property(fc.nat(500), rows, weight, weight, (seed, n, kind, price) => {
        const { prediction, target } = batch(seed, n)
        const loss = Loss.heads({ kind: [Loss.categoricalCrossEntropy(), kind], price: [Loss.meanSquaredError, price] })
        const [first, second] = [
          Loss.categoricalCrossEntropy()(prediction.kind, target.kind),
          Loss.meanSquaredError(prediction.price, target.price),
        ]
        const wanted = Tensor.add(Tensor.mul(first, kind), Tensor.mul(second, price))
        expect(Tensor.toNumber(loss(prediction, target))).toBe(Tensor.toNumber(wanted))
        const { heads, value } = Loss.values(loss, prediction, target)
        expect(Tensor.toNumber(value)).toBe(Tensor.toNumber(wanted))
        expect(heads.map(([name, each]) => [name, Tensor.toNumber(each)])).toEqual([
          ["kind", Tensor.toNumber(first)],
          ["price", Tensor.toNumber(second)],
        ])
      }),
      { numRuns: 30 },
    )
  })

  test("give the same bits in whatever order heads are written, and a weight of 1 if none is", () => {
    const each = { a: Loss.meanSquaredError, b: Loss.meanAbsoluteError, c: Loss.huber(0.5) }
    const forwards = Loss.heads({ a: each.a, b: [each.b, 0.3], c: each.c })
    const backwards = Loss.heads({ c: [each.c, 1], b: [each.b, 0.3], a: [each.a, 1] })
    fc.assert(
      fc.property(fc.nat(500), rows, (seed, n) => {
        const tree = (name: string) => ({
          a: normal(`${name}a`, seed, [n, 2]),
          b: normal(`${name}b`, seed, [n]),
          c: normal(`${name}c`, seed, [n, 1]),
        })
        const [y, t] = [tree("y"), tree("t")]
        expect(Tensor.toNumber(forwards(y, t))).toBe(Tensor.toNumber(backwards(y, t)))
      }),
      { numRuns: 20 },
    )
  })

  test("have the gradient that central differences measure: each head's, times its weight", () => {
    const { prediction, target } = batch(3, 5)
    const loss = Loss.heads({ kind: [Loss.categoricalCrossEntropy(), 2], price: [Loss.meanSquaredError, 0.25] })
    checkGrads((y: typeof prediction) => loss(y, target), prediction)
    const slopes = Autodiff.grad((y: typeof prediction) => loss(y, target))(prediction)
    const alone = Autodiff.grad((y: T) => Loss.meanSquaredError(y, target.price))(prediction.price)
    assertAllClose(slopes.price, Tensor.mul(alone, 0.25), { rtol: 0 })
  })

  test("leave outputs without a loss alone", () => {
    const { prediction, target } = batch(1, 4)
    const loss = Loss.heads({ price: Loss.meanSquaredError })
    const more = { ...prediction, features: Tensor.ones([4, 9]) }
    expect(Tensor.toNumber(loss(more, target))).toBe(Tensor.toNumber(Loss.meanSquaredError(prediction.price, target.price)))
  })

  test("name the head in the errors of its loss", () => {
    const { prediction, target } = batch(1, 4)
    const loss = Loss.heads({ kind: Loss.meanSquaredError, price: (y, t) => Tensor.sub(y, t) })
    expect(() => loss(prediction, target)).toThrow("kind: mse got f32[4, 3] and i32[4]")
    const wide = Loss.heads({ price: (y, t) => Tensor.sub(y, t) })
    expect(() => wide(prediction, target)).toThrow(
      "price: a loss got f32[4, 1]; it wants a function that gives one f32 number for a batch. Try: Tensor.mean of it",
    )
    expect(() => Loss.values((y: T) => y, prediction.price, target.price)).toThrow("a loss got f32[4, 1]")
  })

  test("are refused without a head, for a weight out of bounds, and for a head that is not there", () => {
    const { prediction, target } = batch(1, 4)
    expect(() => Loss.heads({})).toThrow("Loss.heads wants a loss for at least one head")
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => Loss.heads({ kind: [Loss.hinge(), wrong] })).toThrow(OptionError)
    expect(() => Loss.heads({ kind: [Loss.hinge(), -1] })).toThrow("Loss.heads got -1 for kind; it wants a number of at least 0")
    const loss = Loss.heads({ size: Loss.meanSquaredError })
    expect(() => loss(prediction as never, target as never)).toThrow(ShapeError)
    expect(() => loss(prediction as never, target as never)).toThrow('size: Loss.heads wants a tensor "size" in the prediction')
    const missing = Loss.heads({ price: Loss.meanSquaredError })
    expect(() => missing(prediction, { kind: target.kind } as never)).toThrow('Loss.heads wants a tensor "price" in the target')
    expect(() => Loss.heads({ toString: Loss.meanSquaredError })({} as never, {} as never)).toThrow('a tensor "toString"')
  })
})

describe("scores of heads", () => {
  const scores = Score.heads({
    kind: { accuracy: Score.accuracy, auroc: Score.auroc },
    price: { mae: Score.meanAbsoluteError, within: (y, t) => Tensor.less(Tensor.abs(Tensor.sub(y, t)), 1) },
  })

  test("are those of the head alone, under both names", () => {
    expect(Object.keys(scores)).toEqual(["kind.accuracy", "kind.auroc", "price.mae", "price.within"])
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 4, max: 9 }), (seed, n) => {
        const { prediction, target } = batch(seed, n)
        expect(Score.of(scores["kind.accuracy"], prediction, target)).toBe(Score.of(Score.accuracy, prediction.kind, target.kind))
        expect(Score.of(scores["kind.auroc"], prediction, target)).toBe(Score.of(Score.auroc, prediction.kind, target.kind))
        expect(Score.of(scores["price.mae"], prediction, target)).toBe(
          Score.of(Score.meanAbsoluteError, prediction.price, target.price),
        )
      }),
      { numRuns: 20 },
    )
  })

  test("are refused for a head that is not there", () => {
    const { prediction, target } = batch(1, 4)
    const wrong = Score.heads({ size: { mae: Score.meanAbsoluteError } })["size.mae"]
    expect(() => Score.of(wrong, prediction as never, target as never)).toThrow(
      'Score.heads wants a tensor "size" in the prediction',
    )
  })
})

describe("a plain function", () => {
  const near = (y: T, t: T): T => Tensor.less(Tensor.abs(Tensor.sub(y, t)), 0.5)
  const error = (y: T, t: T): T => Tensor.mean(Tensor.abs(Tensor.sub(y, t)))

  test("as a score is the mean over the rows, of a value for each row or of the mean of each batch", () => {
    const [y, t] = [Tensor.make([0, 1, 2, 3]), Tensor.make([0, 1.25, 2.75, 9])]
    expect(Score.of(near, y, t)).toBe(0.5)
    expect(Score.of(error, y, t)).toBe((0.25 + 0.75 + 6) / 4)
  })

  test("as a score is refused for a result that is neither one number nor a value for each row", () => {
    const wrong = (y: T): T => Tensor.sum(y, { axes: 0 })
    expect(() => Score.of(wrong, Tensor.ones([4, 3]), Tensor.ones([4, 3]))).toThrow(
      "a score got f32[3]; it wants one number, or a value for each of 4 rows. Try: Tensor.mean of it",
    )
  })

  test("as a score does not depend on how rows are divided into batches", () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 8 }), (seed, n, cut) => {
        fc.pre(cut < n)
        const [y, t] = [normal("y", seed, [n]), normal("t", seed, [n])]
        for (const score of [near, error]) {
          const { finish, merge, sums } = Score.accumulated(score)
          const part = (from: number, to: number) => [
            ...Tensor.read(sums(Tensor.at(y, `${from}:${to}`), Tensor.at(t, `${from}:${to}`))).data,
          ]
          const parts = finish(merge(merge([], part(0, cut)), part(cut, n)))
          expect(parts).toBeCloseTo(Score.of(score, y, t), 5)
        }
      }),
      { numRuns: 30 },
    )
  })

  test("as an activation is applied, starts as after a linear unit, and has a gradient", () => {
    const sine = (x: T): T => Tensor.sin(x)
    const named = Activation.make(sine, { gain: 1, suits: "xavier" })
    const x = normal("x", 1, [4, 3])
    const [plain, made] = [Layers.dense({ units: 2, activation: sine }), Layers.dense({ units: 2, activation: named })]
    const { params, state } = plain.init(Key.make(2), [3])
    assertAllClose(params.w, made.init(Key.make(2), [3]).params.w, { rtol: 0 })
    const linear = Layers.dense({ units: 2 })
    assertAllClose(
      plain.apply(params, state, x, { mode: "infer" }).y,
      sine(linear.apply(params, state, x, { mode: "infer" }).y),
      { rtol: 1e-6 },
    )
    checkGrads((weights: typeof params) => plain.apply(weights, state, x, { mode: "infer" }).y, params)
    expect(Layers.activation(sine).kind).toBe("activation")
  })
})

describe("the entries of tables are functions with facts", () => {
  test("activations, losses and scores are called as any other", () => {
    expect(Tensor.toArray(Activation.table.leaky_relu.make({ alpha: 0.5 })(Tensor.make([-2, 3])))).toEqual([-1, 3])
    expect(Tensor.toNumber(Loss.table.mse.make({})(Tensor.make([[1]]), Tensor.make([[3]])))).toBe(4)
    expect(Tensor.toArray(Score.table.accuracy.make({})(Tensor.make([[2, 1]]), Tensor.make([0], "i32")))).toEqual([1, 1])
  })
})
