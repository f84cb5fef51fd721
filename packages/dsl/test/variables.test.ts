import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fromText } from "../src/source/Source.ts"
import { parse } from "../src/text/Yaml.ts"
import { expand, maxValues } from "../src/variables/Expand.ts"
import * as Expression from "../src/variables/Expression.ts"
import { documentOf, shown } from "./reading.ts"

const value = (text: string, variables: { readonly [name: string]: number } = {}) => {
  const tree = Expression.parse(text)
  return Result.isSuccess(tree) ? Expression.evaluate(tree.success, (name) => variables[name]) : tree.failure
}

const expanded = (text: string) => {
  const parsed = parse(fromText("m.yaml", text))
  return expand(parsed.data ?? null, parsed.positions)
}

const rest = "\ndata: { source: moons }\nmodel: { layers: [{ head: label }] }\n"

describe("expressions", () => {
  it.each([
    ["$a * 2 + 1", 17],
    ["1 + $a * 2", 17],
    ["(1 + $a) * 2", 18],
    ["$a - 2 - 1", 5],
    ["$a / 2 / 2", 2],
    ["-$a * -1", 8],
    ["min($a, 3, 5)", 3],
    ["max($a, $b) / min(2, 4)", 4],
    ["1e2 + .5", 100.5],
  ])("%s is %d", (text, wanted) => {
    expect(value(text, { a: 8, b: 2 })).toBe(wanted)
  })

  it.each([
    ["$a **2", "`*` is where a number is expected"],
    ["$a +", "it ends where a number is wanted"],
    ["($a", "a `)` is missing"],
    ["$a $b", "`$b` is left over"],
    ["min $a", "`min` needs its arguments in parentheses"],
    ["$a; process.exit()", "`; process.exit()` is not a number, a `$name` or one of + - * / ( ) min max"],
    [`${"(".repeat(300)}$a`, "an expression has at most 200 characters"],
  ])("%s is refused", (text, wanted) => {
    expect(value(text)).toBe(wanted)
  })

  it("follow the arithmetic of numbers", () => {
    const number = fc.integer({ min: 1, max: 99 })
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        expect(value("$a + $b * $c - $a / $b", { a, b, c })).toBe(a + b * c - a / b)
        expect(value("($a + $b) * ($c - $a) / $b", { a, b, c })).toBe(((a + b) * (c - a)) / b)
      }),
    )
  })

  it("never throw", () => {
    const part = fc.constantFrom("$a", "1", "+", "-", "*", "/", "(", ")", "min", "max", ",", " ", "$", "x")
    fc.assert(fc.property(fc.array(part, { maxLength: 40 }), (parts) => void value(parts.join(""), { a: 1 })))
  })
})

describe("variables", () => {
  it("stand for values of any kind, in flow maps too", () => {
    const { data, findings } = expanded(
      "vars: { w: 8, w2: $w * 2, stack: [{ dense: $w }, relu], price: US$$ }\nlayers: $stack\nx: { a: $w, b: [$w2, $w2 - 1] }\nname: $price\n",
    )
    expect(findings).toEqual([])
    expect(data).toEqual({ layers: [{ dense: 8 }, "relu"], x: { a: 8, b: [16, 15] }, name: "US$" })
  })

  it("may stand wherever a value stands", () => {
    expect(
      documentOf(
        `schema: 1\nvars: { n: 3, o: { adam: { lr: 0.1 } } }\ntrain: { epochs: $n, batch: $n * 4, optimizer: $o }${rest}`,
      ).train,
    ).toMatchObject({ epochs: 3, batch: 12, optimizer: { adam: { lr: 0.1 } } })
  })

  it("that are wrong are shown where they are wrong", () => {
    expect(
      shown(
        `schema: 1\nvars: { width: 8, a: $b, b: $a, 'c d': 3, text: hello }\ntrain: { batch: $widht, epochs: $width * 1.5, seed: $text + 1, optimizer: { adam: $width / 0 } }${rest}`,
      ),
    ).toMatchInlineSnapshot(`
      "error[R205]: \`b\` is defined by itself: \`$b\` → \`$a\` → \`$b\`
        --> m.yaml:2:22
      2 | vars: { width: 8, a: $b, b: $a, 'c d': 3, text: hello }
        |                      ^^
        |                          - \`b\` is set here
      error[R205]: \`a\` is defined by itself: \`$a\` → \`$b\` → \`$a\`
        --> m.yaml:2:29
      2 | vars: { width: 8, a: $b, b: $a, 'c d': 3, text: hello }
        |                   - \`a\` is set here
        |                             ^^
      error[S106]: \`c d\` is not a valid name for a variable: use a letter or \`_\`, then letters, digits and \`_\`
        --> m.yaml:2:33
      2 | vars: { width: 8, a: $b, b: $a, 'c d': 3, text: hello }
        |                                 ^^^^^
      error[R201]: there is no variable \`widht\`
        --> m.yaml:3:17
      3 | train: { batch: $widht, epochs: $width * 1.5, seed: $text + 1, optimizer: { adam: $width / 0 } }
        |                 ^^^^^^
        = help: did you mean \`$width\`?  [fix available]
      error[R202]: \`$text\` is the text "hello", and only numbers can be computed with
        --> m.yaml:3:53
      2 | vars: { width: 8, a: $b, b: $a, 'c d': 3, text: hello }
        |                                                 ----- set here
      3 | train: { batch: $widht, epochs: $width * 1.5, seed: $text + 1, optimizer: { adam: $width / 0 } }
        |                                                     ^^^^^^^^^
      error[R202]: \`$width / 0\` is not a finite number
        --> m.yaml:3:83
      3 | train: { batch: $widht, epochs: $width * 1.5, seed: $text + 1, optimizer: { adam: $width / 0 } }
        |                                                                                   ^^^^^^^^^^
        = help: does it divide by 0?"
    `)
  })

  it("that are of the wrong kind are shown where they are used and where they are set", () => {
    expect(
      shown(`schema: 1\nvars: { width: -8 }\nmodel: { layers: [{ dense: $width }, { head: label }] }\n`),
    ).toMatchInlineSnapshot(`
      "error[S103]: model.layers[0].dense: expected a whole number > 0, got -8
        --> m.yaml:3:28
      2 | vars: { width: -8 }
        |         ----- \`width\` is set here
      3 | model: { layers: [{ dense: $width }, { head: label }] }
        |                            ^^^^^^
        = help: did you mean \`8\`?"
    `)
  })

  it("cannot make a small file large, or a reader recurse without end", () => {
    const lines = Array.from({ length: 30 }, (_, i) => `  v${i + 1}: [$v${i}, $v${i}, $v${i}, $v${i}]`)
    const bomb = expanded(`vars:\n  v0: 1\n${lines.join("\n")}\nx: $v30\n`)
    expect(bomb.findings.map((finding) => finding.message)).toContain(
      `the variables make more than ${maxValues} values out of this document`,
    )
    const chain = Array.from({ length: 5000 }, (_, i) => `  v${i + 1}: $v${i}`)
    expect(expanded(`vars:\n  v0: 1\n${chain.join("\n")}\n`).findings[0]?.code).toBe("Y006")
  })
})

describe("search markers", () => {
  it("stand for their defaults, a branch by its name", () => {
    const { data, findings } = expanded(`
optimizer:
  $search:
    - adamw: { lr: { $search: { log: [1e-4, 1e-2] }, default: 1e-3 } }
    - sgd: { lr: 0.1 }
  default: adamw
width: { $search: [32, 64], default: 64 }
`)
    expect(findings).toEqual([])
    expect(data).toEqual({ optimizer: { adamw: { lr: 1e-3 } }, width: 64 })
  })

  it("that are wrong say so", () => {
    expect(
      shown(
        `schema: 1\ntrain: { batch: { $search: [32, 64] }, epochs: { $search: 3, default: 4 }, seed: { $search: [1], default: 1, x: 2 } }${rest}`,
      ),
    ).toMatchInlineSnapshot(`
      "error[S102]: train.batch: \`default\` is missing beside $search
        --> m.yaml:2:17
      2 | train: { batch: { $search: [32, 64] }, epochs: { $search: 3, default: 4 }, seed: { $search: [1], default: 1, x: 2 } }
        |                 ^^^^^^^^^^^^^^^^^^^^^
        = help: add a \`default\`: it is the value that training uses
      error[S103]: train.epochs: expected a list of values or a range to search, got 3
        --> m.yaml:2:59
      2 | train: { batch: { $search: [32, 64] }, epochs: { $search: 3, default: 4 }, seed: { $search: [1], default: 1, x: 2 } }
        |                                                           ^
        = help: \`$search: [a, b]\`, \`$search: { int: [1, 4] }\`, \`{ float: [0, 0.5] }\` or \`{ log: [1e-4, 1e-1] }\`
      error[S101]: unknown key \`x\` beside $search
        --> m.yaml:2:113
      2 | train: { batch: { $search: [32, 64] }, epochs: { $search: 3, default: 4 }, seed: { $search: [1], default: 1, x: 2 } }
        |                                                                                                                 ^
        = help: a search marker has \`$search\` and \`default\`; \`step\` and \`log\` belong to the range"
    `)
  })
})
