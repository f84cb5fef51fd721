/** Activations drawn: in letters, as SVG, as numbers. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Activation from "@adjoint/core/learning/Activation"
import { make } from "@adjoint/core/learning/Entry"
import { describe, expect, test } from "vitest"
import { figure } from "../src/plot/Activation.ts"
import { curves, extent, pieces } from "../src/plot/Curve.ts"
import { svg } from "../src/plot/Svg.ts"
import { folder, run } from "./world.ts"

const directory = folder()
const file = (name: string) => join(directory, name)
const names = Object.keys(Activation.table) as ReadonlyArray<Activation.Name>
const range = { low: -6, high: 6 }

describe("plot", () => {
  test("draws a function and its derivative with letters", async () => {
    const { code, stderr, stdout } = await run(["plot", "elu", "-o", file("elu.svg")])
    expect({ code, stderr }).toEqual({ code: 0, stderr: `wrote ${file("elu.svg")}\n` })
    expect(stdout).toMatchInlineSnapshot(`
      "elu
      ⠤⠤ f(z) = z if z > 0 else α(eᶻ - 1)
      ⠄⠄ f′(z) = 1 if z > 0 else αeᶻ, f′(0) = α

       6                                       ⠨                                     ⢀
                                               ⠨                                   ⡠⠒⠁
                                               ⠨                                ⢀⠔⠊
       5                                       ⠨                              ⡠⠔⠁
                                               ⠨                           ⢀⡠⠊
                                               ⠨                         ⣀⠔⠁
       4                                       ⠨                       ⡠⠊
                                               ⠨                    ⢀⠔⠉
       3                                       ⠨                  ⡠⠊⠁
                                               ⠨               ⢀⠔⠊
                                               ⠨             ⡠⠒⠁
       2                                       ⠨          ⢀⠤⠊
                                               ⠨        ⡠⠔⠁
       1                                       ⠨⣀⢀⡀⣀⢀⣀⣠⢊⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀⡀⣀⢀
                                            ⢀⠤⠊⠨   ⣀⠔⠁
                                      ⣀⢀⠤ ⠒⠁   ⠨ ⡠⠊
       0 ⠠⠄⠤⠠⠄⠤⠠⠄⠤⠠⠄⠔⠂⠒⠐⠂⠒⠐⠂⠒⠐⠂⠒⠐⠊⠈⠁⠉⠄⠄⠄⠄⠄⠄⠄⠄⠄⢀⠔⠉⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄
                                          ⢀⡠⠔⠊⠁⠨
                             ⢀⣀⣀⣀⣀⣀⡠⠤⠤⠔⠒⠊⠉⠁    ⠨
      −1 ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠁                 ⠨
         −6          −4           −2           0            2           4            6
      "
    `)
  })

  test("a legend keeps a remark in brackets whole", async () => {
    for (const name of names) {
      const legend = (await run(["plot", name, "-o", file("any.svg"), "--json"])).stdout
      const { derivative: shown, formula } = JSON.parse(legend)
      for (const text of [shown, formula]) expect([text, text.split("(").length]).toEqual([text, text.split(")").length])
    }
  })

  test("replaces a picture only where it was named, and says so", async () => {
    const named = file("named.svg")
    expect((await run(["plot", "relu", "-o", named])).stderr).toBe(`wrote ${named}\n`)
    expect((await run(["plot", "relu", "-o", named])).stderr).toBe(`unchanged ${named}\n`)
    expect((await run(["plot", "tanh", "-o", named])).stderr).toBe(`replaced ${named}\n`)
    expect(readFileSync(named, "utf8")).toContain("<desc>tanh and its derivative</desc>")

    const before = process.cwd()
    process.chdir(directory)
    try {
      writeFileSync("mish.svg", "mine")
      expect(await run(["plot", "mish"])).toEqual({
        code: 2,
        stdout: "",
        stderr: "error: mish.svg is there already\n  try: -o mish.svg replaces it\n",
      })
      expect(readFileSync("mish.svg", "utf8")).toBe("mine")
    } finally {
      process.chdir(before)
    }
  })

  test("takes options as files do, and refuses what files refuse", async () => {
    const { stdout } = await run(["plot", "leaky_relu", "--set", "alpha=0.1", "-o", file("leaky.svg")])
    expect(stdout).toMatch(/^leaky_relu \(alpha 0\.1\)\n/)
    const refused = async (...args: ReadonlyArray<string>) => {
      const { code, stderr } = await run(["plot", ...args, "-o", file("never.svg")])
      expect(code).toBe(2)
      return stderr
    }
    expect(await refused("leaky_relu", "--set", "alhpa=0.1")).toContain("did you mean `alpha`?")
    expect(await refused("leaky_relu", "--set", "alpha=much")).toContain("expected a number >= 0")
    expect(await refused("leaky_relu", "--set", "alpha")).toContain("sets nothing")
    expect(await refused("rleu")).toContain("did you mean `relu`?")
    expect(await refused("constructor")).toContain("there is no activation `constructor`")
    expect(await refused("relu", "--range=3:-3")).toContain("`3:-3` is not a range")
    expect(existsSync(file("never.svg"))).toBe(false)
  })

  test("writes SVG alone, where it can", async () => {
    const other = await run(["plot", "relu", "-o", file("relu.png")])
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining("pictures are SVG") })
    expect(existsSync(file("relu.png"))).toBe(false)
    const nowhere = await run(["plot", "relu", "-o", file("none/relu.svg")])
    expect(nowhere).toMatchObject({ code: 8, stderr: expect.stringContaining(`${file("none/relu.svg")}: no such file`) })
  })

  test("--json gives the points, and a picture only where one is asked for", async () => {
    const { stderr, stdout } = await run(["plot", "softplus", "--json", "--range=-1:1"])
    const { points, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({ version: 1, name: "softplus", options: { beta: 1 }, derivative: "f′(z) = σ(βz)" })
    expect(stderr).toBe("")
    const middle = points.z.indexOf(0)
    expect([points.z[0], points.z.at(-1)]).toEqual([-1, 1])
    expect(points.f[middle]).toBeCloseTo(Math.log(2), 12)
    expect(points.slope[middle]).toBeCloseTo(0.5, 12)
  })

  test("the picture of docs/command.md is what it draws", async () => {
    await run(["plot", "gelu", "-o", file("gelu.svg")])
    const shown = join(import.meta.dirname, "../../../docs/pictures/gelu.svg")
    expect(readFileSync(file("gelu.svg"), "utf8")).toBe(readFileSync(shown, "utf8"))
  })

  test("colours what a terminal shows", async () => {
    const { stdout } = await run(["plot", "relu", "-o", file("colour.svg")], { env: { FORCE_COLOR: "1" } })
    expect(stdout).toContain("\u001b[36m")
    expect(stdout).toContain("\u001b[33m")
  })
})

describe.each(names)("%s", (name) => {
  const activation = make(Activation.table, { name, options: {} })
  const drawn = curves(activation, range)

  test("has a slope that its curve has", () => {
    const { f, slope, z } = drawn
    for (let i = 1; i < z.length - 1; i++) {
      const [before = 0, here = 0, after = 0] = f.slice(i - 1, i + 2)
      const step = (z[i + 1] ?? 0) - (z[i - 1] ?? 0)
      // Where it jumps or has a kink, differences say nothing; where only its curvature jumps (softsign), little.
      if (Math.abs(after - 2 * here + before) > 1e-3) continue
      expect(Math.abs((slope[i] ?? 0) - (after - before) / step)).toBeLessThan(0.011)
    }
  })

  test("is drawn inside its frame", () => {
    const picture = svg(figure(drawn, { title: name, formula: "a < b & c", derivative: "" }))
    expect(picture).toContain("a &lt; b &amp; c")
    const places = [...picture.matchAll(/ d="([^"]+)"/g)].flatMap(([, d = ""]) => d.match(/-?[\d.]+,-?[\d.]+/g) ?? [])
    expect(places.length).toBeGreaterThan(2000)
    const lines = [...picture.matchAll(/<line class="(?:grid|axis)" x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"/g)]
    const ends = (...at: ReadonlyArray<number>) => lines.flatMap((line) => at.map((i) => Number(line[i])))
    const [xs, ys] = [ends(1, 3), ends(2, 4)]
    const frame = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) }
    expect(frame.right - frame.left).toBeGreaterThan(600)
    expect(frame.bottom - frame.top).toBeGreaterThan(300)
    for (const place of places) {
      const [x = Number.NaN, y = Number.NaN] = place.split(",").map(Number)
      if (!(x >= frame.left && x <= frame.right && y >= frame.top && y <= frame.bottom)) expect.fail(`${place} is outside`)
    }
  })
})

test("a curve is broken where it jumps, and nowhere else", () => {
  const broken = (name: Activation.Name) => {
    const { f, slope, z } = curves(make(Activation.table, { name, options: {} }), range)
    return [pieces(z, f).length, pieces(z, slope).length]
  }
  expect(broken("step")).toEqual([2, 1])
  expect(broken("relu")).toEqual([1, 2])
  expect(broken("hard_sigmoid")).toEqual([1, 3])
  expect(broken("selu")).toEqual([1, 2])
  expect(broken("gelu")).toEqual([1, 1])
  expect(broken("sigmoid")).toEqual([1, 1])
})

test("what is flat has room around it too", () => {
  const [low, high] = extent({ z: [0, 1], f: [0, 0], slope: [0, 0] })
  expect(low).toBeLessThan(0)
  expect(high).toBeGreaterThan(0)
})
