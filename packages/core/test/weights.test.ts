/** The weights of a net in a file: what is read back predicts the same, and what does not fit is refused. */

import { execFileSync } from "node:child_process"
import { Checkpoint, type CheckpointError, Key, Layers, Net, StateDict, Tensor, Weights } from "@adjoint/core"
import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, type Path } from "effect"
import { expect, test } from "vitest"

const net = Net.sequential({
  hidden: Layers.dense({ units: 3, bias: false }),
  norm: Layers.batchNorm(),
  out: Layers.dense({ units: 2 }),
})
const drawn = net.init(Key.make(4), [2])
const weights = { ...drawn, state: { ...drawn.state, norm: { mean: Tensor.make([1, 2, 3]), variance: Tensor.make([4, 5, 6]) } } }
const x = Tensor.make([
  [1, 2],
  [-3, 4],
])
const y = Tensor.toArray(Net.infer(net, weights, x))

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E, FileSystem.FileSystem | Path.Path>) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        return yield* use(yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped())
      }),
    ).pipe(Effect.provide(NodeServices.layer)),
  )

test("weights that are saved, over older ones, and loaded predict the same", async () => {
  const predicted = await inFolder((folder) =>
    Effect.gen(function* () {
      const [fs, file] = [yield* FileSystem.FileSystem, `${folder}/net.safetensors`]
      yield* Weights.save(file, drawn)
      yield* Weights.save(file, weights)
      expect(yield* fs.readDirectory(folder)).toEqual(["net.safetensors"])
      return Net.infer(net, yield* Weights.load(file, net, [2]), x)
    }),
  )
  expect(Tensor.toArray(predicted)).toEqual(y)
})

test("of several that save to one file at once, all succeed and one stays, whole", async () => {
  const all = [1, 2, 3, 4].map((seed) => net.init(Key.make(seed), [2]))
  const [left, loaded] = await inFolder((folder) =>
    Effect.gen(function* () {
      const file = `${folder}/net.safetensors`
      yield* Effect.forEach(all, (each) => Weights.save(file, each), { concurrency: "unbounded" })
      return [yield* (yield* FileSystem.FileSystem).readDirectory(folder), yield* Weights.load(file, net, [2])] as const
    }),
  )
  expect(left).toEqual(["net.safetensors"])
  expect(all.map((each) => Weights.encode(each))).toContainEqual(Weights.encode(loaded))
})

test("as bytes, for a page", async () => {
  const read = await Effect.runPromise(Weights.decode(Weights.encode(weights), net, [2]))
  expect(Tensor.toArray(Net.infer(net, read, x))).toEqual(y)
})

test("the weights of a checkpoint are such a file", async () => {
  const predicted = await inFolder((folder) =>
    Effect.gen(function* () {
      const counts = { version: 1, seed: 1, epoch: 1, batch: 0, step: 1 } as const
      const progress = { ...counts, fingerprint: "", sums: { rows: 0, of: {} }, history: [] }
      const state = { ...weights, optimizer: {}, step: Tensor.scalar(1, "i32") }
      yield* Checkpoint.save(`${folder}/last`, { state, progress })
      return Net.infer(net, yield* Weights.load(`${folder}/last/weights.safetensors`, net, [2]), x)
    }),
  )
  expect(Tensor.toArray(predicted)).toEqual(y)
})

test("another net, a missing file and a missing folder are refused", async () => {
  const messages = await inFolder((folder) =>
    Effect.gen(function* () {
      const file = `${folder}/net.safetensors`
      yield* Weights.save(file, weights)
      const failed = [
        Weights.load(file, net, [5]),
        Weights.load(file, Net.sequential({ out: Layers.dense({ units: 2 }) }), [3]),
        Weights.load(`${folder}/other.safetensors`, net, [2]),
        Weights.save(`${folder}/nowhere/net.safetensors`, weights),
      ]
      return yield* Effect.forEach(failed, (effect) =>
        Effect.match(effect as Effect.Effect<unknown, CheckpointError, FileSystem.FileSystem | Path.Path>, {
          onFailure: ({ message }) => message.replaceAll(folder, ""),
          onSuccess: () => "succeeded",
        }),
      )
    }),
  )
  expect(messages).toEqual([
    "/net.safetensors: got f32[2, 3] for params.hidden.w, wanted f32[5, 3]; try: the net that these weights were saved with",
    expect.stringContaining("params.hidden.w"),
    expect.stringContaining("wanted a file of weights; try: a file that Weights.save wrote"),
    expect.stringContaining("wanted to write weights"),
  ])
})

test.skipIf(process.platform === "win32")(
  "pipes, devices and folders are refused without opening them",
  { timeout: 5000 },
  async () => {
    const messages = await inFolder((folder) =>
      Effect.gen(function* () {
        execFileSync("mkfifo", [`${folder}/pipe`])
        const refusals = [`${folder}/pipe`, "/dev/zero", folder].flatMap(
          (file): ReadonlyArray<Effect.Effect<unknown, CheckpointError, FileSystem.FileSystem>> => [
            Weights.load(file, net, [2]),
            StateDict.read(file),
          ],
        )
        return (yield* Effect.forEach(refusals, (refusal) => Effect.flip(refusal))).map(({ got }) => got)
      }),
    )
    expect(messages).toEqual(["a named pipe", "a named pipe", "a character device", "a character device", "a folder", "a folder"])
  },
)
