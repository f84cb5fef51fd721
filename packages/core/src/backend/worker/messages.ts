/**
 * The messages between an engine and the worker that it runs in. Messages are copied by structured cloning, which turns arrays into
 * plain objects: `restored` and `restoredProgram` undo that.
 */
import type { Program } from "../../language/Primitive.ts"
import { NDArray } from "../../types/NDArray.ts"
import { EngineError, type Footprint, type Job, OutOfMemory } from "../Executable.ts"
import type { Numerics } from "../wasm/assembler/numerics.ts"
import type { EngineLanes } from "../wasm/preparer.ts"
import type { Priority } from "./priority.ts"

/** How the worker of an engine is recognized: other workers may load its module too. */
export const workerKind = "@adjoint/core engine"

/** The settings of the engine in a worker. */
export interface Settings extends EngineLanes {
  readonly threads: number
  readonly numerics: Numerics
  readonly priority: Priority
}

/** Arrays in a message. */
export type Wire = ReadonlyArray<Pick<NDArray, "dtype" | "shape" | "data">>

/** What the engine asks of its worker. Executables and runs are named by numbers, which the engine gives. */
export type Request =
  | ({ readonly call: "open" } & Settings)
  | { readonly call: "plan"; readonly job: Job }
  /** Runs a program without inputs once, rounded as reading outside programs rounds. */
  | { readonly call: "read"; readonly job: Job }
  | { readonly call: "prepare"; readonly executable: number; readonly job: Job }
  | { readonly call: "load"; readonly executable: number; readonly state: Wire }
  | { readonly call: "take"; readonly executable: number; readonly from: number }
  | { readonly call: "state"; readonly executable: number }
  | { readonly call: "run"; readonly executable: number; readonly run: number; readonly inputs: ReadonlyArray<Wire> }
  | { readonly call: "outputs"; readonly run: number }
  | { readonly call: "drop"; readonly run: number }
  | { readonly call: "release"; readonly executable: number }

/** The answers to the requests that have one. */
export interface Answers {
  readonly open: Pick<Settings, "lanes" | "numerics" | "threads">
  readonly plan: Footprint
  readonly read: Wire
  readonly prepare: undefined
  readonly load: undefined
  readonly take: undefined
  readonly state: Wire
  /** The state after a run that took so long that somebody may not want to wait for the next one. */
  readonly run: { readonly state: Wire } | undefined
  readonly outputs: ReadonlyArray<Wire>
}

/** A request with the number of its answer, if it has one. */
export interface Envelope {
  readonly id?: number
  readonly request: Request
}

/** An error in a message: errors lose their classes when they are copied. */
export interface WireError {
  /** What was done, where the error says it. */
  readonly doing?: string
  readonly message: string
  /** The fields of an `OutOfMemory`. */
  readonly memory?: Pick<OutOfMemory, "wanted" | "limit" | "largest">
}

export type Reply =
  | { readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly id: number; readonly error: WireError }

/** Arrays from a message. */
export const restored = (wire: Wire): ReadonlyArray<NDArray> =>
  wire.map(({ data, dtype, shape }) => new NDArray(dtype, shape, data))

/** A program from a message, with the programs in its parameters. */
export const restoredProgram = (program: Program): Program => ({
  ...program,
  constants: restored(program.constants),
  equations: program.equations.map((equation) => {
    const { params } = equation
    if ("body" in params) return { ...equation, params: { ...params, body: restoredProgram(params.body) } }
    return "backward" in params ? { ...equation, params: { backward: restoredProgram(params.backward) } } : equation
  }),
})

/** An error for a message. */
export const wireError = (error: unknown): WireError => {
  const cause = error instanceof EngineError ? error.cause : error
  const message = cause instanceof Error ? cause.message : String(cause)
  const named = error instanceof EngineError ? { doing: error.doing, message } : { message }
  if (!(cause instanceof OutOfMemory)) return named
  const { largest, limit, wanted } = cause
  return { ...named, memory: { wanted, largest, ...(limit === undefined ? {} : { limit }) } }
}

/** The cause of the error of a message. */
export const restoredCause = ({ memory, message }: WireError): Error =>
  memory === undefined ? new Error(message) : new OutOfMemory(memory)
