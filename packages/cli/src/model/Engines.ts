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
  readonly lanes: Wasm.Lanes | undefined
  readonly threads: number | undefined
}

/** How many threads are asked for. Fails with `UsageError` for a number that makes no sense. */
export const askedThreads = ({ threads }: Pick<Choice, "threads">): Effect.Effect<number | undefined, UsageError> =>
  threads === undefined || (threads >= 1 && threads <= Wasm.mostThreads)
    ? Effect.succeed(threads)
    : Effect.fail(new UsageError({ message: `--threads ${threads} makes no sense`, hint: `from 1 to ${Wasm.mostThreads}` }))

/** Calls what chooses the engine's lanes. Fails with `UsageError` when the environment asks for lanes that there are not. */
export const choosingLanes = <A>(choose: () => A): Effect.Effect<A, UsageError> =>
  Effect.try({
    try: choose,
    catch: (error) =>
      new UsageError({
        message: error instanceof Error ? error.message : String(error),
        hint: "leave ADJOINT_LANES unset, or set it to 128",
      }),
  })

type Engines = {
  readonly [N in Choice["engine"]]: (options: Wasm.WasmOptions) => Layer.Layer<Engine.Engine, UsageError>
}

/** Refuses an option that the reference engine does not have. */
const refused = (message: string, option: string): Layer.Layer<Engine.Engine, UsageError> =>
  Layer.unwrap(Effect.fail(new UsageError({ message, hint: `leave out ${option}, or ask for --engine wasm` })))

const engines: Engines = {
  wasm: Wasm.layer,
  reference: ({ lanes, numerics }) => {
    if (numerics !== undefined)
      return refused(`the reference engine computes in doubles, not in ${numerics} numerics`, "--numerics")
    return lanes === undefined
      ? Engine.layerReference
      : refused(`the reference engine has no vectors of ${lanes} bits`, "--lanes")
  },
}

/** The engine that is asked for. Fails with `UsageError` when it does not compute so. */
export const engineOf = (choice: Choice): Layer.Layer<Engine.Engine, UsageError> =>
  Layer.unwrap(
    Effect.flatMap(askedThreads(choice), (threads) =>
      choosingLanes(() =>
        engines[choice.engine]({
          ...(threads === undefined ? {} : { threads }),
          ...(choice.numerics === undefined ? {} : { numerics: choice.numerics }),
          ...(choice.lanes === undefined ? {} : { lanes: choice.lanes }),
        }),
      ),
    ),
  )

/** The most threads that may be asked for. */
export const mostThreads = Wasm.mostThreads

/** A wasm engine on one thread of its own, which computes as is asked for. */
export const threadOf = ({ lanes, numerics }: Choice): Layer.Layer<Engine.Engine, Engine.EngineError> =>
  Wasm.worker({
    threads: 1,
    ...(numerics === undefined ? {} : { numerics }),
    ...(lanes === undefined ? {} : { lanes }),
  })

/** The threads and the lanes that a wasm engine uses here for what is asked for. */
export const usedBy = (choice: Pick<Choice, "lanes" | "threads">) =>
  Effect.gen(function* () {
    const threads = yield* askedThreads(choice)
    const lanes = yield* choosingLanes(() => Wasm.lanesInUse(choice.lanes))
    return { threads: Wasm.threadCount(threads), lanes, isAsked: choice.lanes !== undefined }
  })
