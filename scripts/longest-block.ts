/**
 * Measures for how long each door of the library keeps the event loop of its thread: it trains, scores, predicts, saves, resumes,
 * diagnoses and searches, and reports the longest time between two turns of the event loop and where that time went. Each case is
 * a process of its own, so that its first calls are those of a cold process.
 *
 *     node scripts/longest-block.ts                      all cases on both engines: some two minutes
 *     node scripts/longest-block.ts --only vgg,large --engine layer
 *     node scripts/longest-block.ts --runs 3             the least of three cold processes, for a machine that others use too
 *     node scripts/longest-block.ts --json               for programs: a line for each door
 *
 * `wall` is the longest time between two turns, which other programs lengthen; `cpu` is the most processor time of the thread between
 * two turns, which they do not, in steps of the kernel's clock (4 ms on some). A timer of 1 ms takes the turns, so that an idle
 * loop shows 1 to 2 ms.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { Session } from "node:inspector"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Dataset, Layers, Loop, Loss, Net, Optimizer, Sampler, Score, Search, Space, Train } from "@adjoint/core"
import * as Diagnosis from "@adjoint/core/diagnosis/Diagnosis"
import * as Compile from "@adjoint/core/engines/Compile"
import { Engine } from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Key from "@adjoint/core/tensor/Key"
import * as Tensor from "@adjoint/core/tensor/Tensor"
import * as Evaluate from "@adjoint/core/training/Evaluate"
import * as Weights from "@adjoint/core/training/Weights"
import { NodeServices } from "@effect/platform-node"
import { Effect, Fiber, Layer, Stream } from "effect"

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    engine: { type: "string" },
    runs: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    case: { type: "string" },
  },
})

/** The processor time of this thread, in milliseconds. */
const processorTime = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

interface Turn {
  readonly from: number
  readonly to: number
  readonly cpu: number
}

/** A door that was measured: the longest turns, in milliseconds, and the functions in which the longest by processor time was. */
interface Measured {
  readonly door: string
  readonly wall: number
  readonly cpu: number
  readonly total: number
  readonly where: string
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: ReadonlyArray<number>
}

interface Profile {
  readonly nodes: ReadonlyArray<ProfileNode>
  readonly startTime: number
  readonly samples?: ReadonlyArray<number>
  readonly timeDeltas?: ReadonlyArray<number>
}

const session = new Session()
session.connect()

const call = (method: string, params: object = {}): Promise<unknown> =>
  new Promise((done, fail) => {
    session.post(method, params, (error: Error | null, result?: object) => (error === null ? done(result) : fail(error)))
  })

/** The functions of the library in which the samples of a time were, the most frequent first: the outermost, and the innermost. */
const whereIn = ({ nodes, samples = [], startTime, timeDeltas = [] }: Profile, { from, to }: Turn): string => {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id] as const)))
  const own = (id: number): string => {
    const frames: Array<string> = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame
      const file = /packages\/\w+\/src\/(.*)\.ts$/u.exec(frame?.url ?? "")?.[1]
      if (frame === undefined || file === undefined || /engines\/turns|engines\/letOthersRun|types\/Pieces/u.test(file)) continue
      frames.push(`${file}:${frame.lineNumber + 1} ${frame.functionName}`.trim())
    }
    const [innermost, outermost] = [frames[0], frames.at(-1)]
    if (innermost === undefined) return byId.get(id)?.callFrame.functionName || "(other modules)"
    return innermost === outermost ? innermost : `${outermost} > ${innermost}`
  }
  const counts = new Map<string, number>()
  let time = startTime / 1000
  samples.forEach((id, i) => {
    time += (timeDeltas[i] ?? 0) / 1000
    if (time < from || time > to) return
    const name = own(id)
    if (name !== "(idle)") counts.set(name, (counts.get(name) ?? 0) + 1)
  })
  const all = [...counts.values()].reduce((sum, n) => sum + n, 0)
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, Number(process.env.FRAMES ?? 3))
    .map(([name, n]) => `${name} ${Math.round((100 * n) / all)} %`)
    .join(", ")
}

/** Milliseconds of the clock that the profiler has. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** Measures an effect. Its result passes on. */
const measured = <A, E, R>(
  door: string,
  report: (measured: Measured) => void,
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    yield* Effect.promise(() => call("Profiler.start"))
    const turns: Array<Turn> = []
    let last = { at: now(), used: processorTime() }
    const turn = (): void => {
      const at = now()
      const used = processorTime()
      turns.push({ from: last.at, to: at, cpu: used - last.used })
      last = { at: now(), used: processorTime() }
      timer = setTimeout(turn, 1)
    }
    let timer = setTimeout(turn, 1)
    const started = now()
    const result = yield* Effect.exit(effect)
    const total = now() - started
    yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
    clearTimeout(timer)
    turn()
    clearTimeout(timer)
    const { profile } = (yield* Effect.promise(() => call("Profiler.stop"))) as { readonly profile: Profile }
    const longest = turns.reduce((most, each) => (each.cpu > most.cpu ? each : most))
    const wall = Math.max(...turns.map(({ from, to }) => to - from))
    report({ door, wall, cpu: longest.cpu, total, where: whereIn(profile, longest) })
    return yield* result
  })

const relu = "relu"
const dense = (units: number) => Layers.dense({ units, activation: relu })
const block = (filters: number) => [
  Layers.conv2d({ filters, kernel: 3, pad: "same" }),
  Layers.batchNorm(),
  Layers.activation(relu),
]
const nets = {
  mlp: { net: Net.sequential([dense(128), Layers.dense({ units: 10 })]), input: [784], batch: 128, rows: 16384 },
  lenet: {
    net: Net.sequential([
      Layers.conv2d({ filters: 6, kernel: 5, pad: "same", activation: relu }),
      Layers.maxPool({ window: 2 }),
      Layers.conv2d({ filters: 16, kernel: 5, activation: relu }),
      Layers.maxPool({ window: 2 }),
      Layers.flatten,
      dense(120),
      dense(84),
      Layers.dense({ units: 10 }),
    ]),
    input: [28, 28, 1],
    batch: 64,
    rows: 8192,
  },
  vgg: {
    net: Net.sequential([
      ...block(32),
      ...block(32),
      Layers.maxPool({ window: 2 }),
      ...block(64),
      ...block(64),
      Layers.maxPool({ window: 2 }),
      Layers.flatten,
      dense(256),
      Layers.dense({ units: 10 }),
    ] as const),
    input: [32, 32, 3],
    batch: 64,
    rows: 640,
  },
  large: {
    net: Net.sequential([dense(2048), dense(2048), Layers.dense({ units: 10 })]),
    input: [1024],
    batch: 256,
    rows: 8192,
  },
  lstm: {
    net: Net.sequential([Layers.lstm({ units: 128 }), Layers.dense({ units: 10 })]),
    input: [50, 32],
    batch: 64,
    rows: 1024,
  },
} as const

type Name = keyof typeof nets
const cases = ["mlp", "lenet", "vgg", "large", "lstm", "rows", "search"] as const

const normal = (key: string, shape: ReadonlyArray<number>) => Tensor.read(Key.normal(Key.fold(Key.make(1), key), shape))
const labels = (rows: number) => Tensor.read(Tensor.cast(Tensor.floor(Tensor.mul(Key.uniform(Key.make(2), [rows]), 10)), "i32"))

type Report = (measured: Measured) => void

/** Trains for a time. Data in memory are made before. */
const trained = (name: Name, report: Report) =>
  Effect.gen(function* () {
    const { batch, input, net: any, rows } = nets[name]
    const net = any as Net.Net
    const folder = mkdtempSync(join(tmpdir(), "longest-block-"))
    const inputs = normal("x", [rows, ...input])
    const targets = labels(rows)
    const data = { inputs, targets }
    const config = {
      net,
      loss: Loss.categoricalCrossEntropy(),
      scores: { accuracy: Score.accuracy },
      optimizer: Optimizer.adam(0.001),
      data,
      seed: 1,
      epochs: 1e6,
      batch,
    } as const
    const run = (more: object) => {
      const fiber = Effect.forkChild(Stream.runDrain(Train.run({ ...config, ...more })))
      return Effect.flatMap(fiber, (running) => Effect.andThen(Effect.sleep(3000), Fiber.interrupt(running)))
    }
    yield* measured("Train.run, interrupted", report, run({}))
    const weights = yield* Train.finished({ ...config, data: Dataset.slice(data, 0, batch), epochs: 1 })
    const validation = Dataset.slice(data, 0, Math.min(rows, 2048))
    yield* measured("Train.run with validation and checkpoints", report, run({ validation, saving: Loop.saveIn(folder) }))
    const resume = yield* measured("Train.resumeFrom", report, Train.resumeFrom(folder, config))
    yield* measured(
      "Train.run, resumed",
      report,
      Train.finished({ ...config, resume, epochs: (resume?.last.progress.epoch ?? 0) + 1 }),
    )
    yield* measured(
      "Evaluate.evaluate",
      report,
      Evaluate.evaluate(net, weights, { data, loss: config.loss, scores: config.scores }),
    )
    yield* measured("Evaluate.predict", report, Evaluate.predict(net, weights, inputs))
    const file = join(folder, "weights.safetensors")
    yield* measured("Weights.save", report, Weights.save(file, weights))
    yield* measured("Weights.load", report, Weights.load(file, net, input))
    const subject = { ...config, state: Train.initial(config) }
    yield* measured("Diagnosis.initialLoss", report, Diagnosis.initialLoss(subject))
    yield* measured("Diagnosis.layers", report, Diagnosis.layers(subject))
    const engine = yield* Engine.current
    const unread = Key.normal(Key.fold(Key.make(9), name), [2_000_000])
    yield* measured("Engine.read, 2,000,000 normal numbers", report, engine.read([unread]))
    rmSync(folder, { recursive: true })
  })

/** Many rows: what is passed to the engine and read from it. */
const manyRows = (report: Report) =>
  Effect.gen(function* () {
    const rows = 20_000
    const inputs = normal("x", [rows, 784])
    const targets = labels(rows)
    const net = Net.sequential([dense(32), Layers.dense({ units: 10 })])
    const config = {
      net,
      loss: Loss.categoricalCrossEntropy(),
      scores: { auc: Score.accuracy },
      optimizer: Optimizer.sgd(0.01),
      data: { inputs, targets },
      seed: 1,
      epochs: 2,
      batch: 256,
    } as const
    const weights = yield* measured("Train.run of 20,000 rows", report, Train.finished(config))
    yield* measured("Evaluate.predict of 20,000 rows", report, Evaluate.predict(net, weights, inputs))
    const whole = yield* Compile.compile((x: Tensor.Tensor) => Tensor.add(x, 1), inputs)
    yield* measured("a compiled function of 63 MB", report, whole(inputs))
    const step = yield* Compile.step(
      (state: Tensor.Tensor, x: Tensor.Tensor) => ({ state: Tensor.add(state, x), output: x }),
      inputs,
    )
    yield* measured("step.run with a state and an output of 63 MB", report, step.run([inputs]))
    yield* measured("step.state of 63 MB", report, step.state)
    yield* measured("step.load of 63 MB", report, step.load(inputs))
  })

const searched = (report: Report) => {
  const space = Space.struct({ lr: Space.log(1e-4, 1e-1), units: Space.int(8, 64) })
  const data = { inputs: normal("x", [2000, 20]), targets: labels(2000) }
  return measured(
    "Search.run of 40 trainings",
    report,
    Search.finished(
      Search.run({
        space: space.dimensions,
        sampler: Sampler.tpe(),
        objectives: [{ name: "loss", mode: "min" }],
        objective: (point) => {
          const { lr, units } = space.decode(point)
          const net = Net.sequential([dense(units), Layers.dense({ units: 10 })])
          const config = {
            net,
            loss: Loss.categoricalCrossEntropy(),
            optimizer: Optimizer.adam(lr),
            data,
            seed: 1,
            epochs: 2,
            batch: 64,
          }
          return Effect.map(Train.finished(config), ({ history }) => history.at(-1)?.train.loss ?? Number.NaN)
        },
        trials: 40,
        key: Key.make(1),
      }),
    ),
  )
}

const engines = { layer: () => Wasm.layer(), worker: () => Wasm.worker() } as const

const runCase = async (which: string): Promise<void> => {
  const [name = "", engine = ""] = which.split(" ")
  const report: Report = (each) => console.log(JSON.stringify({ case: name, engine, ...each }))
  await call("Profiler.enable")
  await call("Profiler.setSamplingInterval", { interval: 500 })
  const work = Effect.gen(function* () {
    if (name === "rows") yield* manyRows(report)
    else if (name === "search") yield* searched(report)
    else yield* trained(name as Name, report)
  })
  const engineLayer = engines[engine as keyof typeof engines]()
  await Effect.runPromise(work.pipe(Effect.scoped, Effect.provide(Layer.merge(engineLayer, NodeServices.layer))))
}

/** The doors that a case measures in a cold process. */
const measuredIn = (which: string): ReadonlyArray<Measured> =>
  execFileSync(process.execPath, [import.meta.filename, "--case", which], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "inherit"],
  })
    .trim()
    .split("\n")
    .map((line): Measured => JSON.parse(line))

/** The least of some runs for each door, since other programs and collections of garbage only lengthen turns. */
const least = (runs: ReadonlyArray<ReadonlyArray<Measured>>): ReadonlyArray<Measured> =>
  (runs[0] ?? []).map((first, i) =>
    runs
      .map((run) => run[i] ?? first)
      .reduce((a, b) => ({ ...(b.cpu < a.cpu ? b : a), wall: Math.min(a.wall, b.wall), total: Math.min(a.total, b.total) })),
  )

const runAll = (): void => {
  const names = options.only?.split(",") ?? cases
  for (const engine of options.engine?.split(",") ?? Object.keys(engines))
    for (const name of names) {
      if (!options.json) console.log(`\n${name}, Wasm.${engine}()\n    wall     cpu   total  door`)
      const doors = least(Array.from({ length: Number(options.runs) }, () => measuredIn(`${name} ${engine}`)))
      if (options.json) for (const each of doors) console.log(JSON.stringify(each))
      else
        for (const { cpu, door, total, wall, where } of doors) {
          const [a, b, c] = [wall, cpu, total].map((x) => x.toFixed(1).padStart(7))
          console.log(`${a} ${b} ${c}  ${door}${wall > 8 || cpu > 8 ? `\n${" ".repeat(26)}${where}` : ""}`)
        }
    }
}

if (options.case === undefined) runAll()
else await runCase(options.case)
