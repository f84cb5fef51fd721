/** Everything that has a name is explained. */
import { codes } from "@adjoint/dsl/diagnostic/Codes"
import { read } from "@adjoint/dsl/Read"
import { fromText } from "@adjoint/dsl/source/Source"
import { describe, expect, test } from "vitest"
import { find, inFile, names, optionNames, sections } from "../src/explain/Entries.ts"
import type { Found } from "../src/explain/Found.ts"
import * as Keys from "../src/explain/Keys.ts"
import { exitCodes, meanings } from "../src/report/ExitCode.ts"
import { run } from "./world.ts"

/** A snippet as a whole file. */
const completed = (text: string): string => {
  const plain = {
    schema: "schema: 1",
    data: "data: { source: moons }",
    model: "model: { layers: [{ dense: 8 }, relu, { head: label }] }",
  }
  return [text, ...Object.entries(plain).flatMap(([section, line]) => (text.startsWith(`${section}:`) ? [] : [line])), ""].join(
    "\n",
  )
}

const explained = async (word: string): Promise<{ readonly found: ReadonlyArray<Found> }> =>
  JSON.parse((await run(["explain", word, "--json"])).stdout)

describe("explain", () => {
  test("prints what an entry is, how it is computed, when to use it and how a file says it", async () => {
    const { code, stderr, stdout } = await run(["explain", "leaky_relu"])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatchInlineSnapshot(`
      "leaky_relu activation

      The positive part, with a small slope below zero.

          f(z) = z if z > 0 else αz
          f′(z) = 1 if z > 0 else α, f′(0) = α

      options
        alpha  a number >= 0, default 0.01; a bare value sets it
               The slope below zero.

      when to use it
        Use it where relu units die: the slope keeps a gradient. 0.01 is usual; 0.1
        and 0.001 are also used.

      in a model file
        model: { layers: [{ dense: { units: 64, activation: { leaky_relu: 0.01 } } }] }

      source
        Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic
        models, 2013

      adjoint plot leaky_relu draws it
      "
    `)
  })

  test("an alias as what it stands for", async () => {
    const { stdout } = await run(["explain", "silu"])
    expect(stdout).toContain("silu activation: another name of swish\n\nswish activation, also silu\n")
  })

  test("a name of two tables in both, one after the other", async () => {
    const { stdout } = await run(["explain", "identity"])
    expect(stdout).toContain("identity activation, also linear\n")
    expect(stdout).toContain("identity initializer\n")
    const { stdout: said } = await run(["explain", "identity", "--json"])
    expect(JSON.parse(said).found).toMatchObject([
      { kind: "entry", table: "activation", derivative: "f′(z) = 1", options: {} },
      { kind: "entry", table: "initializer", main: "gain", options: { gain: { default: 1 } } },
    ])
  })

  test("codes, in either case", async () => {
    const { stdout } = await run(["explain", "a606"])
    expect(stdout).toContain("warning[A606]: selu without its requirements (advice)")
    expect(stdout).toContain("\nwrong\n    data:")
    expect(JSON.parse((await run(["explain", "A606", "--json"])).stdout).found).toMatchObject([
      { code: "A606", severity: "warning" },
    ])
  })

  test.each([
    ["lekyrelu", "did you mean leaky_relu?"],
    ["qqqqqqqqqqq", "near it are"],
    ["G999", "there are G401, G402"],
    ["__proto__", "near it are"],
    ["constructor", "near it are"],
  ])("says what comes near to %s", async (name, hint) => {
    const { code, stderr, stdout } = await run(["explain", name])
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toContain(hint)
  })

  test("fits the screen", async () => {
    for (const name of ["conv2d", "gelu", "adam"]) {
      const { stdout } = await run(["explain", name])
      const prose = stdout.split("\n").filter((line) => !line.startsWith("  model: ") && !line.startsWith("  train: "))
      expect(Math.max(...prose.map(({ length }) => length))).toBeLessThanOrEqual(88)
    }
  })
})

describe("every name of the catalogue", () => {
  test("and every code is explained", async () => {
    for (const name of [...names, ...Object.keys(codes)])
      expect(await run(["explain", name])).toMatchObject({ code: 0, stderr: "" })
  })

  test("is shown in a file as files say it", () => {
    for (const found of sections.flatMap(({ entries }) => Object.keys(entries)).flatMap(find)) {
      const text = inFile(found)
      if (text === undefined) expect(found.section.noun).toBe("report")
      else {
        const { diagnostics } = read(fromText("m.yaml", completed(text)))
        expect([text, diagnostics.filter(({ code }) => /^[YSR]/.test(code))]).toEqual([text, []])
      }
    }
  })
})

describe("every word of the language", () => {
  test.each([
    ["head", "model.layers[].head"],
    ["columns", "data.columns"],
    ["repeat", "model.layers[].repeat"],
    ["split", "data.split"],
    ["split", "evaluate.split"],
    ["vars", "vars"],
    ["blocks", "model.blocks"],
    ["use", "model.layers[].use"],
    ["stratify", "data.split.stratify"],
    ["epochs", "train.epochs"],
    ["train.epochs", "train.epochs"],
  ])("%s is explained as the key %s", async (word, path) => {
    const { code, stdout } = await run(["explain", word])
    expect(code).toBe(0)
    expect(stdout).toContain(`key of the model file, ${path}\n`)
  })

  test("every key of the JSON Schema is explained, where it stands and as a file says it", async () => {
    const keys = Keys.keys()
    expect(keys.length).toBeGreaterThan(80)
    for (const { example, name, path } of keys) {
      const { found } = await explained(name)
      expect(found.map((each) => ("path" in each ? each.path : each.kind))).toContainEqual(expect.toBeOneOf([path, "entry"]))
      expect([path, example]).toEqual([path, expect.stringContaining(`${name}: `)])
    }
  })

  test("an option says which entries have it, each with its default", async () => {
    const { found } = await explained("lr")
    const [ofOptimizers] = found.filter(({ kind }) => kind === "option")
    expect(ofOptimizers).toMatchObject({
      kind: "option",
      wanted: "a number > 0",
      entries: expect.arrayContaining([
        { table: "optimizer", name: "adam", default: 0.001 },
        { table: "optimizer", name: "sgd", default: 0.01 },
      ]),
    })
    for (const name of optionNames) expect((await explained(name)).found).not.toEqual([])
  })

  test("a word that is several things is listed first", async () => {
    const { stdout } = await run(["explain", "split"])
    expect(stdout).toMatch(
      /^2 things are called so\n {2}data\.split, key of the model file\n {2}evaluate\.split, key of the model file\n\n\nsplit key/,
    )
  })

  test.each([
    ["number", "column kind"],
    ["class", "column kind"],
    ["csv", "source"],
    ["early_stop", "callback"],
    ["l2", "regularizer"],
    ["freeze", "setting of a training"],
  ])("%s is an entry, %s", async (word, table) => {
    expect((await explained(word)).found).toContainEqual(expect.objectContaining({ kind: "entry", name: word, table }))
  })

  test.each([
    ["Adam", "adam"],
    ["nn.ReLU()", "relu"],
    ["LayerNorm", "layer_norm"],
    ["EarlyStop", "early_stop"],
    ["EarlyStopping", "early_stop"],
    ["xavier", "xavier_uniform"],
    ["kaiming", "he_normal"],
  ])("%s is called %s here", async (word, name) => {
    const { found } = await explained(word)
    expect(found).toContainEqual(expect.objectContaining({ kind: "entry", name }))
  })

  test.each([
    ["batch_size", "train.batch"],
    ["num_epochs", "train.epochs"],
  ])("%s is the key %s here", async (word, path) => {
    expect((await explained(word)).found).toContainEqual(expect.objectContaining({ kind: "key", path }))
  })

  test("exit codes are those of the command's page", async () => {
    for (const [name, code] of Object.entries(exitCodes))
      expect((await explained(String(code))).found).toEqual([
        { kind: "exit_code", code, name, doc: meanings[name as keyof typeof meanings] },
      ])
  })
})
