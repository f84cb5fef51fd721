/** Layers: small cases computed by hand, refused inputs, and the effect of noise on mean and variance. */
import { type Initializer, Key, Layers, Net, Params, Shape, ShapeError, Tensor } from "@adjoint/core"
import { describe, expect, test } from "vitest"

type T = Tensor.Tensor

const key = Key.make(7)
const infer: Net.Context = { mode: "infer" }
const train: Net.Context = { mode: "train", key: Key.make(11) }

const numbers = (x: T): ReadonlyArray<number> => [...Tensor.read(x).data]

const mean = (xs: ReadonlyArray<number>): number => xs.reduce((sum, x) => sum + x, 0) / xs.length

describe("convolutions", () => {
  test("are the weighted sum of a window at every place", () => {
    const w = Tensor.reshape(Tensor.make([1, 0, -1]), [3, 1, 1])
    const x = Tensor.reshape(Tensor.make([1, 4, 9, 16]), [1, 4, 1])
    const of = (pad: "valid" | "same") =>
      numbers(Layers.conv1d({ filters: 1, kernel: 3, pad }).apply({ w, b: Tensor.make([10]) }, {}, x, infer).y)
    expect(of("valid")).toEqual([2, -2])
    expect(of("same")).toEqual([6, 2, -2, 19])
  })

  test("transposed, spread each element over a window", () => {
    const w = Tensor.reshape(Tensor.make([1, 2, 3, 4]), [2, 2, 1, 1])
    const x = Tensor.reshape(Tensor.make([1, 10]), [1, 1, 2, 1])
    const net = Layers.convTranspose2d({ filters: 1, kernel: 2, stride: 2, bias: false })
    expect(Tensor.toArray(Tensor.reshape(net.apply({ w }, {}, x, infer).y, [2, 4]))).toEqual([
      [1, 2, 10, 20],
      [3, 4, 30, 40],
    ])
  })

  test("tell their initializers what the weights connect, as PyTorch and Keras count it", () => {
    const places: Array<Initializer.Connections> = []
    const init: Initializer.Initializer = (_, shape, place) => {
      places.push(place)
      return Tensor.zeros(shape)
    }
    const options = { filters: 12, kernel: [3, 2], groups: 2, bias: false, init }
    Layers.conv2d({ ...options, activation: "relu" }).init(key, [8, 8, 4])
    Layers.convTranspose2d(options).init(key, [8, 8, 4])
    Layers.maxout({ units: 3, pieces: 4, bias: false, init }).init(key, [5])
    Layers.embedding({ tokens: 9, units: 6, init }).init(key, [5])
    expect(places[0]?.activation?.suits).toBe("he")
    expect(places).toMatchObject([
      { fanIn: 12, fanOut: 72 },
      { fanIn: 36, fanOut: 24 },
      { fanIn: 5, fanOut: 12 },
      { fanIn: 1, fanOut: 6 },
    ])
  })

  const message = (net: Net.Net, input: Shape.Shape): string => {
    try {
      return `[${net.shape(input)}]`
    } catch (error) {
      if (error instanceof ShapeError) return error.message
      throw error
    }
  }

  test("refuse samples that do not fit, in the words of the options", () => {
    const cases: ReadonlyArray<readonly [Net.Net, Shape.Shape]> = [
      [Layers.conv2d({ filters: 4, kernel: 3 }) as Net.Net, [28, 28]],
      [Layers.conv2d({ filters: 4, kernel: 3 }) as Net.Net, [64]],
      [Layers.conv1d({ filters: 4, kernel: 3 }) as Net.Net, [8, 8, 1]],
      [Layers.conv1d({ filters: 4, kernel: [3, 3] }) as Net.Net, [8, 1]],
      [Layers.conv2d({ filters: 4, kernel: 3, stride: [1, 2, 3] }) as Net.Net, [8, 8, 1]],
      [Layers.conv2d({ filters: 4, kernel: 3, groups: 2 }) as Net.Net, [8, 8, 3]],
      [Layers.conv2d({ filters: 5, kernel: 3, groups: 2 }) as Net.Net, [8, 8, 4]],
      [Layers.conv2d({ filters: 4, kernel: 5 }) as Net.Net, [8, 4, 1]],
      [Layers.conv2d({ filters: 4, kernel: 3, pad: [1, 2, 3] }) as Net.Net, [8, 8, 1]],
      [Layers.convTranspose2d({ filters: 4, kernel: 3, stride: 2, outputPadding: 2 }) as Net.Net, [8, 8, 1]],
      [Layers.convTranspose2d({ filters: 4, kernel: 1, pad: 3 }) as Net.Net, [4, 4, 1]],
      [Layers.maxPool({ window: 5 }), [4, 4, 1]],
      [Layers.maxPool({ window: 2 }), [16]],
      [Layers.avgPool({ window: [2, 2] }), [16, 3]],
      [Layers.globalAvgPool, [16]],
      [Layers.groupNorm({ groups: 4 }) as Net.Net, [6]],
      [Layers.layerNorm({ axes: 3 }) as Net.Net, [6, 2]],
      [Layers.batchNorm() as Net.Net, []],
    ]
    expect(cases.map(([net, input]) => message(net, input)).join("\n")).toMatchInlineSnapshot(`
      "conv2d got f32[28, 28]; it wants samples of [height, width, channels]. Try: a reshape to [28, 28, 1] before it, for one channel
      conv2d got f32[64]; it wants samples of [height, width, channels]. Try: dense, which takes any row of numbers; or a reshape before it, where the numbers are an image or a sequence
      conv1d got f32[8, 8, 1]; it wants samples of [length, channels]. Try: conv2d, which is for images
      conv1d got f32[8, 1]; it wants one number for \`kernel\`, or 1, not [3, 3]. Try: conv2d for images
      conv2d got f32[8, 8, 1]; it wants one number for \`stride\`, or 2, not [1, 2, 3]. Try: one for each of height and width
      conv2d got f32[8, 8, 3]; it wants channels that 2 groups divide, not 3. Try: groups that divide 3, or 4 channels
      conv2d got f32[8, 8, 4]; it wants filters that 2 groups divide, not 5. Try: groups that divide 5, or 6 filters
      conv2d got f32[8, 4, 1]; it wants at least 5 elements along spatial axis 1 for a window of 5, not 4. Try: a smaller window, or more padding (same)
      conv2d got f32[8, 8, 1]; it wants 2 pairs of padding, none negative. Try: give [low, high] for each spatial axis
      conv_transpose2d got f32[8, 8, 1]; it wants an output padding below the stride [2, 2]. Try: 0, or a larger stride
      conv_transpose2d got f32[4, 4, 1]; it wants a result of whole sizes, and less than 2³¹ elements, not [1, -2, -2, 4]. Try: check the requested sizes
      max_pool got f32[4, 4, 1]; it wants at least 5 elements along spatial axis 0 for a window of 5, not 4. Try: a smaller window, or more padding (same)
      max_pool got f32[16]; it wants samples of [length, channels] or [height, width, channels]. Try: a layer above any flatten
      avg_pool got f32[16, 3]; it wants one number for \`window\`, or 1, not [2, 2]. Try: one for each axis of space
      global_avg_pool got f32[16]; it wants samples of [length, channels] or [height, width, channels]. Try: a layer above any flatten
      group_norm got f32[6]; it wants channels that 4 groups divide, not 6. Try: groups that divide 6
      layer_norm got f32[6, 2]; it wants samples of 3 axes or more. Try: fewer axes, or a reshape before it
      batch_norm got f32[]; it wants at least one axis of features. Try: a reshape to [1] before it"
    `)
  })

  test("refuse sizes that no memory holds, without trying", () => {
    expect(() => Layers.conv2d({ filters: 2 ** 20, kernel: 999 }).shape([2000, 2000, 64])).toThrow(ShapeError)
    expect(() => Layers.conv2d({ filters: 2 ** 20, kernel: 999 }).init(key, [2000, 2000, 64])).toThrow(ShapeError)
  })
})

describe("pooling", () => {
  const x = Tensor.reshape(Tensor.make([1, 2, 5, 3, 4, 0]), [1, 6, 1])

  test("takes the largest, or the mean without the padding", () => {
    const of = (net: Net.Net) => numbers(net.apply({}, {}, x, infer).y)
    expect(of(Layers.maxPool({ window: 2 }))).toEqual([2, 5, 4])
    expect(of(Layers.maxPool({ window: 3, stride: 1, pad: "same" }))).toEqual([2, 5, 5, 5, 4, 4])
    expect(of(Layers.avgPool({ window: 2, pad: 1 }))).toEqual([1, 3.5, 3.5, 0])
    expect(of(Layers.globalAvgPool)).toEqual([2.5])
    expect(of(Layers.globalMaxPool)).toEqual([5])
  })
})

describe("embedding", () => {
  const net = Layers.embedding({ tokens: 3, units: 2 })
  const w = Tensor.make([
    [1, 2],
    [3, 4],
    [5, 6],
  ])

  test("reads the row of each token, for all types of whole numbers", () => {
    for (const dtype of ["i32", "f32", "u8"] as const)
      expect(Tensor.toArray(net.apply({ w }, {}, Tensor.make([[2, 0]], dtype), infer).y)).toEqual([
        [
          [5, 6],
          [1, 2],
        ],
      ])
  })

  test("reads NaN for what is no token", () => {
    for (const token of [3, -1, 0.5, Number.NaN])
      expect(numbers(net.apply({ w }, {}, Tensor.make([[token]]), infer).y)).toEqual([Number.NaN, Number.NaN])
    expect(() => net.apply({ w }, {}, Tensor.make([[true]]), infer)).toThrow("embedding got bool[1, 1]")
  })

  test("starts from the standard normal distribution", () => {
    const rows = numbers(Layers.embedding({ tokens: 200, units: 50 }).init(key, []).params.w)
    expect(Math.abs(mean(rows))).toBeLessThan(0.05)
    expect(mean(rows.map((x) => x * x))).toBeCloseTo(1, 1)
  })
})

describe("maxout", () => {
  test("is the absolute value with the right pieces", () => {
    const net = Layers.maxout({ units: 1, bias: false })
    expect(numbers(net.apply({ w: Tensor.make([[1, -1]]) }, {}, Tensor.make([[3], [-4]]), infer).y)).toEqual([3, 4])
  })
})

describe("batch_norm", () => {
  const net = Layers.batchNorm({ momentum: 0.25, eps: 1e-12 })
  const { params, state } = net.init(key, [1])
  const x = Tensor.make([[1], [2], [3], [6]])

  test("normalizes by the biased variance of the batch, and stores the unbiased one", () => {
    const { state: after, y } = net.apply(params, state, x, train)
    // The mean is 3, the squares of the distances add up to 14.
    numbers(y).forEach((value, i) => {
      expect(value).toBeCloseTo(([1, 2, 3, 6][i] ?? 0) / Math.sqrt(14 / 4) - 3 / Math.sqrt(14 / 4), 5)
    })
    expect(numbers(after.mean)[0]).toBeCloseTo(0.75, 6)
    expect(numbers(after.variance)[0]).toBeCloseTo(0.75 + 0.25 * (14 / 3), 6)
  })

  test("uses its running statistics in inference, and does not update them", () => {
    const past = { mean: Tensor.make([2]), variance: Tensor.make([4]) }
    const { state: after, y } = net.apply(params, past, x, infer)
    expect(after).toBe(past)
    numbers(y).forEach((value, i) => {
      expect(value).toBeCloseTo([-0.5, 0, 0.5, 2][i] ?? Number.NaN, 6)
    })
  })

  test("does not train on a single number a channel", () => {
    expect(() => net.apply(params, state, Tensor.make([[1]]), train)).toThrow(
      "batch_norm got f32[1, 1]; it wants two or more elements for each channel in training. Try: batches of two rows or more, or layer_norm",
    )
    const image = Layers.batchNorm().init(key, [2, 1, 1])
    expect(Layers.batchNorm().apply(image.params, image.state, Tensor.ones([1, 2, 1, 1]), train).y.shape).toEqual([1, 2, 1, 1])
  })

  test("a constant channel becomes β", () => {
    const { y } = Layers.batchNorm().apply(params, state, Tensor.full([4, 1], 3), train)
    expect(numbers(y)).toEqual([0, 0, 0, 0])
  })

  test("its scale and shift are no weights, so that decay leaves them alone", () => {
    const nets = [Layers.batchNorm(), Layers.layerNorm(), Layers.groupNorm({ groups: 1 }), Layers.rmsNorm()]
    for (const each of nets) {
      Params.map((each as Net.Net).init(key, [3]).params, (leaf, path) => {
        expect(Params.isWeight(path)).toBe(false)
        return leaf
      })
    }
  })
})

describe("noise", () => {
  const rate = 0.3

  test("spatial dropout drops channels whole", () => {
    const y = Layers.spatialDropout(rate).apply({}, {}, Tensor.ones([200, 4, 3, 10]), train).y
    const channels = Tensor.transpose(Tensor.reshape(y, [200, 12, 10]), [0, 2, 1])
    const rows = Tensor.toArray(Tensor.reshape(channels, [2000, 12])) as ReadonlyArray<ReadonlyArray<number>>
    for (const row of rows) expect(new Set(row).size).toBe(1)
    const share = rows.filter(([first]) => first === 0).length / rows.length
    // Five standard errors of a share of 2,000.
    expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / rows.length))
  })

  test("alpha dropout keeps mean 0 and variance 1", () => {
    const y = numbers(Layers.alphaDropout(rate).apply({}, {}, Key.normal(key, [40_000]), train).y)
    expect(Math.abs(mean(y))).toBeLessThan(5 / Math.sqrt(y.length))
    expect(Math.abs(mean(y.map((x) => x * x)) - 1)).toBeLessThan(10 / Math.sqrt(y.length))
  })

  test("gaussian noise has the standard deviation it says", () => {
    const y = numbers(Layers.gaussianNoise(0.5).apply({}, {}, Tensor.zeros([40_000]), train).y)
    expect(Math.abs(mean(y))).toBeLessThan(2.5 / Math.sqrt(y.length))
    expect(Math.abs(mean(y.map((x) => x * x)) - 0.25)).toBeLessThan(2.5 / Math.sqrt(y.length))
  })

  test("is absent in inference, and for a rate of 0", () => {
    const x = Tensor.ones([4, 3])
    const nets = [Layers.dropout, Layers.spatialDropout, Layers.alphaDropout, Layers.gaussianNoise]
    for (const net of nets) {
      expect(net(0.4).apply({}, {}, x, infer).y).toBe(x)
      expect(net(0).apply({}, {}, x, train).y).toBe(x)
      expect(numbers(net(0.4).apply({}, {}, x, train).y)).not.toEqual(numbers(x))
    }
  })
})

describe("branches", () => {
  test("make a highway: a gate says how much is changed, another how much is carried", () => {
    const net = Net.graph([
      ["change", { net: Layers.dense({ units: 2, activation: "tanh" }) as Net.Net, from: "input" }],
      ["gate", { net: Layers.dense({ units: 2, activation: "sigmoid" }) as Net.Net, from: "input" }],
      ["carry", { net: Layers.dense({ units: 2, activation: "sigmoid" }) as Net.Net, from: "input" }],
      ["changed", { join: "multiply", from: ["change", "gate"] }],
      ["carried", { join: "multiply", from: ["input", "carry"] }],
      ["sum", { join: "add", from: ["changed", "carried"] }],
    ])
    const zeros = { w: Tensor.zeros([2, 2]), b: Tensor.zeros([2]) }
    const gate = (open: number) => ({ ...zeros, b: Tensor.full([2], open) })
    const apply = (gateAt: number, carryAt: number) => {
      const none = { changed: {}, carried: {}, sum: {} }
      const change = { ...zeros, b: Tensor.full([2], 9) }
      const state = { change: {}, gate: {}, carry: {}, ...none }
      return numbers(
        net.apply({ change, gate: gate(gateAt), carry: gate(carryAt), ...none }, state, Tensor.make([[3, -5]]), infer).y,
      ).map(Math.round)
    }
    expect(apply(-40, 40)).toEqual([3, -5])
    expect(apply(40, -40)).toEqual([1, 1])
  })

  test("make wide and deep: the inputs beside what a deep net makes of them", () => {
    const net = Net.graph([
      ["hidden", { net: Layers.dense({ units: 8, activation: "relu" }) as Net.Net }],
      ["deep", { net: Layers.dense({ units: 4, activation: "relu" }) as Net.Net }],
      ["both", { join: "concat", from: ["deep", "input"] }],
      ["out", { net: Layers.dense({ units: 1 }) as Net.Net }],
    ])
    expect(Net.describe(net, [3]).map(({ outputs, parameters }) => `${outputs.map(Shape.print)} ${parameters}`)).toEqual([
      "[8] 32",
      "[4] 36",
      "[7] 0",
      "[1] 8",
    ])
  })
})

test("the compiler asks for the mode, the key and the state", () => {
  const norm = Layers.batchNorm()
  const { params, state } = norm.init(key, [2])
  const x = Tensor.ones([3, 2])
  // @ts-expect-error the mode must be given
  expect(() => norm.apply(params, state, x)).toThrow(TypeError)
  // @ts-expect-error training takes a key, whether or not this layer draws
  norm.apply(params, state, x, { mode: "train" })
  // @ts-expect-error so does noise
  expect(() => Layers.alphaDropout(0.5).apply({}, {}, x, { mode: "train" })).toThrow()
  // @ts-expect-error the state is an argument
  expect(() => norm.apply(params, {}, x, train)).toThrow()
  const both = Net.sequential({ norm, drop: Layers.spatialDropout(0.5) })
  const initial = both.init(key, [2])
  const running: T = initial.state.norm.variance
  expect(running.shape).toEqual([2])
  // @ts-expect-error the state comes back with the result, it is not the result
  const wrong: T = both.apply(initial.params, initial.state, x, train)
  expect(wrong).toBeDefined()
  const again: typeof initial.state = both.apply(initial.params, initial.state, x, train).state
  expect(again.norm.mean.shape).toEqual([2])
})
