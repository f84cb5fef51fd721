/** The benchmark's code, with contenders that are scripts here; one row runs, and no peer is needed. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Key, Params } from "@adjoint/core"
import * as fc from "fast-check"
import { describe, expect, onTestFinished, test } from "vitest"
import { loadedBy } from "../bench/bundles.ts"
import { kernel } from "../bench/ceiling/kernel.ts"
import { Ceilings } from "../bench/ceiling.ts"
import { start } from "../bench/child.ts"
import { channelsFirst } from "../bench/contenders/channelsFirst.ts"
import { netOf } from "../bench/contenders/nets.ts"
import type { Contender } from "../bench/contenders.ts"
import { printTime } from "../bench/figures.ts"
import { exponent, growths } from "../bench/growth.ts"
import { watch } from "../bench/machine.ts"
import { measure, type Outcome } from "../bench/measure.ts"
import { occupy } from "../bench/neighbours.ts"
import {
  answers,
  classes,
  features,
  lenet,
  lstm,
  meanOfEmbeddings,
  type Network,
  parameterShapes,
  perceptron,
  tokens,
  transformer,
} from "../bench/network.ts"
import { optionsOf, UsageError } from "../bench/options.ts"
import { type Plan, plans } from "../bench/plan.ts"
import { type Answer, agree, probe } from "../bench/protocol.ts"
import { quotation, replaced } from "../bench/readme.ts"
import { fileName, json, markdown, type Run } from "../bench/report.ts"
import { type Row, type Section, sections } from "../bench/rows.ts"
import { isRough, quantile, summarize } from "../bench/statistics.ts"
import { workOf } from "../bench/work.ts"
import { compile, instantiate } from "../packages/core/src/backend/wasm/assembler/webAssembly.ts"

const contender = (label: string, command: string, script: string): Contender => ({
  label,
  command,
  arguments: ["-e", script],
  setting: { backend: "none", threads: 1 },
})
const scripted = (label: string, script: string): Contender => contender(label, process.execPath, script)
const answering = (message: Answer): string => `console.log(${JSON.stringify(JSON.stringify(message))});`
const ready = (results: ReadonlyArray<number>): string =>
  answering({ kind: "ready", version: "1.2.3", threads: 1, first: 7, results, processor: 1e9, memory: 5e7 })
/** Answers every question with the same timings. */
const timed = (...milliseconds: ReadonlyArray<number>): string =>
  `process.stdin.on("data", () => { ${answering({ kind: "samples", milliseconds, processor: 1e9, memory: 6e7 })} })`
/** Contenders report so much processor time that no round counts as disturbed, on a busy machine too. */
const plan: Plan = { ...plans.full, patience: 0, pause: 0 }

const ours = scripted("ours", `${ready([1, 2])} ${timed(0.5, 2, 1)}`)
const chatters = scripted("chatters", `console.log("hello"); console.log("{}"); ${ready([1.00005, 2])} ${timed(3)}`)
const disagrees = scripted("disagrees", ready([1, 2.001]))
const crashes = scripted("crashes", `throw new RangeError("no such luck")`)
const crashesLater = scripted(
  "crashes later",
  `${ready([1, 2])} process.stdin.once("data", () => process.kill(process.pid, "SIGKILL"))`,
)
const refuses = scripted("refuses", answering({ kind: "cannot", reason: "no kernel" }))
const lacks = scripted("lacks a library", answering({ kind: "absent", reason: "no module" }))
const notThere = contender("is not there", "/nowhere/python3", "")

const row: Row = {
  name: "n = 2",
  task: { kind: "product", n: 2 },
  ours,
  peers: [chatters, disagrees, crashes, crashesLater, refuses, lacks, notThere],
  operations: 16,
}

const section: Section = {
  key: "products",
  title: "Matrix product",
  unit: "[n, n] times [n, n]",
  timed: "repetition",
  plan,
  memory: true,
  rows: [row],
}

describe("a row", () => {
  test("has an outcome for every contender, and times for those that agree with ours", async () => {
    const outcomes = await measure.repetition(row, "", plan)
    const of = (who: Contender) => outcomes.get(who)
    expect(of(ours)).toMatchObject({ kind: "measured", version: "1.2.3", time: { median: 1, fastest: 0.5, repetitions: 9 } })
    expect(of(chatters)).toMatchObject({ kind: "measured", time: { median: 3 } })
    expect(of(disagrees)).toEqual({ kind: "disagrees", results: [1, 2.001], wanted: [1, 2] })
    expect(of(crashes)).toEqual({ kind: "cannot", reason: "it ended with code 1: RangeError: no such luck" })
    expect(of(crashesLater)).toMatchObject({ kind: "cannot", reason: expect.stringContaining("SIGKILL") })
    expect(of(refuses)).toEqual({ kind: "cannot", reason: "no kernel" })
    expect(of(lacks)).toEqual({ kind: "absent", reason: "no module" })
    expect(of(notThere)).toMatchObject({ kind: "absent", reason: expect.stringContaining("ENOENT") })
  })

  test("of starts times whole processes", async () => {
    const outcomes = await measure.start({ ...row, peers: [disagrees, notThere] }, "", plan)
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["measured", "disagrees", "absent"])
    expect(outcomes.get(ours)).toMatchObject({ time: { repetitions: plan.processes } })
  })

  test("of first times uses the time that each process reports", async () => {
    const outcomes = await measure.first({ ...row, peers: [disagrees, refuses] }, "", { ...plan, processes: 2 })
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["measured", "disagrees", "cannot"])
    expect(outcomes.get(ours)).toMatchObject({ time: { median: 7, repetitions: 2 } })
  })
})

test("a contender with enough timings gets no further round, and one with too few quiet rounds does", async () => {
  const rounds = async (who: Contender, more: Partial<Plan>) => {
    const outcome = (await measure.repetition({ ...row, ours: who, peers: [] }, "", { ...plan, ...more })).get(who)
    return outcome?.kind === "measured"
      ? { counted: outcome.time.repetitions / 3, isSpoiled: outcome.isSpoiled, memory: outcome.memory }
      : outcome
  }
  expect(await rounds(ours, { enough: 7 })).toEqual({ counted: 2, isSpoiled: false, memory: 6e7 })
  expect(await rounds(ours, { patience: 10_000 })).toEqual({ counted: 3, isSpoiled: false, memory: 6e7 })
  // Its own time counts as that of other programs in three rounds, since it reports none.
  const spoiled = scripted(
    "spoiled",
    `let asked = 0
    process.stdin.on("data", () => {
      const end = performance.now() + 200
      while (performance.now() < end);
      asked++
      console.log(JSON.stringify({ kind: "samples", milliseconds: [asked, asked, asked], processor: asked < 4 ? 0 : 1e9, memory: 6e7 }))
    })
    ${ready([1, 2])}`,
  )
  const strict = { enough: 1e9, quiet: 0.25 / availableParallelism() }
  expect(await rounds(spoiled, strict)).toEqual({ counted: 3, isSpoiled: true, memory: 6e7 })
  const repeated = await measure.repetition({ ...row, ours: spoiled, peers: [] }, "", { ...plan, ...strict, patience: 60_000 })
  expect(repeated.get(spoiled)).toMatchObject({ isSpoiled: false, time: { fastest: 4, repetitions: 9 } })
})

test("neighbours occupy cores until they are ended", async () => {
  const used = (): number => {
    const { system, user } = process.cpuUsage()
    return (system + user) / 1000
  }
  const end = await occupy(1)
  const before = used()
  // Sleeping alone would never use so much.
  for (let slept = 0; used() - before < 10 + slept / 10; slept += 50) await sleep(50)
  await end()
})

test("the ceiling is measured with programs that compute", async () => {
  for (const isFused of [false, true]) {
    const { run } = instantiate(compile(kernel(4, isFused)))
    expect(run?.(1000)).toBeUndefined()
  }
  const ceilings = new Ceilings()
  const work = { operations: 1e6, bytes: 0 }
  const least = await ceilings.least(work, 1)
  expect(least).toBeGreaterThan(0)
  expect(await ceilings.least(work, 1)).toBe(least)
  expect((await ceilings.all()).map(({ operations, threads }) => [threads, work.operations / operations])).toEqual([[1, least]])
  // A copy takes time too, and the longer of both counts.
  expect(await ceilings.least({ operations: 0, bytes: 1e6 }, 1)).toBeGreaterThan(0)
  expect(await ceilings.least({ ...work, operations: 1e12, bytes: 1e6 }, 1)).toBeCloseTo(least * 1e6, 6)
})

test("the work of a task is counted from its shapes", () => {
  expect(workOf({ kind: "product", n: 10 })).toEqual({ operations: 2000, bytes: 1200 })
  const small: Network = { name: "small", input: [4], layers: perceptron([4, 3, 2]).layers }
  // Forward 12 + 6 multiplications for a row; the gradient of the input is not needed.
  expect(workOf({ kind: "train", network: small, batch: 5, optimizer: "adam", loss: "classes" })).toEqual({
    operations: 5 * 2 * (3 * 18 - 12),
    bytes: 24 * (12 + 3 + 6 + 2),
  })
  expect(workOf({ kind: "infer", network: lenet, batch: 1, rows: 1 }).operations).toBe(
    2 * (28 * 28 * 25 * 6 + 10 * 10 * 25 * 6 * 16 + 400 * 120 + 120 * 84 + 84 * 10),
  )
  expect(workOf({ kind: "infer", network: lstm, batch: 1, rows: 1 }).operations).toBe(2 * (50 * (32 + 128) * 512 + 128 * 10))
  // Two blocks: four maps, two dense layers, and two products for each pair of positions.
  expect(workOf({ kind: "infer", network: transformer, batch: 1, rows: 1 }).operations).toBe(
    2 * (2 * (64 * 12 * 128 * 128 + 2 * 64 * 64 * 128) + 64 * 128 * 65),
  )
})

test("the share of other processes excludes the measured time", async () => {
  const others = watch()
  const end = performance.now() + 100
  while (performance.now() < end);
  // This process is excluded, and the reported 1e9 ms are more than all others used.
  expect(others(1e9)).toBe(0)
})

test("a contender that hangs is ended", async () => {
  const child = start(scripted("hangs", "setInterval(() => undefined, 1000)"), { task: row.task, folder: "", times: 1 })
  expect(await child.answer(100)).toEqual({ kind: "cannot", reason: "no answer within 0.1 s" })
  await child.close()
})

test("results agree if each is within the tolerance, and NaN never does", () => {
  expect(agree([1.50007, 2.2], [1.5, 2.2], 1e-4)).toBe(true)
  expect(agree([1.5004, 2.2], [1.5, 2.2], 1e-4)).toBe(false)
  expect(agree([Number.NaN], [Number.NaN], 1e-4)).toBe(false)
  expect(agree([1], [1, 1], 1e-4)).toBe(false)
  expect(probe(Float32Array.from({ length: 32 }, (_, i) => i))).toEqual(Array.from({ length: 16 }, (_, i) => 2 * i))
})

test("statistics use the sorted timings", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(summarize([10, 9, 100])).toEqual({ median: 10, fastest: 9, quartiles: [9.5, 55], repetitions: 3 })
  expect(isRough(summarize([10, 9, 100]))).toBe(true)
  expect(isRough(summarize([10, 9, 11]))).toBe(false)
})

describe("the networks", () => {
  const networks = sections.flatMap(({ rows }) => rows.flatMap(({ task }) => ("network" in task ? [task.network] : [])))

  test("have the shapes and the parameters of Adjoint's nets", () => {
    for (const network of networks) {
      const net = netOf(network)
      const sequence = answers(network) === 1 ? [] : [answers(network)]
      expect(net.shape(network.input), network.name).toEqual([...sequence, classes(network)])
      const leaves: Array<readonly [string, ReadonlyArray<number>]> = []
      Params.map(net.init(Key.make(1), network.input).params, (leaf, [layer, ...path]) => {
        leaves.push([`${Number.parseInt(String(layer), 10)}.${path.join(".")}`, leaf.shape])
        return leaf
      })
      const wanted = network.layers.flatMap((layer, i) =>
        Object.entries(parameterShapes(layer)).map(([name, shape]) => [`${i}.${name}`, shape] as const),
      )
      expect(Object.fromEntries(leaves), network.name).toEqual(Object.fromEntries(wanted))
    }
    expect([features(lenet), tokens(lenet), answers(lenet)]).toEqual([784, undefined, 1])
    expect([features(transformer), tokens(transformer), answers(transformer)]).toEqual([64, 65, 64])
    expect([tokens(meanOfEmbeddings), answers(meanOfEmbeddings), answers(lstm)]).toEqual([20_000, 1, 1])
  })

  test("have their weights reordered for channels-first libraries", () => {
    const network: Network = {
      name: "small",
      input: [2, 2, 3],
      layers: [
        { kind: "conv", size: 2, from: 3, to: 2, pad: "same", bias: true },
        { kind: "dense", rows: 12, columns: 2, activation: "identity", image: [2, 2, 3] },
      ],
    }
    // Each number encodes its position: row of the window, column, from, to; row of the image, column, channel, output.
    const conv = Float32Array.from(
      [0, 1].flatMap((i) => [0, 1].flatMap((j) => [0, 1, 2].flatMap((c) => [0, 1].map((f) => 1000 * i + 100 * j + 10 * c + f)))),
    )
    const b = new Float32Array(2)
    const [first, second] = channelsFirst(network, [
      { w: conv, b },
      { w: conv, b },
    ])
    expect([...(first?.w ?? [])]).toEqual(
      [0, 1].flatMap((f) => [0, 1, 2].flatMap((c) => [0, 1].flatMap((i) => [0, 1].map((j) => 1000 * i + 100 * j + 10 * c + f)))),
    )
    expect([...(second?.w ?? [])]).toEqual(
      [0, 1, 2].flatMap((c) => [0, 1].flatMap((i) => [0, 1].flatMap((j) => [0, 1].map((f) => 1000 * i + 100 * j + 10 * c + f)))),
    )
  })
})

describe("growth", () => {
  test("is the exponent of a power with any factor, without constant costs", () => {
    fc.assert(
      fc.property(fc.double({ min: -1, max: 3, noNaN: true }), fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (p, factor) => {
        const points = [1, 4, 16, 64].map((size) => ({ size, milliseconds: factor * size ** p }))
        expect(exponent(points)).toBeCloseTo(p, 6)
      }),
    )
    const flatAtFirst = [1, 2, 4, 8, 16, 32].map((size) => ({ size, milliseconds: Math.max(8, size) }))
    expect(exponent(flatAtFirst)).toBeCloseTo(1, 12)
    expect(exponent([{ size: 1, milliseconds: 1 }])).toBeUndefined()
  })

  test("is measured by batch, width and depth, from the least to the most", () => {
    const grown = sections.find(({ key }) => key === "growth")?.rows ?? []
    const sizes = (what: string) => grown.flatMap(({ grows }) => (grows?.with === what ? [grows.to] : []))
    expect(sizes("batch")).toEqual([1, 4, 16, 64, 256, 1024, 4096])
    expect(sizes("width")).toEqual([16, 32, 64, 128, 256, 512, 1024, 2048])
    expect(sizes("depth")).toEqual([1, 2, 4, 8, 16, 32, 64])
  })
})

test("every row has a unique folder and line", () => {
  const keys = sections.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  for (const { rows } of sections) expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
})

test("the rows of a section share their contenders, so that each has one column", () => {
  for (const { key, rows } of sections) {
    const found = new Set(rows.flatMap(({ ours, peers }) => [ours, ...peers]))
    expect([key, found.size]).toEqual([key, new Set([...found].map(({ label }) => label)).size])
  }
})

describe("the options of the command line", () => {
  const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, message: RegExp]> = [
    [["--fast"], /^Unknown option '--fast'; --help lists the options$/u],
    [["steps"], /^Unexpected argument 'steps'; --help/u],
    [["--rows"], /argument missing; --help/u],
    [["--rows", "stpes"], /^--rows: there is no section "stpes"; there are products, .*bundles$/u],
    [["--rows", "models:gru"], /^--rows: no row of models contains "gru"; there are Transformer.*LSTM/u],
    [["--peers", "Torch"], /^--peers: no label starts with "Torch"; there are Adjoint.*PyTorch.*; or none$/u],
    [["--patience", "long"], /^--patience: "long" is not a number of seconds; try --patience 60$/u],
    [["--patience", "-1"], /argument is ambiguous|not a number of seconds/u],
  ]
  test.each(wrong)("%j means nothing, and the message says why", (args, message) => {
    expect(() => optionsOf(args)).toThrow(UsageError)
    expect(() => optionsOf(args)).toThrow(message)
  })
  test("an error ends the command with one line and code 2", () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, "../bench/main.ts"), "--fast"], {
      encoding: "utf8",
    })
    expect([status, stdout, stderr]).toEqual([2, "", "bench: Unknown option '--fast'; --help lists the options\n"])
  })
  test("choose sections, rows, peers and patience", () => {
    expect(optionsOf(["--help"])).toEqual({ does: "help" })
    expect(optionsOf(["--readme"])).toEqual({ does: "readme" })
    expect(optionsOf([])).toMatchObject({ does: "measure", isRecord: true, bundles: true, sections })
    const some = optionsOf(["--rows", "models:lstm,models:vgg,bundles", "--peers", "jax", "--patience", "3"])
    if (some.does !== "measure") throw new Error("it does not measure")
    expect(some).toMatchObject({ isRecord: false, bundles: true })
    expect(
      some.sections.map(({ key, plan: { patience }, rows }) => [key, patience, rows.map(({ name }) => name.slice(0, 3))]),
    ).toEqual([["models", 3000, ["LST", "VGG"]]])
    expect(some.sections[0]?.rows[0]?.peers.map(({ label }) => label)).toEqual(["jax-js, wasm"])
  })
})

test("sections run from the command line with --quick", () => {
  const out = mkdtempSync(join(tmpdir(), "adjoint-bench-test-"))
  onTestFinished(() => rmSync(out, { recursive: true, force: true }))
  const command = [
    join(import.meta.dirname, "../bench/main.ts"),
    "--quick",
    "--rows",
    "reading,startup",
    "--peers",
    "none",
    "--out",
    out,
  ]
  const printed = execFileSync(process.execPath, command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
  const [record = "", page = ""] = readdirSync(out).toSorted()
  expect(readFileSync(join(out, page), "utf8")).toBe(`${printed.trimEnd()}\n`)
  const outcomes = JSON.parse(readFileSync(join(out, record), "utf8")).sections.map(
    ({ rows }: { rows: ReadonlyArray<{ outcomes: Record<string, { kind: string }>; ours: string }> }) =>
      rows.map(({ outcomes: of, ours: who }) => of[who]?.kind),
  )
  expect(outcomes).toEqual([Array(3).fill("measured"), Array(2).fill("measured")])
})

test.each([
  ["adjoint.ts", 90_900],
  ["adjointLoop.ts", 74_400],
])("a page that trains something does not grow unnoticed: %s", async (program, limit) => {
  // 90.8 and 73.9 kB on 2026-12-01; docs/decisions/start-up.md has the aim, and what the bytes are.
  expect((await loadedBy(program)).brotli).toBeLessThanOrEqual(limit)
})

test("times are printed in the unit that suits them", () => {
  expect([0.0254, 0.4567, 0.9997, 2.273, 109.6, 12_345].map(printTime)).toEqual([
    "25.4 µs",
    "457 µs",
    "1.00 ms",
    "2.27 ms",
    "110 ms",
    "12.3 s",
  ])
})

describe("the report", () => {
  const took = (...milliseconds: ReadonlyArray<number>): Outcome => ({
    kind: "measured",
    version: "1.2.3",
    threads: 2,
    results: [1, 2],
    time: summarize(milliseconds),
    disturbed: milliseconds.length / 10,
    isSpoiled: milliseconds.length > 1,
    memory: milliseconds.length * 5e7,
  })
  const run: Run = {
    date: "2026-11-20",
    machine: {
      cpu: "Intel(R) Core(TM) i7-8700 @ 3.2 GHz",
      cores: 4,
      memory: 16,
      system: "Linux 6.1",
      node: "24.0.0",
      lanes: 256,
    },
    data: "images are made up",
    ceilings: [
      { threads: 1, operations: 50e6 },
      { threads: 2, operations: 100e6 },
    ],
    eventLoops: [
      {
        label: "a net, Wasm.worker()",
        median: 0.04,
        p99: 1.25,
        worst: 12.4,
        longest: 3.21,
        interruption: 21.6,
        stepsPerSecond: 12.345,
      },
      { label: "a net, Wasm.layer()", reason: "no memory" },
    ],
    bundles: [
      { label: "ours", minified: 200_000, gzip: 80_000, brotli: 50_000 },
      { label: "theirs", minified: 300_000, gzip: 81_000, brotli: 4_000_000 },
      { label: "lacking", reason: "no bundler" },
    ],
    sections: [
      {
        section,
        rows: [
          {
            row,
            least: new Map([[2, 0.001]]),
            outcomes: new Map([
              [ours, took(0.004)],
              [chatters, took(0.004, 0.008, 0.02)],
              [disagrees, { kind: "disagrees", results: [3], wanted: [4] }],
              [refuses, { kind: "cannot", reason: "no kernel" }],
              [notThere, { kind: "absent", reason: "no Python" }],
            ]),
          },
        ],
      },
    ],
  }

  test("has a column for each contender, ours first, and says why a cell has no time", () => {
    const page = markdown(run)
    expect(page.slice(page.indexOf("## Matrix"))).toMatchInlineSnapshot(`
      "## Matrix product

      [n, n] times [n, n].

      |  | ours | chatters | disagrees | refuses | is not there | of the ceiling |
      | --- | ---: | ---: | ---: | ---: | ---: | ---: |
      | n = 2 | 4.00 µs · 0.00400 GFLOP/s | ~ 8.00 µs · 0.00200 GFLOP/s · 2.0× · busy 30 % | disagrees (1) | cannot (2) | not installed (3) | 25 % |

      1. disagrees gets 3, not 4
      2. refuses: no kernel
      3. is not there: no Python

      ## Memory

      The most memory that the process of a row had at a time (peak resident set), with its language, its library and the inputs; the factor is to ours.

      |  | ours | chatters | disagrees | refuses | is not there |
      | --- | ---: | ---: | ---: | ---: | ---: |
      | Matrix product: n = 2 | 50.0 MB | 150 MB · 3.0× |  |  |  |

      ## Event loop

      How long requests that are due every 2 ms wait while the same process trains, on the calling thread (\`Wasm.layer()\`) and in a worker (\`Wasm.worker()\`), and how long an interruption of the run takes. The longest block is the most processor time of the thread between two answers, which other programs do not lengthen.

      |  | median | 99 % | worst | longest block | interruption | steps a second |
      | --- | ---: | ---: | ---: | ---: | ---: | ---: |
      | a net, Wasm.worker() | 0.0 ms | 1.3 ms | 12 ms | 3.2 ms | 22 ms | 12.3 |
      | a net, Wasm.layer() | cannot: no memory |  |  |  |  |  |

      ## Bundle size

      What a page loads for the least program that trains something (\`bench/programs\`), bundled and minified by rolldown, with what the program fetches when it starts; the factor is to ours.

      |  | minified | gzip | brotli |
      | --- | ---: | ---: | ---: |
      | ours | 200 kB | 80.0 kB | 50.0 kB |
      | theirs | 300 kB · 1.5× | 81.0 kB · 1.0× | 4000 kB · 80× |
      | lacking | cannot: no bundler |  |  |

      ## Who took part

      |  | version | threads |
      | --- | ---: | ---: |
      | ours | 1.2.3 | 2 |
      | chatters | 1.2.3 | 2 |
      "
    `)
    expect(page).toContain(
      "shared with other work, so figures are rough: while contenders were timed, other programs took 20 % of its cores",
    )
  })

  test("keeps every figure for programs", () => {
    const written = JSON.parse(JSON.stringify(json(run)))
    expect(written.sections[0].rows[0].outcomes.chatters).toMatchObject({ ratio: 2, time: { repetitions: 3 }, results: [1, 2] })
    expect(written.bundles[1]).toEqual({ label: "theirs", minified: 300_000, gzip: 81_000, brotli: 4_000_000 })
    expect(fileName(run)).toBe("2026-11-20-intel-core-i7-8700-3-2-ghz")
  })

  test("reports growth, and leaves out what could not be measured", () => {
    const grown = [1, 2, 4, 8].map((to) => ({
      row: { ...row, name: `batch ${to}`, grows: { with: "batch", to } },
      outcomes: new Map([
        [ours, took(to ** 2)],
        [refuses, { kind: "cannot", reason: "no kernel" } as const],
      ]),
    }))
    const [first] = growths(grown)
    expect(first?.curves.map(({ contender: who, exponent: p, points }) => [who, p?.toFixed(2), points.length])).toEqual([
      ["ours", "2.00", 4],
      ["refuses", undefined, 0],
    ])
    const page = markdown({ ...run, sections: [{ section: { ...section, rows: [] }, rows: grown }] }, "x.svg")
    expect(page).toContain("](x.svg)")
    expect(page).toContain("| batch | 2.00 |  |\n")
  })

  test("is quoted with aligned columns", () => {
    const page =
      "# Speed\n\n## Training step\n\nText.\n\n|  | ours | theirs |\n| --- | ---: | ---: |\n| a net | 1 µs | 10 µs · 10× |\n\n## Other\n\n| x |\n"
    const quoted = quotation("2026-11-20-x", page, JSON.stringify(json(run)))
    expect(quoted).toMatchInlineSnapshot(`
      "|       | ours |      theirs |
      | ----- | ---: | ----------: |
      | a net | 1 µs | 10 µs · 10× |

      Measured on 2026-11-20 with \`npx pnpm@12 bench\`: 4 cores of an Intel(R) Core(TM) i7-8700 @ 3.2 GHz, Linux 6.1, Node 24.0.0, ours 1.2.3, chatters 1.2.3. Before timing, the first losses of each library were compared with Adjoint's. [The full record](bench/results/2026-11-20-x.md) has all rows; [bench](bench/README.md) explains the method."
    `)
    expect(replaced("a <!-- written by `pnpm bench --readme` --> old <!-- until here --> z", quoted)).toContain(
      `\n\n${quoted}\n\n<!-- until here --> z`,
    )
    expect(replaced("no marks", quoted)).toBeUndefined()
  })
})
