// A server that trains a convolutional net in a worker and meanwhile answers predictions with the best weights on disk.
//
//   node examples/server.ts [FOLDER] [PORT]
//   curl localhost:8080/predict --data '[[0,0,5,13,9,1,0,0, …]]'
import { createServer } from "node:http"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { Checkpoint, Dataset, Layers, Load, Loop, Loss, Net, Optimizer, Score, Tensor, Train, Wasm } from "@adjoint/core"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Stream } from "effect"

const [, , folder = "runs/server", port = "8080"] = process.argv

const net = Net.sequential([
  Layers.conv2d({ filters: 16, kernel: 3, activation: "relu" }),
  Layers.maxPool({ window: 2 }),
  Layers.flatten,
  Layers.dense({ units: 32, activation: "relu" }),
  Layers.dense({ units: 10 }),
])

/** Rows of 64 numbers from 0 to 16 as images of 8 × 8. */
const images = (rows: Tensor.Tensor) => Tensor.reshape(Tensor.div(Tensor.cast(rows, "f32"), 16), [-1, 8, 8, 1])

const program = Effect.gen(function* () {
  const pixels = yield* Load.idx(join(import.meta.dirname, "data/digits-images.idx.gz"))
  const labels = yield* Load.idx(join(import.meta.dirname, "data/digits-labels.idx.gz"))
  const all = { inputs: Tensor.read(images(pixels)), targets: Tensor.read(Tensor.cast(labels, "i32")) }
  const config = {
    net,
    loss: Loss.categoricalCrossEntropy(),
    scores: { accuracy: Score.accuracy },
    optimizer: Optimizer.adam(0.002),
    data: Dataset.slice(all, 0, 1297),
    validation: Dataset.slice(all, 1297, 1797),
    seed: 7,
    epochs: 20,
    batch: 32,
  } as const

  // The weights that predictions are made with: those on disk, if there are any.
  const initial = Train.initial(config)
  let served: Pick<typeof initial, "params" | "state"> = initial
  const load = Effect.map(Checkpoint.loadWeights(join(folder, "best"), initial), (weights) => {
    served = weights
    return weights.progress.best
  })
  yield* Effect.matchEffect(load, {
    onSuccess: (best) => Console.log(`serving epoch ${best?.epoch}: loss ${best?.value.toFixed(3)}`),
    onFailure: () => Console.log(`no model in ${folder} yet`),
  })

  const predict = (body: string) => {
    const rows = Tensor.make(JSON.parse(body))
    return Tensor.toArray(Tensor.argMax(Net.infer(net, served, images(rows)), -1))
  }
  const server = createServer(async (request, response) => {
    try {
      response.end(`${JSON.stringify(predict(await text(request)))}\n`)
    } catch (error) {
      response.writeHead(400).end(`${error instanceof Error ? error.message : error}\n`)
    }
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(Number(port), () => resume(Effect.void))),
    () => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void))),
  )
  const address = server.address()
  yield* Console.log(`listening on ${typeof address === "object" ? address?.port : address}`)

  // The same run as everywhere, but in a worker: this thread only answers, and loads each better model.
  const last = yield* Effect.orElseSucceed(Checkpoint.load(join(folder, "last"), initial), () => undefined)
  yield* Train.run({ ...config, saving: Loop.saveIn(folder), ...(last === undefined ? {} : { resume: { last } }) }).pipe(
    Stream.runForEach((event) =>
      event._tag === "CheckpointWritten" && event.kind === "best"
        ? Effect.flatMap(load, (best) => Console.log(`serving epoch ${best?.epoch}: loss ${best?.value.toFixed(3)}`))
        : Effect.void,
    ),
    Effect.provide(Wasm.worker()),
  )
  yield* Console.log("trained")
  return yield* Effect.never
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
