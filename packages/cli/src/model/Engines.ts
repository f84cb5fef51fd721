/** The engines that can be asked for by name, and how they may be asked to round. */
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { UsageError } from "../report/Failure.ts"

/** What computes, as the command line has it. */
export interface Choice {
  readonly engine: "wasm" | "reference"
  readonly numerics: Wasm.Numerics | undefined
  readonly threads: number | undefined
}

/** More threads than this are a mistake. */
const mostThreads = 256

/** How many threads are asked for. Fails with `UsageError` for a number that makes no sense. */
export const askedThreads = ({ threads }: Pick<Choice, "threads">): Effect.Effect<number | undefined, UsageError> =>
  threads === undefined || (threads >= 1 && threads <= mostThreads)
    ? Effect.succeed(threads)
    : Effect.fail(new UsageError({ message: `--threads ${threads} makes no sense`, hint: `from 1 to ${mostThreads}` }))

type Engines = {
  readonly [N in Choice["engine"]]: (options: Wasm.WasmOptions) => Layer.Layer<Engine.Engine, UsageError>
}

const engines: Engines = {
  wasm: Wasm.layer,
  reference: ({ numerics }) =>
    numerics === undefined
      ? Engine.reference
      : Layer.unwrap(
          Effect.fail(
            new UsageError({
              message: `the reference engine computes in doubles, not in ${numerics} numerics`,
              hint: "leave out --numerics, or ask for --engine wasm",
            }),
          ),
        ),
}

/** The engine that is asked for. Fails with `UsageError` when it does not compute so. */
export const engineOf = (choice: Choice): Layer.Layer<Engine.Engine, UsageError> =>
  Layer.unwrap(
    Effect.map(askedThreads(choice), (threads) =>
      engines[choice.engine]({
        ...(threads === undefined ? {} : { threads }),
        ...(choice.numerics === undefined ? {} : { numerics: choice.numerics }),
      }),
    ),
  )
