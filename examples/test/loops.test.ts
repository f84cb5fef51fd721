/** The loops of the examples are resumed to the bit: stopped anywhere, they end as if they had never been stopped. */
import { type Engine, Loop, Params, Tensor, Wasm } from "@adjoint/core"
import { Effect, Stream } from "effect"
import { expect, test } from "vitest"

const numbers = (tree: unknown) => Params.leaves(tree).map((leaf) => [...Tensor.read(leaf).data])

/** The same config with its epochs cut to four, ended at once and after a stop in the second epoch. */
const endings = <S extends object, D, O, V>(loop: Loop.Config<S, D, O, V>) =>
  Effect.gen(function* () {
    const short = { ...loop, epochs: 4 }
    let last: Loop.Checkpoint<S> | undefined
    let best: S | undefined
    const saving: Loop.Saving<S> = {
      save: (kind, checkpoint) =>
        Effect.sync(() => {
          if (kind === "last") last = checkpoint
          else best = checkpoint.state.params
          return { directory: kind }
        }),
    }
    yield* Stream.runDrain(
      Stream.takeUntil(
        Loop.run({ ...short, saving }),
        (event) => event._tag === "Stepped" && event.epoch === 2 && event.batch > 1,
      ),
    )
    if (last === undefined) throw new Error("nothing was saved")
    const { progress } = last
    const resumed = yield* Loop.finished({ ...short, resume: { last, ...(best === undefined ? {} : { best }) } })
    const whole = yield* Loop.finished(short)
    return { progress, resumed, whole }
  })

const run = <A>(effect: Effect.Effect<A, unknown, Engine.Engine>) =>
  Effect.runPromise(Effect.provide(effect, Wasm.layer({ threads: 1 })))

const loops = {
  "a VAE": async () => run(endings((await import("../19-vae.ts")).loop)),
  "a GAN with two optimizers": async () => run(endings((await import("../20-gan.ts")).loop)),
  "a siamese net": async () => run(endings((await import("../21-siamese.ts")).loop)),
  "meta-learning": async () => run(endings({ ...(await import("../26-maml.ts")).loopOf(1), batch: 25 })),
  "a physics-informed net": async () => run(endings((await import("../27-pinn.ts")).loop)),
  "a denoising autoencoder": async () => run(endings((await import("../22-denoising.ts")).loop)),
  distillation: async () => {
    const { loopFrom, taught } = await import("../23-distillation.ts")
    return run(Effect.flatMap(taught, (teacher) => endings(loopFrom(teacher))))
  },
}

test.each(Object.entries(loops))("%s", { timeout: 60_000 }, async (_, ended) => {
  const { progress, resumed, whole } = await ended()
  expect(progress.epoch).toBe(1)
  expect(progress.batch).toBeGreaterThan(1)
  expect(numbers(resumed.state)).toEqual(numbers(whole.state))
  expect(resumed.history).toEqual(whole.history)
})
