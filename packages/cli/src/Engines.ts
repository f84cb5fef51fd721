/** The engines that can be asked for by name. */
import * as Engine from "@adjoint/core/machines/Engine"
import * as Wasm from "@adjoint/core/machines/Wasm"
import type { Layer } from "effect"

export const engines = {
  wasm: Wasm.layer(),
  reference: Engine.reference,
} as const satisfies { readonly [name: string]: Layer.Layer<Engine.Engine> }

export type EngineName = keyof typeof engines

/** Whether a run can be had on an engine of this name. */
export const isEngine = (name: string): name is EngineName => Object.hasOwn(engines, name)
