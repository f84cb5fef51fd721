import { describe, expect, it } from "vitest"
import { shown } from "./reading.ts"

const layers = (yaml: string) => shown(`schema: 1\nmodel:\n  layers:\n${yaml}`)

describe("layer names", () => {
  it("may be joined from below, and a round of a repeat may join its input", () => {
    expect(
      layers(
        "    - { dense: 8, name: a }\n    - { dense: 8, name: b }\n    - { add: [a, b], name: c }\n    - repeat: { times: 2, layers: [{ dense: 8, name: a }, { add: [input, a] }] }\n    - concat: [c, input]\n",
      ),
    ).toBe("")
  })

  it("that are unknown, double, below, or out of sight are shown", () => {
    expect(
      layers(`    - { dense: 8, name: h1 }
    - { dense: 8, name: h1 }
    - { dense: 8, name: input }
    - add: [h1, h2]
    - add: [h1, last]
    - repeat: { times: 2, layers: [{ dense: 8, name: inner }, { add: [h1, inner] }] }
    - { add: [h1, inner, self], name: self }
    - { dense: 8, name: last }
`),
    ).toMatchInlineSnapshot(`
      "error[R204]: two layers have the name \`h1\`
        --> m.yaml:5:25
      4 |     - { dense: 8, name: h1 }
        |                         -- first used here
      5 |     - { dense: 8, name: h1 }
        |                         ^^
        = help: give one of them another name
      error[R204]: \`input\` is reserved for the input of the layers
        --> m.yaml:6:25
      6 |     - { dense: 8, name: input }
        |                         ^^^^^
        = help: give the layer another name
      error[R203]: there is no layer named \`h2\`
        --> m.yaml:7:17
      7 |     - add: [h1, h2]
        |                 ^^
        = help: did you mean \`h1\`?  [fix available]
      error[R206]: \`last\` comes later: a layer can only join layers above it
        --> m.yaml:8:17
       8 |     - add: [h1, last]
         |                 ^^^^
      ...
      11 |     - { dense: 8, name: last }
         |                         ---- named here
      error[R207]: \`h1\` is outside a \`repeat\`, so it is not visible inside it
        --> m.yaml:9:71
      4 |     - { dense: 8, name: h1 }
        |                         -- named here
      ...
      9 |     - repeat: { times: 2, layers: [{ dense: 8, name: inner }, { add: [h1, inner] }] }
        |                                                                       ^^
        = help: inside it, \`input\` is the input of each repetition
      error[R207]: \`inner\` is inside a \`repeat\`, so it is not visible outside it
        --> m.yaml:10:19
       9 |     - repeat: { times: 2, layers: [{ dense: 8, name: inner }, { add: [h1, inner] }] }
         |                                                      ----- named here
      10 |     - { add: [h1, inner, self], name: self }
         |                   ^^^^^
         = help: join it inside the repeat, or give the repeat a name
      error[R206]: \`self\` is this layer itself: a layer can only join layers above it
        --> m.yaml:10:26
      10 |     - { add: [h1, inner, self], name: self }
         |                          ^^^^"
    `)
  })

  it("are checked although the rest of the model is wrong", () => {
    expect(layers("    - { dense: -8, name: h1 }\n    - add: [h1, h2]\n").match(/error\[\w+\]/g)).toEqual([
      "error[S103]",
      "error[R203]",
    ])
  })
})
