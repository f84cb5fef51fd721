/** Checkpoints are whole, also when a write is interrupted, or files are replaced, damaged or cannot be deleted. */
import { fork } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Checkpoint, CheckpointError, NDArray, Params, Tensor } from "@adjoint/core"
import { parse, print } from "@adjoint/core/training/Progress"
import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, FileSystem, type Path, PlatformError, Result } from "effect"
import * as fc from "fast-check"
import { afterAll, assert, describe, it } from "vitest"
import { checkpointOf } from "./checkpoint-of.ts"

type Files = FileSystem.FileSystem | Path.Path

const folder = mkdtempSync(join(tmpdir(), "adjoint-checkpoint-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
/** A checkpoint's place in a folder of its own. */
const place = () => {
  const parent = mkdtempSync(join(folder, `${made++}-`))
  return { parent, directory: join(parent, "last") }
}

const run = <A, E>(effect: Effect.Effect<A, E, Files>, fs?: FileSystem.FileSystem) =>
  Effect.runPromise(
    (fs === undefined ? effect : Effect.provideService(effect, FileSystem.FileSystem, fs)).pipe(
      Effect.provide(NodeServices.layer),
    ),
  )

const real = () => run(Effect.service(FileSystem.FileSystem))

const like = checkpointOf(0).state

/** The one number that a checkpoint holds. */
const numberIn = ({ progress, state }: Checkpoint.Checkpoint): number => {
  const numbers = new Set(Params.leaves(state).flatMap((leaf) => [...Tensor.read(leaf).data]))
  numbers.add(progress.step)
  assert.strictEqual(numbers.size, 1, `a mixture of ${[...numbers].join(", ")}`)
  return progress.step
}

const load = (directory: string) => Effect.map(Checkpoint.load(directory, like), numberIn)

class Crash extends Error {}

/** A file system that crashes in its nth change, of which it makes a part. */
const crashing = (
  fs: FileSystem.FileSystem,
  n: number,
): { readonly fs: FileSystem.FileSystem; readonly changes: () => number } => {
  let changes = 0
  const change = <A, E>(whole: Effect.Effect<A, E>, part: Effect.Effect<unknown, unknown> = Effect.void): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      changes++
      if (changes < n) return whole
      return Effect.andThen(changes === n ? Effect.ignore(part) : Effect.void, Effect.die(new Crash()))
    })
  const crashed: FileSystem.FileSystem = {
    ...fs,
    makeDirectory: (...args) => change(fs.makeDirectory(...args)),
    rename: (...args) => change(fs.rename(...args)),
    remove: (path, options) =>
      Effect.flatMap(
        Effect.orElseSucceed(fs.readDirectory(path), () => []),
        ([first]) => change(fs.remove(path, options), first === undefined ? Effect.void : fs.remove(join(path, first))),
      ),
    open: (path, options) =>
      Effect.map(fs.open(path, options), (file) => ({
        ...file,
        sync: file.sync,
        writeAll: (bytes: Uint8Array) => change(file.writeAll(bytes), file.writeAll(bytes.subarray(0, bytes.length >> 1))),
      })),
  }
  return { fs: crashed, changes: () => changes }
}

describe("a crash at any change of a save", () => {
  it("leaves a whole checkpoint, and is recovered from by a start and by the next save", async () => {
    const fs = await real()
    const seen = new Set<number>()
    for (let n = 1; ; n++) {
      const { directory, parent } = place()
      await run(Checkpoint.save(directory, checkpointOf(1)))
      const broken = crashing(fs, n)
      const exit = await run(Effect.exit(Checkpoint.save(directory, checkpointOf(2))), broken.fs)
      if (Exit.isSuccess(exit)) {
        assert.isAbove(broken.changes(), 7)
        break
      }
      const found = await run(load(directory))
      assert.include([1, 2], found, `change ${n}`)
      seen.add(found)
      if (n % 2 === 0) {
        await run(Checkpoint.recover(directory))
        assert.deepStrictEqual(readdirSync(parent), ["last"], `change ${n}`)
        assert.strictEqual(await run(load(directory)), found)
      }
      await run(Checkpoint.save(directory, checkpointOf(3)))
      assert.strictEqual(await run(load(directory)), 3)
      assert.deepStrictEqual(readdirSync(parent), ["last"], `change ${n}`)
    }
    assert.deepStrictEqual([...seen].sort(), [1, 2])
  })

  it("leaves a whole checkpoint when the save after it crashes too", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }), async (crashes) => {
        const fs = await real()
        const { directory } = place()
        await run(Checkpoint.save(directory, checkpointOf(1)))
        let last = 1
        for (const [i, n] of crashes.entries()) {
          await run(Effect.exit(Checkpoint.save(directory, checkpointOf(i + 2))), crashing(fs, n).fs)
          const found = await run(load(directory))
          assert.include([last, i + 2], found)
          last = found
        }
      }),
      { numRuns: 25 },
    ))

  it("of the first save leaves nothing, or a whole one", async () => {
    const fs = await real()
    for (let n = 1; n < 8; n++) {
      const { directory, parent } = place()
      await run(Effect.exit(Checkpoint.save(directory, checkpointOf(1))), crashing(fs, n).fs)
      const found = await run(Effect.result(load(directory)))
      assert.isTrue(Result.isSuccess(found) ? found.success === 1 : found.failure instanceof CheckpointError)
      await run(Checkpoint.recover(directory))
      assert.deepStrictEqual(readdirSync(parent), Result.isSuccess(found) ? ["last"] : [])
    }
  })
})

it("recovers nothing where nothing is", async () => {
  const { directory, parent } = place()
  await run(Checkpoint.recover(directory))
  await run(Checkpoint.recover(join(directory, "of", "no", "run")))
  assert.deepStrictEqual(readdirSync(parent), [])
})

it("an old checkpoint that cannot be deleted is reported, and keeps no later one from being saved", async () => {
  const fs = await real()
  const { directory, parent } = place()
  const denied = PlatformError.systemError({
    _tag: "PermissionDenied",
    module: "FileSystem",
    method: "remove",
    pathOrDescriptor: "",
  })
  const keeping: FileSystem.FileSystem = {
    ...fs,
    remove: (path, options) => (path.includes(".old") ? Effect.fail(denied) : fs.remove(path, options)),
  }
  assert.deepStrictEqual(await run(Checkpoint.save(directory, checkpointOf(1)), keeping), { directory })
  for (const n of [2, 3, 4]) {
    const { undeleted } = await run(Checkpoint.save(directory, checkpointOf(n)), keeping)
    assert.include(undeleted?.path, ".old")
    assert.isAbove(undeleted?.reason.length ?? 0, 0)
    assert.strictEqual(await run(load(directory)), n)
  }
  await run(Checkpoint.recover(directory))
  assert.deepStrictEqual(readdirSync(parent), ["last"])
})

it("files of two checkpoints are refused, and so is a damaged one", async () => {
  const [one, two] = [place(), place()]
  await run(Checkpoint.save(one.directory, checkpointOf(1)))
  await run(Checkpoint.save(two.directory, checkpointOf(2)))
  for (const name of ["weights.safetensors", "optimizer.safetensors", "state.json"]) {
    const file = join(one.directory, name)
    const own = readFileSync(file)
    writeFileSync(file, readFileSync(join(two.directory, name)))
    const error = await run(Effect.flip(load(one.directory)))
    assert.include(error.message, "files that do not belong together")
    // The weights alone are held against what names them too; the optimizer's state is not read for them.
    const weights = await run(Effect.result(Checkpoint.loadWeights(one.directory, like)))
    assert.strictEqual(Result.isSuccess(weights), name === "optimizer.safetensors")
    if (name !== "state.json") {
      const damaged = Uint8Array.from(own)
      damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1
      writeFileSync(file, damaged)
      assert.instanceOf(await run(Effect.flip(load(one.directory))), CheckpointError)
    }
    writeFileSync(file, own)
  }
  assert.strictEqual(await run(load(one.directory)), 1)
})

it("the files of arrays are those of their arrays alone", async () => {
  const [one, two] = [place(), place()]
  await run(Checkpoint.save(one.directory, checkpointOf(1)))
  await run(Checkpoint.save(two.directory, { ...checkpointOf(1), progress: { ...checkpointOf(1).progress, seed: 2 } }))
  const bytes = ({ directory }: typeof one) => readFileSync(join(directory, "weights.safetensors"))
  assert.isTrue(bytes(one).equals(bytes(two)))
})

it("while a process replaces it, a checkpoint is read as one state or the other", { timeout: 60_000 }, async () => {
  const { directory } = place()
  const writer = fork(join(import.meta.dirname, "checkpoint-writer.ts"), [directory])
  try {
    await new Promise((resolve, reject) => {
      writer.once("message", resolve)
      writer.once("exit", (code) => reject(new Error(`the writer ended with ${code}`)))
    })
    const seen = new Set<number>()
    let before = 0
    const until = Date.now() + 2500
    let loads = 0
    while (Date.now() < until || seen.size < 5) {
      const now = await run(load(directory))
      assert.isAtLeast(now, before)
      before = now
      seen.add(now)
      const { state: net, params } = await run(Checkpoint.loadWeights(directory, like))
      assert.strictEqual(new Set([params.w, net.mean].flatMap((leaf) => [...Tensor.read(leaf).data])).size, 1)
      loads++
    }
    assert.isAbove(loads, 5)
  } finally {
    writer.removeAllListeners("exit")
    writer.kill("SIGKILL")
  }
})

it("progress that is no JSON, or has other fields, is reported as that", async () => {
  const { directory } = place()
  await run(Checkpoint.save(directory, checkpointOf(1)))
  const refusal = (text: string) => {
    writeFileSync(join(directory, "state.json"), text)
    return run(Effect.flip(Checkpoint.load(directory, like))).then(({ got }) => got)
  }
  assert.strictEqual(await refusal('{"step":-'), "text that is not JSON")
  assert.include(await refusal('{"step":-1}'), "other fields (")
})

describe("progress", () => {
  const { progress } = checkpointOf(3)
  const hashes = { weights: "a", optimizer: "b" }

  it("keeps every number, finite or not, through JSON", () => {
    const score = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY))
    fc.assert(
      fc.property(score, score, fc.array(score), (loss, f1, sums) => {
        const record = { epoch: 1, step: 2, learningRate: 0.1, train: { loss }, validation: { loss: f1 } }
        const whole = { ...progress, sums: { rows: 2, of: { loss: sums } }, history: [record] }
        const back = Result.getOrThrow(parse(print(whole, hashes)))
        assert.deepStrictEqual(back.hashes, hashes)
        const flat = ({ history, sums: { of } }: typeof whole | typeof back.progress) =>
          [...history.flatMap(({ train, validation }) => [train.loss, validation?.loss]), ...(of.loss ?? [])].map((x) =>
            x === 0 ? 0 : x,
          )
        assert.isTrue(flat(back.progress).every((x, i) => Object.is(x, flat(whole)[i])))
      }),
    )
  })

  it("is refused where a text is no number", () => {
    const text = print({ ...progress, sums: { rows: 1, of: { loss: [Number.NaN] } } }, hashes)
    assert.isTrue(Result.isSuccess(parse(text)))
    for (const wrong of ['"nan"', '"1"', "null", '"+Infinity"'])
      assert.isTrue(Result.isFailure(parse(text.replace('"NaN"', wrong))), wrong)
  })
})

it("a checkpoint of another net is refused at once, by the array", async () => {
  const { directory } = place()
  await run(Checkpoint.save(directory, checkpointOf(1)))
  const started = performance.now()
  const other = { ...like, params: { w: NDArray.make("f32", [3], new Float32Array(3)) } }
  const error = await run(Effect.flip(Checkpoint.load(directory, other)))
  assert.include(error.message, "params.w")
  assert.isBelow(performance.now() - started, 2000)
})
