/** `adjoint doctor`: the properties of this machine, and a self-test of the engine on it. */
import os from "node:os"
import process from "node:process"
import * as Wasm from "@adjoint/core/engines/Wasm"
import { type CheckResult, selfTest } from "@adjoint/core/testing/selfTest"
import * as Effect from "effect/Effect"
import { emit } from "../json/Emit.ts"
import { askedThreads, type Choice, choosingLanes } from "../model/Engines.ts"
import { Unwell } from "../report/Failure.ts"
import * as Format from "../terminal/Format.ts"
import type { Style } from "../terminal/Style.ts"
import { result } from "../terminal/Write.ts"

export interface Options extends Pick<Choice, "lanes" | "threads"> {
  readonly json: boolean
}

/** What the engine can make use of. */
interface Machine {
  readonly node: string
  readonly platform: string
  readonly cpu: string
  /** Processors that this process may use. */
  readonly cores: number
  /** Bytes, those in use too. */
  readonly memory: number
  /** The bits of the engine's vectors. */
  readonly lanes: Wasm.Lanes
  /** Threads that the engine uses, and how many were asked for, if any number was. */
  readonly threads: number
  readonly wanted?: number
  /** Whether products can be added with one rounding, as `--numerics fast` does. */
  readonly relaxedSimd: boolean
}

const machine = (wanted: number | undefined, lanes: Wasm.Lanes | undefined): Machine => {
  const cores = os.availableParallelism()
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores,
    memory: os.totalmem(),
    lanes: Wasm.lanesInUse(lanes),
    threads: Wasm.threadCount(wanted ?? cores),
    ...(wanted === undefined ? {} : { wanted }),
    relaxedSimd: Wasm.hasFastNumerics(),
  }
}

const threadsOf = ({ cores, threads, wanted }: Machine): string => {
  if (wanted !== undefined && wanted === threads) return `${threads}, as asked for`
  if (cores === 1) return "1, since there is one core"
  return threads === 1 ? "1, since memory cannot be shared with worker threads here" : String(threads)
}

const print = (found: Machine, answers: ReadonlyArray<CheckResult>, style: Style): string => {
  const facts = [
    ["node", found.node],
    ["platform", found.platform],
    ["cpu", found.cpu],
    ["cores", String(found.cores)],
    ["memory", `${(found.memory / 2 ** 30).toFixed(1)} GiB`],
    ["simd", `${found.lanes} bits`],
    ["relaxed simd", found.relaxedSimd ? "yes: --numerics fast is faster" : "no: --numerics fast computes as portable"],
    ["threads", threadsOf(found)],
  ] as const
  const width = Math.max(...facts.map(([name]) => name.length))
  const wrong = answers.filter(({ passed }) => !passed).length
  return [
    ...facts.map(([name, value]) => `${style("faint", name.padEnd(width))}  ${value}`),
    "",
    ...answers.flatMap(({ detail, name, passed }) => [
      `${passed ? style("good", "✓") : style("bad", "✗")} ${name}`,
      ...(detail === undefined ? [] : [`  ${detail.split("\n").join("\n  ")}`]),
    ]),
    "",
    wrong === 0
      ? style("good", "all is well")
      : style("bad", `${Format.counted(wrong, "answer")} wrong: what this machine computes cannot be relied on`),
  ].join("\n")
}

/** Prints the properties of the machine and the result of a self-test. Fails with `Unwell` when an answer is wrong. */
export const run = (options: Options) =>
  Effect.gen(function* () {
    const threads = yield* askedThreads(options)
    const found = yield* choosingLanes(() => machine(threads, options.lanes))
    const answers = yield* selfTest(found.threads, found.lanes)
    const healthy = answers.every(({ passed }) => passed)
    if (options.json) yield* emit({ event: "examined", machine: found, answers, healthy })
    else yield* result((style) => print(found, answers, style))
    if (!healthy) return yield* new Unwell({ wrong: answers.filter(({ passed }) => !passed).map(({ name }) => name) })
  })
