/** The space of a model file as `inspect` shows it. */
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import { expect, test } from "vitest"
import { spaceData, spaceLines } from "../src/model/SpaceTable.ts"

const plain = (_: unknown, text: string) => text

const fileOf = (train: string) => {
  const { searched } = read(
    fromText("m.yaml", `schema: 1\ndata: { source: moons }\nmodel: { layers: [{ head: label }] }\ntrain: ${train}\n`),
  )
  if (searched === undefined) throw new Error("no markers")
  return searched.file
}

test("a dimension has its values and its default, those of a branch below it", () => {
  const file = fileOf(
    "{ epochs: { $search: { int: [2, 8], step: 2 }, default: 4 }, optimizer: { $search: [{ adam: { lr: { $search: { log: [1e-4, 0.1] }, default: 0.01 } } }, sgd], default: sgd } }",
  )
  expect(spaceLines(file, 80, plain).join("\n")).toMatchInlineSnapshot(`
    "a search may choose among infinitely many points, in 3 dimensions
    dimension                  values               default
    train.epochs               2 … 8 in steps of 2  4
    train.optimizer            adam, sgd            sgd
      train.optimizer.adam.lr  0.0001 … 0.1 log     0.01     with adam"
  `)
  expect(spaceData(file)).toEqual({
    dimensions: [
      { name: "train.epochs", kind: "int", low: 2, high: 8, step: 2, default: 4 },
      { name: "train.optimizer", kind: "choice", values: ["adam", "sgd"], default: "sgd" },
      {
        name: "train.optimizer.adam.lr",
        kind: "float",
        low: 1e-4,
        high: 0.1,
        log: true,
        default: 0.01,
        when: { dimension: "train.optimizer", value: "adam" },
      },
    ],
  })
})

test("a space without numbers between two others has a size; long lists are shortened to the screen", () => {
  const many = Array.from({ length: 40 }, (_, i) => i + 1).join(", ")
  const file = fileOf(`{ batch: { $search: [${many}], default: 32 }, epochs: { $search: [1, 2], default: 1 } }`)
  expect(spaceData(file).size).toBe(80)
  const lines = spaceLines(file, 60, plain)
  expect(lines[0]).toBe("a search may choose among 80 points, in 2 dimensions")
  expect(lines.every(({ length }) => length <= 60)).toBe(true)
})
