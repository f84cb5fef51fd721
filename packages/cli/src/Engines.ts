/** The engines that can be asked for by name. */
import * as Engine from "@adjoint/core/engines/Engine"
import * as Wasm from "@adjoint/core/engines/Wasm"
import type { Layer } from "effect"

export const engines = {
  wasm: Wasm.layer(),
  reference: Engine.reference,
} as const satisfies { readonly [name: string]: Layer.Layer<Engine.Engine> }

export type EngineName = keyof typeof engines
