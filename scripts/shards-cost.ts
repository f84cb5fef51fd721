/**
 * What a step in shards costs: its time and the bytes that it moves, by the number of workers, for threads of one process and for
 * processes over a socket of this machine. `node scripts/shards-cost.ts [seconds] [net…]`: each line takes about as many seconds, 3
 * unless given, and its start.
 */
import { spawn } from "node:child_process"
import os from "node:os"
import { join } from "node:path"
import { Compile, Key, Layers, Loss, Net, Optimizer, type Params, Shards, Tensor, Train, Tree, Wasm } from "@adjoint/core"
import { shardGradient } from "@adjoint/core/training/shardStep"
import * as Effect from "effect/Effect"
import { MinimumLogLevel } from "effect/References"
import * as Stream from "effect/Stream"
import { listen, type Moved } from "../packages/cli/src/shards/Listening.ts"

const [given = "3", ...named] = process.argv.slice(2)
const seconds = Number(given)
const shards = 8
const rows = 2048

const images = (size: number) => Tensor.read(Key.uniform(Key.make(1), [rows, size, size, 1]))
const classes = Tensor.read(Tensor.cast(Tensor.mul(Key.uniform(Key.make(2), [rows]), 10), "i32"))

const { flatten: flat } = Layers
const relu = (units: number) => Layers.dense({ units, activation: "relu" })
const conv = (filters: number) => Layers.conv2d({ filters, kernel: 3, pad: "same", activation: "relu" })

const nets: { readonly [name: string]: { readonly net: Net.Net; readonly size: number; readonly batch: number } } = {
  "784-128-10": { net: Net.sequential([flat, relu(128), Layers.dense({ units: 10 })]) as Net.Net, size: 28, batch: 256 },
  "784-2048-2048-10": {
    net: Net.sequential([flat, relu(2048), relu(2048), Layers.dense({ units: 10 })]) as Net.Net,
    size: 28,
    batch: 256,
  },
  "conv 32-32-64-64": {
    net: Net.sequential([
      conv(32),
      conv(32),
      Layers.maxPool({ window: 2 }),
      conv(64),
      conv(64),
      Layers.maxPool({ window: 2 }),
      flat,
      relu(128),
      Layers.dense({ units: 10 }),
    ]) as Net.Net,
    size: 28,
    batch: 128,
  },
}

const configOf = ({ batch, net, size }: (typeof nets)[string]) => ({
  net,
  loss: Loss.categoricalCrossEntropy(),
  optimizer: Optimizer.momentum(0.01),
  data: { inputs: images(size), targets: classes },
  seed: 1,
  epochs: 1_000_000,
  batch,
  shards: Shards.of(shards),
})
type Config = ReturnType<typeof configOf> & { readonly workers?: Shards.Workers }

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** The median time of a step after the first ones, and what a step moved. */
const measured = (config: Config, moved: () => Moved = () => ({ sent: 0, received: 0 })) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    let since: { readonly at: number; readonly step: number; readonly moved: Moved } | undefined
    let last = { step: 0, moved: moved() }
    yield* Train.run(config).pipe(
      Stream.filter((event) => event._tag === "Stepped"),
      Stream.takeUntil(({ losses, milliseconds, step }) => {
        if (since !== undefined) times.push(...losses.map(() => milliseconds / losses.length))
        // The first steps compile.
        if (step >= 3) since ??= { at: performance.now(), step, moved: moved() }
        last = { step, moved: moved() }
        return times.length >= 3 && since !== undefined && performance.now() - since.at > seconds * 1000
      }),
      Stream.runDrain,
    )
    const steps = last.step - (since?.step ?? 0)
    const each = (way: keyof Moved): number => (last.moved[way] - (since?.moved[way] ?? 0)) / steps
    return { milliseconds: median(times), sent: each("sent"), received: each("received") }
  }).pipe(Effect.provide(Wasm.layer({ threads: 1 })))

/** The time of the gradient of one shard. */
const gradientOf = (config: Config) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { params, state, step } = Train.initial(config)
      const gradient = yield* Compile.step(shardGradient(config as never), { params, state, step })
      const own = config.batch / shards
      const input = { batch: { rows: Tensor.read(Tensor.iota([own])) }, shard: Tensor.scalar(0, "i32") }
      yield* gradient.run([input as never])
      const times: Array<number> = []
      for (const until = performance.now() + 1000; performance.now() < until || times.length < 3; ) {
        const from = performance.now()
        yield* gradient.run([input as never])
        times.push(performance.now() - from)
      }
      return median(times)
    }),
  ).pipe(Effect.provide(Wasm.layer({ threads: 1 })))

const main = join(import.meta.dirname, "../packages/cli/src/main.ts")

/** A run with workers in processes, all of which have joined when it begins. */
const inProcesses = (config: Config, count: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      let joined = 0
      const { address, moved, workers } = yield* listen({
        address: { host: "127.0.0.1", port: 0 },
        token: "",
        numerics: "portable",
        report: (text) => Effect.sync(() => (joined += text.includes("has joined") ? 1 : 0)),
      })
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          Array.from({ length: count }, () =>
            spawn(process.execPath, [main, "worker", "--threads", "1", "--join", `127.0.0.1:${address.port}`], {
              stdio: "ignore",
            }),
          ),
        ),
        (children) => Effect.sync(() => void children.map((child) => child.kill())),
      )
      while (joined < count) yield* Effect.sleep(20)
      return yield* measured({ ...config, workers }, moved)
    }),
  )

const bytes = (count: number): string => (count < 1e6 ? `${Math.round(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`)
const ms = (time: number): string => `${time < 10 ? time.toFixed(2) : Math.round(time)} ms`

const program = Effect.gen(function* () {
  console.log(
    `${os.cpus()[0]?.model}, ${os.availableParallelism()} processors, load ${os.loadavg()[0]?.toFixed(1)}, ${process.version}`,
  )
  console.log(`batches in ${shards} shards; each worker computes on one thread\n`)
  for (const [name, of] of Object.entries(nets)) {
    if (named.length > 0 && !named.includes(name)) continue
    const config = configOf(of)
    const parameters = Tree.leaves(Train.initial(config).params as Params.Params).reduce(
      (sum, leaf) => sum + (leaf as Tensor.Tensor).shape.reduce((a, b) => a * b, 1),
      0,
    )
    const whole = yield* measured({ ...config, shards: Shards.of(1) })
    const gradient = yield* gradientOf(config)
    const alone = yield* measured(config)
    const [p, t] = [4 * parameters, gradient / 1000]
    console.log(`${name}: ${parameters} parameters, ${bytes(p)}; batch ${config.batch}`)
    console.log(
      `a step in one piece ${ms(whole.milliseconds)}; in ${shards} shards, one after the other, ${ms(alone.milliseconds)}`,
    )
    console.log(`the gradient of a shard t = ${ms(gradient)}; the rest u = ${ms(alone.milliseconds - shards * gradient)}`)
    console.log(
      `a worker for each shard pays above B = 2P / (t (1 - 1/N)) = ${(((2 * p) / (t * (1 - 1 / shards))) * 8e-9).toPrecision(2)} Gbit/s\n`,
    )
    console.log("| workers | threads | processes | sent a step | received a step |")
    console.log("| ------: | ------: | --------: | ----------: | --------------: |")
    for (const count of [1, 2, 3, 4]) {
      const threads = yield* measured({ ...config, workers: Shards.workers(count, () => Wasm.worker({ threads: 1 })) })
      const processes = yield* inProcesses(config, count)
      const cells = [
        count,
        ms(threads.milliseconds),
        ms(processes.milliseconds),
        bytes(processes.sent),
        bytes(processes.received),
      ]
      console.log(`| ${cells.join(" | ")} |`)
    }
    console.log()
  }
})

await Effect.runPromise(Effect.provideService(program as Effect.Effect<void, unknown>, MinimumLogLevel, "None"))
