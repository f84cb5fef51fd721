/**
 * The WebAssembly backend: a program becomes a plan, the plan a module for just these shapes, and a training step is one call
 * into it. State stays in the module's memory.
 */

import type { Single, View } from "../../compiler/Plan.ts"
import type { Params, Primitive } from "../../language/Primitive.ts"
import type { Definition } from "../../reference/Definition.ts"
import * as Reference from "../../reference/Reference.ts"
import type { DType } from "../../types/DType.ts"
import { NDArray } from "../../types/NDArray.ts"
import * as Shape from "../../types/Shape.ts"
import type { Spec } from "../../types/ShapeError.ts"
import { EngineError, type Job, OutOfMemory, type SyncExecutable } from "../Executable.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Numerics } from "./assembler/numerics.ts"
import { instantiate, memory as makeMemory, type WasmMemory } from "./assembler/webAssembly.ts"
import { type ArrayLocation, type Compile, type Compiled, compileJob } from "./compile.ts"
import type { Pool } from "./threads/pool.ts"
import { copierInto, copierOf, type Elements } from "./threads/sharedCopies.ts"

const views: { readonly [D in DType]: (memory: WasmMemory, at: number, length: number) => Elements } = {
  f32: ({ buffer }, at, length) => new Float32Array(buffer, at, length),
  i32: ({ buffer }, at, length) => new Int32Array(buffer, at, length),
  bool: ({ buffer }, at, length) => new Uint8Array(buffer, at, length),
  u8: ({ buffer }, at, length) => new Uint8Array(buffer, at, length),
}

/** A loop whose iterations run the executable of its body. */
const scanIn = (numerics: Numerics, lanes: Lanes) =>
  Reference.scanBy((body) => prepare({ program: body, resident: 0 }, undefined, numerics, compileJob, lanes).run)

/** The host fallback of a primitive: Reference's loops, rounded once. */
const hostFallback = <P extends Primitive>(
  { lanes, numerics }: { readonly lanes: Lanes; readonly numerics: Numerics },
  primitive: P,
  params: Params[P],
  inputs: ReadonlyArray<NDArray>,
  out: Spec,
) => {
  if (primitive === "scan") return scanIn(numerics, lanes)(params as unknown as Params["scan"], inputs, out)
  const definition = Reference.definitions[primitive] as Definition<P>
  return definition(params, inputs, out)
}

/** An executable that other threads may use until it is released. */
export interface Prepared extends SyncExecutable {
  /** The size of its memory, in bytes. */
  readonly bytes: number
  readonly release: () => void
}

/** Memory for compiled code, shared with a pool if there is one. Throws `EngineError` when the host cannot provide it. */
const memoryOf = ({ bytes, largest }: Compiled, pool: Pool | undefined): WasmMemory => {
  const pages = Math.ceil(bytes / 65536)
  try {
    return pool === undefined ? makeMemory({ initial: pages }) : pool.memory(pages)
  } catch {
    const cause = new OutOfMemory({ wanted: bytes, largest })
    throw new EngineError({ engine: "wasm", doing: "prepare a program", cause })
  }
}

/**
 * Prepares a program, for the threads of a pool where there is enough work; the host must have the numerics (`offered`)
 * and should have the lanes (`offeredLanes`). Throws `EngineError` when it does not fit.
 */
export const prepare = (
  job: Job,
  pool?: Pool,
  numerics: Numerics = "portable",
  compile: Compile = compileJob,
  lanes: Lanes = 128,
): Prepared => {
  const { program, resident } = job
  const compiled = compile(job, { threads: pool?.threads ?? 1, minSharedWork: pool?.minSharedWork ?? 0, numerics, lanes })
  const workers = compiled.threads === 1 ? undefined : pool
  const memory = memoryOf(compiled, workers)
  const view = (location: number) => {
    const { address, dtype, shape } = compiled.locations[location] as ArrayLocation
    return views[dtype](memory, address, Shape.size(shape))
  }
  const array = (location: number, shape: Shape.Shape): NDArray =>
    new NDArray((compiled.locations[location] as ArrayLocation).dtype, shape, view(location))
  const runOnHost = (kernel: Single): void => {
    const inputs = kernel.inputs.map(({ shape, slot }) => array(slot, shape))
    const { out, params, primitive } = kernel.equation
    view(kernel.slot).set(hostFallback({ lanes, numerics }, primitive, params, inputs, out))
  }
  const others = workers?.add(compiled.module, memory, compiled.failed)
  const { alone, begin, commit, run } = instantiate(compiled.module, {
    engine: {
      memory,
      hostFallback: (i) => {
        runOnHost(compiled.hostFallback.get(Number(i)) as Single)
        return undefined
      },
      sleeps: pool?.sleeps === true ? 1 : 0,
      watch: (phase) => {
        others?.watch(Number(phase))
        return undefined
      },
    },
  })
  for (const { constant, location } of compiled.constants) view(location).set(program.constants[constant]?.data ?? [])

  const inputs = compiled.inputs.map((location) => copierInto(view(location)))
  const put = (index: number, { data }: NDArray): void => inputs[index]?.(data)
  /** A function that copies an array out of memory. */
  const taker = ({ shape, slot }: View): (() => NDArray) => {
    const { dtype } = compiled.locations[slot] as ArrayLocation
    const copy = copierOf(view(slot))
    return () => new NDArray(dtype, shape, copy())
  }
  const states = compiled.inputs
    .slice(0, resident)
    .map((slot) => ({ slot, shape: (compiled.locations[slot] as ArrayLocation).shape }))
  const state = states.map(taker)
  const lent = states.map(({ shape, slot }) => array(slot, shape))
  const outputs = compiled.outputs.slice(resident).map(taker)

  let failure: EngineError | undefined
  let isReleased = false
  const whole = <A>(f: () => A): A => {
    if (failure !== undefined) throw failure
    if (isReleased) throw new EngineError({ engine: "wasm", doing: "run a program", cause: "it was released with its scope" })
    return f()
  }
  const open = (number: number): void => void begin?.(number)
  const step = (): void => {
    try {
      if (others === undefined) run?.()
      else {
        const number = others.start(open)
        if (number === undefined) alone?.()
        else run?.(0, number)
      }
    } catch (error) {
      failure = new EngineError({ engine: "wasm", doing: "run a program", cause: others?.abandon() ?? error })
      throw failure
    }
  }
  return {
    bytes: compiled.bytes,
    load: (given) =>
      whole(() => {
        for (const [index, x] of given.entries()) put(index, x)
      }),
    run: (given) =>
      whole(() => {
        const started = others === undefined ? 0 : performance.now()
        for (const [i, x] of given.entries()) put(resident + i, x)
        step()
        const made = outputs.map((take) => take())
        commit?.()
        others?.took(performance.now() - started)
        return made
      }),
    state: () => whole(() => state.map((take) => take())),
    lend: () => whole(() => lent),
    release: () => {
      // From here on its memory may be reused.
      isReleased = true
      others?.drop()
    },
  }
}
