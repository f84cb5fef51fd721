/** What holds of every entry of every table of the catalogue. */
import { Activation, Initializer, Layers, LearningRate, Loss, Optimizer, Rbm, Regularizer, Score } from "@adjoint/core"
import { type AnyEntry, fill, make, type Table } from "@adjoint/core/learning/Entry"
import { describe, expect, test } from "vitest"

const tables: { readonly [table: string]: Table<unknown> } = {
  activation: Activation.table,
  initializer: Initializer.table,
  layer: Layers.table,
  loss: Loss.table,
  optimizer: Optimizer.table,
  schedule: LearningRate.table,
  regularizer: Regularizer.table,
  score: Score.table,
  report: Score.reports,
  stage: Rbm.stages,
  method: Rbm.methods,
}

const referred = {
  activation: Activation.table,
  initializer: Initializer.table,
  schedule: LearningRate.table,
} as const

/** What options without a default are given. */
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

  test("as an alias it is another name of an entry that is none, with the same options", () => {
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
      new TypeError('the option "units" has no default and was left out'),
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
