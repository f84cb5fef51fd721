/** The benchmark's own machinery, with contenders made up here: nothing is timed and no peer is needed. */
import { describe, expect, test } from "vitest"
import { start } from "../bench/child.ts"
import type { Contender } from "../bench/contenders.ts"
import { measure, type Outcome } from "../bench/measure.ts"
import { type Answer, agree, probe } from "../bench/protocol.ts"
import { fileName, json, markdown, printTime, type Run } from "../bench/report.ts"
import type { Row, Section } from "../bench/rows.ts"
import { isRough, quantile, summarize } from "../bench/statistics.ts"

const contender = (label: string, command: string, script: string): Contender => ({
  label,
  command,
  arguments: ["-e", script],
  setting: { backend: "none", threads: 1 },
})
const scripted = (label: string, script: string): Contender => contender(label, process.execPath, script)
const answers = (message: Answer): string => `console.log(${JSON.stringify(JSON.stringify(message))});`
const ready = (results: ReadonlyArray<number>): string => answers({ kind: "ready", version: "1.2.3", threads: 1, results })
/** Answers every question with the same timings. */
const timed = (...milliseconds: ReadonlyArray<number>): string =>
  `process.stdin.on("data", () => { ${answers({ kind: "samples", milliseconds })} })`

const ours = scripted("ours", `${ready([1, 2])} ${timed(0.5, 2, 1)}`)
const chatters = scripted("chatters", `console.log("hello"); console.log("{}"); ${ready([1.00005, 2])} ${timed(3)}`)
const disagrees = scripted("disagrees", ready([1, 2.001]))
const crashes = scripted("crashes", `throw new RangeError("no such luck")`)
const crashesLater = scripted(
  "crashes later",
  `${ready([1, 2])} process.stdin.once("data", () => process.kill(process.pid, "SIGKILL"))`,
)
const refuses = scripted("refuses", answers({ kind: "cannot", reason: "no kernel" }))
const lacks = scripted("lacks a library", answers({ kind: "absent", reason: "no module" }))
const notThere = contender("is not there", "/nowhere/python3", "")

const row: Row = {
  name: "n = 2",
  task: { kind: "matmul", n: 2 },
  ours,
  peers: [chatters, disagrees, crashes, crashesLater, refuses, lacks, notThere],
  operations: 16,
}

const section: Section = { title: "Matrix product", unit: "[n, n] times [n, n]", timed: "repetition", rows: [row] }

describe("a row", () => {
  test("has an outcome for every contender, and times for those that agree with ours", async () => {
    const outcomes = await measure.repetition(row, "")
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
    const outcomes = await measure.start({ ...row, peers: [disagrees, notThere] }, "")
    expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(["measured", "disagrees", "absent"])
    expect(outcomes.get(ours)).toMatchObject({ time: { repetitions: 5 } })
  })
})

test("a contender that hangs is given up", async () => {
  const child = start(scripted("hangs", "setInterval(() => undefined, 1000)"), { task: row.task, folder: "", times: 1 })
  expect(await child.answer(100)).toEqual({ kind: "cannot", reason: "no answer within 0.1 s" })
  await child.close()
})

test("results agree when each lies within the tolerance, and NaN never does", () => {
  expect(agree([1.50007, 2.2], [1.5, 2.2])).toBe(true)
  expect(agree([1.5004, 2.2], [1.5, 2.2])).toBe(false)
  expect(agree([Number.NaN], [Number.NaN])).toBe(false)
  expect(agree([1], [1, 1])).toBe(false)
  expect(probe(Float32Array.from({ length: 32 }, (_, i) => i))).toEqual(Array.from({ length: 16 }, (_, i) => 2 * i))
})

test("statistics are of the sorted timings", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(summarize([10, 9, 100])).toEqual({ median: 10, fastest: 9, quartiles: [9.5, 55], repetitions: 3 })
  expect(isRough(summarize([10, 9, 100]))).toBe(true)
  expect(isRough(summarize([10, 9, 11]))).toBe(false)
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
  })
  const run: Run = {
    date: "2026-11-20",
    machine: { cpu: "Intel(R) Core(TM) i7-8700 @ 3.2 GHz", cores: 4, memory: 16, system: "Linux 6.1", node: "24.0.0" },
    busy: [0.1, 0.3],
    sections: [
      {
        section,
        rows: [
          {
            row,
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

      |  | ours | chatters | disagrees | refuses | is not there |
      | --- | ---: | ---: | ---: | ---: | ---: |
      | n = 2 | 4.00 µs · 0.00400 GFLOP/s | ~ 8.00 µs · 0.00200 GFLOP/s · 2.0× | disagrees (1) | cannot (2) | not installed (3) |

      1. disagrees gets 3, not 4
      2. refuses: no kernel
      3. is not there: no Python

      ## Who took part

      |  | version | threads |
      | --- | ---: | ---: |
      | ours | 1.2.3 | 2 |
      | chatters | 1.2.3 | 2 |
      "
    `)
    expect(page).toContain("shared with other work, so figures are rough: between rows, other programs took 20 % of its cores")
  })

  test("keeps every figure for programs", () => {
    const written = JSON.parse(JSON.stringify(json(run)))
    expect(written.sections[0].rows[0].outcomes.chatters).toMatchObject({ ratio: 2, time: { repetitions: 3 }, results: [1, 2] })
    expect(fileName(run)).toBe("2026-11-20-intel-core-i7-8700-3-2-ghz")
  })
})
