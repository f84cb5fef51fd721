import { Result } from "effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Render from "../src/diagnostic/Render.ts"
import * as Positions from "../src/source/Positions.ts"
import * as Source from "../src/source/Source.ts"
import * as Bytes from "../src/text/Bytes.ts"
import * as Yaml from "../src/text/Yaml.ts"

const parse = (text: string) => Yaml.parse(Source.fromText("m.yaml", text))

const shown = (text: string) => {
  const source = Source.fromText("m.yaml", text)
  return Yaml.parse(source)
    .diagnostics.map((d) => Render.text(d, source))
    .join("\n")
}

const bytes = (input: Uint8Array) => {
  const result = Bytes.fromBytes("m.yaml", input)
  return Result.isFailure(result) ? Render.text(result.failure, undefined) : result.success
}

describe("data", () => {
  it("is plain, and knows YAML 1.2 core alone", () => {
    expect(parse("a: [1, -0x0, 1e-3, yes, true, ~, .inf, '3']\nb: { c: null, d: }\n10: x\n").data).toEqual({
      "10": "x",
      a: [1, "-0x0", 1e-3, "yes", true, null, Number.POSITIVE_INFINITY, "3"],
      b: { c: null, d: null },
    })
  })

  it("is JSON too", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(value !== null && !JSON.stringify(value).includes("__proto__") && !/"(<<)?":/.test(JSON.stringify(value)))
        expect(JSON.stringify(parse(JSON.stringify(value)).data)).toBe(JSON.stringify(value))
      }),
      { numRuns: 200 },
    )
  })

  it("never lets a key reach a prototype", () => {
    const { data, diagnostics } = parse('{ "__proto__": { polluted: true }, constructor: 3 }')
    expect(diagnostics.map((d) => d.code)).toEqual(["Y007"])
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype)
    expect(data).toEqual({ constructor: 3 })
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false)
  })
})

describe("positions", () => {
  it("say where each key and value is written", () => {
    const { positions } = parse("train:\n  optimizer: { sgd: { lr: 0.1 } }\n  metrics:\n    - accuracy\n")
    const text = (path: ReadonlyArray<string | number>) => {
      const place = Positions.at(positions, path)
      const cut = (span: Source.Span | undefined) =>
        span && `${span.line}:${span.column} ${positions.source.text.slice(span.start, span.end)}`
      return [cut(place?.key), cut(place?.value)]
    }
    expect(text(["train", "optimizer", "sgd", "lr"])).toEqual(["2:23 lr", "2:27 0.1"])
    expect(text(["train", "metrics", 0])).toEqual([undefined, "4:7 accuracy"])
    expect(Positions.nearest(positions, ["train", "metrics", 0, "accuracy", "k"])).toEqual(
      Positions.at(positions, ["train", "metrics", 0]),
    )
  })
})

describe("what a model file may not hold", () => {
  it("shows each at its place", () => {
    expect(shown("a: [1, 2\nb: 3\n")).toMatchInlineSnapshot(`
      "error[Y001]: the bracket \`[\` that opens here is not closed
        --> m.yaml:1:4
      1 | a: [1, 2
        |    ^
      2 | b: 3
        | - \`]\` is missing before this
        = help: write \`]\` where the list ends  [fix available]"
    `)
    expect(shown("train:\n  seed: 1\n  seed: 2\n")).toMatchInlineSnapshot(`
      "error[Y002]: the key \`seed\` is set twice in train
        --> m.yaml:3:3
      2 |   seed: 1
        |   ---- first set here
      3 |   seed: 2
        |   ^^^^
        = help: keep one of them"
    `)
    expect(shown("a: &x 1\nb: *x\n<<: { c: 1 }\nd: !!str 3\ne: !foo 4\n")).toMatchInlineSnapshot(`
      "error[Y003]: the anchor \`&x\` is not allowed
        --> m.yaml:1:4
      1 | a: &x 1
        |    ^^
        = help: name shared values under \`vars\` and read them with \`$name\`
      error[Y003]: the alias \`*x\` is not allowed
        --> m.yaml:2:4
      2 | b: *x
        |    ^^
        = help: name shared values under \`vars\` and read them with \`$name\`
      error[Y003]: the merge key \`<<\` is not allowed
        --> m.yaml:3:1
      3 | <<: { c: 1 }
        | ^^
        = help: name shared values under \`vars\` and read them with \`$name\`
      error[Y003]: the tag \`!!str\` is not allowed
        --> m.yaml:4:4
      4 | d: !!str 3
        |    ^^^^^
        = help: write the value plainly; a model file has no tags
      error[Y003]: the tag \`!foo\` is not allowed
        --> m.yaml:5:4
      5 | e: !foo 4
        |    ^^^^
        = help: write the value plainly; a model file has no tags"
    `)
    expect(shown("a: 1\n---\nb: 2\n")).toMatchInlineSnapshot(`
      "error[Y008]: a model file has one document; a second one starts here
        --> m.yaml:2:1
      2 | ---
        | ^
        = help: write each model to its own file"
    `)
    expect(shown("a: 1\n\tb: 2\n")).toMatchInlineSnapshot(`
      "error[Y001]: tabs are not allowed as indentation
        --> m.yaml:2:1
      2 |  b: 2
        | ^
        = help: indent with spaces; YAML does not allow tabs there"
    `)
    expect(shown("? [1, 2]\n: 3\n: 4\n")).toMatchInlineSnapshot(`
      "error[Y007]: a key must be a plain name
        --> m.yaml:1:3
      1 | ? [1, 2]
        |   ^^^^^^
        = help: write \`name: value\`; keys cannot be empty, lists or maps
      error[Y007]: a key must be a plain name
        --> m.yaml:3:1
      3 | : 4
        | ^
        = help: write \`name: value\`; keys cannot be empty, lists or maps"
    `)
    expect(shown("# nothing but a comment\n")).toMatchInlineSnapshot(`
      "error[Y005]: the file is empty
        --> m.yaml
         = help: a model file starts with \`schema: 1\`"
    `)
    expect(shown("%YAML 1.1\n---\na: yes\n")).toMatchInlineSnapshot(`
      "error[Y003]: the directive \`%YAML 1.1\` is not allowed
        --> m.yaml:1:1
      1 | %YAML 1.1
        | ^^^^^^^^^
        = help: delete the line; a model file is always read as YAML 1.2"
    `)
    expect(shown(`a: ${"[".repeat(1000)}`)).toMatchInlineSnapshot(`
      "error[Y006]: maps and lists stand more than 64 deep inside each other
        --> m.yaml:1:70
      1 | …[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…
        |                                          ^"
    `)
  })

  it("refuses bytes that are not text before parsing them", () => {
    expect(bytes(new Uint8Array())).toMatchInlineSnapshot(`
      "error[Y005]: the file is empty
        --> m.yaml
         = help: a model file starts with \`schema: 1\`"
    `)
    expect(bytes(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00))).toMatchInlineSnapshot(`
      "error[Y004]: this is not UTF-8 text: byte 0 is 0x89
        --> m.yaml:1:1
         = help: a model file is YAML or JSON saved as UTF-8"
    `)
    expect(bytes(Uint8Array.of(0x61, 0x3a, 0x20, 0xff))).toMatchInlineSnapshot(`
      "error[Y004]: this is not UTF-8 text: byte 3 is 0xFF
        --> m.yaml:1:4
         = help: save the file as UTF-8"
    `)
    expect(bytes(new TextEncoder().encode("a: \u001b[2J"))).toMatchInlineSnapshot(`
      "error[Y004]: the file contains the control character U+001B, which is not text
        --> m.yaml:1:4
         = help: delete it, or write it as an escape in a quoted string"
    `)
    expect(bytes(new Uint8Array(Bytes.maxBytes + 1).fill(0x61))).toMatchInlineSnapshot(`
      "error[Y006]: the file has 458753 bytes; a model file has at most 458752
        --> m.yaml
         = help: keep the data in a separate file, and name it in \`data.source\`"
    `)
  })

  it("never throws, whatever the text", () => {
    const fragments = [
      "a",
      ": ",
      "- ",
      "\n",
      "  ",
      "[",
      "]",
      "{",
      "}",
      ",",
      "'",
      '"',
      "&x ",
      "*x",
      "!t ",
      "|\n",
      ">-\n",
      "? ",
      "#",
      "---\n",
      "...\n",
      "%YAML 1.2\n",
      "<<",
      "\t",
      "\r",
      "0x1f",
      ".nan",
      "~",
      "$w",
      "\u2028",
      "🙂",
    ]
    const yamlish = fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((parts) => parts.join(""))
    fc.assert(
      fc.property(fc.oneof(yamlish, fc.string({ unit: "binary" })), (text) => {
        const source = Source.fromText("m.yaml", text)
        for (const diagnostic of Yaml.parse(source).diagnostics)
          expect(Render.text(diagnostic, source)).toContain(diagnostic.code)
      }),
      { numRuns: 2000 },
    )
  })
})
