/** Rows that are read from a file while training give the bits of the same rows in memory; a file that changes is a typed error. */
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Stream } from "effect"
import * as fc from "fast-check"
import * as Order from "../src/data/Order.ts"
import {
  DataError,
  Dataset,
  Evaluate,
  FileStore,
  Key,
  Layers,
  Loop,
  Loss,
  NDArray,
  Net,
  Npy,
  Optimizer,
  Params,
  Score,
  StoredArray,
  Tensor,
  Train,
  Tree,
  Wasm,
} from "../src/index.ts"
import { caseCount } from "./case-count.ts"

const folder = mkdtempSync(join(tmpdir(), "adjoint-stored-"))
afterAll(() => rmSync(folder, { recursive: true }))

const wasm = Wasm.layer({ threads: 1 })

let files = 0

/** The rows of a dataset in a file of their own. */
const inFile = <X, T>({ inputs, targets, ...names }: Dataset.Dataset<X, T>) =>
  Effect.gen(function* () {
    const tree = { inputs, targets }
    const file = join(folder, `${files++}.rows`)
    writeFileSync(file, StoredArray.records(tree))
    const stored = StoredArray.stored(
      tree,
      yield* FileStore.open(file),
      (Tree.leaves(inputs)[0] as NDArray.NDArray).shape[0] ?? 0,
    )
    return { file, data: { ...names, inputs: stored.inputs, targets: stored.targets } as const }
  })

const bits = (tree: unknown): ReadonlyArray<number> =>
  Params.leaves(tree).flatMap((leaf) => {
    const { data } = Tensor.read(leaf)
    return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]
  })

/** Rows of a small image in bytes and of two numbers, with a class each. */
const rowsOf = (count: number, seed: number) => {
  const noise = (i: number) => (Math.imul(i + 1, 2654435761 + 97 * seed) >>> 8) % 251
  const image = Uint8Array.from({ length: count * 5 }, (_, i) => noise(i))
  return {
    inputs: {
      image: NDArray.make("u8", [count, 5], image),
      size: NDArray.make(
        "f32",
        [count, 2],
        Float32Array.from({ length: count * 2 }, (_, i) => noise(3 * i) / 100 - 1),
      ),
    },
    targets: NDArray.make(
      "i32",
      [count],
      Int32Array.from({ length: count }, (_, i) => (image[5 * i] ?? 0) % 3),
    ),
  }
}

const config = {
  net: Net.graph(
    {
      pixels: { net: Net.pure("unit", (x) => Tensor.div(Tensor.cast(x, "f32"), 255)), from: "image" },
      both: { join: "concat", from: ["pixels", "size"] },
      hidden: { net: Layers.dense({ units: 6, activation: "tanh" }) },
      drop: { net: Layers.dropout(0.2) },
      out: { net: Layers.dense({ units: 3 }), from: "drop" },
    },
    { inputs: ["image", "size"] },
  ),
  loss: Loss.categoricalCrossEntropy(),
  scores: { accuracy: Score.accuracy },
  optimizer: Optimizer.adam(0.01),
  seed: 5,
} as const

/** What a run emits, without times and without where its checkpoints are. */
const emitted = (events: ReadonlyArray<object>): ReadonlyArray<unknown> =>
  events.flatMap((event): ReadonlyArray<unknown> => {
    const { milliseconds: _, rowsPerSecond: __, params, state: ___, _tag, ...rest } = event as Record<string, unknown>
    // How many steps a burst has depends on the clock.
    return _tag === "Stepped" ? (rest.losses as ReadonlyArray<number>) : [{ _tag, ...rest, params: params && bits(params) }]
  })

describe("rows in a file", () => {
  it("have the layout that is read: any row, any range, at any alignment", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.record({ dtype: fc.constantFrom("f32", "i32", "u8", "bool"), width: fc.integer({ min: 0, max: 3 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.array(fc.nat(8), { maxLength: 12 }),
        fc.nat(5),
        (count, fields, some, start) => {
          const tree = fields.map(({ dtype, width }, f) => {
            const numbers = Array.from({ length: count * width }, (_, i) => (dtype === "bool" ? (i + f) % 2 : (7 * i + f) % 200))
            const data =
              dtype === "f32" ? Float32Array.from(numbers) : dtype === "i32" ? Int32Array.from(numbers) : Uint8Array.from(numbers)
            return NDArray.make(dtype, [count, width], data)
          })
          const bytes = new Uint8Array([...new Uint8Array(start), ...StoredArray.records(tree)])
          const store: StoredArray.ByteStore = {
            name: "memory",
            size: bytes.length,
            read: async (offsets, length) =>
              new Uint8Array([...offsets].flatMap((offset) => [...bytes.subarray(offset, offset + length)])),
          }
          const stored = StoredArray.stored(tree, store, count, start)
          const rows = some.filter((row) => row < count)
          const same = (read: ReadonlyArray<NDArray.NDArray>, which: ReadonlyArray<number>) =>
            read.every((array, i) => {
              const whole = tree[i]
              const width = whole?.shape[1] ?? 0
              const wanted = which.flatMap((row) => [...(whole?.data.subarray(row * width, (row + 1) * width) ?? [])])
              return (
                array.dtype === whole?.dtype &&
                wanted.length === array.data.length &&
                wanted.every((x, at) => x === array.data[at])
              )
            })
          return Promise.all([
            StoredArray.read(stored, rows).then((read) => assert.isTrue(same(read, rows))),
            StoredArray.read(stored, { start: 0, end: count }).then((read) =>
              assert.isTrue(
                same(
                  read,
                  Array.from({ length: count }, (_, i) => i),
                ),
              ),
            ),
          ]).then(() => {})
        },
      ),
    ))

  it("refuse a row that does not exist, and a store that is too small", () => {
    const store: StoredArray.ByteStore = { name: "memory", size: 8, read: () => Promise.resolve(new Uint8Array()) }
    const like = NDArray.make("i32", [3], new Int32Array(3))
    assert.throws(() => StoredArray.stored(like, store, 3), /a store of 12 bytes, not 8/)
    const stored = StoredArray.stored(like, store, 2)
    assert.throws(() => StoredArray.read(stored, [1, 2]), /row numbers from 0 to 1, not 2/)
    assert.throws(() => StoredArray.read(stored, { start: 0, end: 3 }), /row numbers from 0 to 1, not 2/)
    assert.throws(() => Dataset.slice(stored, 0, 1), /arrays in memory, not one that is stored/)
  })

  it.live("train, validate and score to the bits of the same rows in memory, also resumed in the middle of an epoch", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.record({
            rows: fc.integer({ min: 1, max: 70 }),
            seed: fc.nat(99),
            batch: fc.constantFrom(1, 3, 16, 64),
            stop: fc.nat(40),
          }),
          ({ batch, rows, seed, stop }) =>
            Effect.gen(function* () {
              const fs = yield* FileSystem.FileSystem
              const [train, unseen] = [rowsOf(rows, seed), rowsOf(1 + (seed % 20), seed + 1)]
              const [stored, storedUnseen] = [(yield* inFile(train)).data, (yield* inFile(unseen)).data]
              const settings = { ...config, batch, epochs: 3 }
              const whole = yield* Stream.runCollect(Train.run({ ...settings, data: train, validation: unseen }))
              const read = yield* Stream.runCollect(Train.run({ ...settings, data: stored, validation: storedUnseen }))
              assert.deepStrictEqual(emitted(read), emitted(whole))
              const last = whole.at(-1)
              if (last?._tag !== "Finished") return assert.fail("the run has not finished")
              const place = yield* fs.makeTempDirectoryScoped({ directory: folder })
              const begun = { ...settings, data: stored, validation: storedUnseen, saving: Loop.saveIn(place) }
              yield* Stream.runDrain(
                Stream.takeUntil(Train.run(begun), (event) => event._tag === "Stepped" && event.step >= stop),
              )
              const resumed = yield* Train.finished({ ...begun, resume: yield* Train.resumeFrom(place, begun) })
              assert.deepStrictEqual(bits(resumed.params), bits(last.params))
              assert.deepStrictEqual(resumed.history, last.history)
              const { loss, scores } = config
              assert.deepStrictEqual(
                yield* Evaluate.evaluate(config.net, resumed, { data: storedUnseen, loss, scores }),
                yield* Evaluate.evaluate(config.net, last, { data: unseen, loss, scores }),
              )
            }).pipe(Effect.scoped, Effect.provide([wasm, NodeServices.layer]), Effect.runPromise),
        ),
        { numRuns: 5 },
      ),
    ),
  )

  for (const [name, engine] of [
    ["on two threads", Wasm.layer({ threads: 2 })],
    ["in a worker", Wasm.worker({ threads: 1, priority: "normal" })],
  ] as const)
    it.live(`are trained ${name}, by any loop`, () =>
      Effect.gen(function* () {
        const rows = rowsOf(50, 1)
        const { data } = yield* inFile(rows)
        const loop = <D extends { readonly inputs: { readonly size: NDArray.NDArray | StoredArray.StoredArray } }>(of: D) =>
          Loop.config({
            state: { mean: Tensor.zeros([2]) },
            data: of.inputs.size,
            validation: {
              data: of.inputs.size,
              scores: ({ mean }, x: Tensor.Tensor) => Tensor.mean(Tensor.square(Tensor.sub(x, mean))),
            },
            step: ({ mean }, x: Tensor.Tensor, key) => {
              const noise = Tensor.mul(Key.normal(key, [2]), 0.01)
              const gap = Tensor.sub(Tensor.mean(x, { axes: 0 }), mean)
              return { state: { mean: Tensor.add(mean, Tensor.add(Tensor.mul(gap, 0.1), noise)) }, output: Tensor.mean(gap) }
            },
            seed: 4,
            epochs: 2,
            batch: 8,
          })
        const [read, whole] = [yield* Loop.finished(loop(data)), yield* Loop.finished(loop(rows))]
        assert.deepStrictEqual(bits(read.state), bits(whole.state))
        assert.deepStrictEqual(read.history, whole.history)
        const settings = { ...config, batch: 8, epochs: 2 }
        const [stored, held] = [yield* Train.finished({ ...settings, data }), yield* Train.finished({ ...settings, data: rows })]
        assert.deepStrictEqual(bits(stored.params), bits(held.params))
      }).pipe(Effect.scoped, Effect.provide(engine)),
    )

  const changes: ReadonlyArray<readonly [string, (file: string) => void, RegExp]> = [
    ["cut off", (file) => truncateSync(file, 100), /it has 100 bytes instead of 8000/],
    ["written to", (file) => appendFileSync(file, "more"), /it has 8004 bytes instead of 8000/],
    ["deleted", (file) => unlinkSync(file), /it was deleted or replaced/],
    [
      "replaced",
      (file) => {
        writeFileSync(`${file}.new`, new Uint8Array(8000))
        renameSync(`${file}.new`, file)
      },
      /it was deleted or replaced/,
    ],
  ]
  for (const [what, change, message] of changes)
    it.live(`of a file that is ${what} while training end the run with a typed error, and its steps are saved`, () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { data, file } = yield* inFile(rowsOf(400, 1))
        const place = yield* fs.makeTempDirectoryScoped({ directory: folder })
        const settings = { ...config, data, batch: 2, epochs: 50, saving: Loop.saveIn(place) }
        let steps = 0
        const error = yield* Train.run(settings).pipe(
          Stream.runForEach((event) =>
            Effect.sync(() => {
              if (event._tag === "Stepped" && steps === 0) change(file)
              if (event._tag === "Stepped") steps = event.step
            }),
          ),
          Effect.flip,
        )
        assert.instanceOf(error, DataError)
        assert.match(error.message, message)
        assert.include(error.message, file)
        const saved = yield* Train.resumeFrom(place, settings)
        assert.strictEqual(saved?.last.progress.step, steps)
        assert.isAbove(steps, 0)
      }).pipe(Effect.scoped, Effect.provide([wasm, NodeServices.layer])),
    )

  it.live("are those of an .npy file or of an idx file of bytes, where they are", () =>
    Effect.gen(function* () {
      const read = (array: StoredArray.StoredArray) => Effect.promise(() => StoredArray.read(array, [3, 0, 3]))
      const numbers = NDArray.make(
        "f32",
        [4, 1, 3],
        Float32Array.from({ length: 12 }, (_, i) => i / 3),
      )
      const classes = NDArray.make("i32", [4], Int32Array.of(7, -1, 2, 3))
      const bytes = NDArray.make("u8", [4, 2], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 255))
      for (const [name, array] of Object.entries({ numbers, classes, bytes })) {
        const file = join(folder, `${name}.npy`)
        writeFileSync(file, Npy.encode(array))
        const stored = yield* FileStore.npy(file)
        assert.deepStrictEqual([stored.dtype, stored.shape], [array.dtype, array.shape])
        assert.deepStrictEqual(yield* read(stored), Dataset.takeRows(array, [3, 0, 3]))
      }
      const images = join(folder, "images")
      writeFileSync(images, Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 4, 0, 0, 0, 2, ...bytes.data))
      assert.deepStrictEqual(yield* read(yield* FileStore.idx(images)), Dataset.takeRows(bytes, [3, 0, 3]))

      const doubles = join(folder, "doubles.npy")
      writeFileSync(doubles, Npy.encode(NDArray.make("f32", [2], Float64Array.of(1 / 3, 2))))
      assert.match(
        (yield* Effect.flip(FileStore.npy(doubles))).message,
        /doubles.npy: the array: got elements that have to be converted/,
      )
      truncateSync(join(folder, "numbers.npy"), 140)
      assert.match((yield* Effect.flip(FileStore.npy(join(folder, "numbers.npy")))).message, /there are only 12 of the 48 bytes/)
      assert.match((yield* Effect.flip(FileStore.npy(images))).message, /images: the file starts with/)
    }).pipe(Effect.scoped),
  )

  it.live("that is not there, or is a folder, is refused", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(Effect.scoped(FileStore.open(join(folder, "none"))))
      assert.match(missing.message, /none: there is no such file/)
      const directory = yield* Effect.flip(Effect.scoped(FileStore.open(folder)))
      assert.match(directory.message, /it is not a regular file/)
    }),
  )
})

describe("the order of many rows", () => {
  it("is that of Key.permutation", () =>
    fc.assert(
      fc.property(fc.nat(), fc.oneof(fc.nat(40), fc.nat(120_000)), (seed, n) => {
        const key = Key.fold(Key.make(seed), "shuffle")
        const steps = Order.bucketed(key, n)
        let step = steps.next()
        while (step.done !== true) step = steps.next()
        assert.deepStrictEqual(step.value, Int32Array.from(Tensor.read(Key.permutation(key, n)).data))
      }),
      { numRuns: caseCount(20) },
    ))
})
