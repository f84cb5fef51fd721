/** Laws that hold for every entry of every table of the catalogue. */
import {
  Activation,
  Initializer,
  Key,
  Layers,
  LearningRate,
  Optimizer,
  OptimizerWrapper,
  Params,
  Regularizer,
  Shape,
  Tensor,
} from "@adjoint/core"
import { type AnyEntry, fill, make, settled, type Table, type Traits } from "@adjoint/core/learning/Entry"
import { layer, light } from "@adjoint/core/learning/layers/Layer"
import { describe, expect, test } from "vitest"
import { tables } from "./catalogue-tables.ts"

const referred = {
  activation: Activation.table,
  initializer: Initializer.table,
  schedule: LearningRate.table,
} as const

/** Values for options without a default. */
const given: { readonly [name: string]: object } = {
  dense: { units: 2 },
  maxout: { units: 2 },
  conv1d: { filters: 2 },
  conv2d: { filters: 2 },
  conv_transpose2d: { filters: 2 },
  reshape: { shape: [2, 3] },
  embedding: { tokens: 5, units: 2 },
  group_norm: { groups: 2 },
  simple_rnn: { units: 2 },
  lstm: { units: 2 },
  gru: { units: 2 },
  multi_head_attention: { heads: 2 },
  transformer_encoder: { heads: 2 },
  max_norm: { largest: 1 },
  clip_norm: { largest: 1 },
  clip_layer_norm: { largest: 1 },
  clip_value: { largest: 1 },
  class_weight: { weights: "balanced" },
  freeze: { layers: ["dense1"] },
  rates: { factors: { dense1: 0.5 } },
  average: { decay: 0.9 },
  accumulate: { batches: 2 },
}

const rows = Object.entries(tables).flatMap(([table, entries]) =>
  Object.entries(entries).map(([name, entry]): [string, string, AnyEntry<unknown>] => [table, name, entry]),
)

describe.each(rows)("%s %s", (table, name, entry) => {
  test("is documented", () => {
    for (const text of [entry.doc, entry.advice]) expect(text).toMatch(/^[A-Z0-9αβγδεηθλμν½a-z].*\.$/su)
    expect(entry.formula.length).toBeGreaterThan(2)
    expect(entry.source).toMatch(/1\d{3}|20\d{2}/)
    for (const option of Object.values(entry.options)) expect(option.doc).toMatch(/\.$/)
  })

  test("is named in the snake case of model files", () => {
    for (const word of [name, ...Object.keys(entry.options)]) expect(word).toMatch(/^[a-z][a-z0-9_]*$/)
  })

  test("its main option is one of its options, and its defaults lie within their bounds", () => {
    if (entry.main !== undefined) expect(Object.keys(entry.options)).toContain(entry.main)
    for (const option of Object.values(entry.options)) {
      if (option.default === undefined) continue
      if (option.kind === "choice") expect(option.of).toContain(option.default)
      if (option.kind === "activation" || option.kind === "initializer" || option.kind === "schedule")
        expect(Object.keys(referred[option.kind])).toContain(option.default)
      if (option.kind === "number" || option.kind === "integer") {
        expect(option.default).toBeGreaterThanOrEqual(option.minimum ?? Number.NEGATIVE_INFINITY)
        expect(option.default).toBeLessThanOrEqual(option.maximum ?? Number.POSITIVE_INFINITY)
        expect(option.default).toBeGreaterThan(option.exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
        expect(option.default).toBeLessThan(option.exclusiveMaximum ?? Number.POSITIVE_INFINITY)
      }
    }
  })

  test("an alias is another name of an entry that is not an alias, with the same options", () => {
    if (entry.alias === undefined) return
    const own = tables[table]?.[entry.alias]
    expect(own).toBeDefined()
    expect(own?.alias).toBeUndefined()
    expect(own?.options).toBe(entry.options)
  })

  test("is made with its defaults", () => {
    expect(make(tables[table] ?? {}, { name, options: { ...given[name] } })).toBeDefined()
  })
})

describe("Entry.make", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "relu); process.exit(", ""])(
    "refuses the name %j",
    (name) => {
      expect(() => make(Activation.table, { name, options: {} })).toThrow(TypeError)
    },
  )

  test("refuses to leave out an option that has no default", () => {
    expect(() => make(Layers.table, { name: "dense", options: {} })).toThrow(
      new TypeError('the option "units" has no default and was omitted'),
    )
  })

  test("refuses options that do not go together", () => {
    expect(() => make(Activation.table, { name: "hard_tanh", options: { min: 2 } })).toThrow(
      "hard_tanh got [2, 1] for min and max; it wants `min` below `max`",
    )
  })

  test("fills in what is left out, and drops what is no option", () => {
    expect(fill(Layers.table.dense.options, { units: 3, nonsense: 1 })).toEqual({
      units: 3,
      activation: { name: "identity", options: {} },
      init: { name: "auto", options: {} },
      bias: true,
      bias_init: { name: "zeros", options: {} },
    })
  })

  test("does not take an option from a prototype", () => {
    const inherited = Object.create({ alpha: 5 }) as { readonly [option: string]: unknown }
    expect(fill(Activation.table.leaky_relu.options, inherited)).toEqual({ alpha: 0.01 })
  })
})

/** The traits of an entry, which say of it what checks would otherwise find out by its name. */
describe("traits", () => {
  const layers: Table<unknown, Traits<Layers.AnyTraits>> = Layers.table
  const activations: Table<unknown, Traits<Activation.ActivationTraits>> = Activation.table
  const initializers: Table<unknown, Traits<Initializer.InitializerTraits>> = Initializer.table
  const optimizers: Table<unknown, Traits<Optimizer.OptimizerTraits>> = Optimizer.table
  const schedules: Table<unknown, Traits<LearningRate.ScheduleTraits>> = LearningRate.table

  const entryOf = <T>(table: Table<unknown, Traits<T>>, name: string): AnyEntry<unknown> & Traits<T> => {
    const entry = table[name]
    if (entry === undefined) throw new Error(`there is no ${name}`)
    return entry
  }

  /** A sample for a layer by what it works on. */
  const sampleOf = (name: string): Shape.Shape => {
    if (name === "reshape") return [3, 2]
    if (/2d|pool|random|spatial/.test(name)) return [6, 6, 4]
    return /1d|rnn|lstm|gru|attention|transformer|positions|embedding/.test(name) ? [5, 4] : [4]
  }

  const variants: { readonly [name: string]: ReadonlyArray<object> } = {
    dense: [{ activation: { name: "prelu", options: {} } }, { bias: false }],
    conv2d: [{ kernel: [3, 2] }, { groups: 2 }],
    layer_norm: [{ axes: 1 }],
    positions: [{ kind: "learned" }],
    transformer_encoder: [{ hidden: 3 }, { norm: "after" }],
    lstm: [{ give: "all" }],
  }

  test.each(Object.keys(Layers.table))("%s learns no more than its bound, and the bound is not far off", (name) => {
    const entry = entryOf(layers, name)
    const input = sampleOf(name)
    for (const more of [{}, ...(variants[name] ?? [])]) {
      const options = fill(entry.options, { ...given[name], ...more })
      const net = make(Layers.table, { name, options })
      const { params, state } = net.init(Key.make(0), input)
      const leaves = [...Params.leaves(params), ...(name === "batch_norm" ? Params.leaves(state) : [])]
      const learned = leaves.reduce((sum, { shape }) => sum + Shape.size(shape), 0)
      const slopes = Shape.size(net.shape(input))
      const bound = Layers.sizes(entry.traits, options, input).learned
      expect(bound + slopes).toBeGreaterThanOrEqual(learned)
      expect(bound).toBeLessThanOrEqual(2 * learned)
    }
  })

  test.each(Object.keys(Layers.table))("%s is as wide as its option says, and has the options its traits name", (name) => {
    const { options: all, traits } = entryOf(layers, name)
    if (traits.role !== "weights") return
    const { activation, bias, init, width } = traits
    const kinds = [activation, init, bias, width].map((option) => (option === undefined ? undefined : all[option]?.kind))
    const expected = ["activation", "initializer", "boolean", "integer"]
    for (const [i, kind] of kinds.entries()) expect([undefined, expected[i]]).toContain(kind)
    const options = { ...given[name], ...(width === undefined ? {} : { [width]: 6 }) }
    const made = make(Layers.table, { name, options }).shape(sampleOf(name))
    expect(made.at(-1)).toBe(width === undefined ? sampleOf(name).at(-1) : 6)
  })

  test.each(Object.keys(Layers.table))("%s alters nothing when inferring if it acts only while training", (name) => {
    const { role } = entryOf(layers, name).traits
    const net = make(Layers.table, { name, options: { ...given[name] } })
    const input = name === "embedding" ? [4] : sampleOf(name)
    const x = Tensor.add(
      Tensor.reshape(Tensor.iota([2 * Shape.size(input)], 0, "f32"), [2, ...input]),
      name === "embedding" ? -6 : 0.5,
    )
    const { params, state } = net.init(Key.make(0), input)
    const { y } = net.apply(params, state, x, { mode: "infer" })
    const kept = y.shape.join() === x.shape.join() && Tensor.toNumber(Tensor.max(Tensor.abs(Tensor.sub(y, x)))) === 0
    // What flattens or reshapes keeps numbers and their order, in another shape.
    const isKept =
      kept ||
      (role === "shape" && Tensor.toNumber(Tensor.max(Tensor.abs(Tensor.sub(Tensor.flatten(y), Tensor.flatten(x))))) === 0)
    expect(isKept).toBe(role === "noise" || role === "augmentation" || role === "shape")
  })

  test.each(Object.keys(Activation.table))("%s is nowhere steeper than its slope, and about so steep somewhere", (name) => {
    const activation = make(Activation.table, { name, options: {} })
    const { section } = activation
    const { slope } = entryOf(activations, name).traits
    const points = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 200 + 1e-3)
    const values = (shift: number): ReadonlyArray<number> => {
      const z = Tensor.make(points.map((x) => x + shift))
      const given = section === undefined ? z : section.input(z)
      const y = activation(given)
      const flat = Tensor.reshape(y, [points.length, -1])
      return Array.from(Tensor.read(Tensor.slice(flat, [0, 0], [points.length, 1])).data)
    }
    const [low, high] = [values(-0.02), values(0.02)]
    const steepest = Math.max(
      ...points
        .map((_, i) => Math.abs((high[i] ?? 0) - (low[i] ?? 0)) / 0.04)
        .filter((_, i) => name !== "step" || Math.abs(points[i] ?? 0) > 0.03),
    )
    expect(steepest).toBeLessThanOrEqual(slope * 1.01 + 1e-3)
    expect(steepest).toBeGreaterThanOrEqual(slope * 0.97 - 1e-3)
  })

  const variance = (values: ArrayLike<number>): number => {
    const all = Array.from(values)
    const mean = all.reduce((sum, x) => sum + x, 0) / all.length
    return all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length
  }

  /** The variance of weights [100, 300] by family. */
  const families = { xavier: 2 / 400, he: 2 / 100, lecun: 1 / 100 } as const

  test.each(Object.keys(Initializer.table))("%s draws as its family and its distribution say", (name) => {
    const { distribution, family, isEqual } = entryOf(initializers, name).traits
    const drawn = Tensor.read(
      make(Initializer.table, { name, options: {} })(Key.make(3), [100, 300], { fanIn: 100, fanOut: 300 }),
    ).data
    const spread = variance(drawn)
    if (family === "xavier" || family === "he" || family === "lecun") expect(spread / families[family]).toBeCloseTo(1, 1)
    // A uniform number is never two standard deviations from the middle; one normal number in twenty is.
    const far = Array.from(drawn).filter((x) => x * x > 3.2 * spread).length / drawn.length
    if (distribution === "uniform") expect(far).toBe(0)
    if (distribution === "normal") expect(far).toBeGreaterThan(0.03)
    expect(spread < 1e-12).toBe(isEqual === true)
    if (typeof isEqual !== "string") return
    const none = make(Initializer.table, { name, options: { [isEqual]: 0 } })(Key.make(3), [10, 10], { fanIn: 10, fanOut: 10 })
    expect(variance(Tensor.read(none).data)).toBe(0)
  })

  test.each(Object.keys(Optimizer.table))(
    "%s takes steps of one size from gradients of any if it is adaptive, and decays weights beside them",
    (name) => {
      const { decay, isAdaptive } = entryOf(optimizers, name).traits
      const params = { w: Tensor.ones([1]) }
      const stepsOf = (size: number, options: object): number => {
        const optimizer = make(Optimizer.table, { name, options: { lr: 0.01, ...options } })()
        let state = optimizer.init(params)
        let last = 0
        for (let i = 0; i < 20; i++) {
          const next = optimizer.update({ w: Tensor.full([1], size) }, state, params)
          state = next.state
          last = Tensor.read(next.updates.w).data[0] ?? 0
        }
        return last
      }
      const none = decay === undefined ? {} : { [decay]: 0 }
      const ratio = stepsOf(1, none) / stepsOf(0.1, none)
      expect(ratio < 2).toBe(isAdaptive)
      const decayed = decay === undefined ? undefined : stepsOf(0, { [decay]: 0.5 })
      if (decayed !== undefined) expect(decayed).toBeLessThan(0)
    },
  )

  test.each(Object.keys(LearningRate.table))("%s rises for as long as its option says, and from the first step", (name) => {
    const { rise } = entryOf(schedules, name).traits
    const options = rise === undefined ? {} : { [rise]: 2 }
    const rate = make(LearningRate.table, { name, options })({ lr: 1, epochs: 10, stepsPerEpoch: 10 })
    const at = (step: number): number => Tensor.toNumber(rate(Tensor.scalar(step, "i32")))
    // `one_cycle` rises for a share of the run, which no run is too short for.
    expect(at(1) > at(0)).toBe(rise !== undefined || name === "one_cycle")
    if (rise !== undefined) expect([at(19) > at(18), at(21) > at(20)]).toEqual([true, false])
  })

  test.each(Object.keys(Regularizer.table))("%s adds to the loss what its traits say", (name) => {
    const { options, traits } = entryOf<Regularizer.RegularizerTraits>(Regularizer.table, name)
    const settings = { ...given[name], ...(traits.adds === "nothing" ? {} : { [Object.keys(options)[0] ?? ""]: 0.5 }) }
    const made = make(Regularizer.table, { name, options: settings })
    expect(made._tag === "Penalty").toBe(traits.adds !== "nothing")
    if (made._tag !== "Penalty") return
    const cost = (size: number): number => Tensor.toNumber(made.penalty({ w: Tensor.full([3], size) }))
    expect(cost(2) / cost(1)).toBeCloseTo(traits.adds === "squares" ? 4 : 2, 5)
  })

  test("an entry without them, or with options in them that it does not have, does not compile", () => {
    const whole = {
      doc: "A layer.",
      formula: "y = x",
      source: "1900",
      advice: "Nowhere.",
      options: { units: { kind: "integer", doc: "How many." } },
      make: () => Layers.flatten,
    } as const
    const sums = { role: "weights", over: "features", init: undefined, bias: undefined, activation: undefined, ...light } as const
    // @ts-expect-error it has no traits
    const bare = layer(whole)
    // @ts-expect-error a layer of weights says which option is its width
    const narrow = layer({ ...whole, traits: sums })
    // @ts-expect-error it has no such option
    const mistyped = layer({ ...whole, traits: { ...sums, width: "unit" } })
    const right = layer({ ...whole, traits: { ...sums, width: "units" } })
    expect([bare, narrow, mistyped, right]).toHaveLength(4)
  })

  test("a bare number is the value of the one option of a setting", () => {
    expect(settled(Regularizer.table.l2, 0.1)).toEqual({ lambda: 0.1 })
    expect(settled(OptimizerWrapper.table.lookahead, { every: 2 })).toEqual({ every: 2 })
  })
})
