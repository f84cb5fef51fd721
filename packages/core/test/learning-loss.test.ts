import { Autodiff, Loss, type NDArray, Regularizer, Score, ShapeError, Tensor } from "@adjoint/core"
import { make } from "@adjoint/core/learning/Entry"
import { assertAllClose } from "@adjoint/core/testing/allClose"
import * as Arbitrary from "@adjoint/core/testing/arbitraries"
import { checkGrads } from "@adjoint/core/testing/checkGrads"
import * as Doubles from "@adjoint/core/testing/doubles"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const names = Object.keys(Loss.table) as ReadonlyArray<Loss.Name>

/** Outputs [rows, width] with numbers from 0 to 1 that add up to 1 in each row: a target for any loss. */
const samples = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 4 }))
  .chain(([rows, width]) => fc.tuple(Arbitrary.array("f32", [rows, width]), Arbitrary.array("f32", [rows, width])))
  .map(([output, raw]): readonly [NDArray.NDArray, NDArray.NDArray] => {
    const powers = Tensor.exp(raw)
    return [output, Doubles.read(Tensor.div(powers, Tensor.sum(powers, { axes: -1, keepAxes: true })))]
  })

/** Whether some output is at a kink of some loss: at the target, at a bound of huber, at a margin, or at length 0. */
const nearKink = (output: NDArray.NDArray, target: NDArray.NDArray): boolean => {
  const distances = Tensor.read(Tensor.abs(Tensor.sub(output, target))).data
  const right = Tensor.expandAxis(Tensor.pick(output, Tensor.argMax(target)), -1)
  const behind = Tensor.read(Tensor.sub(right, output)).data
  const shortest = Tensor.toNumber(Tensor.min(Tensor.sum(Tensor.square(output), { axes: -1 })))
  if (shortest < 0.1) return true
  const isNear = (x: number): boolean => Math.abs(x) < 1e-3 || Math.abs(x - 1) < 1e-3
  return [...distances, ...behind].some((x) => x !== 0 && isNear(x)) || distances.some((x) => x === 0)
}

const none = (target: T): T => Tensor.zeros([target.shape[0] ?? 0])
const perRow = (x: T): T => Tensor.mean(x, { axes: -1 })
/** -p log p, 0 for 0. */
const surprise = (p: T): T => Tensor.neg(Tensor.mul(p, Tensor.log(Tensor.where(Tensor.greater(p, 0), p, 1))))

/** The least that a target of probabilities can cost, for each row. */
const least: { readonly [N in Loss.Name]: (target: T) => T } = {
  mse: none,
  mae: none,
  huber: none,
  categorical_cross_entropy: (p) => Tensor.sum(surprise(p), { axes: -1 }),
  binary_cross_entropy: (p) => perRow(Tensor.add(surprise(p), surprise(Tensor.sub(1, p)))),
  hinge: none,
  kl_divergence: none,
  poisson: (y) => perRow(Tensor.add(y, surprise(y))),
  cosine: none,
}

describe.each(names)("%s", (name) => {
  const loss = make(Loss.table, { name, options: {} })

  test("is the mean of what it is for each sample, each by itself", () => {
    fc.assert(
      fc.property(samples, ([output, target]) => {
        const each = loss.perExample(output, target)
        expect(each.shape).toEqual([output.shape[0]])
        assertAllClose(loss(output, target), Tensor.mean(each), { rtol: 1e-14 })
        const first = loss.perExample(Tensor.at(output, "0:1"), Tensor.at(target, "0:1"))
        assertAllClose(first, Tensor.at(each, "0:1"), { rtol: 1e-14 })
      }),
    )
  })

  test("its gradient is what central differences measure, away from kinks", () => {
    fc.assert(
      fc.property(samples, fc.nat(1000), ([output, target], seed) => {
        fc.pre(!nearKink(output, target))
        checkGrads((at: T) => loss(at, target), output, { seed })
      }),
      { numRuns: 40 },
    )
  })

  test("its second derivative is what central differences of its gradient measure, away from kinks", () => {
    fc.assert(
      fc.property(samples, fc.nat(1000), ([output, target], seed) => {
        fc.pre(!nearKink(output, target))
        checkGrads((at: T) => loss(at, target), output, { seed, order: 2 })
      }),
      { numRuns: 20 },
    )
  })

  test("is finite, and its gradient too, for outputs up to ±10,000", () => {
    const far = name === "poisson" ? 700 : 1e4 // the outputs of poisson are logarithms
    const output = Tensor.make([-far, -1e3, -30, 0, 30, 600, far].flatMap((z) => [-far, 0, far].map((w) => [z, w])))
    for (const chosen of [0, 1]) {
      const target = Tensor.oneHot(Tensor.full([21], chosen, "i32"), 2)
      const { grad, value } = Autodiff.valueAndGrad((at: T) => loss(at, target))(output)
      expect(Number.isFinite(Doubles.toNumber(value))).toBe(true)
      expect([...Doubles.read(grad).data].every(Number.isFinite)).toBe(true)
    }
  })

  test("is never below the least its target can cost, and its response keeps the shape", () => {
    fc.assert(
      fc.property(samples, ([output, target]) => {
        const above = Tensor.sub(loss.perExample(output, target), least[name](target))
        expect(Doubles.toNumber(Tensor.min(above))).toBeGreaterThanOrEqual(-1e-14)
        expect(loss.response(output).shape).toEqual(output.shape)
      }),
    )
  })

  test("refuses a target that would stretch", () => {
    expect(() => loss(Tensor.zeros([4, 3]), Tensor.zeros([4]))).toThrow(ShapeError)
    expect(() => loss(Tensor.zeros([4, 3]), Tensor.zeros([1, 3]))).toThrow(ShapeError)
    expect(() => loss(Tensor.zeros([4, 3]), Tensor.zeros([4, 1]))).toThrow(ShapeError)
    expect(() => loss(Tensor.scalar(1), Tensor.scalar(1))).toThrow(ShapeError)
  })
})

describe("targets", () => {
  test("a column targetTypes a row of numbers, and the other way round; bytes and bools are numbers", () => {
    const [row, column] = [Tensor.make([1, 2, 4]), Tensor.make([[1], [2], [4]])]
    const at = Tensor.make([[0], [2], [1]])
    for (const target of [row, column, Tensor.make([1, 2, 4], "u8")])
      expect(Doubles.toNumber(Loss.meanSquaredError(at, target))).toBeCloseTo(10 / 3, 14)
    expect(Doubles.toNumber(Loss.meanSquaredError(Tensor.reshape(at, [3]), column))).toBeCloseTo(10 / 3, 14)
    const yes = Loss.binaryCrossEntropy()(at, Tensor.make([false, true, true]))
    expect(Tensor.toNumber(yes)).toBe(Tensor.toNumber(Loss.binaryCrossEntropy()(at, Tensor.make([0, 1, 1]))))
  })

  test("the message names the loss and both shapes", () => {
    expect(() => Loss.meanSquaredError(Tensor.zeros([4, 1]), Tensor.zeros([3]))).toThrow(
      "mse got f32[4, 1] and f32[3]; it wants a target of the output's shape [batch, …]. Try: reshape the target, or change the units of the last layer",
    )
    expect(() => Loss.categoricalCrossEntropy()(Tensor.zeros([4, 3]), Tensor.zeros([4]))).toThrow(
      'categorical_cross_entropy got f32[4, 3] and f32[4]; it wants outputs [batch, classes] with targets i32[batch], or [batch, classes] of probabilities. Try: Tensor.cast(target, "i32") for class indices',
    )
  })
})

describe("categorical cross-entropy", () => {
  const logits = Tensor.make([
    [1, 2, -1],
    [0, 0, 0],
    [5, -5, 2],
  ])

  test("takes indices of any whole kind for the same as one-hot rows", () => {
    const loss = Loss.categoricalCrossEntropy({ labelSmoothing: 0.1 })
    const which = [2, 0, 1]
    const wanted = Tensor.toNumber(loss(logits, Tensor.oneHot(Tensor.make(which, "i32"), 3)))
    for (const dtype of ["i32", "u8"] as const) expect(Tensor.toNumber(loss(logits, Tensor.make(which, dtype)))).toBe(wanted)
  })

  test("of zeros it is log K, smoothed or not", () => {
    for (const labelSmoothing of [0, 0.3])
      assertAllClose(
        Loss.categoricalCrossEntropy({ labelSmoothing })(Tensor.zeros([2, 10]), Tensor.make([3, 9], "i32")),
        Math.log(10),
        {
          rtol: 1e-15,
        },
      )
  })

  test("its gradient is softmax less target, over the rows", () => {
    const target = Tensor.oneHot(Tensor.make([2, 0, 1], "i32"), 3)
    const loss = Loss.categoricalCrossEntropy()
    const expected = Tensor.div(Tensor.sub(loss.response(logits), target), 3)
    assertAllClose(Autodiff.grad((z: T) => loss(z, target))(logits), expected, { rtol: 1e-13, atol: 1e-17 })
  })

  // Inside a program the numbers are not known, as those of a computed tensor here.
  const computed = (labels: ReadonlyArray<number>): T => Tensor.add(Tensor.make(labels, "i32"), 0)

  test.each([-1, 3, 255])("label %i is no class of three: NaN in its row alone, never another row's number", (label) => {
    const each = Loss.categoricalCrossEntropy().perExample(logits, computed([0, label, 1]))
    expect(Tensor.toArray(Tensor.equal(each, each))).toEqual([true, false, true])
  })

  test.each([
    ["categorical_cross_entropy", Loss.categoricalCrossEntropy()],
    ["kl_divergence", Loss.klDivergence],
    ["hinge", Loss.hinge()],
  ] as const)("%s names the row and the label that is no class", (name, loss) => {
    for (const label of [-1, 3, 255])
      expect(() => loss(logits, Tensor.make([0, label, 1], "i32"))).toThrow(
        `${name} got f32[3, 3] and i32[3]; it wants class numbers from 0 to 2, not class ${label} in row 1. Try: number the classes from 0`,
      )
    const steps = Tensor.zeros([2, 4, 3])
    const labels = Tensor.make(
      [
        [0, 1, 2, 0],
        [1, 2, 7, 0],
      ],
      "i32",
    )
    expect(() => loss(steps, labels)).toThrow("not class 7 in row 1.")
  })
})

describe("binary cross-entropy", () => {
  test("is what its definition says where that can be computed", () => {
    fc.assert(
      fc.property(fc.double({ min: -15, max: 15, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (z, y) => {
        const p = 1 / (1 + Math.exp(-z))
        const expected = -y * Math.log(p) - (1 - y) * Math.log1p(-p)
        assertAllClose(Loss.binaryCrossEntropy()(Tensor.make([z]), Tensor.make([y])), expected, { rtol: 1e-9, atol: 1e-14 })
      }),
    )
  })

  test("its gradient is sigmoid less target, at 0 too", () => {
    const z = Tensor.make([-3, 0, 0, 2])
    const y = Tensor.make([1, 0, 1, 0.5])
    const expected = Tensor.div(Tensor.sub(Tensor.sigmoid(z), y), 4)
    assertAllClose(Autodiff.grad((at: T) => Loss.binaryCrossEntropy()(at, y))(z), expected, { rtol: 1e-13 })
  })
})

describe("hinge", () => {
  const scores = Tensor.make([
    [2, 1, 0.5],
    [0, 3, 1],
  ])

  test("sums what each wrong class lacks, over the number of classes", () => {
    const target = Tensor.make([0, 2], "i32")
    assertAllClose(Loss.hinge().perExample(scores, target), [0, 3 / 3], { rtol: 1e-15 })
    assertAllClose(Loss.hinge({ margin: 2 }).perExample(scores, target), [(1 + 0.5) / 3, (1 + 4) / 3], { rtol: 1e-15 })
    assertAllClose(Loss.hinge({ margin: 2, power: 2 }).perExample(scores, target), [(1 + 0.25) / 3, (1 + 16) / 3], {
      rtol: 1e-15,
    })
  })

  test("takes one-hot rows for indices, and a label that is no class is NaN in its row alone", () => {
    const target = Tensor.make([0, 2], "i32")
    const each = Loss.hinge().perExample(scores, target)
    expect(Tensor.toArray(Loss.hinge().perExample(scores, Tensor.oneHot(target, 3)))).toEqual(Tensor.toArray(each))
    const computed = Tensor.add(Tensor.make([0, 3], "i32"), 0)
    expect(Tensor.toArray(Loss.hinge().perExample(scores, computed))).toEqual([0, Number.NaN])
  })
})

test("kl divergence is cross-entropy less the target's entropy", () => {
  fc.assert(
    fc.property(samples, ([output, target]) => {
      const entropy = Tensor.sum(surprise(target), { axes: -1 })
      const crossed = Loss.categoricalCrossEntropy().perExample(output, target)
      assertAllClose(Loss.klDivergence.perExample(output, target), Tensor.sub(crossed, entropy), { rtol: 1e-12, atol: 1e-13 })
    }),
  )
})

test("cosine goes by direction alone, and a vector of zeros has the gradient of a very short one", () => {
  const [x, y] = [Tensor.make([[1, 2, -1]]), Tensor.make([[0, 1, 3]])]
  const at = Doubles.toNumber(Loss.cosine(x, y))
  expect(Doubles.toNumber(Loss.cosine(Tensor.mul(x, 7), y))).toBeCloseTo(at, 14)
  const { grad, value } = Autodiff.valueAndGrad((z: T) => Loss.cosine(z, y))(Tensor.zeros([1, 3]))
  expect(Tensor.toNumber(value)).toBe(1)
  expect([...Tensor.read(grad).data].every(Number.isFinite)).toBe(true)
})

describe("class weights", () => {
  const output = Tensor.make([
    [1, 2, -1],
    [0, 0, 0],
    [5, -5, 2],
  ])

  test("count a sample as often as its class weighs, and leave the response as it is", () => {
    const bare = Loss.categoricalCrossEntropy()
    const loss = Loss.weighted(bare, [0.5, 2, 3])
    const target = Tensor.make([2, 0, 1], "i32")
    const each = Tensor.mul(bare.perExample(output, target), Tensor.make([3, 0.5, 2]))
    expect(Tensor.toArray(loss.perExample(output, target))).toEqual(Tensor.toArray(each))
    expect(Tensor.toArray(loss.response(output))).toEqual(Tensor.toArray(bare.response(output)))
  })

  test("want one class for each sample, and a class without a weight is NaN", () => {
    const loss = Loss.weighted(Loss.categoricalCrossEntropy(), [1, 2])
    expect(() => loss(output, Tensor.oneHot(Tensor.make([2, 0, 1], "i32"), 3))).toThrow("class weights got")
    const each = Tensor.toArray(loss.perExample(output, Tensor.make([2, 0, 1], "i32"))) as ReadonlyArray<number>
    expect(each.map(Number.isNaN)).toEqual([true, false, false])
  })
})

test("huber is half the square below delta and a line above, without a step between", () => {
  const loss = Loss.huber(2)
  const at = (d: number) => Tensor.toNumber(loss(Tensor.make([d]), Tensor.make([0])))
  expect([at(1), at(2), at(-2), at(5)]).toEqual([0.5, 2, 2, 8])
})

describe("regularizers", () => {
  const params = {
    dense1: {
      w: Tensor.make([
        [3, -4],
        [0, 1],
      ]),
      b: Tensor.make([100, 100]),
    },
    norm: { gamma: Tensor.make([9]) },
  }

  test("cost what their formula says of the weights, and nothing of the rest", () => {
    expect(Tensor.toNumber(Regularizer.l2(0.5)(params))).toBe(0.25 * 26)
    expect(Tensor.toNumber(Regularizer.l1(0.5)(params))).toBe(0.5 * 8)
    expect(Tensor.toNumber(Regularizer.sum(Regularizer.l1(0.5), Regularizer.l2(0.5))(params))).toBe(10.5)
    expect(Tensor.toNumber(Regularizer.elasticNet({ l1: 0.5, l2: 0.25 })(params))).toBe(0.5 * 8 + 0.125 * 26)
    expect(Tensor.toNumber(Regularizer.sum()(params))).toBe(0)
  })

  test("their gradients are λw and λ sign(w), 0 at 0", () => {
    const of = (cost: Regularizer.Regularizer) => Autodiff.grad((at: typeof params) => cost(at))(params)
    expect(Tensor.toArray(of(Regularizer.l2(0.5)).dense1.w)).toEqual([
      [1.5, -2],
      [0, 0.5],
    ])
    expect(Tensor.toArray(of(Regularizer.l1(0.5)).dense1.w)).toEqual([
      [0.5, -0.5],
      [0, 0.5],
    ])
    expect(Tensor.toArray(of(Regularizer.l2(0.5)).dense1.b)).toEqual([0, 0])
    expect(Tensor.toArray(of(Regularizer.l1(0.5)).norm.gamma)).toEqual([0])
  })

  test("a selection of one's own decides what costs", () => {
    expect(Tensor.toNumber(Regularizer.l1(1, (path) => path.at(-1) === "gamma")(params))).toBe(9)
  })
})

describe("masked logits", () => {
  const none = Number.NEGATIVE_INFINITY
  const right = Tensor.make([1], "i32")
  const oneHot = Tensor.make([[0, 1, 0]])
  /** The value and the gradient of a loss, in the engine's floats. */
  const at = (loss: Loss.Loss, z: Tensor.Nested, target: T): readonly [value: number, gradient: Tensor.Nested] => {
    const { grad, value } = Autodiff.valueAndGrad((logits: T) => loss(logits, target))(Tensor.make(z))
    return [Tensor.toNumber(value), Tensor.toArray(grad)]
  }
  const masked = [[none, 1.5, -0.5]]
  // Of two classes with logits 1.5 and -0.5.
  const p = 1 / (1 + Math.exp(-2))

  test.each([
    ["cross-entropy of a class", Loss.categoricalCrossEntropy(), right],
    ["cross-entropy of one-hot", Loss.categoricalCrossEntropy(), oneHot],
    ["KL divergence of a class", Loss.klDivergence, right],
    ["KL divergence of one-hot", Loss.klDivergence, oneHot],
  ] as const)("%s: a masked class costs nothing, and the rest is the loss of the others", (_, loss, target) => {
    const [value, gradient] = at(loss, masked, target)
    expect(value).toBeCloseTo(-Math.log(p), 6)
    assertAllClose(gradient, [[0, p - 1, 1 - p]], { atol: 1e-7, rtol: 1e-6 })
    expect(at(loss, [[none, 1.5, none]], target)).toEqual([0, [[0, 0, 0]]])
  })

  test("log loss is the same number", () => {
    expect(Score.of(Score.logLoss, Tensor.make(masked), right)).toBeCloseTo(-Math.log(p), 6)
    expect(Score.of(Score.logLoss, Tensor.make([[none], [-none]]), Tensor.make([0, 1]))).toBe(0)
  })

  test("smoothing goes to the classes that are possible: it is that of the others alone", () => {
    const smooth = Loss.categoricalCrossEntropy({ labelSmoothing: 0.2 })
    for (const target of [right, oneHot]) {
      const [value, gradient] = at(smooth, masked, target)
      const [alone, slope] = at(smooth, [[1.5, -0.5]], Tensor.make([0], "i32"))
      expect(value).toBeCloseTo(alone, 6)
      assertAllClose(gradient, [[0, ...((slope as ReadonlyArray<ReadonlyArray<number>>)[0] ?? [])]], { atol: 1e-7, rtol: 1e-6 })
    }
    // Nothing masked: the formula as it stands.
    const [value] = at(smooth, [[0, 2, 1]], right)
    const logs = [0, 2, 1].map((z) => z - Math.log(1 + Math.exp(2) + Math.exp(1)))
    const expected = -[0.2 / 3, 0.8 + 0.2 / 3, 0.2 / 3].reduce((sum, q, i) => sum + q * (logs[i] ?? 0), 0)
    expect(value).toBeCloseTo(expected, 6)
  })

  test("a masked class that is the right one costs infinity", () => {
    for (const loss of [
      Loss.categoricalCrossEntropy(),
      Loss.klDivergence,
      Loss.categoricalCrossEntropy({ labelSmoothing: 0.1 }),
      Loss.hinge(),
    ])
      for (const target of [Tensor.make([0], "i32"), Tensor.make([[1, 0, 0]])]) expect(at(loss, masked, target)[0]).toBe(Infinity)
  })

  test("hinge: a masked class is behind by any margin", () => {
    for (const power of [1, 2] as const)
      for (const target of [right, oneHot]) {
        const [value, gradient] = at(Loss.hinge({ power }), [[none, 0.5, 0]], target)
        expect(value).toBeCloseTo(0.5 ** power / 3, 7)
        assertAllClose(gradient, [[0, -1 / 3, 1 / 3]], { rtol: 1e-6 })
      }
  })

  test("binary: a certainty that is right costs nothing and moves nothing, one that is wrong costs infinity", () => {
    for (const labelSmoothing of [0, 0.1]) {
      const loss = Loss.binaryCrossEntropy({ labelSmoothing })
      expect(at(loss, [[none], [-none]], Tensor.make([[0], [1]]))).toEqual([0, [[0], [0]]])
      expect(at(loss, [[none]], Tensor.make([[1]]))[0]).toBe(Infinity)
      expect(at(loss, [[-none]], Tensor.make([[0]]))[0]).toBe(Infinity)
    }
  })

  test("poisson: no count where none is expected", () => {
    expect(at(Loss.poisson, [[none, 0]], Tensor.make([[0, 2]]))).toEqual([0.5, [[0, -0.5]]])
    expect(at(Loss.poisson, [[none]], Tensor.make([[1]]))[0]).toBe(Infinity)
  })

  test("of random logits and targets, masking a class is leaving it out, in value and gradient", () => {
    const logit = fc.integer({ min: -640, max: 640 }).map((n) => n / 64)
    const rows = fc.tuple(fc.array(logit, { minLength: 2, maxLength: 5 }), fc.nat(), fc.nat(5))
    fc.assert(
      fc.property(rows, fc.constantFrom(0, 0.1), ([logits, which, place], labelSmoothing) => {
        const at = Math.min(place, logits.length)
        const own = which % logits.length
        const into = <A>(row: ReadonlyArray<A>, x: A): ReadonlyArray<A> => [...row.slice(0, at), x, ...row.slice(at)]
        const target = (index: number): T => Tensor.make([index], "i32")
        for (const loss of [Loss.categoricalCrossEntropy({ labelSmoothing }), Loss.klDivergence, Loss.hinge()]) {
          const ofRow = (z: ReadonlyArray<number>, y: T) => {
            const { grad, value } = Autodiff.valueAndGrad((x: T) => loss(x, y))(Tensor.make([z]))
            return [Doubles.toNumber(value), (Doubles.toArray(grad) as ReadonlyArray<ReadonlyArray<number>>)[0] ?? []] as const
          }
          const [value, gradient] = ofRow(logits, target(own))
          const [maskedValue, maskedGradient] = ofRow(into(logits, none), target(own < at ? own : own + 1))
          // Hinge is a mean over all classes, the masked one among them.
          const scale = loss.targetTypes.includes("binary") ? logits.length / (logits.length + 1) : 1
          assertAllClose([maskedValue], [value * scale], { rtol: 1e-12, atol: 1e-12 })
          assertAllClose(
            [...maskedGradient],
            into(
              gradient.map((g) => g * scale),
              0,
            ) as ReadonlyArray<number>,
            { rtol: 1e-12, atol: 1e-12 },
          )
        }
      }),
    )
  })
})

test("where one class is nearly certain, second derivatives are transposes up to the rounding of what cancels", () => {
  for (const loss of [Loss.categoricalCrossEntropy(), Loss.klDivergence]) {
    const target = Tensor.make([[0.5, 0.5]])
    const gradient = Autodiff.grad((z: T) => loss(z, target))
    for (let seed = 0; seed < 20; seed++) checkGrads(gradient, Tensor.make([[-7.140625, 7.28125]]), { seed })
  }
})
