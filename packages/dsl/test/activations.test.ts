/** Every activation in a model file, with whatever its options may be: read, built, and trained for a step on wasm. */

import { Activation, Entry, Tensor, Train, Tree, Wasm } from "@adjoint/core"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Layer, Result, Stream } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { build } from "../src/build/Build.ts"
import { checked } from "../src/check/Checked.ts"
import { prepare } from "../src/prepare/Prepare.ts"
import { documentOf, shown } from "./reading.ts"

const names = Object.keys(Activation.table) as ReadonlyArray<Activation.Name>

/** A value that an option may have; of axes the usual one, since a sample has but one. */
const value = (option: Entry.Option): fc.Arbitrary<unknown> => {
  switch (option.kind) {
    case "number":
      return fc.constantFrom(0.125, 0.5, 1, 2.5)
    case "choice":
      return fc.constantFrom(...option.of)
    case "boolean":
      return fc.boolean()
    default:
      return fc.constant(option.default)
  }
}

const optionsOf = (name: Activation.Name): fc.Arbitrary<object> => {
  const { options, rule }: Entry.AnyEntry<unknown> = Activation.table[name]
  const holds = (rule?.holds ?? (() => true)) as (values: object) => boolean
  const any = fc.record(Object.fromEntries(Object.entries(options).map(([key, option]) => [key, value(option)])), {
    requiredKeys: [],
  })
  return any.filter((given) => holds(Entry.fill(options, given as { readonly [option: string]: unknown })))
}

/** What a file says of a net with an activation in a dense layer and as a layer of its own. */
const file = (activation: object): string =>
  JSON.stringify({
    schema: 1,
    data: { source: { moons: { count: 24 } }, split: { train: "100%" } },
    model: { layers: [{ dense: { units: 8, activation } }, { dense: 4 }, activation, { head: "label" }] },
    train: { epochs: 1, batch: 24, optimizer: { sgd: 0.1 } },
    lint: { allow: ["A602", "A604", "A606"] },
  })

const numbers = (tree: unknown): ReadonlyArray<number> =>
  (Tree.leaves(tree) as ReadonlyArray<Tensor.Tensor>).flatMap((leaf) => [...Tensor.read(leaf).data])

const trained = (text: string) =>
  Effect.gen(function* () {
    const document = documentOf(text)
    const prepared = yield* prepare(document, ".")
    const built = Result.map(checked(document, prepared.facts), build)
    if (Result.isFailure(built)) throw new Error(built.failure.map(({ message }) => message).join("; "))
    const { batch, epochs, loss, net, optimizer, seed } = built.success
    const events = yield* Stream.runCollect(Train.run({ net, loss, optimizer, seed, epochs, batch, data: prepared.train }))
    return events.find((event) => event._tag === "Finished")
  })

const engine = Layer.mergeAll(Wasm.layer({ threads: 1 }), NodeFileSystem.layer)

describe.each(names)("%s", (name) => {
  it("trains a step", async () => {
    await fc.assert(
      fc.asyncProperty(optionsOf(name), async (options) => {
        const finished = await Effect.runPromise(Effect.provide(trained(file({ [name]: options })), engine))
        const found = numbers(finished?.params)
        expect(found.length).toBeGreaterThan(20)
        expect(found.every(Number.isFinite)).toBe(true)
      }),
      { numRuns: Object.keys(Activation.table[name].options).length === 0 ? 1 : 3 },
    )
  })

  it("may be written by its name alone", () => {
    const { model } = documentOf(
      `schema: 1\ndata: { source: moons }\nmodel: { layers: [{ dense: 2 }, ${name}, { head: label }] }\n`,
    )
    expect(model.layers[1]).toEqual({ [name]: Entry.fill(Activation.table[name].options, {}) })
  })
})

it("options that are right one by one must go together too", () => {
  const said = (layer: string) =>
    shown(`schema: 1\ndata: { source: moons }\nmodel: { layers: [{ dense: 2 }, ${layer}, { head: label }] }\n`)
  expect(said("{ hard_tanh: { min: 2, max: 1 } }")).toContain(
    "model.layers[1].hard_tanh: expected options with `min` below `max`",
  )
  expect(said("{ hard_tanh: { min: 1 } }")).toContain("options with `min` below `max`")
  expect(said("{ rrelu: { lower: 0.5, upper: 0.25 } }")).toContain("expected options with `lower` not above `upper`")
  expect(said("{ rrelu: { lower: 0.25, upper: 0.25 } }")).toBe("")
  expect(said("{ hard_tanh: { min: low } }")).toContain("expected a number")
})
