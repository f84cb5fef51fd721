/** Search markers: what the space and the default must be, and that every value may stand where the marker stands. */
import { expect, test } from "vitest"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"
import { completed } from "./reading.ts"

/** What is said of a marker in place of the learning rate, with the text it points at. */
const said = (text: string): ReadonlyArray<string> => {
  const source = fromText("m.yaml", completed(text))
  return read(source)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message, span }) => `${code} ${message} @ ${span === undefined ? "" : source.text.slice(span.start, span.end)}`)
}

const rate = (marker: string) => said(`train: { optimizer: { adam: { lr: ${marker} } } }\n`)
const units = (marker: string) => said(`model: { layers: [{ dense: ${marker} }, { head: label }] }\n`)

test("a right marker is its default", () => {
  expect(rate("{ $search: { log: [1e-4, 1e-1] }, default: 1e-3 }")).toEqual([])
  expect(rate("{ $search: [0.1, 0.01], default: 0.01 }")).toEqual([])
  expect(units("{ $search: { int: [4, 16] }, default: 4 }")).toEqual([])
  expect(
    said(
      "train: { optimizer: { $search: [sgd, { adam: { lr: { $search: { log: [1e-4, 1e-2] }, default: 1e-3 } } }], default: adam } }\n",
    ),
  ).toEqual([])
  expect(said("vars: { n: 8 }\nmodel: { layers: [{ dense: { $search: [$n, 16], default: $n } }, { head: label }] }\n")).toEqual(
    [],
  )
})

test("the default is one of the values", () => {
  expect(units("{ $search: [8, 16], default: 12 }")).toEqual([
    "S103 model.layers[0].dense: the default must be one of the values to search, not 12 @ 12",
  ])
  expect(rate("{ $search: { log: [1e-4, 1e-1] }, default: 1 }")).toEqual([
    "S103 train.optimizer.adam.lr: the default must be a number from 0.0001 to 0.1, not 1 @ 1",
  ])
  expect(units("{ $search: { int: [4, 16] }, default: 4.5 }")).toEqual([
    "S103 model.layers[0].dense: the default must be a whole number from 4 to 16, not 4.5 @ 4.5",
  ])
})

test("a range goes from a lower to a higher bound of its kind", () => {
  expect(rate("{ $search: { log: [0, 1e-1] }, default: 1e-3 }")).toEqual([
    "S103 train.optimizer.adam.lr: a logarithmic range has bounds above 0, got 0 @ 0",
  ])
  expect(rate("{ $search: { log: [1e-4, -1e-1] }, default: 1e-3 }")).toEqual([
    "S103 train.optimizer.adam.lr: a logarithmic range has bounds above 0, got -0.1 @ -1e-1",
  ])
  expect(rate("{ $search: { float: [0.5, 0.1] }, default: 0.2 }")).toEqual([
    "S103 train.optimizer.adam.lr: the lowest value comes first, got [0.5, 0.1] @ [0.5, 0.1]",
  ])
  expect(units("{ $search: { int: [1, 4.5] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: expected a whole number as a bound, got 4.5 @ 4.5",
  ])
  expect(units("{ $search: { int: [1, many] }, default: 2 }")).toEqual([
    'S103 model.layers[0].dense: expected a finite number as a bound, got the text "many" @ many',
  ])
  expect(units("{ $search: { range: [1, 4] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: there is no range `range`: it can be `int`, `float` or `log` @ [1, 4]",
  ])
  expect(units("{ $search: { int: [1] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: expected the lowest and the highest value, got a list of 1 @ [1]",
  ])
})

test("a step divides its range, and a range has one scale", () => {
  expect(rate("{ $search: { float: [0.1, 0.5], step: 0.1 }, default: 0.3 }")).toEqual([])
  expect(units("{ $search: { int: [16, 1024], log: true }, default: 64 }")).toEqual([])
  expect(rate("{ $search: { float: [0.1, 0.5], step: 0.3 }, default: 0.1 }")).toEqual([
    "S103 train.optimizer.adam.lr: steps of 0.3 from 0.1 end at 0.4, not at 0.5 @ 0.3",
  ])
  expect(rate("{ $search: { float: [0.1, 0.5], step: 0.5 }, default: 0.1 }")).toEqual([
    "S103 train.optimizer.adam.lr: a step of 0.5 is larger than the range from 0.1 to 0.5 @ 0.5",
  ])
  expect(rate("{ $search: { float: [0.1, 0.5], step: 0 }, default: 0.1 }")).toEqual([
    "S103 train.optimizer.adam.lr: expected a step above 0, got 0 @ 0",
  ])
  expect(units("{ $search: { int: [4, 16], step: 1.5 }, default: 4 }")).toEqual([
    "S103 model.layers[0].dense: expected a whole step between whole numbers, got 1.5 @ 1.5",
  ])
  expect(rate("{ $search: { log: [0.1, 0.5], step: 0.1 }, default: 0.1 }")).toEqual([
    "S103 train.optimizer.adam.lr: a range has a step or a logarithmic scale, not both @ 0.1",
  ])
  expect(units("{ $search: { int: [4, 16], step: 4 }, default: 6 }")).toEqual([
    "S103 model.layers[0].dense: the default must be a number of steps of 4 from 4, not 6 @ 6",
  ])
  expect(units("{ $search: { int: [4, 16], float: [4, 16] }, default: 6 }")).toEqual([
    "S103 model.layers[0].dense: a range is `int` or `float`, not both @ float",
  ])
  expect(units("{ $search: { int: [0, 16], log: true }, default: 6 }")).toEqual([
    "S103 model.layers[0].dense: a logarithmic range has bounds above 0, got 0 @ 0",
  ])
})

test("words of other libraries are named", () => {
  expect(rate("{ $search: { loguniform: [1e-4, 1e-1] }, default: 1e-3 }")).toEqual([
    "S103 train.optimizer.adam.lr: there is no range `loguniform`: it can be `int`, `float` or `log` @ loguniform",
  ])
  expect(units("{ $search: { values: [8, 16] }, default: 8 }")).toEqual([
    "S103 model.layers[0].dense: there is no range `values` @ values",
  ])
})

test("a list has each value once, and a default that names one of them", () => {
  expect(units("{ $search: [8, 16, 8], default: 8 }")).toEqual([
    "S103 model.layers[0].dense: this value is in the list twice @ 8",
  ])
  expect(said("vars: { n: 8 }\nmodel: { layers: [{ dense: { $search: [$n, 16], default: 8 } }, { head: label }] }\n")).toEqual([])
  expect(said("train: { optimizer: { $search: [{ adam: { lr: 0.1 } }, { adam: { lr: 0.2 } }], default: adam } }\n")).toEqual([
    "S103 train.optimizer: `adam` is the key of several of the values to search @ adam",
  ])
  expect(
    said("train: { optimizer: { $search: [{ adam: { lr: 0.1 } }, { adam: { lr: 0.2 } }], default: { adam: { lr: 0.2 } } } }\n"),
  ).toEqual([])
})

test("a branch has the name of its key, or of its type", () => {
  const layers = (values: string, standard: string) =>
    said(`model: { layers: [{ $search: ${values}, default: ${standard} }, { head: label }] }\n`)
  expect(layers("[{ dense: 8, name: a }, { dropout: 0.1 }]", "dense")).toEqual([])
  expect(layers("[{ dense: 8, name: a }, { dense: 4, name: b }]", "dense")).toEqual([
    "S103 model.layers[0]: `dense` is the key of several of the values to search @ dense",
  ])
  expect(said(table("{ $search: [{ type: number, scale: standard }, category], default: number }"))).toEqual([])
})

test("nothing is searched that decides which rows are scored", () => {
  const section = (written: string) => said(`${written}\n`).map((message) => message.replace(/:.* @/, " @"))
  expect(section("schema: { $search: [1], default: 1 }")).toEqual(["S109 `schema` cannot be searched @ [1]"])
  expect(section("name: { $search: [a, b], default: a }")).toEqual(["S109 `name` cannot be searched @ [a, b]"])
  expect(section("evaluate: { split: { $search: [val, test], default: val } }")).toHaveLength(1)
  expect(section("data: { source: { $search: [moons, circles], default: moons } }")).toEqual([
    "S109 `data.source` cannot be searched @ [moons, circles]",
  ])
  // Through a variable, and in arithmetic.
  expect(section("vars: { n: { $search: [1, 2], default: 1 } }\ndata: { source: moons, split: { val: 20%, seed: $n } }")).toEqual(
    ["S109 `data.split` cannot be searched @ $n"],
  )
  expect(
    section('vars: { n: { $search: [1, 2], default: 1 } }\ndata: { source: moons, split: { val: 20%, seed: "$n + 1" } }'),
  ).toEqual(['S109 `data.split` cannot be searched @ "$n + 1"'])
})

const table = (age: string) =>
  `data: { source: t.csv, columns: { age: ${age}, sex: category, y: binary }, split: { val: 20% } }\nmodel: { layers: [{ head: y }] }\n`.replace(
    "y: binary",
    "y: { type: binary, role: target }",
  )

test("columns may be prepared in several ways, on the same rows", () => {
  expect(said(table("{ type: number, missing: { $search: [mean, median], default: mean } }"))).toEqual([])
  expect(said(table("{ $search: [number, ignore], default: number }"))).toEqual([])
  expect(said(table("{ type: number, missing: { $search: [mean, drop], default: mean } }"))).toEqual([
    "S109 this value cannot be searched: it decides which rows there are, or what is predicted @ drop",
  ])
  expect(said(table("{ $search: [number, { type: number, missing: drop }], default: number }"))).toHaveLength(1)
})

test("every value makes shapes that fit, and says which value does not", () => {
  expect(
    said(
      "model: { layers: [{ dense: { $search: [8, 16], default: 8 }, name: a }, { dense: 8, name: b }, { add: [a, b] }, { head: label }] }\n",
    ),
  ).toEqual(["G401 `add` needs equal shapes: a is [16], b is [8], with `model.layers[0].dense` 16 @ [a, b]"])
  expect(
    said(
      "vars: { n: { $search: [8, 16], default: 8 }, m: { $search: [8, 16], default: 8 } }\nmodel: { layers: [{ dense: $n, name: a }, { dense: $m, name: b }, { add: [a, b] }, { head: label }] }\n",
    ),
  ).toEqual([
    "G401 `add` needs equal shapes: a is [8], b is [16], with `vars.m` 16 @ [a, b]",
    "G401 `add` needs equal shapes: a is [16], b is [8], with `vars.n` 16 @ [a, b]",
  ])
  // Tied by one variable, they always fit.
  expect(
    said(
      "vars: { n: { $search: [8, 16], default: 8 } }\nmodel: { layers: [{ dense: $n, name: a }, { dense: $n, name: b }, { add: [a, b] }, { head: label }] }\n",
    ),
  ).toEqual([])
})

test("a marker is one dimension for its written place, within the branch that it stands in", () => {
  const { searched } = read(
    fromText(
      "m.yaml",
      completed(`vars: { n: { $search: [8, 16], default: 8 }, m: { $search: { float: [0.1, 0.5], step: 0.1 }, default: 0.3 } }
model:
  blocks: { wide: { params: { f: int }, layers: [{ dense: { units: $f, activation: { $search: [relu, tanh], default: tanh } } }] } }
  layers:
    - use: { wide: { f: $n } }
    - use: { wide: { f: $n } }
    - repeat: { times: { $search: { int: [1, 4] }, default: 2 }, layers: [{ dense: $n }] }
    - head: label
train:
  optimizer:
    $search:
      - adam: { lr: { $search: { log: [1e-4, 1e-1] }, default: 1e-3 } }
      - adam: { lr: $m, beta1: { $search: [0.8, 0.9], default: 0.9 } }
    default: { adam: { lr: $m, beta1: { $search: [0.8, 0.9], default: 0.9 } } }
`),
    ),
  )
  expect(searched?.file.space).toEqual([
    { name: "vars.n", _tag: "Choice", size: 2 },
    { name: "model.blocks.wide.layers[0].dense.activation", _tag: "Choice", size: 2 },
    { name: "model.layers[2].repeat.times", _tag: "Int", low: 1, high: 4 },
    { name: "train.optimizer", _tag: "Choice", size: 2 },
    { name: "vars.m", _tag: "Float", low: 0.1, high: 0.5, step: 0.1, when: { dimension: "train.optimizer", choice: 1 } },
    { name: "train.optimizer.adam.beta1", _tag: "Choice", size: 2, when: { dimension: "train.optimizer", choice: 1 } },
    {
      name: "train.optimizer.adam.lr",
      _tag: "Float",
      low: 1e-4,
      high: 1e-1,
      log: true,
      when: { dimension: "train.optimizer", choice: 0 },
    },
  ])
  expect(searched?.file.standard).toEqual({
    "vars.n": 0,
    "model.blocks.wide.layers[0].dense.activation": 1,
    "model.layers[2].repeat.times": 2,
    "train.optimizer": 1,
    "vars.m": 0.3,
    "train.optimizer.adam.beta1": 1,
  })
})

test("a file has at most 500 markers", () => {
  const layers = (n: number) =>
    `model: { layers: [${Array.from({ length: n }, (_, i) => `{ dense: { $search: [8, 16], default: 8 }, name: d${i} }`).join(", ")}, { head: label }] }\n`
  expect(said(layers(501))).toEqual(["Y006 a file has at most 500 search markers, and this one has 501 @ 8"])
})

test("every value may stand where the marker stands", () => {
  expect(units("{ $search: [8, many, -2], default: 8 }")).toEqual([
    'S103 model.layers[0].dense: expected a whole number > 0, got the text "many" @ many',
    "S103 model.layers[0].dense: expected a whole number > 0, got -2 @ -2",
  ])
  expect(units("{ $search: { int: [-4, 8] }, default: 2 }")).toEqual([
    "S103 model.layers[0].dense: expected a whole number > 0, got -4 @ -4",
  ])
  expect(units("{ $search: { log: [1, 8] }, default: 2 }").join()).toContain("expected a whole number > 0, got 2.2")
  expect(said("train: { optimizer: { $search: [sdg, adam], default: adam } }\n")).toEqual([
    "S104 train.optimizer: there is no optimizer `sdg` @ sdg",
  ])
  expect(
    said(
      "train: { optimizer: { $search: [sgd, { adam: { lr: { $search: { log: [1e-2, 1e-4] }, default: 1e-3 } } }], default: sgd } }\n",
    ),
  ).toHaveLength(1)
})
