/** The engines that can be asked for by name, and how they may be asked to round. */
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { UsageError } from "./Failure.ts"

/** What computes, as the command line has it. */
export interface Choice {
  readonly engine: "wasm" | "reference"
  readonly numerics: Wasm.Numerics | undefined
}

type Engines = { readonly [N in Choice["engine"]]: (numerics?: Wasm.Numerics) => Layer.Layer<Engine.Engine, UsageError> }

const engines: Engines = {
  wasm: (numerics = "portable") => Wasm.layer({ numerics }),
  reference: (numerics) =>
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

/** The engine that is asked for. Fails with `UsageError` when it does not round so. */
export const engineOf = ({ engine, numerics }: Choice): Layer.Layer<Engine.Engine, UsageError> => engines[engine](numerics)
