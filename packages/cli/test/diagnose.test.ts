/** `adjoint diagnose`: what is wrong with a net is located in its model file, and nothing is changed. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { beforeAll, describe, expect, test } from "vitest"
import { folder, jsonLines, run } from "./world.ts"

const model = (name: string, layers: string, train: string, more = "") => `schema: 1
name: ${name}
data: { source: { moons: { count: 120 } }, split: { val: 30, seed: 2 } }
model: { layers: [${layers}, { head: label }] }
train: { seed: 3, epochs: 4, batch: 30, ${train} }
${more}`

const sigmoid = "{ dense: { units: 8, activation: sigmoid } }"
const silent = "lint: { allow: [A601, A604, A607, A620] }\n"
const directory = folder({
  "good.yaml": model("good", "{ dense: { units: 16, activation: tanh } }", "optimizer: { adam: 0.02 }"),
  "deep.yaml": model("deep", Array(9).fill(sigmoid).join(", "), "optimizer: { adam: 0.02 }", silent),
  "high.yaml": model("high", "{ dense: { units: 16, activation: relu } }", "optimizer: { adam: { lr: 9 } }", silent),
  "allowed.yaml": model(
    "allowed",
    "{ dense: 16 }, relu",
    "optimizer: { adam: { lr: 9 } }",
    "lint: { allow: [A620, L703, L706] }\n",
  ),
})
const runs = join(directory, "runs")
const file = (name: string) => join(directory, name)
const diagnose = (subject: string, ...args: ReadonlyArray<string>) => run(["diagnose", subject, "--runs", runs, ...args])
const events = async (subject: string, ...args: ReadonlyArray<string>) =>
  jsonLines((await diagnose(subject, "--json", ...args)).stdout)

const ofModels = ["initial_loss", "overfit", "learning_rate", "layers", "gradients", "updates", "dead_units"]
const ofRuns = ["layers", "gradients", "updates", "dead_units", "gap", "baselines"]

describe("a model file", () => {
  test("that is healthy has a mark for each diagnosis, and no findings", async () => {
    const { code, stderr, stdout } = await diagnose(file("good.yaml"))
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^✓ first loss 0\.\d+, ln 2 = 0\.693; /m)
    expect(stdout).toMatch(/^✓ learns 16 rows by heart in \d+ steps$/m)
    expect(stdout).toMatch(/^✓ learning rate 1e-6 .* steepest at \S+ \(yours 0\.02\)$/m)
    expect(stdout).toMatch(/^ {2}layer +mean +std +at ends +outputs +std of ∂L\/∂y +dead +‖∂L\/∂w‖ +step\/weight$/m)
    expect(stdout).toMatch(/^ {2}dense1 /m)
    expect(stdout).not.toMatch(/✗|warning/)
  })

  test("has the numbers of each diagnosis as an event", async () => {
    const all = await events(file("good.yaml"))
    expect(all.map(({ diagnosis }) => diagnosis)).toEqual(ofModels)
    for (const each of all) {
      expect(each).toMatchObject({ version: 1, event: "diagnosed", healthy: true, diagnostics: [] })
      expect(each[each.diagnosis]).toBeDefined()
    }
    expect(all[0].initial_loss.expected).toBeCloseTo(Math.log(2), 5)
    // The ends of tanh are known from the model file.
    expect(
      all[3].layers.map(({ layer, output }: never) => [layer, (output as { saturated?: number }).saturated !== undefined]),
    ).toEqual([
      ["dense1", true],
      ["head1", false],
    ])
  })

  test("of deep sigmoids is told where its gradient vanishes", async () => {
    const { stdout } = await diagnose(file("deep.yaml"), "--only", "gradients")
    expect(stdout).toContain("✗ gradients")
    expect(stdout).toMatch(/warning\[L705\]: the gradient of dense1 has the norm \S+, that of head1 \S+: it vanishes/)
    expect(stdout).toContain(`--> ${file("deep.yaml")}:4:21`)
  })

  test("with a rate above the band gets a better one as a fix", async () => {
    const [rate] = await events(file("high.yaml"), "--only", "learning_rate")
    const [{ code, fix, span }] = rate.diagnostics
    expect(code).toBe("L703")
    const text = readFileSync(file("high.yaml"), "utf8")
    expect(text.slice(span.start, span.end)).toBe("9")
    const mended = text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end)
    const better = folder({ "mended.yaml": mended })
    const again = await events(join(better, "mended.yaml"), "--only", "learning_rate")
    expect(again[0]).toMatchObject({ healthy: true, learning_rate: { rate: Number(fix.text) } })
  })

  test("has no findings of the codes that it allows", async () => {
    const { stdout } = await diagnose(file("allowed.yaml"), "--only", "learning_rate,updates")
    expect(stdout).not.toContain("warning")
  })

  test("gets a picture of each diagnosis, light and dark", async () => {
    const pictures = join(directory, "pictures")
    const { stderr } = await diagnose(file("good.yaml"), "--plot", pictures)
    const names = ofModels.map((name) => `${name.replaceAll("_", "-")}.svg`)
    expect(readdirSync(pictures).sort()).toEqual(names.toSorted())
    for (const name of names) {
      const text = readFileSync(join(pictures, name), "utf8")
      expect(text).toMatch(/^<svg xmlns/)
      expect(text).toContain("prefers-color-scheme: dark")
      expect(text).not.toMatch(/NaN|Infinity|undefined/)
      expect(stderr).toContain(`wrote ${join(pictures, name)}`)
    }
  })
})

/** A model file after the fix of a finding, and what `check` says of it. */
const mended = async (
  text: string,
  fix: { readonly span: { readonly start: number; readonly end: number }; readonly text: string },
) => {
  const result = text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end)
  const at = join(folder({ "mended.yaml": result }), "mended.yaml")
  return { at, result, ...(await run(["check", at])) }
}

test("a signal that fades gets the initializer that suits its activation as a fix", async () => {
  const text = model(
    "fade",
    Array(5).fill("{ dense: { units: 16, activation: tanh } }").join(", "),
    "optimizer: { adam: 0.01 }",
  ).replace("model: {", "model: { init: { normal: 0.01 },")
  const at = join(folder({ "fade.yaml": text }), "fade.yaml")
  const [found] = await events(at, "--only", "layers")
  expect(found.diagnostics[0]).toMatchObject({ code: "L704", message: expect.stringContaining("the signal fades") })
  const better = await mended(text, found.diagnostics[0].fix)
  expect(better.result).toContain("init: auto")
  expect(better.code).toBe(0)
  expect(await events(better.at, "--only", "layers")).toMatchObject([{ healthy: true }])
})

test("a run that learned its rows by heart gets early stopping as a fix", async () => {
  const text = model("over", "{ dense: { units: 64, activation: relu } }", "optimizer: { adam: 0.05 }")
    .replace("moons: { count: 120 }", "moons: { count: 60, noise: 0.4 }")
    .replace("epochs: 4", "epochs: 120")
  const at = join(folder({ "over.yaml": text }), "over.yaml")
  expect(await run(["train", at, "--runs", runs])).toMatchObject({ code: 0 })
  const [found] = await events("over/0001", "--only", "gap")
  expect(found.diagnostics[0].code).toBe("L708")
  const better = await mended(text, found.diagnostics[0].fix)
  expect(better.result).toContain("callbacks: [early_stop]")
  expect(better.code).toBe(0)
})

describe("a run", () => {
  beforeAll(async () => {
    expect(await run(["train", file("high.yaml"), "--runs", runs])).toMatchObject({ code: 0 })
  })

  const bytes = () => {
    const last = join(runs, "high/0001/checkpoints/last")
    return readdirSync(last).map((name) => readFileSync(join(last, name)).toString("base64"))
  }

  test("is diagnosed with its trained weights, which stay as they are", async () => {
    const before = bytes()
    const all = await events("high/0001")
    expect(all.map(({ diagnosis }) => diagnosis)).toEqual(ofRuns)
    expect(bytes()).toEqual(before)
    const { baselines, gap } = Object.assign({}, ...all)
    const summary = JSON.parse(readFileSync(join(runs, "high/0001/summary.json"), "utf8"))
    expect(gap.validation.loss).toBeCloseTo(summary.val.loss, 5)
    expect(baselines.own.loss).toBeCloseTo(summary.val.loss, 5)
    expect(baselines.linear.accuracy).toBeGreaterThan(0.75)
  })

  test("that loses against a linear model is told so, at its own copy of the model file", async () => {
    const [found] = await events("high/0001", "--only", "baselines")
    expect(found.healthy).toBe(false)
    expect(found.diagnostics[0]).toMatchObject({ code: "L709", file: expect.stringContaining("0001/model.yaml") })
  })

  test("leaves nothing behind", () => {
    expect(existsSync(join(runs, "high/0002"))).toBe(false)
  })
})

test.each([
  [["--only", "layer"], "did you mean `layers`?"],
  [["--only", "gap"], "`gap` looks at trained weights"],
])("%j is refused", async (args, message) => {
  const { code, stderr, stdout } = await diagnose(file("good.yaml"), ...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
  expect(stderr).toContain(message)
})

describe("the linear model beside a run", () => {
  test("is printed before it, kept in its summary, and the run says that it is worse", async () => {
    const { stderr } = await run(["train", file("high.yaml"), "--runs", join(directory, "linear"), "--set", "name=linear"])
    expect(stderr).toMatch(/^baselines: majority .* · linear accuracy \d\d\.\d\d%$/m)
    const summary = JSON.parse(readFileSync(join(directory, "linear/linear/0001/summary.json"), "utf8"))
    expect(summary.linear.accuracy).toBeGreaterThan(0.75)
    expect(summary.worseThanLinear ?? summary.worseThanBaseline).toMatch(/^val\./)
    expect(stderr).toMatch(/warning: val\.\w+ \S+ is worse than /)
  })

  test("has the same scores in every run of the same rows", async () => {
    const linear = async (seed: number) => {
      const out = join(directory, `linear-${seed}`)
      await run(["train", file("good.yaml"), "--runs", out, "--set", `train.optimizer.adam.lr=0.0${seed}`])
      return JSON.parse(readFileSync(join(out, "good/0001/summary.json"), "utf8")).linear
    }
    expect(await linear(1)).toEqual(await linear(2))
  })
})
