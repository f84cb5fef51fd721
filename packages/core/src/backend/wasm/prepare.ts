/**
 * The WebAssembly backend: a program becomes a plan, the plan a module for just these shapes, and a training step is one call
 * into it. State stays in the module's memory.
 */

import type { Single, View } from "../../compiler/Plan.ts"
import type { Params, Primitive } from "../../language/Primitive.ts"
import { doubles } from "../../reference/Arithmetic.ts"
import { type Definition, scanBy } from "../../reference/Definition.ts"
import * as Reference from "../../reference/Reference.ts"
import type { DType } from "../../types/DType.ts"
import { NDArray } from "../../types/NDArray.ts"
import { inPieces, type Pieces, piecesOf } from "../../types/Pieces.ts"
import * as Shape from "../../types/Shape.ts"
import type { Spec } from "../../types/ShapeError.ts"
import { EngineError, type Job, OutOfMemory, type SyncExecutable } from "../Executable.ts"
import { compilingFor } from "./assembler/hostLanes.ts"
import type { Lanes } from "./assembler/lanes.ts"
import type { Numerics } from "./assembler/numerics.ts"
import { instantiate, memory as makeMemory, type WasmMemory } from "./assembler/webAssembly.ts"
import { type ArrayLocation, type Compile, type Compiled, compileJob } from "./compile.ts"
import type { Pool, Work } from "./threads/pool.ts"
import { copierInto, copierOf, type Elements } from "./threads/sharedCopies.ts"

const views: { readonly [D in DType]: (memory: WasmMemory, at: number, length: number) => Elements } = {
  f32: ({ buffer }, at, length) => new Float32Array(buffer, at, length),
  i32: ({ buffer }, at, length) => new Int32Array(buffer, at, length),
  bool: ({ buffer }, at, length) => new Uint8Array(buffer, at, length),
  u8: ({ buffer }, at, length) => new Uint8Array(buffer, at, length),
}

/** A loop whose iterations run the executable of its body. */
const scanIn = (numerics: Numerics, lanes: Lanes) =>
  scanBy((body) => prepare({ program: body, resident: 0 }, undefined, numerics, compileJob, lanes).run, doubles)

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

/** The bytes that are copied between two turns of others: less than a millisecond. */
const pieceBytes = 2 ** 20

/** Copies an array in pieces, before each of which `check` may throw. */
function* copying(to: Elements, from: NDArray["data"], check: () => void = () => {}): Pieces<void> {
  const length = pieceBytes / to.BYTES_PER_ELEMENT
  for (let at = 0; at < to.length; at += length) {
    if (at > 0) yield
    check()
    copierInto(to.subarray(at, at + length))(from.subarray(at, at + length))
  }
}

function* preparing(
  job: Job,
  pool?: Pool,
  numerics: Numerics = "portable",
  compile: Compile = compileJob,
  lanes: Lanes = 128,
): Pieces<Prepared> {
  const { program, resident } = job
  const compiled = yield* piecesOf(compile, job, {
    threads: pool?.threads ?? 1,
    minSharedWork: pool?.minSharedWork ?? 0,
    numerics,
    lanes,
  })
  const workers = compiled.threads === 1 ? undefined : pool
  yield
  const memory = memoryOf(compiled, workers)
  yield
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
  let others: Work | undefined
  const exported = instantiate(compiled.module, {
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
  yield
  for (const { constant, location } of compiled.constants) {
    const { data } = program.constants[constant] as NDArray
    yield* copying(view(location), data)
  }
  // Until here a caller may give up without leaving anything behind.
  others = workers?.add(compiled.module, memory, compiled.failed)

  const inputs = compiled.inputs.map(view)
  const copiers = inputs.map(copierInto)
  const put = (index: number, { data }: NDArray): void => copiers[index]?.(data)
  /** An array in memory, and a function that copies it out. */
  const taker = ({ shape, slot }: View) => {
    const { dtype } = compiled.locations[slot] as ArrayLocation
    const from = view(slot)
    const copy = copierOf(from)
    return { from, of: (data: Elements) => new NDArray(dtype, shape, data), take: () => new NDArray(dtype, shape, copy()) }
  }
  const states = compiled.inputs
    .slice(0, resident)
    .map((slot) => ({ slot, shape: (compiled.locations[slot] as ArrayLocation).shape }))
  const state = states.map(taker)
  const lent = states.map(({ shape, slot }) => array(slot, shape))
  const outputs = compiled.outputs.slice(resident).map(taker)

  let failure: EngineError | undefined
  let isReleased = false
  /** Whether the host has compiled its code, which it does at the first run. */
  let hasRun = false
  const check = (): void => {
    if (failure !== undefined) throw failure
    if (isReleased) throw new EngineError({ engine: "wasm", doing: "run a program", cause: "it was released with its scope" })
  }
  const whole = <A>(f: () => A): A => {
    check()
    return f()
  }
  /** The functions of a whole run, or of a segment. */
  const functions = (of = "") => {
    const { [`alone${of}`]: alone, [`begin${of}`]: begin } = exported
    const run = of === "" ? exported.run : exported[`segment${of}`]
    return { alone, run, open: (number: number): void => void begin?.(number) }
  }
  const all = functions()
  const segments = compiled.segments === 1 ? [] : Array.from({ length: compiled.segments }, (_, i) => functions(` ${i}`))
  /** The failure of a run, which is that of every later call. */
  const failed = (error: unknown): EngineError => {
    failure = new EngineError({ engine: "wasm", doing: "run a program", cause: others?.abandon() ?? error })
    return failure
  }
  /** Whether the next run is shared by the threads. */
  const decide = (): boolean => {
    try {
      return others?.decide() === true
    } catch (error) {
      throw failed(error)
    }
  }
  /** Runs all kernels, or those of a segment; shared by the threads, or not. */
  const compute = ({ alone, open, run }: ReturnType<typeof functions>, isShared: boolean): void => {
    const call = (): void => {
      if (others === undefined) return void run?.()
      const number = isShared ? others.start(open) : undefined
      if (number === undefined) alone?.()
      else exported.run?.(0, number)
    }
    try {
      // The host compiles what is called for the first time, and packs it now if it is to.
      if (hasRun) call()
      else compilingFor(lanes, call)
    } catch (error) {
      throw failed(error)
    }
  }
  const end = (): void => {
    exported.commit?.()
    hasRun = true
  }
  function* taking(from: ReadonlyArray<ReturnType<typeof taker>>): Pieces<ReadonlyArray<NDArray>> {
    check()
    const taken: Array<NDArray> = []
    for (const { from: source, of, take } of from) {
      if (source.byteLength <= pieceBytes) taken.push(take())
      else {
        const Same = source.constructor as new (length: number) => Elements
        const copy = new Same(source.length)
        yield* copying(copy, source, check)
        taken.push(of(copy))
      }
      yield
      check()
    }
    return taken
  }
  function* putting(first: number, given: ReadonlyArray<NDArray>): Pieces<void> {
    check()
    for (const [i, { data }] of given.entries()) {
      const to = inputs[first + i]
      if (to !== undefined && data.byteLength > pieceBytes) yield* copying(to, data, check)
      else put(first + i, given[i] as NDArray)
    }
  }
  function* running(given: ReadonlyArray<NDArray>): Pieces<ReadonlyArray<NDArray>> {
    yield* putting(resident, given)
    check()
    const isShared = decide()
    let elapsed = 0
    for (const segment of segments) {
      check()
      const started = performance.now()
      compute(segment, isShared)
      elapsed += performance.now() - started
      yield
    }
    const made = yield* taking(outputs)
    check()
    end()
    others?.took(elapsed)
    return made
  }
  return {
    bytes: compiled.bytes,
    load: inPieces((given) => putting(0, given)),
    run: (given) =>
      whole(() => {
        const started = others === undefined ? 0 : performance.now()
        for (const [i, x] of given.entries()) put(resident + i, x)
        compute(all, decide())
        const made = outputs.map(({ take }) => take())
        end()
        others?.took(performance.now() - started)
        return made
      }),
    pieces: (given) => (segments.length > 0 && (compiled.isLong || !hasRun) ? running(given) : undefined),
    state: inPieces(() => taking(state)),
    lend: () => whole(() => lent),
    release: () => {
      // From here on its memory may be reused.
      isReleased = true
      others?.drop()
    },
  }
}

/**
 * Prepares a program, for the threads of a pool where there is enough work; the host must have the numerics (`offered`)
 * and should have the lanes (`offeredLanes`). Throws `EngineError` when it does not fit. It can be prepared in pieces.
 */
export const prepare = inPieces(preparing)

function* running(job: Job, pool?: Pool, compile?: Compile): Pieces<ReadonlyArray<NDArray>> {
  const { pieces, release, run } = yield* piecesOf(prepare, job, pool, "portable", compile)
  try {
    return yield* pieces?.([]) ?? piecesOf(run, [])
  } finally {
    release()
  }
}

/** The outputs of a program without inputs that runs once, rounded as reading outside programs rounds; perhaps in pieces. */
export const runOnce = inPieces(running)
