/** The connection to the worker of an engine: a message for each call, and the calls that wait for their answers. */
import * as Deferred from "effect/Deferred"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { EngineError } from "../backend/Executable.ts"
import { type Answers, type Reply, type Request, restoredCause } from "../backend/worker/messages.ts"
import type { EngineWorker, WorkerListener } from "../backend/worker/startWorker.ts"

/** The name of the engine in errors. */
const name = "Wasm.worker"

/** A call that has an answer. */
export type Call = keyof Answers

/** The description of a call in an error. */
const doing: { readonly [C in Call]: string } = {
  open: "start its worker",
  plan: "plan a program",
  read: "compute tensors",
  prepare: "prepare a program",
  load: "load a state",
  take: "load a state",
  state: "read a state",
  run: "run a program",
  outputs: "run a program",
}

/** Who calls, and what is done with the answer before anybody who waits gets it. */
export interface Caller<C extends Call> {
  readonly owner?: number
  /** The memory of arrays in the request that nobody else has: it moves to the worker, and is not copied. */
  readonly moved?: ReadonlyArray<ArrayBuffer>
  /** Called with the answer, or without one for a call that failed. */
  readonly answered?: (answer?: Answers[C]) => void
}

/** A worker, and the calls that wait for its answers. */
export interface Connection {
  /** Posts a request at once. The effect waits for its answer, any number of times. */
  readonly post: <C extends Call>(
    request: Extract<Request, { readonly call: C }>,
    caller?: Caller<C>,
  ) => Effect.Effect<Answers[C], EngineError>
  /** Posts a request at once whose answer nobody waits for; a failure shows in later calls. */
  readonly send: <C extends Call>(request: Extract<Request, { readonly call: C }>, caller?: Caller<C>) => void
  /** Posts a request that has no answer. */
  readonly tell: (request: Request) => void
  /** Whether no call of anybody else waits. */
  readonly waitsOnlyFor: (owner: number) => boolean
  /** Ends the worker; calls that wait, and all later ones, fail for this reason. */
  readonly close: (reason: string) => Promise<void>
}

interface Waiting extends Caller<Call> {
  readonly call: Call
  readonly answer: Deferred.Deferred<Answers[Call], EngineError>
}

/** The failure of a call; the engine in the worker may say more exactly what it did. */
export const failed = (call: Call, reason: unknown, named: string = doing[call]): EngineError =>
  new EngineError({ engine: name, doing: named, cause: reason instanceof Error ? reason : new Error(String(reason)) })

/** Starts a worker: a thread, a Web Worker, or what answers as they do. Throws where there is none. */
export type StartWorker = (listener: WorkerListener) => EngineWorker

/** Starts a worker. Where the host refuses one, every call fails. */
export const connect = (startWorker: StartWorker): Connection => {
  const waiting = new Map<number, Waiting>()
  let next = 0
  let end: string | undefined
  const settle = ({ answer, answered }: Waiting, exit: Exit.Exit<Answers[Call], EngineError>): void => {
    answered?.(Exit.isSuccess(exit) ? exit.value : undefined)
    Deferred.doneUnsafe(answer, exit)
  }
  const ended = (reason: string): void => {
    end ??= reason
    const all = [...waiting.values()]
    waiting.clear()
    for (const each of all) settle(each, Exit.fail(failed(each.call, end)))
  }
  const receive = (reply: Reply): void => {
    const found = waiting.get(reply.id)
    if (found === undefined) return
    waiting.delete(reply.id)
    if (waiting.size === 0) worker?.setAwaited(false)
    settle(
      found,
      "error" in reply
        ? Exit.fail(failed(found.call, restoredCause(reply.error), reply.error.doing))
        : Exit.succeed(reply.answer),
    )
  }
  const start = (): EngineWorker | undefined => {
    try {
      return startWorker({ receive, ended: (reason) => ended(`its worker ended: ${reason}`) })
    } catch (error) {
      ended(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  const worker = start()
  const begin = <C extends Call>(
    request: Extract<Request, { readonly call: C }>,
    caller: Caller<C>,
  ): Deferred.Deferred<Answers[C], EngineError> => {
    const { call } = request as { readonly call: C }
    const answer = Deferred.makeUnsafe<Answers[C], EngineError>()
    const each = { ...caller, call, answer } as unknown as Waiting
    if (end !== undefined) settle(each, Exit.fail(failed(call, end)))
    else
      try {
        const id = next++
        worker?.post({ id, request }, caller.moved ?? [])
        if (waiting.size === 0) worker?.setAwaited(true)
        waiting.set(id, each)
      } catch (error) {
        settle(each, Exit.fail(failed(call, error)))
      }
    return answer
  }
  return {
    post: (request, caller = {}) => Deferred.await(begin(request, caller)),
    send: (request, caller = {}) => {
      begin(request, caller)
    },
    tell: (request) => {
      if (end === undefined) worker?.post({ request }, [])
    },
    waitsOnlyFor: (owner) => [...waiting.values()].every((each) => each.owner === owner),
    close: async (reason) => {
      ended(reason)
      await worker?.terminate()
    },
  }
}
