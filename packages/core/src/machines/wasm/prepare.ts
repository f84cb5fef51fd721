/**
 * The WebAssembly machine: a program becomes a plan, the plan becomes a module written for just these shapes, and a step
 * of training is one call into it. State stays in the module's memory.
 */
import type { Params, Primitive } from "../../language/Primitive.ts"
import type { Meaning } from "../../meaning/Meaning.ts"
import * as Reference from "../../meaning/Reference.ts"
import type { DType } from "../../words/DType.ts"
import { NDArray } from "../../words/NDArray.ts"
import * as Shape from "../../words/Shape.ts"
import { printSpec, type Spec } from "../../words/ShapeError.ts"
import { EngineError, type Executable, type Job } from "../Executable.ts"
import { fuse } from "../Fuse.ts"
import { planMemory, slotBytes } from "../MemoryPlan.ts"
import type { Outside, Plan } from "../Plan.ts"
import { compile, instantiate, memory as makeMemory, type WasmMemory } from "./host.ts"
import { work } from "./kernels.ts"
import type { Numerics } from "./numerics.ts"
import type { Pool } from "./pool.ts"
import { failedAt, workspace, writeModule } from "./writeModule.ts"

/** The most one memory of WebAssembly holds: 4 GiB. */
const most = 2 ** 32

const views: {
  readonly [D in DType]: (memory: WasmMemory, at: number, length: number) => Float32Array | Int32Array | Uint8Array
} = {
  f32: ({ buffer }, at, length) => new Float32Array(buffer, at, length),
  i32: ({ buffer }, at, length) => new Int32Array(buffer, at, length),
  bool: ({ buffer }, at, length) => new Uint8Array(buffer, at, length),
  u8: ({ buffer }, at, length) => new Uint8Array(buffer, at, length),
}

const tooLarge = (plan: Plan, bytes: number): EngineError => {
  const largest = plan.slots
    .map((slot, i) => ({ slot, size: slotBytes(plan, i) }))
    .sort((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ size, slot }) => `${printSpec(slot)} of ${size} bytes`)
  const cause = `it needs ${bytes} bytes of memory and one memory holds ${most}; the largest tensors are ${largest.join(", ")}`
  return new EngineError({ engine: "wasm", doing: "prepare a program", cause })
}

/** A loop whose rounds are runs of the body's own executable. */
const scanIn = (numerics: Numerics) =>
  Reference.scanBy((body) => prepare({ program: body, resident: 0 }, undefined, numerics).run)

const scans = { portable: scanIn("portable"), fast: scanIn("fast") } as const satisfies { readonly [N in Numerics]: unknown }

/** What a primitive without a kernel gives: its meaning, rounded once. */
const outside = <P extends Primitive>(
  numerics: Numerics,
  primitive: P,
  params: Params[P],
  inputs: ReadonlyArray<NDArray>,
  out: Spec,
) => {
  if (primitive === "scan") return scans[numerics](params as unknown as Params["scan"], inputs, out)
  const meaning = Reference.meanings[primitive] as Meaning<P>
  return meaning(params, inputs, out)
}

/** An executable that other threads may hold on to until it is released. */
export interface Prepared extends Executable {
  readonly release: () => void
}

/** A step is worth waking others for when it holds so many times the least work that a kernel shares. */
const worthWaking = 8

/**
 * Prepares a program, for the threads of a pool where there is enough to do; the host must have the numerics (`offered`).
 * Throws `EngineError` when it does not fit.
 */
export const prepare = ({ program, resident }: Job, pool?: Pool, numerics: Numerics = "portable"): Prepared => {
  const plan = fuse(program)
  const total = plan.kernels.reduce((sum, kernel) => sum + work(kernel, plan.slots), 0)
  const crew = pool !== undefined && total >= worthWaking * pool.least ? pool : undefined
  const threads = crew?.threads ?? 1
  const layout = planMemory(plan, resident, workspace(plan, threads))
  if (layout.bytes > most) throw tooLarge(plan, layout.bytes)
  const pages = Math.ceil(layout.bytes / 65536)
  const memory = makeMemory(crew === undefined ? { initial: pages } : { initial: pages, maximum: pages, shared: true })
  const view = (slot: number) => {
    const { dtype, shape } = plan.slots[slot] as Spec
    return views[dtype](memory, layout.addresses[slot] ?? 0, Shape.size(shape))
  }
  const array = (slot: number, shape: Shape.Shape): NDArray => new NDArray((plan.slots[slot] as Spec).dtype, shape, view(slot))
  const doOutside = (kernel: Outside): void => {
    const inputs = kernel.inputs.map(({ shape, slot }) => array(slot, shape))
    const { out, params, primitive } = kernel.equation
    view(kernel.slot).set(outside(numerics, primitive, params, inputs, out))
  }
  const module = compile(writeModule(plan, layout, { threads, least: crew?.least ?? 0, numerics }))
  const { commit, run } = instantiate(module, {
    engine: {
      memory,
      outside: (i) => {
        doOutside(plan.kernels[Number(i)] as Outside)
        return undefined
      },
    },
  })
  const others = crew?.add(module, memory, failedAt(plan, threads))
  const inputSlots = plan.inputs.map((_, index) =>
    plan.slots.findIndex(({ home }) => home.tag === "input" && home.index === index),
  )
  plan.slots.forEach(({ home }, slot) => {
    if (home.tag === "constant") view(slot).set(home.array.data)
  })
  const put = (index: number, { data }: NDArray): void => view(inputSlots[index] ?? -1).set(data)
  const take = (slot: number, shape: Shape.Shape): NDArray => {
    const { dtype } = plan.slots[slot] as Spec
    return new NDArray(dtype, shape, view(slot).slice())
  }
  return {
    load: (state) => {
      for (const [index, x] of state.entries()) put(index, x)
    },
    run: (inputs) => {
      for (const [i, x] of inputs.entries()) put(resident + i, x)
      others?.start()
      run?.(0)
      const outputs = plan.outputs.slice(resident).map(({ shape, slot }) => take(slot, shape))
      commit?.()
      return outputs
    },
    state: () => plan.inputs.slice(0, resident).map(({ shape }, index) => take(inputSlots[index] ?? -1, shape)),
    release: () => others?.drop(),
  }
}
